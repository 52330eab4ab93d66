"""The Labels button of the client list: sheet, first label, household; what is left out; then the PDF."""

import tempfile

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Address
from crm.core.admin import answering_any_address
from crm.exchange.labels import SHEETS, LabelSheet, draw_labels
from crm.exchange.mailing_list import MailingList, mailing_list
from crm.timeline.models import Entry
from crm.timeline.services import entry, record_all

SHOWN_LEFT_OUT = 200


def _described(sheet: LabelSheet) -> str:
    """L7160 – 3 × 7, 63,5 × 38,1 mm."""
    width, height = number_format(sheet.width), number_format(sheet.height)
    return f"{sheet.name} – {sheet.columns} × {sheet.rows}, {width} × {height} mm"


class LabelsForm(forms.Form):
    sheet = forms.ChoiceField(
        label=_("Label sheet"),
        choices=lambda: [(sheet.name, _described(sheet)) for sheet in SHEETS.values()],
        help_text=_("Avery reference, or its equivalent of the same size. Print at 100 %."),
    )
    start_at = forms.IntegerField(
        label=_("First label"),
        min_value=1,
        initial=1,
        help_text=_("To finish a sheet already begun, row by row."),
    )
    offset_x = forms.FloatField(label=_("Move right (mm)"), min_value=-10, max_value=10, initial=0)
    offset_y = forms.FloatField(label=_("Move down (mm)"), min_value=-10, max_value=10, initial=0)
    purpose = forms.ChoiceField(
        label=_("Address"),
        required=False,
        choices=[("", _("Main address")), *Address.Purpose.choices],
        help_text=_("The main address is used for those who have no other."),
    )
    is_one_per_household = forms.BooleanField(
        label=_("One label per household or organisation"), required=False, initial=True
    )

    def clean(self):
        data = super().clean()
        sheet = SHEETS.get(data.get("sheet", ""))
        if sheet and data.get("start_at", 1) > sheet.per_page:
            self.add_error(
                "start_at",
                ValidationError(_("A sheet has %(count)d labels."), params={"count": sheet.per_page}),
            )
        return data


class LabelsAdmin:
    """Mixed in the client list's ModelAdmin; works on the same filtered list as the export."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.labels_view)
        return [path("labels/", view, name="clients_client_labels"), *super().get_urls()]

    @answering_any_address
    def labels_view(self, request):
        if not self.has_export_permission(request):
            raise PermissionDenied
        form = LabelsForm(request.POST or None)
        listed = self.get_export_queryset(request).order_by().values("pk")
        clients = self.model.objects.filter(pk__in=listed).order_by("sort_name", "number")
        mailing = None
        if request.method == "POST" and form.is_valid():
            mailing = _mailing(clients, form)
            if "print" in request.POST and mailing.recipients:
                return self._labels_pdf(request, form, mailing)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Address labels"),
            "form": form,
            "mailing": mailing,
            "count": clients.count(),
            "left_out": mailing.left_out[:SHOWN_LEFT_OUT] if mailing else [],
        }
        return TemplateResponse(request, "admin/exchange/labels.html", context)

    def _labels_pdf(self, request, form: LabelsForm, mailing: MailingList) -> FileResponse:
        data = form.cleaned_data
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by the response
        draw_labels(
            (recipient.lines for recipient in mailing.recipients),
            SHEETS[data["sheet"]],
            start_at=data["start_at"],
            offset_x=data["offset_x"],
            offset_y=data["offset_y"],
            out=file,
        )
        now, summary = timezone.now(), gettext("Address label printed (%(sheet)s)") % {"sheet": data["sheet"]}
        record_all(
            entry(client, Entry.Kind.MAILED_OUT, summary, at=now, by=request.user)
            for recipient in mailing.recipients
            for client in recipient.clients
        )
        file.seek(0)
        name = gettext("labels")
        return FileResponse(file, as_attachment=True, filename=f"{name}-{timezone.localdate():%Y-%m-%d}.pdf")


def _mailing(clients, form: LabelsForm) -> MailingList:
    data = form.cleaned_data
    return mailing_list(
        clients.prefetch_related("addresses").iterator(chunk_size=1000),
        sheet=SHEETS[data["sheet"]],
        purpose=data["purpose"],
        is_one_per_household=data["is_one_per_household"],
    )


def selected_page(modeladmin, request, page: str):
    """The page of that name for the rows that are ticked, or for the whole filtered list when all are."""
    query = request.GET.copy()
    if request.POST.get("select_across") != "1":
        query["id__in"] = ",".join(request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME))
    info = modeladmin.opts
    return redirect(f"{reverse(f'admin:{info.app_label}_{info.model_name}_{page}')}?{query.urlencode()}")


@admin.action(description=_("Export the selection…"), permissions=["export"])
def export_selection(modeladmin, request, queryset):
    return selected_page(modeladmin, request, "export")


@admin.action(description=_("Print labels for the selection…"), permissions=["export"])
def label_selection(modeladmin, request, queryset):
    return selected_page(modeladmin, request, "labels")
