"""The browsers of the person who signed in, that show notifications. Nobody adds one in their place (E3)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.choosing import for_client
from crm.access.devices import device
from crm.access.takeover import impersonation_of
from crm.devices.forms import DeviceForm
from crm.devices.keys import public_key
from crm.devices.services import forget
from crm.portal.space import unhurried


@for_client
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    may_change = impersonation_of(request) is None
    context = {"devices": request.user.devices.all(), "may_change": may_change}
    if may_change:
        context["public_key"] = public_key()
    return render(request, "portal/notifications.html", context)


@for_client
@unhurried
@require_POST
def allow_device(request: HttpRequest) -> HttpResponse:
    """Asked by the script of the page, which then shows it again."""
    _refuse_in_the_place_of_another(request)
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    form.save(request.user, name=device(request.headers.get("user-agent", "")), at=timezone.now())
    messages.success(request, _("This device shows notifications."))
    return HttpResponse(status=201)


@for_client
@require_POST
def remove_device(request: HttpRequest, pk: int) -> HttpResponse:
    _refuse_in_the_place_of_another(request)
    forget(get_object_or_404(request.user.devices, pk=pk))
    messages.success(request, _("This device shows no notification any more."))
    return redirect("portal:notifications")


def _refuse_in_the_place_of_another(request: HttpRequest) -> None:
    if impersonation_of(request) is not None:
        raise PermissionDenied(_("The devices of a client are theirs alone to choose."))
