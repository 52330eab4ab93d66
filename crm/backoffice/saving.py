"""What saving a client's sheet writes besides the record: its manager, its pairs told apart, its timeline."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.addresses import ask_new_address
from crm.activity.services import refresh
from crm.clients.lookalikes import find
from crm.clients.models import Client, NotDuplicate
from crm.core.pictures import forget
from crm.products.models import Subscription
from crm.products.services import change as change_subscription
from crm.products.services import subscribe
from crm.timeline.models import Entry
from crm.timeline.services import record


class SavingMixin:
    """For a ModelAdmin of clients."""

    def save_model(self, request, obj: Client, form, change: bool) -> None:
        if not change and not request.user.has_perm("clients.see_every_client"):
            obj.manager = request.user
        if change and "photo" in form.changed_data:
            forget(Client.objects.only("photo").get(pk=obj.pk).photo)
        # What the sheet shows and what follows from it, no more: the record may have been archived since it was opened.
        obj.save(update_fields=obj.columns_of(form.fields) if change else None)
        for lookalike in form.lookalikes:
            NotDuplicate.objects.remember(obj, lookalike.client, by=request.user)
        if not change:
            record(obj, Entry.Kind.CREATED, _("Record created"), at=timezone.now(), by=request.user)
        elif form.changed_data:
            labels = ", ".join(str(form.fields[name].label) for name in form.changed_data)
            summary = _("Changed: %(fields)s") % {"fields": labels}
            record(obj, Entry.Kind.CHANGED, summary, at=timezone.now(), by=request.user)
        # Who may not open a space to an address does not do so by correcting a record.
        if change and "email" in form.changed_data and request.user.has_perm("access.change_access"):
            ask_new_address(obj, former=form.initial["email"], by=request.user, at=timezone.now())

    def save_formset(self, request, form, formset, change: bool) -> None:
        if formset.model is not Subscription:
            super().save_formset(request, form, formset, change)
            return
        now = timezone.now()
        formset.save(commit=False)
        for term in formset.new_objects:
            subscribe(term, at=now, by=request.user)
        for term, fields in formset.changed_objects:
            change_subscription(term, fields=fields, at=now, by=request.user)

    def save_related(self, request, form, formsets, change: bool) -> None:
        """Then what was written decides whether the client is active."""
        super().save_related(request, form, formsets, change)
        now = timezone.now()
        refresh([form.instance.pk], day=timezone.localdate(now), at=now)

    def not_duplicate_view(self, request, pk: int, other: int):
        """Only between two records that this person may know of: any other answer would tell that one exists."""
        client = self.client_to_change(request, pk)
        seen = self.get_queryset(request).filter(pk=other).exists()
        lookalike = next((one.client for one in find([client])[0] if one.client.pk == other), None)
        if lookalike is None or not seen:
            raise Http404
        NotDuplicate.objects.remember(client, lookalike, by=request.user)
        self.message_user(request, _("Noted: these two records are different clients."), messages.SUCCESS)
        return HttpResponseRedirect(self.sheet_url(client))
