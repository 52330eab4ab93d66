"""Pictures that people upload, drawn again: small, without their metadata, whatever else the file carried."""

from functools import partial
from io import BytesIO
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.validators import FileExtensionValidator
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
EXTENSIONS = ("jpg", "jpeg", "png", "webp")
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 512
NOT_A_PICTURE = _("This file is not a picture that can be read: choose a JPEG, PNG or WebP file.")


class PictureField(forms.ImageField):
    """Takes what `redrawn` can read, and gives it drawn again."""

    default_validators = [FileExtensionValidator(EXTENSIONS, NOT_A_PICTURE)]
    default_error_messages = {"invalid_image": NOT_A_PICTURE}

    def clean(self, data, initial=None):
        kept = super().clean(data, initial)
        return redrawn(kept) if data else kept


def redrawn(upload: File) -> ContentFile:
    """The picture upright, at most 512 px on its longest side, as PNG when it is transparent and JPEG otherwise.

    The name is drawn at random: a name given by a person could say who they are. Raises ValidationError.
    """
    try:
        picture = _opened(upload)
        picture = ImageOps.exif_transpose(picture)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        return _encoded(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(NOT_A_PICTURE, code="not_a_picture") from error


def _opened(upload: File) -> Image.Image:
    upload.seek(0)
    try:
        picture = Image.open(upload, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ValueError from error
    # The size is in the header: nothing is unpacked before it is known to be bearable.
    if picture.width * picture.height > MOST_PIXELS:
        raise ValidationError(
            _("This picture has %(size)d million pixels; %(limit)d million is the most that is accepted."),
            code="too_many_pixels",
            params={"size": picture.width * picture.height // 1_000_000, "limit": MOST_PIXELS // 1_000_000},
        )
    return picture


def _encoded(picture: Image.Image) -> ContentFile:
    is_transparent = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    clean = Image.new("RGBA" if is_transparent else "RGB", picture.size)
    clean.paste(picture.convert(clean.mode))
    out = BytesIO()
    if is_transparent:
        clean.save(out, "PNG", optimize=True)
    else:
        clean.save(out, "JPEG", quality=85)
    return ContentFile(out.getvalue(), name=f"{uuid4().hex}.{'png' if is_transparent else 'jpg'}")


def forget(file: FieldFile) -> None:
    """Delete the file once the row that named it no longer does, for good."""
    if file:
        transaction.on_commit(partial(file.storage.delete, file.name))
