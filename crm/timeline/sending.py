"""A private file on its way to who may have it: kept on the reader's disk, never opened by the browser."""

from django.http import FileResponse, Http404

from crm.timeline.models import Attachment


def sent(found: Attachment) -> FileResponse:
    try:
        content = found.file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
