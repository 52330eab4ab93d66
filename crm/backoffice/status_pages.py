"""A client made active or inactive by hand, or left to what happens with them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.activity.forms import StatusForm
from crm.activity.models import StatusLock
from crm.activity.services import lock, unlock
from crm.activity.status import explain
from crm.clients.models import Client


class StatusMixin:
    """For a ModelAdmin of clients."""

    def status_view(self, request, pk: int):
        client = self.client_to_read(request, pk)
        if not (
            self.has_change_permission(request, client) and request.user.has_perm("activity.add_statuslock")
        ):
            raise PermissionDenied
        day = timezone.localdate()
        form = StatusForm(request.POST or None, initial=_decided(client, day))
        if form.is_valid():
            return self._decide(request, client, form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Active or inactive"),
            "opts": self.opts,
            "client": client,
            "form": form,
            "explanation": explain(client, day=day),
        }
        return TemplateResponse(request, "admin/clients/client/status.html", context)

    def _decide(self, request, client: Client, answer: dict) -> HttpResponseRedirect:
        now = timezone.now()
        if answer["status"] == StatusForm.AUTOMATIC:
            unlock(client, at=now, by=request.user)
        else:
            lock(
                client,
                status=answer["status"],
                until=answer["until"],
                reason=answer["reason"],
                at=now,
                by=request.user,
            )
        said = explain(client, day=timezone.localdate(now)).sentence
        self.message_user(request, f"{client.display_name}\N{NO-BREAK SPACE}: {said}.", messages.SUCCESS)
        return HttpResponseRedirect(self.sheet_url(client))


def _decided(client: Client, day) -> dict:
    row = StatusLock.objects.in_force_on(day).filter(client=client).first()
    if row is None:
        return {"status": StatusForm.AUTOMATIC}
    return {"status": row.status, "until": row.until_on, "reason": row.reason}
