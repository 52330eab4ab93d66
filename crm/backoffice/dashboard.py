"""The first page: the work that waits, then the figures. A room adds its work to WAITING."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.cache import caches
from django.db.models import Count, Max
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.backoffice import charts
from crm.backoffice.filters import NOBODY
from crm.change_requests.models import ChangeRequest, ServiceRequest
from crm.change_requests.waiting import waiting as waiting_requests
from crm.clients.models import Client
from crm.conversations.waiting import waiting as waiting_conversations
from crm.exchange.models import ImportRun
from crm.france.postcodes import REGIONS
from crm.mailing.filters import TROUBLE
from crm.mailing.models import Mail
from crm.mailing.queue_state import QueueState, queue_state
from crm.organisation.models import Organisation
from crm.products import statistics
from crm.products.models import Plan, Subscription
from crm.products.statistics import Month, Sold, Turnover, months_to
from crm.products.wording import days_in_words
from crm.reminders.waiting import work as reminders

MONTHS_SHOWN = 12
CACHE_SECONDS = 3600
# A mail in trouble for longer has been seen, or will not be.
RECENT = timedelta(days=30)
CLIENTS, SUBSCRIPTIONS, IMPORTS, MAILS = (
    "admin:clients_client_changelist",
    "admin:products_subscription_changelist",
    "admin:exchange_importrun_changelist",
    "admin:mailing_mail_changelist",
)


@dataclass(frozen=True)
class Card:
    """Work that waits: how much, what to do, and the list where it is done."""

    number: int
    title: str
    url: str


@dataclass(frozen=True)
class Row:
    """A number with its bar, in thousandths of the longest, and the list it counts."""

    label: str
    number: int
    url: str
    share: int


@dataclass(frozen=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True)
class Chart:
    """Columns per month and the same numbers as a table: one row per month, one link per series."""

    columns: charts.Columns
    headings: list[str]
    rows: list[tuple[str, list[Link]]]

    @property
    def is_stacked(self) -> bool:
        """Whether each heading is a colour of the columns."""
        return all(len(column.parts) > 1 for column in self.columns.columns)


@dataclass(frozen=True)
class PlanRow:
    """A formule: links to what runs, what was sold new and what was renewed; the bar is of what runs."""

    name: str
    links: list[Link]
    share: int


def to(name: str, **filters: Any) -> str:
    """The address of a list, with its filters."""
    return reverse(name) + (f"?{urlencode(filters)}" if filters else "")


def ending_soon(user: User, day: date) -> Card | None:
    if not user.has_perm("products.view_subscription"):
        return None
    soon = Organisation.objects.current().ending_soon_days
    number = Subscription.objects.visible_to(user).ending_within(day, soon).count()
    text = ngettext(
        "subscription to renew or to let end, within %(days)d days",
        "subscriptions to renew or to let end, within %(days)d days",
        number,
    )
    return Card(number, text % {"days": soon}, to(SUBSCRIPTIONS, state="ending"))


def imports_to_confirm(user: User, day: date) -> Card | None:
    if not user.has_perm("exchange.view_importrun"):
        return None
    waiting = [ImportRun.State.UPLOADED, ImportRun.State.REHEARSED]
    number = ImportRun.objects.visible_to(user).filter(state__in=waiting).count()
    if not number:
        return None
    return Card(number, ngettext("import to confirm", "imports to confirm", number), to(IMPORTS))


def service_requests(user: User, day: date) -> Card | None:
    if not (found := waiting_requests(user, ServiceRequest)):
        return None
    text = ngettext(
        "request about a service, received %(age)s",
        "requests about services, the oldest received %(age)s",
        found.number,
    )
    return Card(found.number, text % {"age": _age(found.oldest, day)}, found.url)


def change_requests(user: User, day: date) -> Card | None:
    if not (found := waiting_requests(user, ChangeRequest)):
        return None
    text = ngettext(
        "change of a record to decide, asked %(age)s",
        "changes of records to decide, the oldest asked %(age)s",
        found.number,
    )
    return Card(found.number, text % {"age": _age(found.oldest, day)}, found.url)


def conversations(user: User, day: date) -> Card | None:
    if not (found := waiting_conversations(user)):
        return None
    text = ngettext(
        "client waits for an answer to a message, since %(age)s",
        "clients wait for an answer to a message, the first since %(age)s",
        found.number,
    )
    return Card(found.number, text % {"age": _age(found.oldest, day)}, found.url)


def _age(at: datetime, day: date) -> str:
    return days_in_words((timezone.localdate(at) - day).days)


def mails_in_trouble(user: User, day: date) -> Card | None:
    if not user.has_perms(["mailing.view_mail", "clients.view_client"]):
        return None
    since = day - RECENT
    midnight = timezone.make_aware(datetime.combine(since, time()))
    number = Mail.objects.visible_to(user).in_trouble().filter(created_at__gte=midnight).count()
    text = ngettext("mail that did not arrive", "mails that did not arrive", number)
    return Card(number, text, to(MAILS, status=TROUBLE, written_from=since))


def mail_queue(user: User) -> QueueState | None:
    return queue_state() if user.has_perm("mailing.view_mail") else None


# What each room says is waiting for this member of staff; None where they have no right to know.
WAITING: list[Callable[[User, date], Card | None]] = [
    service_requests,
    change_requests,
    conversations,
    ending_soon,
    imports_to_confirm,
    mails_in_trouble,
]


def waiting(user: User, day: date) -> list[Card]:
    cards = [card for make in WAITING if (card := make(user, day)) and card.number]
    return [*cards, *(Card(*work) for work in reminders(user, day))]


@dataclass(frozen=True)
class Figures:
    """Numbers alone, so that they can be kept until something changes."""

    kinds: dict[str, int]
    regions: dict[str, int]
    running: dict[int, int]
    sales: statistics.Sales
    turnover: dict[Month, Turnover]


def figures(user: User, day: date) -> Figures:
    """Of the clients they may see. Kept until a client or a subscription has one more line of history."""
    scope = "all" if user.has_perm("clients.see_every_client") else user.pk
    moved = [model.history.aggregate(last=Max("history_id"))["last"] for model in (Client, Subscription)]
    key = f"figures:{scope}:{day}:{moved}".replace(" ", "")
    found = caches["memory"].get(key)
    if found is None:
        found = _counted(user, day)
        caches["memory"].set(key, found, CACHE_SECONDS)
    return found


def _counted(user: User, day: date) -> Figures:
    clients = Client.objects.visible_to(user).current().order_by()
    subscriptions = Subscription.objects.visible_to(user)
    months = months_to(day, MONTHS_SHOWN)
    return Figures(
        kinds=dict(clients.values_list("kind").annotate(number=Count("pk"))),
        regions=dict(clients.values_list("region").annotate(number=Count("pk"))),
        running=statistics.running_by_plan(subscriptions, day),
        sales=statistics.sales(subscriptions, months),
        turnover=statistics.turnover(subscriptions, months),
    )


def kinds(found: Figures) -> list[Row]:
    numbers = [found.kinds.get(kind, 0) for kind in Client.Kind.values]
    addresses = [to(CLIENTS, kind=kind) for kind in Client.Kind.values]
    return _rows([str(label) for label in Client.Kind.labels], numbers, addresses)


def regions(found: Figures) -> list[Row]:
    """The largest first; clients without a region last, whatever their number."""
    known = sorted((code for code in found.regions if code), key=lambda code: (-found.regions[code], code))
    codes = [*known, *([""] if "" in found.regions else [])]
    labels = [str(REGIONS.get(code, code)) if code else _("No region, or abroad") for code in codes]
    addresses = [to(CLIENTS, region=code or NOBODY) for code in codes]
    return _rows(labels, [found.regions[code] for code in codes], addresses)


def _rows(labels: list[str], numbers: list[int], addresses: list[str]) -> list[Row]:
    return [Row(*row) for row in zip(labels, numbers, addresses, charts.shares(numbers), strict=True)]


def plans(found: Figures, day: date) -> list[PlanRow]:
    """One line per formule that runs or was sold this year, the most running first."""
    months = months_to(day, MONTHS_SHOWN)
    span = {"subscribed_from": months[0].first_day, "subscribed_to": months[-1].last_day}
    wanted = [
        plan
        for plan in Plan.objects.only("name")
        if plan.pk in found.running or plan.pk in found.sales.by_plan
    ]
    wanted.sort(key=lambda plan: (-found.running.get(plan.pk, 0), plan.name))
    lengths = charts.shares([found.running.get(plan.pk, 0) for plan in wanted])
    rows = []
    for plan, share in zip(wanted, lengths, strict=True):
        sold, one = found.sales.by_plan.get(plan.pk, Sold()), {"plan__id__exact": plan.pk}
        running = Link(str(found.running.get(plan.pk, 0)), to(SUBSCRIPTIONS, **one, state="running"))
        new = Link(str(sold.new), to(SUBSCRIPTIONS, **one, **span, sale="new"))
        renewed = Link(str(sold.renewed), to(SUBSCRIPTIONS, **one, **span, sale="renewal"))
        rows.append(PlanRow(plan.name, [running, new, renewed], share))
    return rows


def sold_by_month(found: Figures) -> Chart:
    series = [
        [sold.new for sold in found.sales.by_month.values()],
        [s.renewed for s in found.sales.by_month.values()],
    ]
    rows = []
    for month, sold in found.sales.by_month.items():
        span = {"subscribed_from": month.first_day, "subscribed_to": month.last_day}
        links = [
            Link(str(sold.new), to(SUBSCRIPTIONS, **span, sale="new")),
            Link(str(sold.renewed), to(SUBSCRIPTIONS, **span, sale="renewal")),
        ]
        rows.append((date_format(month.first_day, "F Y"), links))
    return Chart(charts.columns(_short(found.sales.by_month), series), [_("New ones"), _("Renewed")], rows)


def due_by_month(found: Figures, money: Callable[[Any], str]) -> Chart:
    series = [[int(due.excl_tax) for due in found.turnover.values()]]
    rows = []
    for month, due in found.turnover.items():
        address = to(SUBSCRIPTIONS, subscribed_to=month.last_day, ends_from=month.first_day)
        rows.append(
            (
                date_format(month.first_day, "F Y"),
                [Link(money(a), address) for a in (due.excl_tax, due.incl_tax)],
            )
        )
    return Chart(charts.columns(_short(found.turnover), series), [_("Excl. tax"), _("Incl. tax")], rows)


def _short(months: dict[Month, Any]) -> list[str]:
    return [date_format(month.first_day, "N") for month in months]
