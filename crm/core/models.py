from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _
from django_apscheduler.models import DjangoJob, DjangoJobExecution

from crm.core import schedule

SUCCESSES_KEPT = timedelta(days=7)
EXECUTIONS_KEPT = timedelta(days=30)


class LeaseQuerySet(models.QuerySet["Lease"]):
    def take(self, name: str, *, owner: str, now: datetime, duration: timedelta) -> bool:
        """Take or prolong the lease: True when `owner` holds it until `now + duration`.

        One conditional UPDATE decides, so two processes asking together cannot both be told yes.
        """
        self.get_or_create(name=name, defaults={"owner": "", "expires_at": now, "beat_at": None})
        free = Q(owner=owner) | Q(expires_at__lte=now)
        return self.filter(free, name=name).update(owner=owner, expires_at=now + duration, beat_at=now) == 1

    def is_held(self, name: str, *, owner: str, now: datetime) -> bool:
        return self.filter(name=name, owner=owner, expires_at__gt=now).exists()

    def release(self, name: str, *, owner: str, now: datetime) -> Self:
        self.filter(name=name, owner=owner).update(expires_at=now)
        return self

    def of_scheduler(self) -> Self:
        return self.filter(name=Lease.SCHEDULER)

    def last_beat(self) -> datetime | None:
        return self.aggregate(last=models.Max("beat_at"))["last"]

    def forget_the_future(self, now: datetime) -> None:
        """Nobody worked after now: what a wrong clock wrote would lock everyone out until then."""
        self.update(beat_at=now)
        self.filter(expires_at__gt=now).update(expires_at=now)


class Lease(models.Model):
    """Who may act alone, until when. `beat_at` is the heartbeat that the health page reads."""

    SCHEDULER = "scheduler"

    name = models.CharField(_("Name"), max_length=40, unique=True)
    owner = models.CharField(_("Owner"), max_length=200)
    expires_at = models.DateTimeField(_("Expires at"))
    beat_at = models.DateTimeField(_("Last heartbeat"), null=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("Lease")
        verbose_name_plural = _("Leases")

    def __str__(self) -> str:
        return self.name


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> Self:
        return self.filter(confirmed_at=None)


class Hold(models.Model):
    """The scheduler waits because the clock cannot be believed, until an administrator says that it is right."""

    expected_at = models.DateTimeField(_("What the clock should have said"))
    read_at = models.DateTimeField(_("What it said"))
    confirmed_at = models.DateTimeField(_("Confirmed at"), null=True, db_index=True)
    confirmed_by = models.CharField(_("Confirmed by"), max_length=200, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("Wait for the clock")
        verbose_name_plural = _("Waits for the clock")
        default_permissions = ()
        permissions = [("confirm_clock", _("Say that the clock is right"))]

    def __str__(self) -> str:
        return f"{self.expected_at:%Y-%m-%d %H:%M} / {self.read_at:%Y-%m-%d %H:%M}"


class ExecutionQuerySet(models.QuerySet["Execution"]):
    def left_running(self) -> Self:
        return self.filter(status=Execution.State.RUNNING)

    def outdated(self, now: datetime) -> Self:
        success = Q(status=Execution.State.SUCCEEDED, run_time__lte=now - SUCCESSES_KEPT)
        return self.filter(success | Q(run_time__lte=now - EXECUTIONS_KEPT))


class Execution(DjangoJobExecution):
    """The library's own trace of a run, in our words."""

    class State(models.TextChoices):
        RUNNING = DjangoJobExecution.SENT, _("In progress")
        SUCCEEDED = DjangoJobExecution.SUCCESS, _("Success")
        FAILED = DjangoJobExecution.ERROR, _("Failure")
        MISSED = DjangoJobExecution.MISSED, _("Missed")
        SKIPPED = DjangoJobExecution.MAX_INSTANCES, _("Skipped: the one before was not over")
        INTERRUPTED = "Interrupted", _("Interrupted")

    objects = ExecutionQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("Execution")
        verbose_name_plural = _("Executions")
        default_permissions = ["view"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return schedule.title(self.job_id)


class JobQuerySet(models.QuerySet["Job"]):
    def with_last_run(self) -> Self:
        """Each with `last_status`, `last_run_time`, `last_duration` and `last_exception`; None before its first run."""
        runs = Execution.objects.exclude(status=Execution.State.SKIPPED)
        last = runs.filter(job=OuterRef("pk")).order_by("-run_time")
        fields = ("status", "run_time", "duration", "exception")
        return self.annotate(**{f"last_{field}": Subquery(last.values(field)[:1]) for field in fields})


class Job(DjangoJob):
    """The library's own row of a job of settings.SCHEDULE, in our words."""

    objects = JobQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("Job")
        verbose_name_plural = _("Jobs")
        default_permissions = ["view"]
        permissions = [("run_job", _("Start a job at once"))]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return schedule.title(self.pk)


class RunRequest(models.Model):
    """Somebody wants a job to run now. The row goes once the job has run."""

    job = models.OneToOneField(
        DjangoJob, verbose_name=_("Job"), on_delete=models.CASCADE, related_name="request"
    )
    asked_at = models.DateTimeField(_("Asked at"))
    asked_by = models.CharField(
        _("Asked by"),
        max_length=200,
        blank=True,
        help_text=_("Empty: the scheduler, for a run that it missed."),
    )

    class Meta:
        verbose_name = _("Request to run")
        verbose_name_plural = _("Requests to run")
        default_permissions = ()

    def __str__(self) -> str:
        return schedule.title(self.job_id)
