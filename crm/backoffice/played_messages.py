"""What the clients of the demonstration and the office said to one another."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from crm.accounts.models import User
from crm.clients.models import Client
from crm.conversations.models import CannedReply, Message, SupportRequest
from crm.conversations.services import mark_read, open_request, send, settle

Kind = Message.Kind
FIRST_HOUR = 9


def talk_in_the_past(
    fixture: dict[str, list[dict[str, Any]]], *, by: User, now: datetime
) -> list[CannedReply]:
    """The rows that no client takes along when they go."""
    for row in fixture["conversations"]:
        client = Client.objects.get(email=row["email"])
        for line, at in _dated(row["lines"], now):
            _say(client, by=by, at=at, **line)
    known = set(CannedReply.objects.values_list("title", flat=True))
    wanted = [row for row in fixture["canned_replies"] if row["title"] not in known]
    return [CannedReply.objects.create(**row) for row in wanted]


def _dated(lines: list[dict[str, Any]], now: datetime) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Each with its instant: an hour apart on their days, and never to come."""
    for number, line in enumerate(lines):
        day = timezone.localdate(now) - timedelta(days=line["days_ago"])
        at = timezone.make_aware(datetime.combine(day, time(FIRST_HOUR + number)))
        yield {name: value for name, value in line.items() if name != "days_ago"}, min(at, now)


def _say(client: Client, *, by: User, at: datetime, text: str, subject: str = "", **line: Any) -> None:
    kind = Kind(line["from"])
    author = client.accesses.first() if kind == Kind.CLIENT else None
    signed = {"kind": kind, "by": author.user if author else None if kind == Kind.CLIENT else by, "at": at}
    asked = SupportRequest.objects.filter(client=client, subject=subject).first() if subject else None
    if subject and asked is None:
        open_request(client, subject, text, **signed)
    else:
        send(client, text, request=asked, **signed)
    if kind == Kind.OFFICE:
        # Who answers has read what they answer.
        mark_read(client, by=by, up_to=10**12, at=at, is_office=True)
    if line.get("is_settled"):
        mark_read(client, by=by, up_to=10**12, at=at, is_office=True)
        settle(client, at=at)
