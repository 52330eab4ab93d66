"""The client's conversation with the office. Everything starts from `request.client`, and from what is for them."""

from typing import Any

from allauth.core.internal.ratelimit import decorator as rate_limit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.choosing import for_client
from crm.conversations import services
from crm.conversations.forms import EditForm, MessageForm, PreferenceForm, RequestForm
from crm.conversations.models import Message, MessageFile, MessageQuerySet, Preference, SupportRequest, Thread
from crm.conversations.reading import Line, changed, page, receipt, thread_of, to_mark
from crm.conversations.services import NotTheirs
from crm.timeline.sending import sent

MOST_REQUESTS = 100
# A conversation is quicker than a request; nobody types faster than this.
unhurried = rate_limit(app="allauth.account", action="client_message")


@for_client
@unhurried
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The whole conversation, or what belongs to one request; POST writes in it."""
    subject = _own_request(request, pk)
    form = MessageForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _sent(request, form, subject):
        return redirect(f"{_address(subject)}#write")
    thread = thread_of(request.client)
    read = page(
        _messages(request, subject),
        user=request.author,
        at=timezone.now(),
        before=request.GET.get("avant", ""),
    )
    if request.method == "GET" and not request.GET:
        thread = _read(request, thread, read.lines, subject)
    context = _context(request, thread, read.lines, subject) | {"form": form, "before": read.before}
    return render(request, "portal/messages.html", context)


@for_client
@require_safe
def since(request: HttpRequest, revision: int, pk: int | None = None) -> HttpResponse:
    """What moved since the page was shown. Asked again and again: 204, after one look, when nothing did.

    `lu`: somebody looks at the page, so what comes counts as read.
    """
    moved_to, unread, _ours = Thread.objects.standing(request.client_id)
    is_looked_at = "lu" in request.GET
    if moved_to <= revision and not (is_looked_at and unread):
        return HttpResponse(status=204)
    subject, thread = _own_request(request, pk), thread_of(request.client)
    lines = changed(_messages(request, subject), revision, user=request.author, at=timezone.now())
    if is_looked_at and thread.unread_by_client:
        shown = page(_messages(request, subject), user=request.author, at=timezone.now()).lines
        thread = _read(request, thread, shown, subject)
    return render(request, "portal/messages_since.html", _context(request, thread, lines, subject))


def _context(
    request: HttpRequest, thread: Thread, lines: list[Line], subject: SupportRequest | None
) -> dict[str, Any]:
    return {
        "thread": thread,
        "lines": lines,
        "subject": subject,
        "receipt": receipt(request.client, is_office=False),
        "poll": _address(subject) + "depuis/",
        "address": _address(subject),
    }


def _messages(request: HttpRequest, subject: SupportRequest | None) -> MessageQuerySet:
    found = Message.objects.for_client(request.client)
    return found if subject is None else found.filter(request=subject)


def _own_request(request: HttpRequest, pk: int | None) -> SupportRequest | None:
    if pk is None:
        return None
    return get_object_or_404(SupportRequest.objects.filter(client=request.client), pk=pk)


def _address(subject: SupportRequest | None) -> str:
    return reverse("portal:support", args=[subject.pk]) if subject else reverse("portal:messages")


def _read(request: HttpRequest, thread: Thread, lines: list[Line], subject: SupportRequest | None) -> Thread:
    """Note that they were read: by the client alone, never by staff in their place nor by a browser that guesses."""
    is_guess = "prefetch" in request.headers.get("Sec-Purpose", "")
    up_to = to_mark(thread, lines, is_office=False, request=subject)
    if request.author != request.user or is_guess or not up_to or not _is_news(request, thread, up_to):
        return thread
    services.mark_read(request.client, by=request.user, up_to=up_to, at=timezone.now(), is_office=False)
    return thread_of(request.client)


def _is_news(request: HttpRequest, thread: Thread, up_to: int) -> bool:
    marks = request.client.read_marks.filter(user=request.user, last_read__gte=up_to)
    return up_to > thread.read_by_client or not marks.exists()


def _sent(request: HttpRequest, form: MessageForm, subject: SupportRequest | None) -> bool:
    try:
        services.send(
            request.client,
            kind=Message.Kind.CLIENT,
            by=request.author,
            at=timezone.now(),
            request=subject,
            **form.cleaned_data,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


# Requests with a subject


@for_client
@unhurried
@require_http_methods(["GET", "HEAD", "POST"])
def support_requests(request: HttpRequest) -> HttpResponse:
    """What was asked, with where it stands, and the form to ask."""
    form = RequestForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.open_request(
                request.client,
                kind=Message.Kind.CLIENT,
                by=request.author,
                at=timezone.now(),
                **form.cleaned_data,
            )
        except ValidationError as error:
            form.add_error(None if not hasattr(error, "error_dict") else "subject", error.messages)
        else:
            messages.success(request, _("Sent: we answer you here."))
            return redirect(_address(asked))
    asked_before = SupportRequest.objects.filter(client=request.client)[:MOST_REQUESTS]
    return render(request, "portal/support_requests.html", {"form": form, "requests": asked_before})


# One message


@for_client
@require_http_methods(["GET", "HEAD", "POST"])
def change_message(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(Message.objects.for_client(request.client), pk=pk)
    form = EditForm(request.POST or None, initial={"text": message.text})
    if request.method == "POST" and form.is_valid():
        try:
            services.edit(message, form.cleaned_data["text"], by=request.author, at=timezone.now())
            return redirect(f"{reverse('portal:messages')}#message-{message.pk}")
        except NotTheirs as refusal:
            messages.error(request, str(refusal))
            return redirect("portal:messages")
        except ValidationError as error:
            form.add_error("text", error)
    return render(request, "portal/change_message.html", {"form": form, "message": message})


@for_client
@require_POST
def delete_message(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(Message.objects.for_client(request.client), pk=pk)
    try:
        services.delete(message, by=request.author, at=timezone.now())
    except NotTheirs as refusal:
        messages.error(request, str(refusal))
    return redirect("portal:messages")


@for_client
@require_safe
def message_file(request: HttpRequest, name: str) -> FileResponse:
    mine = Message.objects.for_client(request.client).filter(deleted_at=None)
    files = MessageFile.objects.filter(message__in=mine)
    return sent(get_object_or_404(files, file=f"{MessageFile.FOLDER}/{name}"))


@for_client
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """How this person hears of messages: theirs alone, whoever else opens the same space."""
    mine = Preference.objects.filter(user=request.user).first() or Preference(user=request.user)
    form = PreferenceForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Noted."))
        return redirect("portal:messages")
    return render(request, "portal/message_preferences.html", {"form": form})
