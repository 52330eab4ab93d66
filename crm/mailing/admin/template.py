"""The texts of mails: one page per text, in every language, with its trial, its origin and its history."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.admin import GuardedAdmin
from crm.mailing.forms import TemplateForm, TextForm, TrialForm
from crm.mailing.kinds import kinds
from crm.mailing.legend import legend
from crm.mailing.models import Template, TemplateText
from crm.mailing.text_history import told
from crm.mailing.trying import compose_trial, queue_test


class TextInline(admin.StackedInline):
    """The text in each language. The rows are made with the template, and go with it."""

    model = TemplateText
    form = TextForm
    extra = 0
    can_delete = False
    template = "admin/mailing/template/texts.html"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("template")

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("mailing.change_template")

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("mailing.view_template") or self.has_change_permission(request)


@admin.register(Template)
class TemplateAdmin(GuardedAdmin, admin.ModelAdmin):
    form = TemplateForm
    inlines = [TextInline]
    list_display = ["title", "sent_when", "languages"]
    list_display_links = ["title"]
    change_form_template = "admin/mailing/template/change_form.html"
    show_full_result_count = False

    class Media:
        css = {"all": ["mailing/mailing.css"]}

    def get_queryset(self, request):
        """Those of the kinds that exist; a text left by an older version waits unseen."""
        return super().get_queryset(request).filter(kind__in=kinds()).prefetch_related("texts")

    def get_actions(self, request) -> dict:
        return {}

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["kind", "name"]
        return [] if obj.is_standard else ["name"]

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def has_delete_permission(self, request, obj=None) -> bool:
        return (obj is None or not obj.is_standard) and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            for language, _name in settings.LANGUAGES:
                obj.texts.create(language=language)

    def response_add(self, request, obj, post_url_continue=None) -> HttpResponse:
        """To its page: a name alone is not yet a text."""
        messages.success(request, _("The text is created, and says for now what the standard one says."))
        return HttpResponseRedirect(self.page(obj))

    def page(self, template: Template) -> str:
        return reverse("admin:mailing_template_change", args=[template.pk])

    def get_urls(self):
        def url(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"mailing_template_{name}")

        return [
            url("<int:pk>/try/", self.try_view, "try"),
            url("<int:pk>/reset/<slug:language>/", self.reset_view, "reset"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        template = self.get_object(request, unquote(object_id))
        if template is None:
            return super().change_view(request, object_id, form_url, extra_context)
        trial = TrialForm(template=template, user=request.user)
        context = {
            "legend": legend(template),
            "trial": trial,
            "show_save_and_add_another": False,
            **(extra_context or {}),
        }
        response = super().change_view(request, object_id, form_url, context)
        if isinstance(response, TemplateResponse) and response.context_data:
            response.context_data["media"] += trial.media
        return response

    def _to_change(self, request: HttpRequest, pk: int) -> Template:
        template = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, template):
            raise PermissionDenied
        return template

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A fragment for the page: the preview, or word of the test, or what is wrong with the text."""
        template = self._to_change(request, pk)
        if request.method != "POST":
            raise Http404
        form = TrialForm(request.POST, template=template, user=request.user)
        context = {"form": form, "template": template}
        if form.is_valid():
            given = {"client": form.cleaned_data["client"], "language": form.cleaned_data["language"]}
            now, text = timezone.now(), form.text.in_force()
            given["day"] = timezone.localdate(now)
            if "test" in request.POST:
                context["test"] = queue_test(template.declared, text, to=request.user.email, at=now, **given)
            else:
                context["content"] = compose_trial(template.declared, text, **given).to_read()
        return TemplateResponse(request, "admin/mailing/template/trial.html", context)

    def reset_view(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        template = self._to_change(request, pk)
        text = get_object_or_404(template.texts, language=language)
        if request.method == "POST":
            text.reset()
            text.save()
            self.log_change(
                request,
                template,
                _("Back to the original text (%(language)s)") % {"language": text.get_language_display()},
            )
            messages.success(request, _("%(text)s: the original text is back.") % {"text": text})
            return HttpResponseRedirect(self.page(template))
        context = self.admin_site.each_context(request) | {
            "title": _("Back to the original text"),
            "opts": self.opts,
            "original": template,
            "text": text,
            "after": text.fallback(),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/mailing/template/reset.html", context)

    def history_view(self, request, object_id, extra_context=None) -> HttpResponse:
        template = self.get_object(request, unquote(object_id))
        if template is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, template):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {
            "title": _("History of “%(text)s”") % {"text": template},
            "opts": self.opts,
            "original": template,
            "histories": [(text.get_language_display(), told(text)) for text in template.texts.all()],
            "media": self.media,
        }
        return TemplateResponse(request, "admin/mailing/template/history.html", context)

    @admin.display(description=gettext_lazy("Mail"), ordering="kind")
    def title(self, template: Template) -> str:
        return str(template)

    @admin.display(description=gettext_lazy("When it is sent"))
    def sent_when(self, template: Template) -> str:
        return str(template.declared.sent_when) if template.is_standard else _("Where a rule chooses it.")

    @admin.display(description=gettext_lazy("Texts"))
    def languages(self, template: Template) -> str:
        states = [
            (text.get_language_display(), _("yours") if text.is_customised else _("original"))
            for text in template.texts.all()
        ]
        return format_html("{}", ", ".join(f"{name}\N{NO-BREAK SPACE}: {state}" for name, state in states))
