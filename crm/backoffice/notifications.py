"""The browsers of a member of staff that show notifications: each chooses their own."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.devices import device
from crm.devices.forms import DeviceForm
from crm.devices.keys import public_key
from crm.devices.services import forget


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Notifications"),
        "devices": request.user.devices.all(),
        "public_key": public_key(),
    }
    return TemplateResponse(request, "admin/devices/notifications.html", context)


@require_POST
def allow(request: HttpRequest) -> HttpResponse:
    """Asked by the script of the page, which then shows it again."""
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    form.save(request.user, name=device(request.headers.get("user-agent", "")), at=timezone.now())
    messages.success(request, _("This device shows notifications."))
    return HttpResponse(status=201)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    forget(get_object_or_404(request.user.devices, pk=pk))
    messages.success(request, _("This device shows no notification any more."))
    return redirect("notifications:list")


app_name = "notifications"
urlpatterns = [
    path("", admin.site.admin_view(notifications), name="list"),
    path("allow/", admin.site.admin_view(allow), name="allow"),
    path("<int:pk>/remove/", admin.site.admin_view(remove), name="remove"),
]
