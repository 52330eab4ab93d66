"""What is done to the reminders of one subscription in one click: send now, do not send, pause."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from crm.products.models import Subscription
from crm.reminders import services
from crm.reminders.choosing import offsets_of
from crm.reminders.models import Rule

# Where a page is told to open on this panel of the client's sheet.
PANEL = "#panel-reminders"

SEND, WITHHOLD, PAUSE = "send", "withhold", "pause"
PERMISSIONS = {
    SEND: "reminders.change_reminder",
    WITHHOLD: "reminders.change_reminder",
    PAUSE: "reminders.add_pause",
}
DONE = {
    SEND: _("The reminder is written: it leaves within a minute, or waits among the letters to print."),
    WITHHOLD: _("This reminder will not be sent."),
    PAUSE: _("The reminders of this service are paused, until you resume them."),
}


class VerbPages(admin.ModelAdmin):
    def get_urls(self):
        view = self.admin_site.admin_view(self.term_view)
        return [
            path("of/<int:pk>/<slug:verb>/", view, name="reminders_reminder_term"),
            path("of/<int:pk>/<slug:verb>/<int:days>/", view, name="reminders_reminder_verb"),
            *super().get_urls(),
        ]

    def term_view(self, request: HttpRequest, pk: int, verb: str, days: int | None = None) -> HttpResponse:
        if verb not in PERMISSIONS or (days is None) != (verb == PAUSE):
            raise Http404
        terms = Subscription.objects.visible_to(request.user)
        term = get_object_or_404(terms.select_related("client", "plan"), pk=pk)
        allowed = request.user.has_perms([PERMISSIONS[verb], "clients.view_client"])
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        if days is not None and days not in _known_days(term):
            raise Http404
        try:
            self._do(request, term, verb, days)
            messages.success(request, DONE[verb])
        except services.NotNow as refusal:
            messages.error(request, str(refusal))
        except IntegrityError:
            messages.error(request, _("This reminder is being written just now: look again in a moment."))
        return back_from(request, reverse("admin:clients_client_change", args=[term.client_id]))

    def _do(self, request: HttpRequest, term: Subscription, verb: str, days: int | None) -> None:
        now = timezone.now()
        day = timezone.localdate(now)
        if verb == PAUSE:
            services.pause(term, day=day, by=request.user)
        elif days is not None:
            act = services.send_now if verb == SEND else services.do_not_send
            act(term, days=days, day=day, at=now, by=request.user)


def _known_days(term: Subscription) -> set[int]:
    ruled = {one.days for one in offsets_of(term, Rule.objects.offsets())}
    return ruled | set(term.reminders.filter(ends_on=term.ends_on).values_list("days", flat=True))


def back_from(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page of a client that the person came from, on the panel of reminders; else to that address."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure())
    sheets = reverse("admin:clients_client_changelist")
    address = came_from if is_ours and sheets in came_from else otherwise
    return HttpResponseRedirect(f"{address.partition('#')[0]}{PANEL if sheets in address else ''}")
