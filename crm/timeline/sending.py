"""A private file on its way to who may have it: kept on the reader's disk, never opened by the browser."""

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404

from crm.timeline.models import Attachment


def sent(found: Attachment) -> FileResponse:
    return kept(found.file, name=found.name, media_type=found.media_type)


def kept(file: FieldFile, *, name: str, media_type: str) -> FileResponse:
    """Any file that came from outside, under the name that it was given."""
    try:
        content = file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(content, as_attachment=True, filename=name, content_type=media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
