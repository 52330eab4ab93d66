"""What is known of e-mail addresses: those that refuse, and those whose owner wants no more mail."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.clients.models import Client
from crm.core.admin import ReadOnlyAdmin
from crm.mailing import services
from crm.mailing.models import MailAddress


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("State")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("refused", gettext_lazy("Refuses our mails")), ("opposed", gettext_lazy("Wants no mail"))]

    def chosen(self) -> str:
        return next((str(name) for key, name in self.lookup_choices if key == self.value()), "")

    def queryset(self, request, queryset):
        if self.value() == "refused":
            return queryset.refusing()
        return queryset.filter(opposed_at__isnull=False) if self.value() == "opposed" else queryset


@admin.register(MailAddress)
class MailAddressAdmin(ReadOnlyAdmin):
    list_display = ["email", "state", "last_trouble", "last_trouble_at", "clients"]
    list_filter = [StateFilter]
    list_per_page = 50
    search_fields = ["email"]
    empty_value_display = ""
    show_full_result_count = False
    fields = [
        "email",
        "state",
        "refused_at",
        "soft_bounces",
        "last_trouble",
        "last_trouble_at",
        "opposed_at",
        "clients",
    ]
    change_form_template = "admin/mailing/mailaddress/change_form.html"

    class Media:
        css = {"all": ["mailing/mailing.css"]}

    def get_fields(self, request, obj=None):
        return [name for name in self.fields if getattr(obj, name, True)]

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def get_queryset(self, request):
        """An address tells of whom it is: none for who may not read clients."""
        queryset = super().get_queryset(request).visible_to(request.user)
        return queryset if request.user.has_perm("clients.view_client") else queryset.none()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        may = {"may_change": request.user.has_perm("mailing.change_mailaddress")}
        return super().change_view(request, object_id, form_url, {**may, **(extra_context or {})})

    def get_urls(self):
        def url(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"mailing_mailaddress_{name}")

        return [
            url("<int:pk>/trust/", self.trust_view, "trust"),
            url("<int:pk>/lift/", self.lift_view, "lift"),
            url("<int:pk>/oppose/", self.oppose_view, "oppose"),
            url("of-client/<int:pk>/", self.of_client_view, "of_client"),
            *super().get_urls(),
        ]

    def trust_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._apply(request, pk, services.trust_again, _("Mails go to this address again."))

    def lift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._apply(request, pk, services.lift_opposition, _("This person receives our mails again."))

    def oppose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._apply(
            request, pk, _oppose, _("This person receives no more mail, but what they ask for.")
        )

    def _apply(
        self, request: HttpRequest, pk: int, verb: Callable[[MailAddress], MailAddress], done: str
    ) -> HttpResponse:
        address = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST" or not request.user.has_perm("mailing.change_mailaddress"):
            raise PermissionDenied
        verb(address)
        self.log_change(request, address, done)
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:mailing_mailaddress_change", args=[pk]))

    def of_client_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Says what no longer writing to a client's address means, then does it."""
        if not request.user.has_perms(["mailing.change_mailaddress", "clients.view_client"]):
            raise PermissionDenied
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk)
        if not client.email:
            raise Http404
        if request.method == "POST":
            address = services.oppose(client.email, at=timezone.now())
            self.log_change(request, address, _("Wants no mail"))
            messages.success(request, _("This person receives no more mail, but what they ask for."))
            return HttpResponseRedirect(reverse("admin:clients_client_change", args=[pk]))
        context = self.admin_site.each_context(request) | {
            "title": _("No more mail to %(email)s") % {"email": client.email},
            "opts": self.opts,
            "client": client,
            "others": Client.objects.filter(email__iexact=client.email).exclude(pk=pk).count(),
        }
        return TemplateResponse(request, "admin/mailing/mailaddress/of_client.html", context)

    @admin.display(description=gettext_lazy("State"))
    def state(self, address: MailAddress) -> str:
        states = [
            (css, word)
            for css, word, is_so in (
                ("failed", _("Refuses our mails"), address.is_refused),
                ("cancelled", _("Wants no mail"), address.opposed_at is not None),
            )
            if is_so
        ]
        if not states:
            return _("Receives our mails")
        return format_html_join(" ", '<span class="state mail-{}">{}</span>', states)

    @admin.display(description=gettext_lazy("Clients"))
    def clients(self, address: MailAddress) -> str:
        page = reverse("admin:clients_client_changelist", query={"q": address.email})
        return format_html('<a href="{}">{}</a>', page, _("Who uses it"))


def _oppose(address: MailAddress) -> MailAddress:
    return services.oppose(address.email, at=timezone.now())
