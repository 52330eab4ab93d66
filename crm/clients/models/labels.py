"""What clients are sorted by: tags, categories, establishments. The administrator makes them."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.organisation.colors import ColorField, text_on


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

    color = ColorField(_("Colour"), default="#5b7083")

    class Meta(Named.Meta):
        abstract = True

    @property
    def text_color(self) -> str:
        """Black or white, whichever reads better on the colour."""
        return text_on(self.color)


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
