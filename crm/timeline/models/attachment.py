from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _


class AttachmentQuerySet(models.QuerySet[Any]):
    def visible_to(self, user) -> Self:
        """Those of the clients that this member of staff may know of."""
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(**{f"{self.model.OWNER}__client__manager": user})


class Attachment(models.Model):
    """A private file, written by `attach()` alone: its type comes from its content and its place has a drawn name."""

    # The foreign key to what it is attached to, which itself names a client.
    OWNER: str
    FOLDER: str

    file = models.FileField(_("File"), max_length=120, unique=True)
    name = models.CharField(_("Name"), max_length=140)
    media_type = models.CharField(_("Type"), max_length=100)
    size = models.PositiveIntegerField(_("Size"))
    added_at = models.DateTimeField(_("Added at"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Added by"),
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        abstract = True
        verbose_name = _("Attached file")
        verbose_name_plural = _("Attached files")
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def size_in_words(self) -> str:
        return filesizeformat(self.size)

    @classmethod
    def place(cls, extension: str) -> str:
        """A name that tells nothing and that nobody guesses."""
        return f"{cls.FOLDER}/{uuid4().hex}{extension}"
