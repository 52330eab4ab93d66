"""Rich notes: what the editor offers is what is kept, on the way in and again on the way out."""

from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from django_prose_editor.config import allowlist_from_extensions, expand_extensions
from django_prose_editor.fields import ProseEditorField

# A list needs ListItem, or the editor stays empty. The one place that says what a note may hold.
EXTENSIONS: dict[str, Any] = {
    "Bold": True,
    "Italic": True,
    "Underline": True,
    "HardBreak": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
}


def _cleaner() -> nh3.Cleaner:
    allowed = allowlist_from_extensions(expand_extensions(EXTENSIONS))
    # A link says where it goes and leaves nothing behind; the address of a page of ours would act for the reader.
    allowed["attributes"] = {"a": {"href", "title"}}
    return nh3.Cleaner(**allowed | {"link_rel": "noopener noreferrer nofollow", "url_relative": "deny"})


CLEANER = _cleaner()
EMPTY = {"", "<p></p>", "<p><br></p>"}


def sanitised(html: str) -> str:
    """The note without what the editor does not offer; "" for an empty one.

    >>> sanitised('<p onclick="x()">Bon<script>alert(1)</script>jour</p>')
    '<p>Bonjour</p>'
    """
    # No database keeps a NUL.
    clean = CLEANER.clean(html.replace("\0", "")).strip()
    return "" if clean in EMPTY else clean


def shown(html: str) -> SafeString:
    """The note as a page may show it, whatever wrote it."""
    return mark_safe(sanitised(html))  # noqa: S308 -- this is the one place that makes it safe


class NoteField(ProseEditorField):
    """A rich note, cleaned by every way it is written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"extensions": EXTENSIONS, "sanitize": sanitised} | kwargs)

    def pre_save(self, model_instance, add: bool) -> str:
        note = sanitised(super().pre_save(model_instance, add) or "")
        setattr(model_instance, self.attname, note)
        return note
