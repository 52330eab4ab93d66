from datetime import timedelta

from django.utils import timezone
from django_apscheduler.models import DjangoJob, DjangoJobExecution

from crm.core.jobs import purge_executions


def test_the_trace_of_the_scheduler_is_forgotten_after_a_month(db):
    job = DjangoJob.objects.create(id="tick", job_state=b"")
    now = timezone.now()
    for days in (1, 29, 31, 90):
        DjangoJobExecution.objects.create(job=job, status="Executed", run_time=now - timedelta(days=days))
    purge_executions()
    kept = DjangoJobExecution.objects.values_list("run_time", flat=True)
    assert sorted((now - run_time).days for run_time in kept) == [1, 29]
