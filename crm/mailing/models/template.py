from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.mailing import rendering
from crm.mailing.kinds import Kind, kind_choices, kind_of
from crm.mailing.rich_text import clean_html, is_same
from crm.mailing.shipped import shipped_text
from crm.mailing.variables import CLIENT, OFFICE


class Template(models.Model):
    """The text of a kind of mail, one per language. A kind has its standard one and may have others, by name."""

    kind = models.CharField(_("Mail"), max_length=40, choices=kind_choices)
    name = models.CharField(
        _("Name"), max_length=60, blank=True, help_text=_("Empty: the standard text of this mail.")
    )

    class Meta:
        verbose_name = _("Mail template")
        verbose_name_plural = _("Mail templates")
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="one_template_per_name",
                violation_error_message=_("This mail already has a text of this name."),
            )
        ]

    def __str__(self) -> str:
        title = str(self.declared.title) if self.declared else self.kind
        return f"{title} – {self.name}" if self.name else title

    @property
    def declared(self) -> Kind | None:
        return kind_of(self.kind)

    @property
    def is_standard(self) -> bool:
        return not self.name

    @property
    def allowed_names(self) -> tuple[str, ...]:
        """The variables that this mail may hold."""
        if self.declared is None:
            return ()
        client = () if self.declared.is_for_staff else tuple(CLIENT)
        return (*client, *self.declared.names, *OFFICE)

    def check_text(self, subject: str, body: str) -> None:
        """Raise ValidationError by field, one sentence per fault: see rendering.check."""
        names = self.allowed_names
        errors = {}
        for field, text in (("subject", subject), ("body", body)):
            try:
                rendering.check(text, names, holds_links=field == "body")
            except ValidationError as error:
                errors[field] = error
        if errors:
            raise ValidationError(errors)


class TemplateText(models.Model):
    """Subject and body in one language. Both empty: the text shipped with the product is used."""

    template = models.ForeignKey(
        Template, models.CASCADE, related_name="texts", verbose_name=_("Mail template")
    )
    language = models.CharField(_("Language"), max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(_("Subject"), max_length=200, blank=True)
    body = models.TextField(_("Text"), blank=True)

    history = HistoricalRecords(
        verbose_name=_("Template history"), verbose_name_plural=_("Template histories")
    )

    class Meta:
        verbose_name = _("Text")
        verbose_name_plural = _("Texts")
        ordering = ["template", "-language"]
        constraints = [
            models.UniqueConstraint(fields=["template", "language"], name="one_text_per_language"),
            models.CheckConstraint(
                name="subject_and_body_together",
                condition=models.Q(subject="", body="") | (~models.Q(subject="") & ~models.Q(body="")),
                violation_error_message=_("Write both a subject and a text, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} ({self.get_language_display()})"

    @property
    def is_customised(self) -> bool:
        return bool(self.subject)

    def fallback(self) -> tuple[str, str]:
        """Subject and body without those of this row: the standard text of the mail, or what came with the product."""
        if not self.template.is_standard:
            standard = TemplateText.objects.filter(
                template__kind=self.template.kind, template__name="", language=self.language
            ).first()
            if standard is not None and standard.is_customised:
                return standard.subject, standard.body
        return shipped_text(self.template.kind, self.language)

    def in_force(self) -> tuple[str, str]:
        """Subject and body that are sent."""
        return (self.subject, self.body) if self.is_customised else self.fallback()

    def clean(self) -> None:
        self.tidy()
        if self.subject and not self.body:
            raise ValidationError({"body": _("Write a text, or empty the subject too.")})
        if self.body and not self.subject:
            raise ValidationError({"subject": _("Write a subject, or empty the text too.")})
        self.template.check_text(self.subject, self.body)
        subject, body = self.fallback()
        if self.subject == subject and is_same(self.body, body):
            self.reset()

    def tidy(self) -> None:
        """A subject on one line, and a body of the tags that a mail may hold."""
        self.subject = rendering.plain(" ".join(self.subject.split()))
        self.body = clean_html(self.body)

    def reset(self) -> None:
        """Back to the text that came with the product, and to its later improvements."""
        self.subject, self.body = "", ""
