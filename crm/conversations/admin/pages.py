"""The page of a conversation in the back office: read, answer, keep a note, and say who answers."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.clients.models import Client
from crm.conversations import services
from crm.conversations.canned import filled
from crm.conversations.forms import AnswerForm, PreferenceForm
from crm.conversations.models import CannedReply, Message, Preference, SupportRequest, Thread
from crm.conversations.reading import changed, page, receipt, subject_of_last_words, thread_of, to_mark
from crm.conversations.waiting import latest_stamp, may_read, unread
from crm.core.rows import is_key


class ThreadPages:
    """For a ModelAdmin of threads. A conversation has the address of its client, who may never have written."""

    def client_to_read(self, request: HttpRequest, pk: Any) -> Client:
        """One that this person may not know of does not exist."""
        if not may_read(request.user) or not is_key(pk):
            raise Http404
        return get_object_or_404(Client.objects.visible_to(request.user), pk=pk)

    def client_to_answer(self, request: HttpRequest, pk: Any) -> Client:
        client = self.client_to_read(request, pk)
        if not self.has_answer_permission(request):
            raise PermissionDenied
        return client

    def change_view(self, request, object_id, form_url="", extra_context=None):
        client = self.client_to_read(request, object_id)
        if request.method != "POST":
            return self._page(
                request, client, AnswerForm(client=client, initial={"request": subject_of_last_words(client)})
            )
        self.client_to_answer(request, object_id)
        form = AnswerForm(request.POST, request.FILES, client=client)
        if "insert" in request.POST:
            return self._page(request, client, self._inserted(request, client))
        if form.is_valid() and self._sent(request, client, form):
            return HttpResponseRedirect(self._after(request, client))
        return self._page(request, client, form)

    def _inserted(self, request: HttpRequest, client: Client) -> AnswerForm:
        """The same form with a canned reply after what was typed; files have to be chosen again."""
        data = request.POST.copy()
        key = data.get("canned", "")
        reply = CannedReply.objects.filter(pk=key).first() if is_key(key) else None
        if reply is not None:
            said = filled(reply, client, day=timezone.localdate())
            data["text"] = f"{data.get('text', '')}\n{said}".strip()
        names = ("text", "token", "request")
        return AnswerForm(client=client, initial={name: data[name] for name in names if data.get(name)})

    def _sent(self, request: HttpRequest, client: Client, form: AnswerForm) -> bool:
        details = {name: form.cleaned_data[name] for name in ("text", "uploads", "token", "request")}
        is_note = request.POST.get("kind") == Message.Kind.NOTE
        kind = Message.Kind.NOTE if is_note else Message.Kind.OFFICE
        try:
            services.send(client, kind=kind, by=request.user, at=timezone.now(), **details)
        except ValidationError as error:
            form.add_error(None, error)
            return False
        return True

    def _after(self, request: HttpRequest, client: Client) -> str:
        if "from_sheet" in request.POST:
            return reverse("admin:clients_client_change", args=[client.pk]) + "#panel-messages"
        return f"{self.page_url(client.pk)}#write"

    def _page(self, request: HttpRequest, client: Client, form: AnswerForm) -> HttpResponse:
        messages_ = Message.objects.visible_to(request.user).filter(client=client)
        before = request.GET.get("before", "")
        read = page(messages_, user=request.user, at=timezone.now(), before=before)
        thread = thread_of(client)
        if request.method == "GET" and not before:
            thread = self.note_read(request, thread, read.lines)
        context = self.admin_site.each_context(request) | {
            "title": _("Conversation with %(client)s") % {"client": client.display_name},
            "opts": self.opts,
            "form": form,
            "before": read.before,
            "requests": SupportRequest.objects.filter(client=client)[:20],
            "canned": CannedReply.objects.values_list("pk", "title"),
            "may_answer": self.has_answer_permission(request),
            "media": self.media,
            "poll": reverse("admin:conversations_thread_since", args=[client.pk, 0]).removesuffix("0/"),
            **self._lines(request, client, thread, read.lines),
        }
        return TemplateResponse(request, "admin/conversations/thread.html", context)

    def _lines(self, request: HttpRequest, client: Client, thread: Thread, lines) -> dict[str, Any]:
        return {
            "client": client,
            "thread": thread,
            "lines": lines,
            "receipt": receipt(client, is_office=True),
            "may_see_history": True,
        }

    def note_read(self, request: HttpRequest, thread: Thread, lines) -> Thread:
        """By who may answer: somebody who only looks on has not read it for the office."""
        is_guess = "prefetch" in request.headers.get("Sec-Purpose", "")
        up_to = to_mark(thread, lines, is_office=True, request=None)
        if is_guess or up_to <= thread.read_by_office or not self.has_answer_permission(request):
            return thread
        services.mark_read(thread.client, by=request.user, up_to=up_to, at=timezone.now(), is_office=True)
        return thread_of(thread.client)

    def since_view(self, request: HttpRequest, pk: int, revision: int) -> HttpResponse:
        """What moved since the page was shown; nothing said of a client whom this person may not know of."""
        moved_to, _theirs, unread_here = Thread.objects.standing(pk)
        is_looked_at = "lu" in request.GET
        if moved_to <= revision and not (is_looked_at and unread_here):
            return HttpResponse(status=204)
        try:
            client = self.client_to_read(request, pk)
        except Http404:
            # As for a client who does not exist: nothing ever moves.
            return HttpResponse(status=204)
        thread = thread_of(client)
        messages_ = Message.objects.visible_to(request.user).filter(client=client)
        lines = changed(messages_, revision, user=request.user, at=timezone.now())
        if is_looked_at and thread.unread_by_office:
            shown = page(messages_, user=request.user, at=timezone.now()).lines
            thread = self.note_read(request, thread, shown)
        context = self._lines(request, client, thread, lines)
        return TemplateResponse(request, "admin/conversations/since.html", context)

    def unread_view(self, request: HttpRequest, stamp: int) -> HttpResponse:
        """How much is unread, when anything moved since; else 204 after one look, whoever asks."""
        if (now := latest_stamp()) == stamp:
            return HttpResponse(status=204)
        return JsonResponse({"number": unread(request.user), "stamp": now})

    def verb_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        client = self.client_to_answer(request, pk)
        now = timezone.now()
        verbs = {
            "take": lambda: services.assign(client, request.user, at=now),
            "release": lambda: services.assign(client, None, at=now),
            "settle": lambda: services.settle(client, at=now),
        }
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if verb not in verbs:
            raise Http404
        verbs[verb]()
        return HttpResponseRedirect(self.page_url(client.pk))

    def answered_view(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        client = self.client_to_answer(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        asked = get_object_or_404(SupportRequest.objects.filter(client=client), pk=key)
        services.mark_answered(asked, by=request.user, at=timezone.now())
        return HttpResponseRedirect(self.page_url(client.pk))

    def preferences_view(self, request: HttpRequest) -> HttpResponse:
        """How this member of staff hears of unread messages."""
        mine = Preference.objects.filter(user=request.user).first() or Preference(user=request.user)
        form = PreferenceForm(request.POST or None, instance=mine)
        if request.method == "POST" and form.is_valid():
            form.save()
            messages.success(request, _("Noted."))
            return HttpResponseRedirect(reverse("admin:index"))
        context = self.admin_site.each_context(request) | {
            "title": _("E-mails about messages"),
            "form": form,
        }
        return TemplateResponse(request, "admin/conversations/preferences.html", context)
