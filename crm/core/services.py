from datetime import datetime

from django.db import transaction

from crm.core.models import Hold, Lease, RunRequest


def ask_run(path: str, *, by: str, at: datetime) -> RunRequest:
    """Leave word that a job should run now, for whoever holds the lease; asking twice is asking once."""
    request, _created = RunRequest.objects.get_or_create(
        job_id=path, defaults={"asked_at": at, "asked_by": by}
    )
    return request


def hold(*, expected_at: datetime, read_at: datetime) -> None:
    """Nothing runs any more until an administrator has looked at the clock."""
    if not Hold.objects.open().exists():
        Hold.objects.create(expected_at=expected_at, read_at=read_at)


@transaction.atomic
def confirm_clock(*, by: str, at: datetime) -> None:
    """The clock is right, go on: what it wrote ahead of now no longer counts."""
    if Hold.objects.open().update(confirmed_by=by, confirmed_at=at):
        Lease.objects.of_scheduler().forget_the_future(at)
