from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client
from crm.core.admin import ReadOnlyAdmin
from crm.reminders import filters
from crm.reminders.admin.calendar import CalendarPages
from crm.reminders.admin.verbs import VerbPages
from crm.reminders.models import Reminder
from crm.reminders.wording import badge, fate


class ReminderAdmin(VerbPages, CalendarPages, ReadOnlyAdmin):
    """The log: what was sent, or not, and why."""

    list_display = ["on", "client_name", "formule", "end", "what", "state", "reason", "fates", "by"]
    list_display_links = ["on"]
    list_filter = [
        filters.StatusFilter,
        filters.PurposeFilter,
        filters.DaysFilter,
        filters.DayBetween,
        filters.EndsBetween,
    ]
    list_select_related = ["subscription__client", "subscription__plan", "by"]
    list_per_page = 50
    search_fields = ["subscription__plan__name"]
    search_help_text = _("Client or formule")
    show_full_result_count = False
    fields = ["client_name", "formule", "end", "what", "on", "state", "reason", "fates", "printed_at", "by"]

    def get_queryset(self, request):
        """Each names its client: none for who may not read clients."""
        queryset = super().get_queryset(request).visible_to(request.user).prefetch_related("mails")
        return queryset if request.user.has_perm("clients.view_client") else queryset.none()

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        clients = Client.objects.visible_to(request.user).matching(search_term)
        named = Q(subscription__client__in=clients.values("pk"))
        return queryset.filter(named | Q(subscription__plan__name__icontains=search_term)), False

    @admin.display(description=_("Day"), ordering="day")
    def on(self, reminder: Reminder) -> str:
        return date_format(reminder.day, "SHORT_DATE_FORMAT")

    @admin.display(description=_("Client"), ordering="subscription__client__sort_name")
    def client_name(self, reminder: Reminder) -> str:
        client = reminder.subscription.client
        address = reverse("admin:clients_client_change", args=[client.pk])
        return format_html('<a href="{}">{}</a> <small>{}</small>', address, client.display_name, client.code)

    @admin.display(description=_("Formule"), ordering="subscription__plan__name")
    def formule(self, reminder: Reminder) -> str:
        return reminder.subscription.plan.name

    @admin.display(description=_("End of service"), ordering="ends_on")
    def end(self, reminder: Reminder) -> str:
        return date_format(reminder.ends_on, "SHORT_DATE_FORMAT")

    @admin.display(description=_("Reminder"), ordering="days")
    def what(self, reminder: Reminder) -> str:
        return reminder.called()

    @admin.display(description=_("State"), ordering="status")
    def state(self, reminder: Reminder) -> str:
        return badge(reminder)

    @admin.display(description=_("Why"), ordering="why")
    def reason(self, reminder: Reminder) -> str:
        return reminder.get_why_display()

    @admin.display(description=_("E-mail"))
    def fates(self, reminder: Reminder) -> str:
        """Every mail that was written for it, and what became of each."""
        mails = sorted(reminder.mails.all(), key=lambda mail: mail.pk)
        return format_html_join(mark_safe("<br>"), "{}", ((fate(mail),) for mail in mails))
