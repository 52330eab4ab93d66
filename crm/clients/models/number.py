from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

# Room for a century of clients, and a typing slip in a file cannot exhaust the numbers.
LARGEST_NUMBER = 99_999_999


def shown(number: int) -> str:
    """The number as people read it: CLT-001."""
    return f"CLT-{number:03d}"


class NumberCounterManager(models.Manager["NumberCounter"]):
    def allocate(self, count: int = 1) -> range:
        """The next `count` client numbers. They stay taken even if the caller never uses them, unless it rolls back.

        The row is locked until the caller's transaction ends: two creations never receive the same number.
        """
        with transaction.atomic():
            counter = self._locked()
            first = counter.last + 1
            counter.last += count
            counter.save(update_fields=["last"])
        return range(first, first + count)

    def raise_to(self, number: int) -> None:
        """Numbers up to `number` will not be given again."""
        with transaction.atomic():
            counter = self._locked()
            if number > counter.last:
                counter.last = number
                counter.save(update_fields=["last"])

    def _locked(self) -> "NumberCounter":
        self.get_or_create(pk=1)
        return self.select_for_update().get(pk=1)


class NumberCounter(models.Model):
    """The last client number given. One row; a number is never reused, even when its client is deleted."""

    last = models.PositiveIntegerField(_("Last number given"), default=0)

    objects = NumberCounterManager()

    class Meta:
        verbose_name = _("Client number counter")
        verbose_name_plural = _("Client number counter")
        default_permissions = []
        constraints = [models.CheckConstraint(name="one_number_counter", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return str(self.last)
