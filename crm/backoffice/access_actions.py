"""The client space for a selection of the list, after a page that says to how many."""

from django.contrib import admin, messages
from django.forms import Form
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.access.selections import Tally, disable_all, invite
from crm.backoffice.actions import asked
from crm.clients.models import Client

# Each is a mail and some rows, in one transaction that holds the others up.
MOST_AT_ONCE = 1000
MOST_NAMED = 10


@admin.action(permissions=["invite"], description=gettext_lazy("Send credentials"))
def send_credentials(modeladmin, request, queryset):
    return _limited(modeladmin, request, queryset, name="send_credentials", apply=_apply_send)


@admin.action(permissions=["close_access"], description=gettext_lazy("Disable the client space"))
def disable_access(modeladmin, request, queryset):
    return _limited(modeladmin, request, queryset, name="disable_access", apply=_apply_disable)


def _limited(modeladmin, request, queryset, *, name: str, apply):
    if (count := queryset.count()) > MOST_AT_ONCE:
        text = _("%(count)d clients are selected: choose at most %(most)d at once.")
        modeladmin.message_user(request, text % {"count": count, "most": MOST_AT_ONCE}, messages.ERROR)
        return None
    return asked(modeladmin, request, queryset, name=name, form_class=Form, apply=apply)


def _apply_send(queryset, answer, user) -> str:
    return " ".join(_told(invite(queryset, by=user, at=timezone.now())))


def _told(tally: Tally) -> list[str]:
    told = [
        ngettext("%(count)d link was sent.", "%(count)d links were sent.", tally.sent) % {"count": tally.sent}
    ]
    if tally.no_address:
        told.append(_("Without an e-mail: %(clients)s.") % {"clients": _named(tally.no_address)})
    if tally.of_staff:
        told.append(
            _("With the address of a member of staff: %(clients)s.") % {"clients": _named(tally.of_staff)}
        )
    if tally.disabled:
        told.append(_("Left closed: %(clients)s.") % {"clients": _named(tally.disabled)})
    return told


def _named(clients: list[Client]) -> str:
    names = ", ".join(str(client) for client in clients[:MOST_NAMED])
    others = len(clients) - MOST_NAMED
    return names if others <= 0 else _("%(names)s and %(count)d others") % {"names": names, "count": others}


def _apply_disable(queryset, answer, user) -> str:
    count = disable_all(queryset, by=user, at=timezone.now())
    text = ngettext("%(count)d access was closed.", "%(count)d accesses were closed.", count)
    return text % {"count": count}
