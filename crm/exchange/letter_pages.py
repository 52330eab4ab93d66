"""Letters to print: what will be printed and what is left out, then the PDF of letters, the labels, and done."""

import tempfile
from dataclasses import dataclass, field

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from crm.core.admin import answering_any_address
from crm.core.rows import is_key
from crm.exchange.labels import SHEETS, draw_labels, unprintable
from crm.exchange.letters import Letter, draw_letters
from crm.exchange.mailing_list import mailing_list
from crm.exchange.paper import LabelsForm, selected_page
from crm.france.postal import postal_problems
from crm.organisation.models import Organisation
from crm.reminders.letters import Writer, to_print, why_too_late
from crm.reminders.models import Reminder
from crm.reminders.services import note_printed

MOST_LETTERS = 500
PERMISSIONS = ["reminders.change_reminder", "clients.view_client"]


class LetterLabelsForm(LabelsForm):
    """One label per letter's client, at the main address."""

    purpose = None
    is_one_per_household = None


@dataclass
class Batch:
    ready: list[Reminder] = field(default_factory=list)
    left_out: list[tuple[Reminder, list[str]]] = field(default_factory=list)

    @property
    def keys(self) -> str:
        return ",".join(str(one.pk) for one in self.ready)


@admin.action(description=_("Print the selected letters…"), permissions=["print"])
def print_selection(modeladmin, request, queryset):
    return selected_page(modeladmin, request, "letters")


class LettersAdmin:
    """Mixed in the ModelAdmin of reminders; works on its filtered list."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.letters_view)
        return [path("letters/", view, name="reminders_reminder_letters"), *super().get_urls()]

    def has_print_permission(self, request) -> bool:
        return request.user.has_perms(PERMISSIONS)

    @answering_any_address
    def letters_view(self, request) -> HttpResponse:
        if not self.has_print_permission(request):
            raise PermissionDenied
        day = timezone.localdate()
        listed = self.get_changelist_instance(request).get_queryset(request).order_by().values("pk")
        waiting = to_print(day).filter(pk__in=listed)
        form = LetterLabelsForm(request.POST if "labels" in request.POST else None)
        if request.method == "POST":
            answer = self._answer(request, form)
            if answer is not None:
                return answer
        batch = _batch(waiting, day)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Letters to print"),
            "form": form,
            "batch": batch,
            "count": waiting.count(),
            "most": MOST_LETTERS,
        }
        return TemplateResponse(request, "admin/exchange/letters.html", context)

    def _answer(self, request, form: LetterLabelsForm) -> HttpResponse | None:
        """What was asked of the letters that the page named; None shows the page again."""
        keys = [key for key in request.POST.get("keys", "").split(",") if key and is_key(key)]
        mine = Reminder.objects.visible_to(request.user).filter(pk__in=keys[:MOST_LETTERS])
        if "printed" in request.POST:
            return self._noted(request, mine)
        ready = _batch(
            to_print(timezone.localdate()).filter(pk__in=mine.values("pk")), timezone.localdate()
        ).ready
        if not ready:
            self.message_user(request, gettext("There is nothing left to print here."), "warning")
            return HttpResponseRedirect(request.path)
        if "labels" in request.POST:
            return _labels(ready, form.cleaned_data) if form.is_valid() else None
        return _letters(ready)

    def _noted(self, request, mine) -> HttpResponse:
        number = note_printed(mine, at=timezone.now(), by=request.user)
        text = ngettext("%(count)d letter noted as printed.", "%(count)d letters noted as printed.", number)
        self.message_user(request, text % {"count": number}, "success")
        return HttpResponseRedirect(request.path)


def _batch(waiting, day) -> Batch:
    """The first of them, by client; `postal_lines` reads no other table."""
    rows = waiting.select_related("subscription__client", "subscription__plan")
    rows = rows.order_by("subscription__client__sort_name", "subscription__client__number", "pk")
    batch = Batch()
    for row in rows[:MOST_LETTERS]:
        lines = row.subscription.client.postal_lines()
        reasons = [str(problem) for problem in postal_problems(lines)]
        if strange := unprintable(lines):
            reasons.append(
                gettext("These characters cannot be printed: %(characters)s") % {"characters": strange}
            )
        if late := why_too_late(row, day):
            reasons.append(late)
        if reasons:
            batch.left_out.append((row, reasons))
        else:
            batch.ready.append(row)
    return batch


def _letters(ready: list[Reminder]) -> FileResponse:
    day = timezone.localdate()
    writer = Writer(day)
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by the response
    draw_letters((_letter(row, writer, day) for row in ready), sender=_sender(), out=file)
    return _file(file, gettext("letters"), day)


def _letter(row: Reminder, writer: Writer, day) -> Letter:
    client, text = row.subscription.client, writer.text_of(row)
    with override(text.language):
        return Letter(
            address=client.postal_lines(),
            reference=gettext("Our reference: %(code)s") % {"code": client.code},
            day=gettext("On %(day)s") % {"day": date_format(day, "DATE_FORMAT")},
            subject=gettext("Subject: %(subject)s") % {"subject": text.subject},
            paragraphs=[(one.text, one.is_boxed) for one in text.paragraphs],
            closing=writer.answer_in(text.language),
        )


def _sender() -> list[str]:
    organisation = Organisation.objects.current()
    email = organisation.reply_to_email or organisation.sender_email
    lines = [organisation.name, *organisation.address.splitlines(), organisation.telephone, email]
    return [line for line in lines if line.strip()]


def _labels(ready: list[Reminder], data: dict) -> FileResponse:
    clients = {row.subscription.client_id: row.subscription.client for row in ready}
    sheet = SHEETS[data["sheet"]]
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by the response
    draw_labels(
        (recipient.lines for recipient in mailing_list(clients.values(), sheet=sheet).recipients),
        sheet,
        start_at=data["start_at"],
        offset_x=data["offset_x"],
        offset_y=data["offset_y"],
        out=file,
    )
    return _file(file, gettext("labels"), timezone.localdate())


def _file(file, name: str, day) -> FileResponse:
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}-{day:%Y-%m-%d}.pdf")
