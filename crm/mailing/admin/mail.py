"""The outbox, which is also the proof of what was sent: read, sent again or stopped, never written by hand."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.clients.models import Client
from crm.core.admin import ReadOnlyAdmin
from crm.mailing import services
from crm.mailing.filters import KindFilter, StatusFilter, WrittenBetween
from crm.mailing.models import Mail
from crm.mailing.queue_state import queue_state


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    list_display = ["subject", "state", "recipient", "client_name", "kind", "written", "sent", "trouble"]
    list_display_links = ["subject"]
    list_filter = [StatusFilter, KindFilter, WrittenBetween]
    list_select_related = ["client"]
    list_per_page = 50
    search_fields = ["recipient", "subject"]
    search_help_text = gettext_lazy("Client, recipient or subject")
    ordering = ["-pk"]
    empty_value_display = ""
    show_full_result_count = False
    change_list_template = "admin/mailing/mail/change_list.html"
    change_form_template = "admin/mailing/mail/change_form.html"

    class Media:
        css = {"all": ["mailing/mailing.css"]}

    def get_queryset(self, request):
        """Each names its client: none for who may not read clients."""
        queryset = (
            super().get_queryset(request).visible_to(request.user).defer("html", "text", "server_reply")
        )
        return queryset if request.user.has_perm("clients.view_client") else queryset.none()

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        clients = Client.objects.visible_to(request.user).matching(search_term)
        found = Q(recipient__icontains=search_term) | Q(subject__icontains=search_term)
        return queryset.filter(found | Q(client__in=clients.values("pk"))), False

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"queue": queue_state(), **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        may = {"may_change": request.user.has_perm("mailing.change_mail")}
        return super().change_view(request, object_id, form_url, {**may, **(extra_context or {})})

    def get_urls(self):
        def url(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"mailing_mail_{name}")

        return [
            url("<int:pk>/again/", self.again_view, "again"),
            url("<int:pk>/stop/", self.stop_view, "stop"),
            *super().get_urls(),
        ]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        mail = self._to_change(request, pk)
        is_done = services.send_again(mail, at=timezone.now())
        return self._answer(
            request,
            mail,
            is_done,
            _("It leaves again within a minute."),
            _("It can no longer be sent again."),
        )

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        mail = self._to_change(request, pk)
        is_done = services.cancel(mail, why=_("Stopped by %(user)s.") % {"user": request.user})
        return self._answer(
            request, mail, is_done, _("It will not be sent."), _("Too late: it has left, or is leaving.")
        )

    def _to_change(self, request: HttpRequest, pk: int) -> Mail:
        """One that this person may not know of does not exist."""
        mail = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST" or not request.user.has_perm("mailing.change_mail"):
            raise PermissionDenied
        return mail

    def _answer(self, request, mail: Mail, is_done: bool, done: str, refused: str) -> HttpResponse:
        if is_done:
            self.log_change(request, mail, done)
        messages.add_message(
            request, messages.SUCCESS if is_done else messages.WARNING, done if is_done else refused
        )
        return HttpResponseRedirect(reverse("admin:mailing_mail_change", args=[mail.pk]))

    @admin.display(description=gettext_lazy("Status"), ordering="status")
    def state(self, mail: Mail) -> str:
        return format_html('<span class="state mail-{}">{}</span>', mail.status, mail.get_status_display())

    @admin.display(description=gettext_lazy("Client"), ordering="client__sort_name")
    def client_name(self, mail: Mail) -> str:
        if mail.client is None:
            return ""
        address = reverse("admin:clients_client_change", args=[mail.client_id])
        return format_html(
            '<a href="{}">{}</a> <small>{}</small>', address, mail.client.display_name, mail.client.code
        )

    @admin.display(description=gettext_lazy("Written"), ordering="created_at")
    def written(self, mail: Mail) -> str:
        return date_format(timezone.localtime(mail.created_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=gettext_lazy("Sent"), ordering="sent_at")
    def sent(self, mail: Mail) -> str:
        return date_format(timezone.localtime(mail.sent_at), "SHORT_DATETIME_FORMAT") if mail.sent_at else ""
