from django.contrib import admin

from crm.core.admin import ReadOnlyAdmin
from crm.timeline.models import Entry


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "summary", "client", "by"]
    list_filter = ["kind"]
    list_select_related = ["client", "by"]
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def has_view_permission(self, request, obj=None):
        """Each line names a client: it is for who may read clients."""
        return super().has_view_permission(request, obj) and request.user.has_perm("clients.view_client")
