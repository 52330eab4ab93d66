"""The buttons of the client space on the sheet: one click, one verb, and back to the sheet."""

from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access import services
from crm.access.impersonating import begin, may_impersonate
from crm.access.models import Access
from crm.access.takeover import take

CHANGE, SEND = "access.change_access", "access.send_credentials"
# What each button does, the right it asks for, and what is said afterwards.
VERBS: dict[str, tuple[Callable[..., Any], str, Any]] = {
    "enable": (services.enable, CHANGE, gettext_lazy("The access of %(email)s is open.")),
    "disable": (
        services.disable,
        CHANGE,
        gettext_lazy("The access of %(email)s is closed, and their sessions with it."),
    ),
    "sign_out": (services.sign_out, CHANGE, gettext_lazy("%(email)s is signed out everywhere.")),
    "ask_confirmation": (
        services.ask_confirmation,
        SEND,
        gettext_lazy("A mail to confirm the address goes to %(email)s."),
    ),
    "send_credentials": (
        services.send_credentials,
        SEND,
        gettext_lazy("A link to choose a password goes to %(email)s."),
    ),
    "reset": (
        services.reset,
        SEND,
        gettext_lazy(
            "The password of %(email)s opens nothing any more; a link to choose another goes to them."
        ),
    ),
}
REFUSALS: dict[type[Exception], Any] = {
    services.NoAddress: gettext_lazy("This client has no e-mail: give the address of who may sign in."),
    services.AddressOfStaff: gettext_lazy(
        "Somebody signs in to the back office with this address: a client needs another."
    ),
    services.AlreadyConfirmed: gettext_lazy("This address is confirmed already."),
    services.Closed: gettext_lazy("This access is closed: open it first."),
}


class EmailForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail"))


class ReasonForm(forms.Form):
    """Why, before anything is opened."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("The client reads it in their own history."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    may_write = forms.BooleanField(
        label=gettext_lazy("Write in their place as well: what I send is signed with my name."),
        required=False,
    )


class AccessDeskMixin:
    """For a ModelAdmin of clients."""

    def has_invite_permission(self, request) -> bool:
        return request.user.has_perm(SEND) and request.user.has_perm(CHANGE)

    def has_close_access_permission(self, request) -> bool:
        return request.user.has_perm(CHANGE)

    def get_urls(self):
        def url(route, view, name):
            return path(
                f"<int:pk>/access/{route}", self.admin_site.admin_view(view), name=f"clients_client_{name}"
            )

        return [
            url("add/", self.access_add_view, "access_add"),
            url("<int:access>/password/", self.access_password_view, "access_password"),
            url("<int:access>/impersonate/", self.impersonate_view, "impersonate"),
            url("<int:access>/<slug:verb>/", self.access_verb_view, "access_verb"),
            *super().get_urls(),
        ]

    def _access(self, request: HttpRequest, pk: int, access: int, permission: str) -> Access:
        """One of a client that this person may not know of does not exist."""
        client = self.client_to_read(request, pk)
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return get_object_or_404(Access.objects.select_related("user", "client"), pk=access, client=client)

    def _back(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        return HttpResponseRedirect(f"{reverse('admin:clients_client_change', args=[pk])}#panel-access")

    def access_add_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = self.client_to_read(request, pk)
        if request.method != "POST" or not request.user.has_perm(CHANGE):
            raise PermissionDenied
        # Not `email`: the sheet, in whose form the panel stands, has a field of that name.
        form = EmailForm({"email": request.POST.get("sign_in_email") or client.email})
        if form.is_valid():
            email = form.cleaned_data["email"]
            opening = partial(services.grant, email=email)
            self._done(request, opening, client, _("The access of %(email)s is open."), email)
        elif not form.data["email"]:
            self.message_user(request, REFUSALS[services.NoAddress], messages.ERROR)
        else:
            self.message_user(request, " ".join(form.errors["email"]), messages.ERROR)
        return self._back(request, pk)

    def access_verb_view(self, request: HttpRequest, pk: int, access: int, verb: str) -> HttpResponse:
        if request.method != "POST" or verb not in VERBS:
            raise PermissionDenied
        do, permission, said = VERBS[verb]
        row = self._access(request, pk, access, permission)
        self._done(request, do, row, said, row.user.email)
        return self._back(request, pk)

    def _done(self, request, do: Callable[..., Any], row, said, email: str) -> None:
        try:
            do(row, by=request.user, at=timezone.now())
        except tuple(REFUSALS) as refusal:
            self.message_user(request, REFUSALS[type(refusal)], messages.ERROR)
        else:
            self.message_user(request, said % {"email": email}, messages.SUCCESS)

    def access_password_view(self, request: HttpRequest, pk: int, access: int) -> HttpResponse:
        """Allowed and discouraged: it is known to two people, so it is good for one sign-in."""
        row = self._access(request, pk, access, "access.set_password")
        form = SetPasswordForm(row.user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            password = form.cleaned_data["new_password1"]
            said = _("The password of %(email)s is kept: they will choose another at their first sign-in.")
            typing = partial(services.set_password, password=password)
            self._done(request, typing, row, said, row.user.email)
            return self._back(request, pk)
        return self._page(request, row, form, "access_password", _("Type a password for %(email)s"))

    def impersonate_view(self, request: HttpRequest, pk: int, access: int) -> HttpResponse:
        row = self._access(request, pk, access, "access.impersonate")
        if not may_impersonate(hijacker=request.user, hijacked=row.user) or row.client.is_archived:
            raise PermissionDenied
        form = ReasonForm(request.POST or None)
        if not request.user.has_perm("access.act_for_client"):
            del form.fields["may_write"]
        if request.method == "POST" and form.is_valid() and request.POST.get("user_pk") == str(row.user_id):
            answer = {"may_write": False, **form.cleaned_data}
            ip = get_adapter(request).get_client_ip(request)
            now = timezone.now()
            return take(request, begin(row.client, user=row.user, by=request.user, at=now, ip=ip, **answer))
        return self._page(request, row, form, "impersonate", _("Immediate access in place of %(email)s"))

    def _page(self, request: HttpRequest, row: Access, form, name: str, title: str) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title % {"email": row.user.email},
            "opts": self.opts,
            "client": row.client,
            "access": row,
            "form": form,
        }
        return TemplateResponse(request, f"admin/clients/client/{name}.html", context)
