"""Beside the client's sheet: is the client active and why, the figures, ways to reach them.

A room adds its figure to FIGURES or its link to LINKS. Each is given the client, who looks, and the day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.models import Access
from crm.accounts.models import User
from crm.activity.models import StatusLock
from crm.activity.status import explain
from crm.clients.models import Client
from crm.conversations.models import SupportRequest
from crm.devices.models import Device
from crm.france.telephones import format_telephone
from crm.products.instalments import due_by
from crm.products.models import Subscription
from crm.products.wording import NO_BREAK, euros
from crm.timeline.models import Entry

# E.164 numbers of a telephone that receives texts: only these have a conversation elsewhere.
MOBILES = ("mobile", "manager_mobile")


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    note: str = ""
    # The tab of the sheet that tells more.
    url: str = ""


@dataclass(frozen=True)
class Link:
    text: str
    url: str
    icon: str
    # Said by screen readers instead of the text, where that is too short to stand alone.
    spoken: str = ""
    is_elsewhere: bool = False


def last_action(client: Client, user: User, day: date) -> Figure | None:
    if not user.has_perm("timeline.view_entry"):
        return None
    entry = Entry.objects.filter(client=client).first()
    if entry is None:
        return Figure(_("Last action"), _("none yet"))
    at = date_format(timezone.localtime(entry.at), "SHORT_DATETIME_FORMAT")
    note = f"{entry.get_kind_display()} – {Truncator(entry.summary).chars(80)}"
    return Figure(_("Last action"), at, note, "#panel-timeline")


def purchases(client: Client, user: User, day: date) -> Figure | None:
    """Terms subscribed or renewed, archived ones apart."""
    if not user.has_perm("products.view_subscription"):
        return None
    number = Subscription.objects.filter(client=client, archived_on=None, subscribed_on__lte=day).count()
    return Figure(_("Purchases"), str(number), url="#panel-subscriptions")


def turnover(client: Client, user: User, day: date) -> Figure | None:
    """What has fallen due up to that day, with tax."""
    if not user.has_perm("products.view_subscription"):
        return None
    terms = Subscription.objects.filter(client=client, archived_on=None, subscribed_on__lte=day)
    due = [one for term in terms for one in due_by(term, day)]
    incl, excl = (sum((getattr(one, name) for one in due), Decimal(0)) for name in ("incl_tax", "excl_tax"))
    return Figure(_("Turnover"), euros(incl), _("%(amount)s excl. tax") % {"amount": euros(excl)})


def support_requests(client: Client, user: User, day: date) -> Figure | None:
    if not user.has_perm("conversations.view_thread"):
        return None
    counted = SupportRequest.objects.filter(client=client).aggregate(
        sent=Count("pk"), waiting=Count("pk", filter=Q(status=SupportRequest.Status.OPEN))
    )
    waiting = ngettext("%(count)d open", "%(count)d open", counted["waiting"]) % {"count": counted["waiting"]}
    note = waiting if counted["waiting"] else ""
    return Figure(_("Support requests"), str(counted["sent"]), note, "#panel-messages")


def devices(client: Client, user: User, day: date) -> Figure | None:
    """Those of the people who open this client's space, that receive notifications (S1-20)."""
    if not user.has_perm("access.view_access"):
        return None
    people = Access.objects.open().filter(client=client).values("user")
    names = list(Device.objects.filter(user__in=people).values_list("name", flat=True))
    return Figure(_("Devices notified"), str(len(names)), ", ".join(names))


def origin(client: Client, user: User, day: date) -> Figure | None:
    campaign = [
        client.utm_source,
        client.utm_medium,
        client.utm_campaign,
        client.utm_term,
        client.utm_content,
    ]
    notes = [" / ".join(part for part in campaign if part), client.registered_device]
    note = " – ".join(part for part in notes if part)
    if not client.source and not note:
        return None
    return Figure(_("Origin"), client.source or note, note if client.source else "")


FIGURES: list[Callable[[Client, User, date], Figure | None]] = [
    last_action,
    purchases,
    turnover,
    support_requests,
    devices,
    origin,
]


def ways_to_reach(client: Client, user: User, day: date) -> list[Link]:
    mobile = next((phone for name in MOBILES if (phone := getattr(client, name)).startswith("+")), "")
    if not mobile:
        return []
    shown = format_telephone(mobile).replace(" ", NO_BREAK)
    return [
        Link(shown, f"tel:{mobile}", "fas fa-phone", _("Call %(number)s") % {"number": shown}),
        Link(_("Text message"), f"sms:{mobile}", "fas fa-comment-sms"),
        Link("WhatsApp", f"https://wa.me/{mobile[1:]}", "fab fa-whatsapp", is_elsewhere=True),
    ]


def conversation(client: Client, user: User, day: date) -> list[Link]:
    if not user.has_perm("conversations.change_thread"):
        return []
    url = reverse("admin:conversations_thread_change", args=[client.pk])
    return [Link(_("Write a message"), url, "fas fa-comments")]


def things_to_note(client: Client, user: User, day: date) -> list[Link]:
    """One click to the form, one to save it: this client is already chosen."""
    asked = f"?client={client.pk}"
    links = []
    if user.has_perm("timeline.add_action"):
        url = reverse("admin:timeline_action_add") + asked
        links.append(Link(_("Note an action"), url, "fas fa-pen-to-square"))
    if user.has_perm("activity.add_intervention"):
        url = reverse("admin:activity_intervention_add") + asked
        links.append(Link(_("New intervention"), url, "fas fa-screwdriver-wrench"))
    return links


LINKS: list[Callable[[Client, User, date], list[Link]]] = [conversation, things_to_note, ways_to_reach]


def context(client: Client, user: User) -> dict:
    day = timezone.localdate()
    may_read = user.has_perm("activity.view_intervention")
    may_decide = user.has_perms(["clients.change_client", "activity.add_statuslock"])
    return {
        "explanation": explain(client, day=day) if may_read else None,
        "is_locked": may_decide and StatusLock.objects.in_force_on(day).filter(client=client).exists(),
        "may_decide": may_decide,
        "figures": [figure for make in FIGURES if (figure := make(client, user, day))],
        "links": [link for make in LINKS for link in make(client, user, day)],
    }
