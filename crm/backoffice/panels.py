"""Panels of the client's sheet: what other rooms know of the client, read when its tab is opened.

A room's panel is a line of PANELS: a title, the permission to see it, a template and what it shows.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.activity.models import Intervention
from crm.backoffice import side_panel
from crm.backoffice.access_panel import access
from crm.backoffice.changes import versions
from crm.backoffice.timeline_rows import described
from crm.change_requests.models import ChangeRequest, ServiceRequest
from crm.clients.lookalikes import find
from crm.clients.models import Client
from crm.conversations.forms import AnswerForm
from crm.conversations.models import CannedReply, Message, SupportRequest
from crm.conversations.reading import page as page_of_messages
from crm.conversations.reading import receipt, subject_of_last_words, thread_of, to_mark
from crm.conversations.services import mark_read
from crm.mailing.models import Mail, MailAddress
from crm.organisation.models import Organisation
from crm.products.instalments import instalments
from crm.products.models import Subscription
from crm.reminders import outlook
from crm.timeline.models import ActionKind, Entry
from crm.timeline.reading import TimelineForm, page

MOST_ROWS = 100
# The form of the panel of messages: Enter in a box of the sheet must not send one.
WRITE = "messages-write"


@dataclass(frozen=True)
class Panel:
    name: str
    title: str
    permission: str
    context: Callable[..., dict]
    # Not in a tab: shown by the sheet itself, above the form or beside it.
    is_notice: bool = False
    is_beside: bool = False
    # Whether it is narrowed by what its address asks, given to `context` as a third argument.
    is_filtered: bool = False
    # Whether one writes in it, by a form of its own beside the sheet's.
    is_written: bool = False

    @property
    def is_tab(self) -> bool:
        return not (self.is_notice or self.is_beside)

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


def timeline(client: Client, user: User, asked: QueryDict) -> dict:
    """The same queries for ten entries and for fifty thousand."""
    form = TimelineForm(asked)
    read = page(form.asked.of(Entry.objects.filter(client=client)), before=asked.get("before", ""))
    may_add = user.has_perm("timeline.add_action")
    return {
        "form": form,
        "is_narrowed": bool(form.query),
        "is_open": bool(form.errors),
        "rows": described(read.entries, user),
        "after": read.after,
        "kinds": ActionKind.objects.all() if may_add else [],
        "may_export": user.has_perm("clients.export_client"),
    }


def interventions(client: Client, user: User) -> dict:
    every = Intervention.objects.filter(client=client)
    counts = dict(every.order_by().values_list("status").annotate(number=Count("pk")))
    return {
        "interventions": every.select_related("in_charge").prefetch_related("files")[:MOST_ROWS],
        "counts": [(label, counts.get(status, 0)) for status, label in Intervention.Status.choices],
        "total": sum(counts.values()),
        "may_add": user.has_perm("activity.add_intervention"),
    }


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


def requests(client: Client, user: User) -> dict:
    """What they asked for, the newest first, of the kinds that this person may read."""
    services = ServiceRequest.objects.select_related(
        "subscription__plan", "wanted_plan", "decided_by", "asked_by"
    )
    records = ChangeRequest.objects.select_related("decided_by", "asked_by").prefetch_related("fields")
    found = [
        one
        for rows in (services, records)
        if user.has_perm(f"change_requests.view_{rows.model._meta.model_name}")
        for one in rows.filter(client=client).order_by("-created_at")[:MOST_ROWS]
    ]
    return {"requests": sorted(found, key=lambda one: one.created_at, reverse=True)}


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


def messages(client: Client, user: User) -> dict:
    """The latest of the conversation, which who may answer it reads for the office; and where to answer."""
    said = page_of_messages(Message.objects.filter(client=client), user=user, at=timezone.now())
    may_answer, thread = user.has_perm("conversations.change_thread"), thread_of(client)
    up_to = to_mark(thread, said.lines, is_office=True, request=None)
    if may_answer and up_to > thread.read_by_office:
        mark_read(client, by=user, up_to=up_to, at=timezone.now(), is_office=True)
    return {
        "lines": said.lines,
        "is_cut": bool(said.before),
        "thread": thread,
        "receipt": receipt(client, is_office=True),
        "requests": SupportRequest.objects.filter(client=client)[:20],
        "form": _answer_form(client) if may_answer else None,
        "form_id": WRITE,
        "action": reverse("admin:conversations_thread_change", args=[client.pk]),
        "canned": CannedReply.objects.values_list("pk", "title"),
    }


def _answer_form(client: Client) -> AnswerForm:
    first = {"request": subject_of_last_words(client)}
    return AnswerForm(client=client, form_id=WRITE, auto_id="message-%s", initial=first)


PANELS = [
    Panel("subscriptions", _("All subscriptions"), "products.view_subscription", subscriptions),
    Panel("interventions", _("Interventions"), "activity.view_intervention", interventions),
    Panel("messages", _("Messages"), "conversations.view_thread", messages, is_written=True),
    Panel("requests", _("Requests"), "change_requests.view_servicerequest", requests),
    Panel("reminders", _("Reminders"), "reminders.view_reminder", outlook.of_client),
    Panel("mails", _("Mails"), "mailing.view_mail", mails),
    Panel("access", _("Client space"), "access.view_access", access),
    Panel("timeline", _("Timeline"), "timeline.view_entry", timeline, is_filtered=True),
    Panel("history", _("History"), "clients.view_client", history),
    Panel("mail_address", _("E-mail address"), "clients.view_client", mail_address, is_notice=True),
    Panel("lookalikes", _("Records that look alike"), "clients.change_client", lookalikes, is_notice=True),
    Panel("side", _("In short"), "clients.view_client", side_panel.context, is_beside=True),
]
