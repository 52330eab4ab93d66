"""Reading a client's sheet: the same page with nothing to fill in, the panels of the rooms, the history."""

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from crm.backoffice.changes import versions
from crm.backoffice.panels import PANELS

HISTORY_PER_PAGE = 50


class ReadingMixin:
    """For a ModelAdmin of clients."""

    def has_change_permission(self, request, obj=None):
        return not getattr(request, "is_consultation", False) and super().has_change_permission(request, obj)

    def consult_view(self, request, pk: int):
        request.is_consultation = True
        return self.change_view(request, str(pk))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        panels = [panel for panel in PANELS if request.user.has_perm(panel.permission)]
        context = {
            "panels": [panel for panel in panels if panel.is_tab],
            "beside": [panel for panel in panels if panel.is_beside],
            "notices": [panel for panel in panels if panel.is_notice],
            "is_consultation": getattr(request, "is_consultation", False),
            "may_change": super().has_change_permission(request),
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def panel_view(self, request, pk: int, name: str):
        client = self.client_to_read(request, pk)
        panel = next((panel for panel in PANELS if panel.name == name), None)
        if panel is None or not request.user.has_perm(panel.permission):
            raise Http404
        asked = [request.GET] if panel.is_filtered else []
        context = {"client": client, "panel": panel, **panel.context(client, request.user, *asked)}
        if request.headers.get("X-Requested-With") == "fetch":
            return TemplateResponse(request, panel.template, context)
        context |= {**self.admin_site.each_context(request), "title": panel.title, "opts": self.opts}
        return TemplateResponse(request, "admin/clients/client/panel_page.html", context)

    def history_view(self, request, object_id, extra_context=None):
        client = self.get_object(request, unquote(object_id))
        if client is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, client):
            raise PermissionDenied
        records = client.history.select_related("history_user")
        page = Paginator(records, HISTORY_PER_PAGE).get_page(request.GET.get("p"))
        older = records[page.end_index() : page.end_index() + 1].first() if page.has_next() else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(client)s") % {"client": client},
            "opts": self.opts,
            "client": client,
            "page": page,
            "versions": versions(list(page.object_list), older=older),
        }
        return TemplateResponse(request, "admin/clients/client/history.html", context)
