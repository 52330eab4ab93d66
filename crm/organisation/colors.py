"""Colours that stay readable whatever accent the administrator chooses (WCAG 2.2, contrast of 4.5 to 1)."""

import re

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

READABLE = 4.5
SIX_FIGURES = r"^#[0-9a-fA-F]{6}$"


class ColorField(models.CharField):
    """`#rrggbb`. What was written past its check is read as the default: no page may fail to draw for it."""

    def __init__(self, *args, **kwargs):
        kwargs |= {
            "max_length": 7,
            "validators": [RegexValidator(SIX_FIGURES, _("Enter a colour such as #1f5f8b."))],
        }
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def from_db_value(self, value, _expression, _connection):
        return value if value is None or re.fullmatch(SIX_FIGURES, value) else self.get_default()


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb`, from 0 (black) to 1 (white)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_with_white(color: str) -> float:
    return 1.05 / (luminance(color) + 0.05)


def text_on(color: str) -> str:
    """
    Black or white, whichever reads better on `color`.

    >>> text_on("#1f5f8b"), text_on("#ffd54f")
    ('#ffffff', '#000000')
    """
    return "#000000" if luminance(color) > 0.179 else "#ffffff"


def ink(color: str) -> str:
    """
    The colour itself, or as little darker as a text of this colour on white needs.

    >>> ink("#1f5f8b"), contrast_with_white(ink("#ffd54f")) >= READABLE
    ('#1f5f8b', True)
    """
    while contrast_with_white(color) < READABLE:
        color = "#" + "".join(f"{int(int(color[i : i + 2], 16) * 0.95):02x}" for i in (1, 3, 5))
    return color
