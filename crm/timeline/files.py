"""What may be attached: known by its content, whatever its name or the browser says it is."""

import re
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from PIL import Image

from crm.organisation.models import Organisation

LONGEST_NAME = 120
READ = 4096
MEGABYTE = 1024 * 1024
# Nothing is unpacked to recognise an archive: its list of names is enough, and is not read past this many.
MOST_MEMBERS = 10_000
MACROS = re.compile(r"vbaproject\.bin|/scripts/|basic/", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


class FileType(NamedTuple):
    media_type: str
    extensions: tuple[str, ...]


PDF = FileType("application/pdf", (".pdf",))
TEXT = FileType("text/plain", (".txt", ".csv", ".md"))
PICTURES = {
    "JPEG": FileType("image/jpeg", (".jpg", ".jpeg")),
    "PNG": FileType("image/png", (".png",)),
    "WEBP": FileType("image/webp", (".webp",)),
    "GIF": FileType("image/gif", (".gif",)),
}
OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
DOCUMENTS = {
    "word/document.xml": FileType(f"{OFFICE}wordprocessingml.document", (".docx",)),
    "xl/workbook.xml": FileType(f"{OFFICE}spreadsheetml.sheet", (".xlsx",)),
    "ppt/presentation.xml": FileType(f"{OFFICE}presentationml.presentation", (".pptx",)),
}
OPEN_DOCUMENTS = {
    f"{OPEN}text": FileType(f"{OPEN}text", (".odt",)),
    f"{OPEN}spreadsheet": FileType(f"{OPEN}spreadsheet", (".ods",)),
    f"{OPEN}presentation": FileType(f"{OPEN}presentation", (".odp",)),
}
ACCEPTED = ".pdf,.jpg,.jpeg,.png,.webp,.gif,.docx,.xlsx,.pptx,.odt,.ods,.odp,.txt,.csv"


def checked(upload: File) -> FileType:
    """The type of a file that may be attached. Raises ValidationError, which names the file and says what to do."""
    limit = Organisation.objects.current().attachment_max_megabytes * MEGABYTE
    size = upload.size or 0
    params = {"name": safe_name(upload.name or ""), "limit": filesizeformat(limit)}
    if size > limit:
        raise ValidationError(
            _("“%(name)s” is larger than %(limit)s: make it lighter, or split it."), "too_large", params
        )
    if not size:
        raise ValidationError(_("“%(name)s” is empty."), "empty", params)
    found = recognised(upload)
    if found is None:
        text = _(
            "“%(name)s” cannot be attached: choose a PDF, a picture, a document without macros or a text."
        )
        raise ValidationError(text, "not_allowed", params)
    return found


def recognised(upload: File) -> FileType | None:
    """The type, among those allowed, that the content is; None for any other."""
    upload.seek(0)
    start = upload.read(READ)
    tries: list[Callable[[File, bytes], FileType | None]] = [_pdf, _picture, _document, _text]
    found = next((one for recognise in tries if (one := recognise(upload, start))), None)
    upload.seek(0)
    return found


def _pdf(_upload: File, start: bytes) -> FileType | None:
    return PDF if re.match(rb"%PDF-[12]\.\d", start) else None


def _picture(upload: File, _start: bytes) -> FileType | None:
    upload.seek(0)
    try:
        # The header alone: nothing is unpacked.
        with Image.open(upload, formats=list(PICTURES)) as picture:
            return PICTURES.get(picture.format or "")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _document(upload: File, start: bytes) -> FileType | None:
    if not start.startswith(b"PK\x03\x04"):
        return None
    upload.seek(0)
    try:
        with zipfile.ZipFile(upload) as archive:
            names = archive.namelist()
            if len(names) > MOST_MEMBERS or any(MACROS.search(name) for name in names):
                return None
            if "[Content_Types].xml" in names:
                return next((DOCUMENTS[name] for name in DOCUMENTS if name in names), None)
            return _open_document(archive) if names[:1] == ["mimetype"] else None
    except (OSError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile):
        return None


def _open_document(archive: zipfile.ZipFile) -> FileType | None:
    with archive.open("mimetype") as member:
        return OPEN_DOCUMENTS.get(member.read(200).decode("ascii", "replace").strip())


def _text(upload: File, _start: bytes) -> FileType | None:
    """Words, as UTF-8 or as Windows writes them; not a page nor a program for a browser."""
    upload.seek(0)
    content = upload.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            return None
    is_markup = text.lstrip("\ufeff \t\r\n").startswith(("<", "#!", "%!", "{\\rtf"))
    return None if is_markup or CONTROL.search(text) else TEXT


def safe_name(name: str) -> str:
    """The name as it is shown and given back: one line, no folder, no sign that changes the direction of reading.

    >>> safe_name("../C:\\\\fac\\u202eture.pdf")
    'facture.pdf'
    """
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "", re.split(r"[/\\]", name)[-1]).strip(" .")
    path = PurePath(name or "document")
    return f"{path.stem[: LONGEST_NAME - len(path.suffix[:10])]}{path.suffix[:10]}"


def name_for(name: str, found: FileType) -> str:
    """The safe name, ending as its content does: `photo.exe` that holds a picture is `photo.exe.jpg`."""
    name = safe_name(name)
    return name if PurePath(name).suffix.lower() in found.extensions else f"{name}{found.extensions[0]}"
