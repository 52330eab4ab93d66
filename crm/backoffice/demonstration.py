"""Invented clients to try Clientèle with, their dates reckoned from the day they are loaded, and how they go again."""

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.roles import role_name
from crm.activity.models import Intervention
from crm.activity.services import refresh
from crm.backoffice.attachments import forget_files_of
from crm.backoffice.demonstration_followup import follow
from crm.backoffice.demonstration_spaces import open_spaces
from crm.backoffice.models import DemonstrationRow
from crm.backoffice.played_messages import talk_in_the_past
from crm.backoffice.played_past import play
from crm.backoffice.played_requests import ask_in_the_past
from crm.clients.models import Category, Client, Establishment, NumberCounter, Tag
from crm.conversations.models import CannedReply, Message
from crm.france.terms import add_months
from crm.mailing.models import MailAddress
from crm.products.models import Plan, Subscription
from crm.products.services import cancel, stop, subscribe
from crm.reminders.models import Run
from crm.timeline.models import Action, ActionKind, Entry
from crm.timeline.services import record

DAY = timedelta(days=1)
ADMINISTRATOR = "Administrator"


class NotEmpty(Exception):
    """The base already holds clients: invented ones would be mixed with them."""


def read_fixture() -> dict[str, list[dict[str, Any]]]:
    path = settings.BASE_DIR / "fixtures" / "demonstration.json"
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


def is_loaded() -> bool:
    return DemonstrationRow.objects.exists()


@transaction.atomic
def load(*, now: datetime) -> bool:
    """Fill an empty base as of `now`. Does nothing, and says so, when it is done already; raises NotEmpty over other
    clients."""
    if is_loaded():
        return False
    if Client.objects.exists():
        raise NotEmpty
    fixture = read_fixture()
    staff = {row["role"]: _member(**row) for row in fixture["staff"]}
    named = {
        "tags": _named(Tag, fixture["tags"]),
        "category": _named(Category, fixture["categories"]),
        "establishment": _named(Establishment, fixture["establishments"]),
        "plan": _named(Plan, fixture["plans"]),
        "kind": _named(ActionKind, fixture["action_kinds"]),
    }
    made = [_client(row, staff, named, now) for row in fixture["clients"]]
    _note(*open_spaces(fixture["sign_ins"], by=staff[ADMINISTRATOR], at=now))
    ask_in_the_past(fixture, by=staff[ADMINISTRATOR], now=now)
    _note(*talk_in_the_past(fixture, by=staff[ADMINISTRATOR], now=now))
    refresh([client.pk for client in made], day=timezone.localdate(now), at=now)
    return True


@transaction.atomic
def play_past(*, now: datetime) -> None:
    """The reminders of the last weeks, as if the base had been there."""
    fixture = read_fixture()
    email = next(row["email"] for row in fixture["staff"] if row["role"] == ADMINISTRATOR)
    _note(*play(now=now, by=User.objects.get(email=email)))


def _note(*rows: models.Model) -> None:
    notes = [DemonstrationRow(model=row._meta.label_lower, row_id=row.pk) for row in rows]
    DemonstrationRow.objects.bulk_create(notes)


def _member(*, email: str, password: str, role: str, **names: str) -> User:
    is_administrator = role == ADMINISTRATOR
    user = User.objects.create_user(email, password, is_staff=True, is_superuser=is_administrator, **names)
    user.groups.add(Group.objects.get(name=role_name(role)))
    _note(user)
    return user


def _named(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Rows by name. One that exists already is used as it is, and not noted."""
    found = {row.name: row for row in model._default_manager.all()}
    for values in rows:
        if values["name"] not in found:
            row = found[values["name"]] = model(**values)
            row.full_clean()
            row.save()
            _note(row)
    return found


def _client(row: dict[str, Any], staff: dict[str, User], named: dict[str, dict], now: datetime) -> Client:
    day = timezone.localdate(now)
    by = staff[ADMINISTRATOR]
    tags = [named["tags"][name] for name in row.pop("tags", [])]
    orders = row.pop("subscriptions", [])
    actions, interventions = row.pop("actions", []), row.pop("interventions", [])
    terms = [_terms(named["plan"][order["plan"]], order, day) for order in orders]
    starts = [term["subscribed_on"] for chain in terms for term in chain if term["subscribed_on"] <= day]
    client = Client(
        category=named["category"][row.pop("category")],
        establishment=named["establishment"][row.pop("establishment")],
        manager=staff["Manager"] if row.pop("is_followed_by_manager", False) else None,
        created_on=min([day - timedelta(days=row.pop("created_days_ago")), *starts]),
        **row,
    )
    client.full_clean()
    client._history_user, client._history_date = by, _morning(client.created_on, now)
    client.save()
    client.tags.set(tags)
    _note(client)
    record(client, Entry.Kind.CREATED, _("Record created"), at=_morning(client.created_on, now), by=by)
    for order, chain in zip(orders, terms, strict=True):
        _subscriptions(client, order, chain, by, now)
    follow(client, actions, interventions, staff=staff, kinds=named["kind"], now=now)
    return client


def _terms(plan: Plan, order: dict[str, Any], day: date) -> list[dict[str, Any]]:
    """The consecutive terms of an order, oldest first: the last one ends `ends_in` days from `day`."""
    after = day + timedelta(days=order["ends_in"] + 1)
    bounds = [add_months(after, -plan.duration_months * back) for back in range(order["terms"], -1, -1)]
    return [{"plan": plan, "subscribed_on": start, "ends_on": end - DAY} for start, end in pairwise(bounds)]


def _subscriptions(client: Client, order: dict[str, Any], terms: list[dict], by: User, now: datetime) -> None:
    extra = {name: order[name] for name in ("origin", "description", "price_excl_tax") if name in order}
    day = timezone.localdate(now)
    previous: Subscription | None = None
    for term in terms:
        anchor = previous.next_anchor() if previous else None
        # A blank rate is taken from the formule, with its reason when it is 0.
        subscription = Subscription(
            client=client,
            renews=previous,
            anchor_on=anchor,
            vat_rate=None,
            billing_period="",
            end_known_on=_known_on(term, day),
            **term,
            **extra,
        )
        subscription.full_clean(exclude=["vat_rate", "anchor_on", "price_excl_tax", "billing_period"])
        begun = _morning(subscription.subscribed_on, now)
        subscription._history_date = begun
        previous = subscribe(subscription, at=begun, by=by)
        _note(previous)
    if previous is None:
        return
    reason = order.get("stop_reason", "")
    if "not_renewed_days_ago" in order:
        said_on = timezone.localdate(now) - timedelta(days=order["not_renewed_days_ago"])
        stop(previous, day=said_on, at=_morning(said_on, now), reason=reason, by=by)
    if "cancelled_in" in order:
        last_day = timezone.localdate(now) + timedelta(days=order["cancelled_in"])
        cancel(previous, day=last_day, at=_morning(last_day, now), reason=reason, by=by)


def _known_on(term: dict[str, Any], day: date) -> date:
    """From its first day; but a tacit one that is over was entered afterwards, or it would be renewed at once."""
    is_revived = term["ends_on"] < day and term["plan"].renewal == Plan.Renewal.TACIT
    return day if is_revived else term["subscribed_on"]


def _morning(day: date, now: datetime) -> datetime:
    """Nine o'clock on that day, or now when that is still to come."""
    return min(timezone.make_aware(datetime.combine(day, time(9))), now)


@transaction.atomic
def remove() -> list[models.Model]:
    """Delete what `load` made, its history included, and what hangs on those clients. Returns the rows kept because
    others use them; a member of staff who is kept can no longer sign in."""
    notes: dict[str, list[int]] = {}
    for label, pk in DemonstrationRow.objects.values_list("model", "row_id"):
        notes.setdefault(label, []).append(pk)
    clients = Client.objects.filter(pk__in=notes.get("clients.client", []))
    gone = {
        Subscription: list(Subscription.objects.filter(client__in=clients).values_list("pk", flat=True)),
        Action: list(Action.objects.filter(client__in=clients).values_list("pk", flat=True)),
        Intervention: list(Intervention.objects.filter(client__in=clients).values_list("pk", flat=True)),
        Message: list(Message.objects.filter(client__in=clients).values_list("pk", flat=True)),
        Client: list(clients.values_list("pk", flat=True)),
    }
    forget_files_of(gone[Client])
    clients.delete()
    for model, pks in gone.items():
        _forget(model, pks)
    kept: list[models.Model] = []
    for model in (CannedReply, Run, MailAddress, Plan, ActionKind, Tag, Category, Establishment, User):
        for row in model._default_manager.filter(pk__in=notes.get(model._meta.label_lower, [])):
            kept += [] if _delete_unused(row) else [row]
    User.objects.filter(pk__in=[row.pk for row in kept if isinstance(row, User)]).update(is_active=False)
    DemonstrationRow.objects.all().delete()
    if not Client.objects.exists() and not Client.history.exists():
        NumberCounter.objects.all().delete()
    return kept


def _forget(model: Any, pks: list[int]) -> None:
    """Erase the history of deleted rows."""
    model.history.filter(**{f"{model._meta.pk.name}__in": pks}).delete()


def _delete_unused(row: models.Model) -> bool:
    if isinstance(row, Tag) and row.clients.exists():
        return False
    try:
        with transaction.atomic():
            pk = row.pk
            row.delete()
    except (models.ProtectedError, models.RestrictedError):
        return False
    if isinstance(row, Plan):
        _forget(Plan, [pk])
    return True
