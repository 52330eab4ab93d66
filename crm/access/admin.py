"""What staff read of the client space: registrations that wait, who opened a space in a client's place, who tried to
come in and could not."""

from allauth.account import admin as _addresses
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _authenticators
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _sessions
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.access import registration_admin  # noqa: F401 (registers the registrations)
from crm.access.models import FailedSignIn, Impersonation
from crm.core.admin import ReadOnlyAdmin

# The libraries' own tables, by which an administrator could let themselves in: the sheet says what people need to know.
for _registered, _model in (
    (_addresses, EmailAddress),
    (_authenticators, Authenticator),
    (_sessions, UserSession),
):
    admin.site.unregister(_model)


@admin.register(Impersonation)
class ImpersonationAdmin(ReadOnlyAdmin):
    list_display = ["began_at", "ended_at", "by", "client", "reason", "may_write"]
    list_filter = ["may_write"]
    list_select_related = ["client", "by", "user"]
    date_hierarchy = None
    show_full_result_count = False
    fields = ["client", "user", "by", "reason", "may_write", "ip", "began_at", "ended_at"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) and request.user.has_perm("clients.view_client")


@admin.register(FailedSignIn)
class FailedSignInAdmin(ReadOnlyAdmin):
    list_display = ["at", "email", "way", "network"]
    list_display_links = None
    list_filter = ["way"]
    list_per_page = 50
    search_fields = ["email", "network"]
    search_help_text = _("E-mail or network")
    show_full_result_count = False
    fields = ["at", "email", "way", "network"]

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)
