import pytest

from crm.reminders.models import Rule
from crm.reminders.models.rule import SHIPPED
from tests.reminders.playing import LONG_AGO


@pytest.fixture
def rules(db) -> None:
    """The six that are shipped, in force for long."""
    Rule.objects.all().delete()
    Rule.objects.bulk_create(Rule(days=days, active_from=LONG_AGO) for days in SHIPPED)
