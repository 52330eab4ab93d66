import logging
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import NestedObjects, unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import DataError, router
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from crm.core.rows import RowsField, is_key, shortened

logger = logging.getLogger(__name__)

KEYS = ("id__in", "pk__in")
EVERY_CLIENT = ("clients.view_client", "clients.see_every_client")


class MustBeKept(Exception):
    """What was to be deleted has come to be proof of something. Its arguments are the reasons, in sentences."""


def answering_any_address(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of what a list holds, that sends back to the list, with a word of it, whoever asks nonsense."""

    @wraps(view)
    def answered(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not _names_rows(request):
                raise IncorrectLookupParameters
            return view(self, request, *args, **kwargs)
        except (IncorrectLookupParameters, DisallowedModelAdminLookup):
            messages.error(request, _("This address was not understood: here is the whole list."))
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
            return HttpResponseRedirect(reverse(page))

    return answered


def _names_rows(request: HttpRequest) -> bool:
    """Whether what is said to be keys of rows, in the address or in the ticked boxes, could be some."""
    named = request.POST.getlist(ACTION_CHECKBOX_NAME)
    for name, values in request.GET.lists():
        if name in KEYS or name.endswith("__id__exact"):
            named += [key for value in values for key in value.split(",")]
    return all(is_key(one) for one in named)


class GuardedAdmin:
    """Mixed in every ModelAdmin of ours.

    A list is narrowed by its own filters and nothing else: Django would let `?clients=12` ask a list of tags whether
    it knows of client 12, whoever may or may not know of that client.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in KEYS or lookup in {
            name for one in self.get_list_filter(request) for name in self._parameters(one)
        }

    def _parameters(self, declared) -> list[str]:
        if isinstance(declared, type):
            single = getattr(declared, "parameter_name", "")
            return (
                [single] if issubclass(declared, admin.SimpleListFilter) else declared.expected_parameters()
            )
        path = declared[0] if isinstance(declared, (list, tuple)) else declared
        try:
            is_relation = self.opts.get_field(path).is_relation
        except FieldDoesNotExist:
            is_relation = False
        return [f"{path}__id__exact" if is_relation else f"{path}__exact", f"{path}__isnull"]

    @answering_any_address
    def changelist_view(self, request, extra_context=None):
        try:
            return super().changelist_view(request, extra_context)
        except (ValueError, OverflowError, DataError) as error:
            # Django itself leaves some values of an address to the database, whose refusals differ from one to the
            # other. A bare list or something done to a selection has no such excuse.
            if request.method != "GET" or not request.GET:
                raise
            logger.warning("The address of a list was refused: %s", request.path, exc_info=error)
            raise IncorrectLookupParameters from error

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, shortened(search_term))

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, **({"form_class": RowsField} | kwargs))

    def has_delete_permission(self, request, obj=None):
        """Its page names what goes with the row: it is for who may see the row."""
        return super().has_delete_permission(request, obj) and self.has_view_permission(request, obj)

    def get_deleted_objects(self, objs: Iterable, request) -> tuple[list, dict, set, list]:
        """What goes with a row, or keeps it, is named to who may know of every client, and else only counted."""
        if request.user.has_perm("clients.see_every_client"):
            return super().get_deleted_objects(objs, request)
        rows = list(objs)
        collector = NestedObjects(using=router.db_for_write(self.model), origin=rows)
        collector.collect(rows)
        counts = {_called(model, len(some)): len(some) for model, some in collector.model_objs.items()}
        kept: dict[type, int] = {}
        for one in collector.protected:
            kept[type(one)] = kept.get(type(one), 0) + 1
        refused = [f"{_called(model, number)}\N{NO-BREAK SPACE}: {number}" for model, number in kept.items()]
        return [str(row) for row in rows], counts, self._lacking(collector.model_objs, request), refused

    def _lacking(self, models: Iterable[type], request) -> set[str]:
        registered = [
            self.admin_site.get_model_admin(one) for one in models if self.admin_site.is_registered(one)
        ]
        return {str(one.opts.verbose_name) for one in registered if not one.has_delete_permission(request)}


def _called(model, number: int) -> str:
    options = model._meta
    return capfirst(str(options.verbose_name if number == 1 else options.verbose_name_plural))


class HistoryAdmin(GuardedAdmin, SimpleHistoryAdmin):
    """The history of a row is for who may see the row; of a deleted one, for who sees every client."""

    def has_view_history_or_change_history_permission(self, request, obj=None):
        return self.has_view_permission(request, obj)

    def history_view(self, request, object_id, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not is_key(unquote(object_id)):
            raise Http404
        visible = self.get_queryset(request).filter(pk=unquote(object_id))
        if not request.user.has_perms(EVERY_CLIENT) and not visible.exists():
            raise Http404
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """The history tells old and new values: an old form would tell less, to more people."""
        return HttpResponseRedirect(reverse(admin_urlname(self.opts, "history"), args=[object_id]))


class ReadOnlyAdmin(GuardedAdmin, admin.ModelAdmin):
    """A log that staff read and nobody writes by hand."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
