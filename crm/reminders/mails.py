"""The mails that reminders write, and whether they are still wanted as they leave."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.change_requests.links import answer_url
from crm.change_requests.models import ServiceRequest
from crm.clients.models import Client
from crm.mailing.kinds import Kind
from crm.mailing.models import Mail
from crm.mailing.variables import TERM, long_date, site_url, values_of, values_of_term
from crm.products.models import Plan, Subscription
from crm.products.renewal import next_term
from crm.reminders.choosing import why_silent
from crm.reminders.models import Pause, Reminder
from crm.reminders.timetable import notice_window

# What differs from one term to the other when several reminders of a client are joined in one mail.
JOINED = ("formule", "date_debut", "prix_ht", "taux_tva", "prix_ttc", "facturation")


def values(terms: Sequence[Subscription], day: date, language: str) -> dict[str, str]:
    """The variables of a reminder about one term, or about several of one client that end together."""
    each = [values_of_term(term, day, language) for term in terms]
    with override(language):
        together = {name: get_text_list(_distinct(one[name] for one in each), _("and")) for name in JOINED}
    return {**values_of(terms[0].client, language), **each[0], **together}


def notice_values(term: Subscription, day: date, language: str) -> dict[str, str]:
    """The variables of the notice that a term will be renewed tacitly."""
    window = notice_window(term.ends_on, term.plan.notice_months)
    with override(language):
        days = {
            "date_limite": long_date(window.deadline),
            "nouvelle_date_fin": long_date(next_term(term).ends_on),
        }
    return {**values([term], day, language), **days}


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def example(client: Client, day: date, language: str) -> dict[str, str]:
    """For a preview: the client's next term to end, or their last one."""
    terms = Subscription.objects.filter(client=client).select_related("client", "plan")
    term = terms.filter(ends_on__gte=day).order_by("ends_on").first() or terms.order_by("-ends_on").first()
    return notice_values(term, day, language) if term else values_of(client, language)


# What `unwanted` reads: a night asks it of thousands, whose records are wide.
READ = (
    "mail_id",
    *(f"reminder__{name}" for name in ("status", "why", "purpose", "ends_on", "day")),
    *(
        f"reminder__subscription__{name}"
        for name in ("ends_on", "archived_on", "cancelled_on", "not_renewed_on")
    ),
    *(f"reminder__subscription__client__{name}" for name in ("email", "archived_on")),
    "reminder__subscription__renewed_by__renews",
)


def unwanted(mails: Sequence[Mail], now: datetime) -> dict[int, str]:
    """Why some of these must not leave after all. A mail about several reminders leaves while one is wanted."""
    today = timezone.localdate(now)
    mail_of = {mail.pk: mail for mail in mails}
    links = (
        Reminder.mails.through.objects.filter(mail__in=mail_of)
        .select_related("reminder__subscription__client", "reminder__subscription__renewed_by")
        .only(*READ)
    )
    terms = [link.reminder.subscription for link in links]
    paused = Pause.objects.on(today).paused_among(terms)
    answered = ServiceRequest.objects.silenced_terms([term.pk for term in terms])
    reasons: dict[int, list[str]] = {mail.pk: [] for mail in mails}
    for link in links:
        mail, reminder = mail_of[link.mail_id], link.reminder
        # A day that was played (`send_reminders --on`) goes on from there.
        day = reminder.day + (today - timezone.localdate(mail.created_at))
        why = why_silent(reminder, day)
        # The law asks for a notice: a pause does not keep it back.
        is_end = reminder.purpose == Reminder.Purpose.END
        if not why and is_end and reminder.subscription_id in paused:
            why = _("Reminders are paused.")
        if not why and (reminder.subscription_id, reminder.ends_on) in answered:
            why = _("The client has answered.")
        if not why and mail.recipient.lower() != reminder.subscription.client.email.lower():
            why = _("The client’s address changed.")
        reasons[mail.pk].append(why)
    gone = _("The reminder it belongs to no longer exists.")
    return {pk: (whys[0] if whys else gone) for pk, whys in reasons.items() if all(whys)}


def _answer(choice: str) -> Callable[[Mail], str]:
    """The maker of a button’s link. A test mail, which is about no reminder, leads to the client space."""

    def link(mail: Mail) -> str:
        reminder = mail.about
        if not isinstance(reminder, Reminder):
            return site_url("/espace/")
        return answer_url(reminder.subscription_id, reminder.ends_on, choice)

    return link


ANSWERS = {
    "lien_renouveler": _answer("renew"),
    "lien_arreter": _answer("stop"),
    "lien_rappel": _answer("call_back"),
}
NOTICE = (*TERM, "date_limite", "nouvelle_date_fin")

REMINDER = Kind(
    code="reminder",
    title=gettext_lazy("Reminder of the end of a service"),
    sent_when=gettext_lazy(
        "On each of the days chosen in the reminder rules, before the last day of service."
    ),
    variables=tuple(TERM),
    links=ANSWERS,
    unwanted=unwanted,
    example=example,
)
TACIT_REMINDER = Kind(
    code="tacit_reminder",
    title=gettext_lazy("Reminder before a tacit renewal"),
    sent_when=gettext_lazy("On the same days, for formules that are renewed tacitly."),
    variables=NOTICE,
    links=ANSWERS,
    unwanted=unwanted,
    example=example,
)
FINAL_REMINDER = Kind(
    code="final_reminder",
    title=gettext_lazy("Reminder of an end without renewal"),
    sent_when=gettext_lazy("On the same days, for formules that are not renewed."),
    variables=tuple(TERM),
    # The page of a renewal would say that there is none.
    links={name: ANSWERS[name] for name in ("lien_arreter", "lien_rappel")},
    unwanted=unwanted,
    example=example,
)
RENEWAL_NOTICE = Kind(
    code="renewal_notice",
    title=gettext_lazy("Notice of tacit renewal"),
    sent_when=gettext_lazy(
        "Between three months and one month before the last day on which the client may refuse the renewal. "
        "The law asks for it: keep the deadline in its box."
    ),
    variables=NOTICE,
    links=ANSWERS,
    unwanted=unwanted,
    example=example,
)
KIND_OF = {
    Plan.Renewal.ON_REQUEST: REMINDER,
    Plan.Renewal.TACIT: TACIT_REMINDER,
    Plan.Renewal.NONE: FINAL_REMINDER,
}


def kind_for(term: Subscription) -> Kind:
    """Of the reminder of this term's end: what is offered depends on how its formule is renewed."""
    return KIND_OF[Plan.Renewal(term.plan.renewal)]
