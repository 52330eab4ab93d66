"""One page per thing to do to a subscription, and the renewal of many."""

from collections import Counter

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.products import services
from crm.products.forms import VERBS, VerbForm
from crm.products.models import Subscription

# One request renews at most this many: past it the page would time out half way.
MOST_RENEWED = 500


class VerbPages(admin.ModelAdmin):
    def get_urls(self):
        wrapped = self.admin_site.admin_view(self.verb_view)
        return [
            path("<path:object_id>/do/<slug:verb>/", wrapped, name="products_subscription_verb"),
            *super().get_urls(),
        ]

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        subscription = self.get_object(request, object_id)
        if subscription is None or verb not in VERBS:
            raise Http404
        if not self.has_change_permission(request, subscription):
            raise PermissionDenied
        form = VERBS[verb](request.POST if request.method == "POST" else None, subscription=subscription)
        back = _back(request, subscription)
        if form.is_valid() and self._done(request, form):
            return HttpResponseRedirect(back)
        context = self.admin_site.each_context(request) | {
            "title": form.title,
            "form": form,
            "media": self.media + form.media,
            "opts": self.opts,
            "original": subscription,
            "subscription": subscription,
            "next": back,
        }
        return TemplateResponse(request, "admin/products/subscription/verb.html", context)

    def _done(self, request: HttpRequest, form: VerbForm) -> bool:
        try:
            changed = form.perform(at=timezone.now(), by=request.user)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
            return False
        self.log_change(request, changed, str(form.title))
        messages.success(request, form.done % {"subscription": changed})
        return True

    @admin.action(description=gettext_lazy("Renew the selected subscriptions"), permissions=["change"])
    def renew_selected(self, request: HttpRequest, queryset) -> HttpResponse | None:
        if queryset.count() > MOST_RENEWED:
            text = _("Select at most %(most)d subscriptions at a time.") % {"most": MOST_RENEWED}
            messages.error(request, text)
            return None
        selected = list(queryset.select_related("client", "plan", "renewed_by").order_by("ends_on", "pk"))
        if "confirmed" in request.POST:
            self._renew(request, selected)
            return None
        ready, refused = _sorted_by_answer(selected)
        context = self.admin_site.each_context(request) | {
            "title": _("Renew"),
            "opts": self.opts,
            "ready": ready,
            "refused": refused,
            "media": self.media,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/products/subscription/renew_selected.html", context)

    def _renew(self, request: HttpRequest, selected: list[Subscription]) -> None:
        refused: Counter[str] = Counter()
        for subscription in selected:
            try:
                renewed = services.renew(subscription, at=timezone.now(), by=request.user)
                self.log_addition(request, renewed, _("Renewal"))
            except services.Refused as refusal:
                refused[str(refusal)] += 1
        if done := len(selected) - refused.total():
            text = ngettext("%(count)d subscription renewed.", "%(count)d subscriptions renewed.", done)
            messages.success(request, text % {"count": done})
        for reason, count in refused.items():
            text = ngettext("%(count)d not renewed: %(reason)s", "%(count)d not renewed: %(reason)s", count)
            messages.warning(request, text % {"count": count, "reason": reason})


def _sorted_by_answer(
    selected: list[Subscription],
) -> tuple[list[Subscription], list[tuple[Subscription, str]]]:
    ready, refused = [], []
    for subscription in selected:
        try:
            services.refuse_renewal(subscription)
            ready.append(subscription)
        except services.Refused as refusal:
            refused.append((subscription, str(refusal)))
    return ready, refused


def _back(request: HttpRequest, subscription: Subscription) -> str:
    """Where the person came from, when it is a page of ours; else the subscription."""
    asked = request.POST.get("next") or request.headers.get("Referer", "")
    here = {request.get_host()}
    if (
        asked
        and url_has_allowed_host_and_scheme(asked, here, request.is_secure())
        and request.path not in asked
    ):
        return asked
    return reverse("admin:products_subscription_change", args=[subscription.pk])
