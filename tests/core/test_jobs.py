from datetime import timedelta

import pytest
from django.utils import timezone
from django_apscheduler.models import DjangoJob, DjangoJobExecution

from crm.core.jobs import purge_executions


@pytest.mark.parametrize(
    ("status", "kept"), [("Executed", [1, 6]), ("Error!", [1, 6, 8, 29]), ("Missed!", [1, 6, 8, 29])]
)
def test_a_success_is_forgotten_after_a_week_and_the_rest_after_a_month(db, status, kept):
    job = DjangoJob.objects.create(id="tick", job_state=b"")
    now = timezone.now()
    for days in (1, 6, 8, 29, 31, 90):
        DjangoJobExecution.objects.create(job=job, status=status, run_time=now - timedelta(days=days))
    purge_executions()
    left = DjangoJobExecution.objects.values_list("run_time", flat=True)
    assert sorted((now - run_time).days for run_time in left) == kept
