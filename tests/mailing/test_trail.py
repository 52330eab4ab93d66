"""What became of mails, as the timeline of their clients tells it."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from crm.mailing.trail import tell_timeline
from crm.timeline.models import Entry
from tests.factories import individual
from tests.mailing.rows import waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    """Of one client, a mail to them and a mail about them to the office, both sent and told."""
    zoe = individual(email="zoe@example.org")
    for kind, to in (("stop_received", zoe.email), ("request_received", "bureau@example.org")):
        waiting(to, kind=kind, client=zoe, status="sent", sent_at=timezone.now())
    tell_timeline(now=timezone.now())


EXPECTED = [
    ("« Bonjour zoe@example.org » envoyé à zoe@example.org", True),
    ("« Bonjour bureau@example.org » envoyé à bureau@example.org", False),
]


def seen() -> list[tuple[str, bool]]:
    rows = Entry.objects.order_by("pk").values_list("summary", "is_visible_to_client")
    return [(text.replace("\N{NO-BREAK SPACE}", " "), is_seen) for text, is_seen in rows]


def test_a_client_does_not_read_what_the_office_tells_itself_about_them(told):
    assert seen() == EXPECTED


def test_what_the_timeline_showed_of_it_before_is_hidden(told):
    Entry.objects.update(is_visible_to_client=True)
    migration = import_module("crm.mailing.migrations.0003_hide_mails_to_staff")
    migration.hide(apps, SimpleNamespace(connection=connection))
    assert seen() == EXPECTED
