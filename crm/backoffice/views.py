"""Private files, sent only after asking who wants them, and the colour that the administrator chose."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.views.decorators.cache import cache_control

from crm.backoffice.attachments import attachment_for
from crm.clients.models import Client
from crm.organisation.colors import ink, text_on
from crm.organisation.models import Organisation
from crm.timeline.sending import sent


@login_required
def photo(request, name: str) -> FileResponse:
    """The photograph of a client whom this person may see."""
    if not request.user.is_staff or not request.user.has_perm("clients.view_client"):
        raise Http404
    client = Client.objects.visible_to(request.user).filter(photo=f"photos/{name}").only("photo").first()
    if client is None:
        raise Http404
    return _sent(client.photo)


@login_required
def attachment(request, folder: str, name: str) -> FileResponse:
    """A file attached to an action, an intervention or a message."""
    found = attachment_for(request.user, folder, name)
    if found is None:
        raise Http404
    return sent(found)


@cache_control(public=True, max_age=300)
def logo(request, name: str) -> FileResponse:
    """The organisation's present logo: the sign-in page shows it to everyone."""
    organisation = Organisation.objects.current()
    if not organisation.logo or organisation.logo.name != f"logo/{name}":
        raise Http404
    return _sent(organisation.logo)


def _sent(file) -> FileResponse:
    try:
        return FileResponse(file.open(), headers={"X-Content-Type-Options": "nosniff"})
    except FileNotFoundError as error:
        raise Http404 from error


@cache_control(public=True, max_age=60)
def accent(request) -> HttpResponse:
    """The accent colour as a style sheet, so that no page needs a style of its own."""
    color = Organisation.objects.current().accent_color
    style = f":root {{ --accent: {color}; --accent-text: {text_on(color)}; --accent-ink: {ink(color)}; }}\n"
    return HttpResponse(style, content_type="text/css")
