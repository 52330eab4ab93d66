"""The pages of one message in the back office: correct it, take it back, read what it was."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.conversations import services
from crm.conversations.forms import EditForm
from crm.conversations.models import Message
from crm.conversations.services import NotTheirs
from crm.conversations.waiting import may_read


class MessagePages:
    """For a ModelAdmin of threads."""

    def message_to_read(self, request: HttpRequest, pk: int) -> Message:
        if not may_read(request.user):
            raise Http404
        rows = Message.objects.visible_to(request.user).select_related("client", "author")
        return get_object_or_404(rows, pk=pk)

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = self.message_to_read(request, pk)
        if not self.has_answer_permission(request):
            raise PermissionDenied
        form = EditForm(request.POST or None, initial={"text": message.text})
        if request.method == "POST" and form.is_valid():
            try:
                services.edit(message, form.cleaned_data["text"], by=request.user, at=timezone.now())
                return self._back(message)
            except NotTheirs as refusal:
                messages.error(request, str(refusal))
                return self._back(message)
            except ValidationError as error:
                form.add_error("text", error)
        return self._message_page(request, "edit", message, _("Correct a message"), form=form)

    def take_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = self.message_to_read(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            services.delete(message, by=request.user, at=timezone.now())
        except NotTheirs as refusal:
            messages.error(request, str(refusal))
        return self._back(message)

    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a message said before it was corrected or taken back, and by whom."""
        message = self.message_to_read(request, pk)
        versions = message.history.select_related("history_user").order_by("-history_id")
        return self._message_page(request, "history", message, _("History of a message"), versions=versions)

    def _back(self, message: Message) -> HttpResponse:
        return HttpResponseRedirect(f"{self.page_url(message.client_id)}#message-{message.pk}")

    def _message_page(
        self, request: HttpRequest, name: str, message: Message, title: str, **more
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "message_": message,
            "client": message.client,
            "back": self.page_url(message.client_id),
            "media": self.media,
            **more,
        }
        return TemplateResponse(request, f"admin/conversations/message_{name}.html", context)
