from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.templatetags.static import static
from django.utils import timezone
from django.views.generic import RedirectView

from crm.core.health import checks


class AutocompleteView(AutocompleteJsonView):
    """Django's, which fails on a relation read from its other end."""

    def process_request(self, request):
        try:
            return super().process_request(request)
        except (AttributeError, LookupError) as error:
            raise PermissionDenied from error

    def get_queryset(self):
        if not self.source_field.concrete:
            raise PermissionDenied
        return super().get_queryset()


class IconView(RedirectView):
    """Where a browser looks for the icon of what is no page: a photo or a PDF opened by itself."""

    def get_redirect_url(self, *args, **kwargs):
        return static("backoffice/icon.svg")


def health(request) -> JsonResponse:
    """200 when the database answers, is migrated, and no check complains; else 503. One key each, and no client."""
    state = dict.fromkeys(["database", "migrations", *checks()], False)
    try:
        executor = MigrationExecutor(connection)
        state["database"] = True
        state["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        now = timezone.now()
        for name, check in checks().items():
            state[name] = not check(now)
    except Error:
        pass
    return JsonResponse(state, status=200 if all(state.values()) else 503)
