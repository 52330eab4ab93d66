"""Who gets what in the coming days, and who was told too late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from crm.mailing.services import why_not_mailed
from crm.products.models import Subscription
from crm.products.wording import days_in_words
from crm.reminders.choosing import undecided_on
from crm.reminders.forecast import Forecast, What
from crm.reminders.models import Reminder
from crm.reminders.notices import told_too_late, with_their_notice
from crm.reminders.writing import why_by_letter

DAYS_AHEAD = timedelta(days=30)
PER_PAGE = 50


@dataclass(frozen=True)
class Expected:
    """What one subscription is expected to get: which reminder, and why on paper when it is."""

    term: Subscription
    days: int | None
    by_letter: str


class CalendarPages(admin.ModelAdmin):
    def get_urls(self):
        def url(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"reminders_reminder_{name}")

        return [
            url("calendar/", self.calendar_view, "calendar"),
            url("late/", self.late_view, "late"),
            *super().get_urls(),
        ]

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """`?day=` and `?what=` (see What) list one number of the page; anything else shows the numbers alone."""
        self._check(request)
        today = timezone.localdate()
        forecast = Forecast(request.user, today=today, last=today + DAYS_AHEAD)
        context = {
            "days": [
                (day, days_in_words((day.on - today).days))
                for day in forecast.days()
                if day.counts or day.is_silent or day.on == today
            ],
            "today": today,
            "written": Reminder.objects.visible_to(request.user).filter(day=today).count(),
            **_listed(request, forecast),
        }
        return self._page(request, _("Who gets what"), "calendar", context)

    def late_view(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        today = timezone.localdate()
        windows = told_too_late(today, among=undecided_on(today).visible_to(request.user))
        page = Paginator(list(windows), PER_PAGE).get_page(request.GET.get("p"))
        rows = with_their_notice({pk: windows[pk] for pk in page.object_list})
        context = {"rows": rows, "page": page, "today": today}
        return self._page(request, _("Told too late"), "late", context)

    def _check(self, request: HttpRequest) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm("clients.view_client")):
            raise PermissionDenied

    def _page(self, request: HttpRequest, title, name: str, context: dict) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/reminders/{name}.html", context)


def _listed(request: HttpRequest, forecast: Forecast) -> dict:
    day, what = _day(request.GET.get("day", "")), request.GET.get("what", "")
    if day is None or what not in What.values or not forecast.today <= day <= forecast.last:
        return {}
    found = forecast.listed(day, What(what))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    return {
        "day": day,
        "chosen": What(what),
        "page": page,
        "expected": _expected(page, forecast, day, What(what)),
        "query": f"day={day:%Y-%m-%d}&what={what}&",
    }


def _expected(page: Page, forecast: Forecast, day: date, what: What) -> Sequence[Expected]:
    terms = _read(page.object_list)
    if what == What.RENEWALS:
        return [Expected(term, None, "") for term in terms]
    refusing = why_not_mailed(term.client.email for term in terms if term.client.email)
    found = []
    for term in terms:
        why = why_by_letter(term, refusing)
        days = forecast.offset_of(term, day) if what == What.REMINDERS else None
        found.append(Expected(term, days, str(Reminder.Why(why).label) if why else ""))
    return found


def _read(keys: Sequence[int]) -> list[Subscription]:
    """In the order of the keys."""
    found = Subscription.objects.select_related("client", "plan").in_bulk(list(keys))
    return [found[key] for key in keys if key in found]


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
