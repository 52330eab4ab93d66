"""Panels of the client's sheet: what other rooms know of the client, read when its tab is opened.

A room's panel is a line of PANELS: a title, the permission to see it, a template and what it shows.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.backoffice.changes import versions
from crm.clients.lookalikes import find
from crm.clients.models import Client
from crm.mailing.models import Mail, MailAddress
from crm.organisation.models import Organisation
from crm.products.instalments import instalments
from crm.products.models import Subscription
from crm.reminders import outlook
from crm.timeline.models import Entry

MOST_ROWS = 100


@dataclass(frozen=True)
class Panel:
    name: str
    title: str
    permission: str
    context: Callable[[Client, User], dict]
    # Not in a tab: shown by the sheet itself.
    is_notice: bool = False

    @property
    def template(self) -> str:
        return f"admin/clients/client/panels/{self.name}.html"


def subscriptions(client: Client, user: User) -> dict:
    today = timezone.localdate()
    soon = Organisation.objects.current().ending_soon_days
    terms = (
        Subscription.objects.filter(client=client).select_related("plan").order_by("-subscribed_on", "-pk")
    )
    return {"terms": [_term(term, today, soon) for term in terms[:MOST_ROWS]]}


def _term(term: Subscription, today, soon: int) -> dict:
    due = instalments(term)
    return {
        "term": term,
        "state": term.state_on(today, ending_soon_days=soon),
        "instalments": due,
        "due": sum(one.due_on <= today for one in due),
    }


def timeline(client: Client, user: User) -> dict:
    return {"entries": Entry.objects.filter(client=client).select_related("by")[:MOST_ROWS]}


def history(client: Client, user: User) -> dict:
    records = list(client.history.select_related("history_user")[: MOST_ROWS + 1])
    older = records[MOST_ROWS] if len(records) > MOST_ROWS else None
    return {"versions": versions(records[:MOST_ROWS], older=older), "is_cut": older is not None}


def lookalikes(client: Client, user: User) -> dict:
    found = find([client])[0]
    visible = set(
        Client.objects.visible_to(user)
        .filter(pk__in=[one.client.pk for one in found])
        .values_list("pk", flat=True)
    )
    return {"lookalikes": [(one, one.client.pk in visible) for one in found]}


def mails(client: Client, user: User) -> dict:
    rows = Mail.objects.filter(client=client).defer("html", "text", "server_reply")
    return {
        "mails": rows[:MOST_ROWS],
        "address": MailAddress.objects.about([client.email]).first(),
        "may_oppose": user.has_perm("mailing.change_mailaddress"),
    }


def mail_address(client: Client, user: User) -> dict:
    """What the address of this client said, or its owner."""
    address = MailAddress.objects.about([client.email]).first() if client.email else None
    is_told = address is not None and (address.is_refused or address.opposed_at is not None)
    return {
        "address": address if is_told else None,
        "may_see": user.has_perm("mailing.view_mailaddress"),
    }


PANELS = [
    Panel("subscriptions", _("All subscriptions"), "products.view_subscription", subscriptions),
    Panel("reminders", _("Reminders"), "reminders.view_reminder", outlook.of_client),
    Panel("mails", _("Mails"), "mailing.view_mail", mails),
    Panel("timeline", _("Timeline"), "timeline.view_entry", timeline),
    Panel("history", _("History"), "clients.view_client", history),
    Panel("mail_address", _("E-mail address"), "clients.view_client", mail_address, is_notice=True),
    Panel("lookalikes", _("Records that look alike"), "clients.change_client", lookalikes, is_notice=True),
]
