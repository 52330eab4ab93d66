from datetime import timedelta

from django_apscheduler.models import DjangoJobExecution


def purge_executions() -> None:
    """Forget the scheduler's own trace after a month."""
    DjangoJobExecution.objects.delete_old_job_executions(timedelta(days=30).total_seconds())
