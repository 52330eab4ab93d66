from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.change_requests import services
from crm.change_requests.admin.desk import RequestDesk, StatusFilter, sentences
from crm.change_requests.forms import DecisionForm, RefusalForm
from crm.change_requests.models import ChangeRequest
from crm.products.renewal import Refused


@admin.register(ChangeRequest)
class ChangeRequestAdmin(RequestDesk):
    list_display = ["age", "client_name", "wish", "who", "state", "decision"]
    list_filter = [StatusFilter]
    actions = ["accept_selected", "refuse_selected"]

    def get_queryset(self, request):
        related = ["client", "asked_by", "decided_by"]
        return super().get_queryset(request).select_related(*related).prefetch_related("fields")

    def has_decide_permission(self, request, obj=None) -> bool:
        may = super().has_decide_permission(request, obj)
        return may and request.user.has_perm("clients.change_client")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        one = self.get_object(request, object_id)
        if one is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, one):
            raise PermissionDenied
        return self._page(request, one, DecisionForm(one), RefusalForm())

    def decide_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        one = self.to_decide(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if verb not in ("accept", "refuse", "fields"):
            raise Http404
        form = DecisionForm(one, request.POST if verb == "fields" else None)
        refusal = RefusalForm(request.POST if verb == "refuse" else None)
        if any(some.is_bound and not some.is_valid() for some in (form, refusal)):
            return self._page(request, one, form, refusal)
        signed: dict[str, Any] = {"by": request.user, "at": timezone.now()}
        try:
            if verb == "accept":
                decided = services.accept_all(one, **signed)
            elif verb == "refuse":
                decided = services.refuse_all(one, **signed, **refusal.cleaned_data)
            else:
                decided = services.decide(one, **signed, **form.decisions())
        except (Refused, ValidationError) as why:
            for text in sentences(why):
                messages.error(request, text)
            # Read again: what is shown must be what is there now.
            return HttpResponseRedirect(self.page_url(one))
        return self._after(request, decided)

    def _after(self, request: HttpRequest, decided: ChangeRequest) -> HttpResponse:
        if decided.is_open:
            said = _("%(request)s: some fields are still to decide.") % {"request": decided.code}
            self.log_change(request, decided, said)
            messages.info(request, said)
            return HttpResponseRedirect(self.page_url(decided))
        words = {
            "request": f"{decided.code} {decided.client}",
            "status": decided.get_status_display().lower(),
        }
        return self.done(request, decided, _("%(request)s: %(status)s") % words)

    def _page(
        self, request: HttpRequest, one: ChangeRequest, form: DecisionForm, refusal: RefusalForm
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Change asked by %(client)s") % {"client": one.client.display_name},
            "opts": self.opts,
            "original": one,
            "one": one,
            "age": self.age(one),
            "state": self.state(one),
            "rows": form.rows(),
            "form": form,
            "refusal": refusal,
            "is_stale": any(row.is_stale for row in form.rows()),
            "may_decide": one.is_open and self.has_decide_permission(request, one),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/change_requests/change_request.html", context)

    @admin.action(description=gettext_lazy("Accept the selected requests"), permissions=["decide"])
    def accept_selected(self, request, queryset):
        return self.decide_selection(request, queryset, action="accept_selected", verb=services.accept_all)

    @admin.action(description=gettext_lazy("Refuse the selected requests"), permissions=["decide"])
    def refuse_selected(self, request, queryset):
        return self.decide_selection(
            request, queryset, action="refuse_selected", verb=services.refuse_all, asks_why=True
        )

    @admin.display(description=gettext_lazy("To change"))
    def wish(self, one: ChangeRequest) -> str:
        rows = [
            ("sensitive" if row.is_sensitive else "", row.label, row.new_shown[:60] or "—")
            for row in one.fields.all()
        ]
        return format_html_join("", '<div class="wish {}"><span>{}</span> <b>{}</b></div>', rows)

    @admin.display(description=gettext_lazy("Asked by"), ordering="asked_by__last_name")
    def who(self, one: ChangeRequest) -> str:
        return one.asker

    @admin.display(description=gettext_lazy("Decision"))
    def decision(self, one: ChangeRequest) -> str:
        if not one.is_open:
            return f"{one.decided_by or ''}"
        link = '<a class="btn btn-sm btn-primary" href="{}" aria-label="{}">{}</a>'
        label = f"{_('Decide')}, {one.client.display_name}"
        return format_html(link, self.page_url(one), label, _("Decide"))
