"""The filter of the list of clients by their sign-in."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from crm.access.models import Access
from crm.backoffice.filters import Select

NONE, ANY = "none", "any"


class SignInFilter(Select):
    title, parameter_name = _("Sign-in"), "sign_in"

    def lookups(self, request, model_admin):
        return [(ANY, _("Enabled")), *Access.State.choices, (NONE, _("No sign-in"))]

    def queryset(self, request, queryset):
        value = self.value()
        if not value:
            return queryset
        accesses = Access.objects.with_state().filter(client=OuterRef("pk"))
        if value == NONE:
            return queryset.exclude(Exists(accesses))
        return queryset.filter(Exists(_in_state(accesses, value)))


def _in_state(accesses, value: str):
    """The condition of each state, as `Access.state` tells it."""
    if value == Access.State.DISABLED:
        return accesses.filter(is_enabled=False)
    accesses = accesses.filter(is_enabled=True)
    if value == ANY:
        return accesses
    if value == Access.State.UNCONFIRMED:
        return accesses.filter(is_confirmed=False)
    return accesses.filter(is_confirmed=True, user__last_login__isnull=value == Access.State.NEVER_USED)
