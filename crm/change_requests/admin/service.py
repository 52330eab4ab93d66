from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.change_requests import services
from crm.change_requests.admin.desk import RequestDesk, StatusFilter
from crm.change_requests.forms import NoteForm, RefusalForm
from crm.change_requests.models import ServiceRequest
from crm.change_requests.possible import obstacle_to_acceptance
from crm.france.telephones import format_telephone
from crm.products.renewal import Refused
from crm.products.wording import when_it_ends

Kind = ServiceRequest.Kind
# What accepting is called: the button says what it does.
ACCEPT = {
    Kind.RENEW: gettext_lazy("Renew"),
    Kind.STOP: gettext_lazy("Stop at the end"),
    Kind.CALL_BACK: gettext_lazy("Called back"),
    Kind.CHANGE: gettext_lazy("Accept"),
}
# Accepting these changes a subscription.
WRITING = (Kind.RENEW, Kind.STOP)


@admin.register(ServiceRequest)
class ServiceRequestAdmin(RequestDesk):
    list_display = ["age", "client_name", "wish", "said", "end", "origin", "state", "decision"]
    list_filter = [StatusFilter, "kind", "origin"]
    list_select_related = [
        "client",
        "subscription__plan",
        "subscription__client",
        "subscription__renewed_by",
        "wanted_plan",
        "asked_by",
        "decided_by",
    ]
    actions = ["accept_selected", "refuse_selected"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*self.list_select_related)

    def has_decide_permission(self, request, obj=None) -> bool:
        may = super().has_decide_permission(request, obj)
        return may and request.user.has_perm("products.change_subscription")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        one = self.get_object(request, object_id)
        if one is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, one):
            raise PermissionDenied
        return self._page(request, one, NoteForm(), RefusalForm())

    def decide_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        one = self.to_decide(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        note, refusal = NoteForm(request.POST), RefusalForm(request.POST)
        verbs = {
            "accept": lambda details: services.accept(one, **details, note=note.cleaned_data["note"]),
            "refuse": lambda details: services.refuse(one, **details, reason=refusal.cleaned_data["reason"]),
            "settle": lambda details: services.settle(one, **details),
        }
        if verb not in verbs:
            raise Http404
        if not {"accept": note, "refuse": refusal}.get(verb, note).is_valid():
            return self._page(request, one, note if verb == "accept" else NoteForm(), refusal)
        try:
            decided = verbs[verb]({"by": request.user, "at": timezone.now()})
        except Refused as why:
            messages.error(request, str(why))
            return HttpResponseRedirect(self.page_url(one))
        said = {"request": f"{one.client}, {one.wish()}", "status": decided.get_status_display().lower()}
        return self.done(request, one, _("%(request)s: %(status)s") % said)

    def _page(
        self, request: HttpRequest, one: ServiceRequest, note: NoteForm, refusal: RefusalForm
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": one.wish(),
            "opts": self.opts,
            "original": one,
            "one": one,
            "term": one.subscription,
            "when": when_it_ends(one.subscription, timezone.localdate()),
            "age": self.age(one),
            "state": self.state(one),
            "obstacle": obstacle_to_acceptance(one) if one.is_open else None,
            "may_decide": one.is_open and self.has_decide_permission(request, one),
            "accept": ACCEPT[Kind(one.kind)],
            "telephones": [(phone, format_telephone(phone)) for phone in one.client.telephones],
            "note": note,
            "refusal": refusal,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/change_requests/service_request.html", context)

    @admin.action(description=gettext_lazy("Accept the selected requests"), permissions=["decide"])
    def accept_selected(self, request, queryset):
        return self.decide_selection(request, queryset, action="accept_selected", verb=services.accept)

    @admin.action(description=gettext_lazy("Refuse the selected requests"), permissions=["decide"])
    def refuse_selected(self, request, queryset):
        return self.decide_selection(
            request, queryset, action="refuse_selected", verb=services.refuse, asks_why=True
        )

    @admin.display(description=gettext_lazy("Request"), ordering="kind")
    def wish(self, one: ServiceRequest) -> str:
        return one.wish()

    @admin.display(description=gettext_lazy("In their words"))
    def said(self, one: ServiceRequest) -> str:
        return format_html_join("", "<div>{}</div>", ((line[:120],) for line in one.details()))

    @admin.display(description=gettext_lazy("End of the service"), ordering="ends_on")
    def end(self, one: ServiceRequest) -> str:
        left = when_it_ends(one.subscription, timezone.localdate())
        return format_html("{} <small>{}</small>", date_format(one.ends_on, "SHORT_DATE_FORMAT"), left)

    @admin.display(description=gettext_lazy("Decision"))
    def decision(self, one: ServiceRequest) -> str:
        """In one click from the list; the page of the request has the refusal and a word to the client. A change of
        service, which the staff carry out themselves, is read there first."""
        if not one.is_open:
            return f"{one.decided_by or ''}"
        see = format_html(
            '<a class="btn btn-sm btn-outline-secondary" href="{}">{}</a>', self.page_url(one), _("See")
        )
        if one.kind == Kind.CHANGE and not one.is_met:
            return see
        verb, words = (
            ("settle", _("Already done: close")) if one.is_met else ("accept", ACCEPT[Kind(one.kind)])
        )
        button = (
            '<button type="submit" class="btn btn-sm btn-primary" formaction="{}" aria-label="{}">{}</button>'
        )
        label = f"{words}, {one.client.display_name}"
        return format_html(
            '<span class="decide">{} {}</span>',
            format_html(button, self.page_url(one, verb), label, words),
            see,
        )
