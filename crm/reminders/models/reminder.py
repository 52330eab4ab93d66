from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.mailing.models import Mail
from crm.products.models import Subscription


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, user) -> Self:
        if user.has_perm("clients.see_every_client"):
            return self
        return self.filter(subscription__client__manager=user)

    def settled(self) -> Self:
        """Whose case is closed: all but those that are still owed."""
        return self.exclude(status=Reminder.Status.OWED)

    def letters_to_print(self) -> Self:
        return self.filter(status=Reminder.Status.LETTER, printed_at=None)

    def proofs(self) -> Self:
        """That something was sent, or printed; the others only tell what was not, and why."""
        left = Exists(Mail.objects.filter(reminders=OuterRef("pk"), status=Mail.Status.SENT))
        return self.filter(Q(status=Reminder.Status.MAILED) | Q(printed_at__isnull=False) | left)

    def in_trouble(self, day: date) -> Self:
        """Whose mail did not arrive, and of which none did, while there is still time."""
        mails = Mail.objects.filter(reminders=OuterRef("pk"))
        return self.filter(
            Exists(mails.in_trouble()),
            ~Exists(mails.filter(status__in=(*Mail.WAITING, Mail.Status.SENDING, Mail.Status.SENT))),
            status=Reminder.Status.MAILED,
            ends_on__gte=day,
        )


class Reminder(models.Model):
    """What is owed to a subscription about one end date, and what became of it. Written once per end date, purpose
    and number of days: a moved end date opens a new series by itself."""

    class Purpose(models.TextChoices):
        END = "end", _("End of service")
        NOTICE = "notice", _("Notice of tacit renewal")

    class Status(models.TextChoices):
        MAILED = "mailed", _("By e-mail")
        LETTER = "letter", _("By letter")
        OWED = "owed", _("Still to be sent")
        SUPERSEDED = "superseded", _("Replaced by a closer one")
        SKIPPED = "skipped", _("Not sent")

    class Why(models.TextChoices):
        NO_ADDRESS = "no_address", _("The client has no e-mail address.")
        REFUSED = "refused", _("The client’s address refuses our mails.")
        OPPOSED = "opposed", _("The client wants no more e-mail.")
        KNOWN_LATE = "known_late", _("Its day had passed when the end date became known.")
        BY_HAND = "by_hand", _("Someone decided that it is not sent.")
        NOT_DELIVERED = "not_delivered", _("The e-mail did not leave: it is written anew.")

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="reminders", verbose_name=_("Subscription")
    )
    ends_on = models.DateField(_("End of service"))
    purpose = models.CharField(_("Purpose"), max_length=6, choices=Purpose.choices, default=Purpose.END)
    days = models.PositiveSmallIntegerField(_("Days before the end"))
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices)
    why = models.CharField(_("Why"), max_length=13, choices=Why.choices, blank=True)
    # The day it was decided for: its text says how many days are left from there.
    day = models.DateField(_("Day"))
    written_at = models.DateTimeField(_("Written at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("By")
    )
    printed_at = models.DateTimeField(_("Letter printed at"), null=True)
    mails = models.ManyToManyField(Mail, related_name="reminders", verbose_name=_("Mails"))

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("Reminder")
        verbose_name_plural = _("Reminders")
        ordering = ["-day", "-pk"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "ends_on", "purpose", "days"], name="one_reminder_per_end_and_offset"
            )
        ]
        indexes = [
            models.Index(fields=["status", "ends_on"], name="reminder_by_status"),
            models.Index(fields=["day"], name="reminder_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription} – {self.called()}"

    def called(self) -> str:
        if self.purpose == self.Purpose.NOTICE:
            return str(self.Purpose.NOTICE.label)
        text = ngettext("%(days)d day before the end", "%(days)d days before the end", self.days)
        return text % {"days": self.days}

    @property
    def printed_on(self) -> date | None:
        return timezone.localdate(self.printed_at) if self.printed_at else None

    @property
    def was_due_on(self) -> date:
        return self.ends_on - timedelta(days=self.days)
