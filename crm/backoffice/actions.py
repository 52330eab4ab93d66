"""What is done to a selection of the list, after a page that says to how many."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db import transaction
from django.forms import Form
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.backoffice.forms import ManagerForm, TagForm
from crm.clients import services
from crm.clients.models import Client
from crm.timeline.models import Entry
from crm.timeline.services import entry, record_all


@admin.action(permissions=["change"], description=gettext_lazy("Add a tag"))
def add_tag(modeladmin, request, queryset):
    return asked(modeladmin, request, queryset, name="add_tag", form_class=TagForm, apply=_apply_add_tag)


@admin.action(permissions=["change"], description=gettext_lazy("Remove a tag"))
def remove_tag(modeladmin, request, queryset):
    return asked(
        modeladmin, request, queryset, name="remove_tag", form_class=TagForm, apply=_apply_remove_tag
    )


@admin.action(permissions=["assign"], description=gettext_lazy("Assign a manager"))
def assign_manager(modeladmin, request, queryset):
    return asked(
        modeladmin,
        request,
        queryset,
        name="assign_manager",
        form_class=ManagerForm,
        apply=_apply_assign_manager,
    )


def asked(
    modeladmin, request, queryset, *, name: str, form_class: type[Form], apply: Callable[..., str]
) -> Any:
    """The page that asks; once answered, the effect in one transaction and the list again."""
    form = form_class(request.POST if "apply" in request.POST else None)
    if form.is_valid():
        with transaction.atomic():
            done = apply(queryset, form.cleaned_data, request.user)
        modeladmin.message_user(request, done, messages.SUCCESS)
        return None
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": modeladmin.get_actions(request)[name][2],
        "opts": modeladmin.model._meta,
        "form": form,
        "action": name,
        "count": queryset.count(),
        "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/clients/client/apply_to_selection.html", context)


def _apply_add_tag(queryset, answer, user) -> str:
    tag = answer["tag"]
    tagged = services.add_tag(queryset.only("pk"), tag=tag)
    _note(tagged, Entry.Kind.CHANGED, _("Tag added: %(tag)s") % {"tag": tag}, user)
    return ngettext(
        "%(tag)s was added to %(count)d client.", "%(tag)s was added to %(count)d clients.", len(tagged)
    ) % {"tag": tag, "count": len(tagged)}


def _apply_remove_tag(queryset, answer, user) -> str:
    tag = answer["tag"]
    untagged = services.remove_tag(queryset.only("pk"), tag=tag)
    _note(untagged, Entry.Kind.CHANGED, _("Tag removed: %(tag)s") % {"tag": tag}, user)
    return ngettext(
        "%(tag)s was removed from %(count)d client.",
        "%(tag)s was removed from %(count)d clients.",
        len(untagged),
    ) % {"tag": tag, "count": len(untagged)}


def _apply_assign_manager(queryset, answer, user) -> str:
    manager = answer["manager"]
    moving = list(queryset.exclude(manager=manager) if manager else queryset.exclude(manager=None))
    count = services.assign_manager(moving, manager=manager, by=user)
    name = str(manager or _("Nobody"))
    _note(moving, Entry.Kind.CHANGED, _("Client manager: %(name)s") % {"name": name}, user)
    return ngettext(
        "%(count)d client now has this manager: %(name)s.",
        "%(count)d clients now have this manager: %(name)s.",
        count,
    ) % {"name": name, "count": count}


def _note(clients: list[Client], kind: Entry.Kind, summary: str, user) -> None:
    at = timezone.now()
    record_all(entry(client, kind, summary, at=at, by=user) for client in clients)
