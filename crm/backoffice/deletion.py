"""Deleting and archiving clients: said in numbers first, refused with the reason when proof hangs on the record."""

from collections.abc import Iterable

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import NestedObjects, unquote
from django.db import router, transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.access.selections import forget as forget_sign_ins
from crm.activity.services import refresh
from crm.backoffice.attachments import forget_files_of
from crm.clients.models import Client
from crm.clients.services import archive, obstacles_to_deletion, restore
from crm.core.admin import MustBeKept
from crm.core.pictures import forget
from crm.timeline.models import Entry
from crm.timeline.services import record

# Each record of a selection is examined one by one before it is deleted.
MOST_AT_ONCE = 500


class DeletionMixin:
    """For a ModelAdmin of clients."""

    def get_deleted_objects(self, objs: Iterable[Client], request) -> tuple[list, dict, set, list]:
        """Whoever may delete a client deletes what is part of it; what must outlive it is told by its obstacles."""
        collector = NestedObjects(using=router.db_for_write(Client), origin=objs)
        collector.collect(list(objs))
        counts = {
            capfirst(
                str(model._meta.verbose_name if len(rows) == 1 else model._meta.verbose_name_plural)
            ): len(rows)
            for model, rows in collector.model_objs.items()
            if not model._meta.auto_created
        }
        return [str(obj) for obj in objs], counts, set(), [str(one) for one in collector.protected]

    def delete_view(self, request, object_id, extra_context=None):
        client = self.get_object(request, unquote(object_id))
        may_ask = client is not None and self.has_delete_permission(request, client)
        if may_ask and (obstacles := obstacles_to_deletion(client)):
            return self._refuse(request, client, obstacles)
        try:
            return super().delete_view(request, object_id, extra_context)
        except MustBeKept as refusal:
            return self._refuse(request, client, list(refusal.args))

    def _refuse(self, request, client: Client, obstacles: list[str]) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("This record must be kept"),
            "opts": self.opts,
            "client": client,
            "obstacles": obstacles,
            "may_archive": self.has_change_permission(request, client) and not client.is_archived,
        }
        status = 409 if request.method == "POST" else 200
        return TemplateResponse(request, "admin/clients/client/delete_refused.html", context, status=status)

    def delete_model(self, request, client: Client) -> None:
        """Locked and asked again, in the transaction that deletes: a proof may have come since the page that asked."""
        with transaction.atomic():
            locked = Client.objects.select_for_update().get(pk=client.pk)
            if obstacles := obstacles_to_deletion(locked):
                raise MustBeKept(*obstacles)
            forget_sign_ins([locked])
            forget_files_of([client.pk])
            super().delete_model(request, client)
        forget(locked.photo)

    def archive_view(self, request, pk: int):
        client = self.client_to_change(request, pk)
        if not client.is_archived:
            with transaction.atomic():
                archive(client, day=timezone.localdate(), by=request.user)
                record(client, Entry.Kind.ARCHIVED, _("Record archived"), at=timezone.now(), by=request.user)
                refresh([client.pk], day=timezone.localdate(), at=timezone.now())
        self.message_user(
            request,
            _("%(client)s is archived: it can be restored from its sheet.") % {"client": client},
            messages.SUCCESS,
        )
        return HttpResponseRedirect(self.sheet_url(client))

    def restore_view(self, request, pk: int):
        client = self.client_to_change(request, pk)
        if client.is_archived:
            with transaction.atomic():
                restore(client, by=request.user)
                record(client, Entry.Kind.RESTORED, _("Record restored"), at=timezone.now(), by=request.user)
                refresh([client.pk], day=timezone.localdate(), at=timezone.now())
        self.message_user(
            request, _("%(client)s is back in the lists.") % {"client": client}, messages.SUCCESS
        )
        return HttpResponseRedirect(self.sheet_url(client))

    @admin.action(permissions=["delete"], description=gettext_lazy("Delete or archive"))
    def delete_selected(self, request, queryset):
        """What may be deleted is, what must be kept is archived: the page says how many of each before."""
        if (count := queryset.count()) > MOST_AT_ONCE:
            text = _("%(count)d records are selected: delete at most %(most)d at once.")
            self.message_user(request, text % {"count": count, "most": MOST_AT_ONCE}, messages.ERROR)
            return None
        if request.POST.get("apply"):
            self._delete_and_archive(request, list(queryset.values_list("pk", flat=True)))
            return None
        gone, kept = _sorted_out(queryset)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete or archive"),
            "opts": self.opts,
            "gone": gone,
            "kept": kept,
            "to_archive": [client for client, _why in kept if not client.is_archived],
            "counts": self.get_deleted_objects(gone, request)[1],
            "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/clients/client/delete_selection.html", context)

    def _delete_and_archive(self, request, keys: list[int]) -> None:
        """Locked and asked again: what has become proof since the page that asked is archived."""
        today, now = timezone.localdate(), timezone.now()
        with transaction.atomic():
            gone, kept = _sorted_out(
                Client.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=["self"])
            )
            if gone:
                self.log_deletions(request, gone)
                forget_sign_ins(gone)
                forget_files_of([client.pk for client in gone])
                Client.objects.filter(pk__in=[client.pk for client in gone]).delete()
            for client in (archiving := [one for one, _why in kept if not one.is_archived]):
                archive(client, day=today, by=request.user)
                record(client, Entry.Kind.ARCHIVED, _("Record archived"), at=now, by=request.user)
            refresh([client.pk for client in archiving], day=today, at=now)
        for client in gone:
            forget(client.photo)
        deleted = ngettext("%(count)d record deleted", "%(count)d records deleted", len(gone)) % {
            "count": len(gone)
        }
        put_away = ngettext("%(count)d archived", "%(count)d archived", len(archiving)) % {
            "count": len(archiving)
        }
        self.message_user(request, f"{deleted}, {put_away}.", messages.SUCCESS)


def _sorted_out(clients: Iterable[Client]) -> tuple[list[Client], list[tuple[Client, list[str]]]]:
    """(those that may be deleted, those that must be kept and why)."""
    gone, kept = [], []
    for client in clients:
        if obstacles := obstacles_to_deletion(client):
            kept.append((client, obstacles))
        else:
            gone.append(client)
    return gone, kept
