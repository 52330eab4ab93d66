"""The ZIP archive of a workbook, judged before anything is unpacked from it."""

import struct
import zipfile
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from .sources import Limits, Unreadable

# Below this, an archive cannot hurt, and a small regular file may well be packed a hundred times.
_HARMLESS_BYTES = 1024 * 1024
# The workbook's own parts are parsed whole; in real files they weigh some kilobytes.
_MAX_PART_BYTES = 8 * 1024 * 1024


def damaged() -> Unreadable:
    return Unreadable(
        _(
            "The workbook is damaged: open it in your spreadsheet, save it again as .xlsx, then send it again."
        ),
        "damaged",
    )


def too_heavy() -> Unreadable:
    return Unreadable(
        _(
            "Once unpacked, the workbook is much larger than its content should be."
            " Copy only the useful rows and columns to a new workbook, or save as CSV."
        ),
        "too_heavy",
    )


class Archive(zipfile.ZipFile):
    """The parts of a workbook; what openpyxl parses whole is bounded."""

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        if self.getinfo(str(name)).file_size > _MAX_PART_BYTES:
            raise too_heavy()
        return super().read(name, pwd)


def open_archive(file: IO[bytes], limits: Limits) -> Archive:
    """The archive, once its own account of itself is within the limits and coherent.

    Python unpacks no more than the size an entry declares, so declared sizes bound the real ones.
    """
    _check_directory(file, limits)
    try:
        archive = Archive(file)
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, struct.error, NotImplementedError):
        raise damaged() from None
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if len(entries) > limits.max_entries or len(names) != len(entries):
        raise too_heavy()
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable(_("The workbook is protected by a password: save it without one."), "encrypted")
    if sum(entry.file_size for entry in entries) > limits.max_unpacked_bytes:
        raise too_heavy()
    for entry in entries:
        if entry.file_size > max(_HARMLESS_BYTES, entry.compress_size * limits.max_ratio):
            raise too_heavy()
    _check_overlaps(entries)
    _check_kind(names)
    return archive


def _check_directory(file: IO[bytes], limits: Limits) -> None:
    """Before Python reads it whole, the archive's directory must be short. Neither Excel nor LibreOffice
    writes a comment after it, nor a ZIP64 directory for so few entries."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 42))
    tail = file.read(42).rjust(42, b"\0")
    signature, *_disks, count, length, _offset, comment = struct.unpack("<4s4H2LH", tail[-22:])
    if signature != b"PK\5\6" or comment or tail[:4] == b"PK\6\7":
        raise damaged()
    if count > limits.max_entries or length > limits.max_entries * 1024:
        raise too_heavy()


def _check_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share their bytes unpack to far more than the file (CVE-2024-0450 in Python < 3.11.8)."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise too_heavy()
        end = entry.header_offset + 30 + len(entry.orig_filename.encode()) + entry.compress_size


def _check_kind(names: set[str]) -> None:
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Unreadable(_("The workbook holds macros (.xlsm): save it as .xlsx, without macros."), "macros")
    if "xl/workbook.bin" in names:
        raise Unreadable(_("This is a binary workbook (.xlsb): save it as .xlsx."), "other_workbook")
    if "content.xml" in names:
        raise Unreadable(_("This is an OpenDocument file (.ods): save it as .xlsx or CSV."), "other_workbook")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Unreadable(
            _("This archive is not a workbook: save the table as .xlsx or CSV."), "not_a_workbook"
        )
