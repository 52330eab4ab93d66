"""Registrations that wait: the oldest first, with the records they look like, to accept or to refuse."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.models import Registration
from crm.access.registering import AlreadyDecided, NotConfirmed, accept, lookalikes, refuse
from crm.access.services import AddressOfStaff
from crm.clients.models import Client
from crm.core.admin import ReadOnlyAdmin
from crm.core.rows import is_key

REFUSALS = {
    AlreadyDecided: gettext_lazy("Somebody has decided on this registration already."),
    NotConfirmed: gettext_lazy("The address is not confirmed yet: nobody has shown that it is theirs."),
    AddressOfStaff: gettext_lazy("Somebody signs in to the back office with this address."),
}


class StatusFilter(admin.SimpleListFilter):
    """What waits for us, unless something else is asked for."""

    title = gettext_lazy("Status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [
            ("unconfirmed", _("E-mail to be confirmed")),
            *Registration.Status.choices[1:],
            ("all", _("All")),
        ]

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield {**choice, "display": _("Waiting")} if choice["query_string"] == "?" else choice

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        if self.value() == "unconfirmed":
            return queryset.filter(status=Registration.Status.PENDING, email_confirmed_at=None)
        return queryset.filter(status=self.value()) if self.value() else queryset.pending()


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("It is sent to the person."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "email", "city", "created_at", "email_confirmed_at", "status"]
    list_filter = [StatusFilter]
    search_fields = ["organisation_name", "last_name", "first_name", "email"]
    ordering = ["created_at"]
    show_full_result_count = False
    change_form_template = "admin/access/registration.html"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("kind", "organisation_name"),
                    ("last_name", "first_name"),
                    ("email", "telephone"),
                    ("postcode", "city"),
                    "message",
                ]
            },
        ),
        (
            gettext_lazy("Origin"),
            {
                "fields": [
                    ("created_at", "email_confirmed_at"),
                    ("language", "device"),
                    ("utm_source", "utm_medium", "utm_campaign"),
                    ("utm_term", "utm_content"),
                ],
                "classes": ["section"],
            },
        ),
        (
            gettext_lazy("Decision"),
            {"fields": [("status", "decided_at", "decided_by"), "reason", "client"], "classes": ["section"]},
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def has_decide_permission(self, request) -> bool:
        return request.user.has_perm("access.decide_registration")

    @admin.display(description=gettext_lazy("Name"), ordering="last_name")
    def name(self, registration: Registration) -> str:
        return str(registration)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/accept/", view(self.accept_view), name="access_registration_accept"),
            path("<int:pk>/refuse/", view(self.refuse_view), name="access_registration_refuse"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        registration = self.get_object(request, object_id)
        is_open = registration is not None and registration.status == Registration.Status.PENDING
        context = {"may_decide": is_open and self.has_decide_permission(request), "refusal": RefusalForm()}
        if context["may_decide"]:
            context["lookalikes"] = self._lookalikes(request, registration)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _lookalikes(self, request: HttpRequest, registration: Registration) -> list[tuple]:
        """(look-alike, whether this person may know of it)."""
        found = lookalikes(registration)
        visible = Client.objects.visible_to(request.user).filter(pk__in=[one.client.pk for one in found])
        known = set(visible.values_list("pk", flat=True))
        return [(one, one.client.pk in known) for one in found]

    def _asked(self, request: HttpRequest, pk: int) -> Registration:
        registration = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST" or not self.has_decide_permission(request):
            raise PermissionDenied
        return registration

    def accept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """As a new client, or as the one that `client` names among those it looks like."""
        registration = self._asked(request, pk)
        named = request.POST.get("client", "")
        client = self._named(request, registration, named) if named else None
        try:
            client = accept(registration, by=request.user, at=timezone.now(), client=client)
        except tuple(REFUSALS) as refusal:
            self.message_user(request, REFUSALS[type(refusal)], messages.ERROR)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            said = _("Accepted: %(client)s. A link to choose a password goes to %(email)s.")
            told = said % {"client": client, "email": registration.email}
            self.message_user(request, told, messages.SUCCESS)
            if request.user.has_perm("clients.view_client"):
                return HttpResponseRedirect(reverse("admin:clients_client_change", args=[client.pk]))
        return HttpResponseRedirect(reverse("admin:access_registration_changelist"))

    def _named(self, request: HttpRequest, registration: Registration, named: str) -> Client:
        visible = [one.client for one, is_visible in self._lookalikes(request, registration) if is_visible]
        found = next((one for one in visible if is_key(named) and one.pk == int(named)), None)
        if found is None:
            raise PermissionDenied
        return found

    def refuse_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        registration = self._asked(request, pk)
        form = RefusalForm(request.POST)
        if not form.is_valid():
            return self._ask_again(request, registration)
        try:
            refuse(registration, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"])
        except AlreadyDecided:
            self.message_user(request, REFUSALS[AlreadyDecided], messages.ERROR)
        else:
            self.message_user(request, _("Refused: the person is told by mail."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:access_registration_changelist"))

    def _ask_again(self, request: HttpRequest, registration: Registration) -> HttpResponse:
        self.message_user(request, _("Give the reason: it is sent to the person."), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:access_registration_change", args=[registration.pk]))
