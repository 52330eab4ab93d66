"""What clients are sorted by: tags, categories, establishments. The administrator makes them."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Named(models.Model):
    name = models.CharField(_("Name"), max_length=80)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name = " ".join(self.name.split())


class Colored(Named):
    """A name shown on a colour of its own."""

    color = models.CharField(
        _("Colour"),
        max_length=7,
        default="#5b7083",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Enter a colour such as #1f5f8b."))],
    )

    class Meta(Named.Meta):
        abstract = True

    @property
    def text_color(self) -> str:
        """Black or white, whichever reads better on the colour (WCAG relative luminance)."""
        channels = [int(self.color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        return "#000000" if luminance > 0.179 else "#ffffff"


class Tag(Colored):
    class Meta(Colored.Meta):
        verbose_name = _("Tag")
        verbose_name_plural = _("Tags")
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="one_tag_per_name", violation_error_message=_("This tag already exists.")
            )
        ]


class Category(Named):
    class Meta(Named.Meta):
        verbose_name = _("Category")
        verbose_name_plural = _("Categories")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_category_per_name",
                violation_error_message=_("This category already exists."),
            )
        ]


class Establishment(Named):
    """The office, shop or branch that follows the client."""

    class Meta(Named.Meta):
        verbose_name = _("Establishment")
        verbose_name_plural = _("Establishments")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_establishment_per_name",
                violation_error_message=_("This establishment already exists."),
            )
        ]
