"""S0-23: one mail when a message stays unread, then at most one a day; never one for each message."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.conversations import services
from crm.conversations.models import Preference
from crm.conversations.unread_mails import tell_unread
from crm.mailing.delivery import unwanted
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from tests import factories
from tests.conversations.conftest import MINUTE, from_client, from_office, note

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
HOUR, DAY = 60 * MINUTE, timedelta(days=1)
MORNING = datetime(2026, 11, 24, 6, 5, tzinfo=UTC)  # 7:05 in Paris


def told(at) -> list[tuple[str, str]]:
    return [(mail.kind, mail.recipient) for mail in tell_unread(at=at)]


def minute_after_minute(since, until) -> list[tuple[str, str]]:
    """Every mail of the job between two instants."""
    found, at = [], since
    while at <= until:
        found += told(at)
        at += 5 * MINUTE
    return found


def read(client, by, *, is_office, at=NOON) -> None:
    services.mark_read(client, by=by, up_to=10**9, at=at, is_office=is_office)


def choose(user, mails) -> None:
    Preference.objects.create(user=user, mails=mails)


CLIENT, STAFF = ("message_unread", "chloe@example.org"), ("message_unread_staff", "paul@example.org")
CLIENT_DAILY, STAFF_DAILY = (
    ("messages_digest", "chloe@example.org"),
    ("messages_digest_staff", "paul@example.org"),
)


def test_a_message_read_in_time_is_told_to_nobody(chloe, manager, person):
    from_office(chloe, manager, at=NOON)
    assert told(NOON + 14 * MINUTE) == []
    read(chloe, person, is_office=False)
    assert told(NOON + HOUR) == []


@pytest.mark.parametrize(("minutes", "at"), [(15, 15), (3, 3), (120, 120)])
def test_a_message_unread_for_as_long_as_the_settings_say_is_told_once(chloe, manager, person, minutes, at):
    organisation = Organisation.objects.current()
    organisation.message_mail_minutes = minutes
    organisation.save()
    from_office(chloe, manager, at=NOON)
    assert told(NOON + (at - 1) * MINUTE) == []
    assert told(NOON + at * MINUTE) == [CLIENT]
    assert told(NOON + at * MINUTE) == []


def test_ten_messages_are_one_mail_then_one_each_morning(chloe, manager, person):
    for number in range(10):
        from_office(chloe, manager, at=NOON + number * 20 * MINUTE)
    assert minute_after_minute(NOON, NOON + 10 * HOUR) == [CLIENT]
    assert minute_after_minute(MORNING - HOUR, MORNING + 12 * HOUR) == [CLIENT_DAILY]
    assert minute_after_minute(MORNING + DAY, MORNING + DAY + HOUR) == [CLIENT_DAILY]


def test_who_never_comes_is_left_alone_after_a_week(chloe, manager, person):
    from_office(chloe, manager, at=NOON)
    mails = [mail for day in range(30) for mail in told(MORNING + day * DAY)]
    assert mails == [CLIENT_DAILY] * 8


def test_once_read_another_message_is_told_but_not_within_the_hour(chloe, manager, person):
    from_office(chloe, manager, at=NOON)
    assert told(NOON + 15 * MINUTE) == [CLIENT]
    read(chloe, person, is_office=False)
    from_office(chloe, manager, at=NOON + 20 * MINUTE)
    assert told(NOON + 60 * MINUTE) == []
    assert told(NOON + 75 * MINUTE) == [CLIENT]


def test_a_client_s_message_is_told_to_who_answers_them(chloe, manager, person):
    from_client(chloe, at=NOON)
    assert told(NOON + 15 * MINUTE) == [STAFF]
    mail = Mail.objects.get()
    assert str(chloe) in mail.text
    assert "Bonjour" not in mail.text
    assert minute_after_minute(MORNING, MORNING + 12 * HOUR) == [STAFF_DAILY]


def test_the_one_it_is_assigned_to_hears_of_it_instead_of_the_manager(chloe, manager):
    other = factories.staff("lea@example.org", "Manager")
    from_client(chloe, at=NOON)
    services.assign(chloe, other, at=NOON)
    assert told(NOON + 15 * MINUTE) == [("message_unread_staff", "lea@example.org")]


def test_ten_clients_are_one_mail_an_hour_to_who_answers_them_all(manager):
    for number in range(10):
        client = factories.individual(last_name=f"Nom{number}", manager=manager)
        from_client(client, at=NOON + number * 10 * MINUTE)
    assert minute_after_minute(NOON, NOON + 2 * HOUR) == [STAFF, STAFF]
    texts = [mail.subject for mail in Mail.objects.order_by("pk")]
    assert texts == ["1 message de clients à lire", "6 messages de clients à lire"]


def test_without_a_manager_the_office_hears_of_it(db, administrator):
    from_client(factories.individual(), at=NOON)
    assert told(NOON + 15 * MINUTE) == [("message_unread_staff", "admin@example.org")]


@pytest.mark.parametrize(
    ("chosen", "soon", "morning"),
    [("soon", [CLIENT], [CLIENT_DAILY]), ("daily", [], [CLIENT_DAILY]), ("none", [], [])],
)
def test_each_person_of_a_client_chooses(chloe, manager, person, chosen, soon, morning):
    choose(person, chosen)
    from_office(chloe, manager, at=NOON)
    assert told(NOON + 15 * MINUTE) == soon
    assert told(MORNING) == morning


@pytest.mark.parametrize(
    ("chosen", "soon", "morning"),
    [("soon", [STAFF], [STAFF_DAILY]), ("daily", [], [STAFF_DAILY]), ("none", [], [])],
)
def test_each_member_of_staff_chooses(chloe, manager, chosen, soon, morning):
    choose(manager, chosen)
    from_client(chloe, at=NOON)
    assert told(NOON + 15 * MINUTE) == soon
    assert told(MORNING) == morning


def test_everyone_who_opens_the_space_is_told_and_nobody_whose_access_is_closed(chloe, manager, person):
    factories.opening(chloe, email="mari@example.org")
    closed = factories.opening(chloe, email="parti@example.org")
    closed.accesses.update(is_enabled=False)
    from_office(chloe, manager, at=NOON)
    assert sorted(told(NOON + 15 * MINUTE)) == [CLIENT, ("message_unread", "mari@example.org")]


def test_an_internal_note_is_told_to_nobody(chloe, manager, person):
    note(chloe, manager, at=NOON)
    assert minute_after_minute(NOON, MORNING + HOUR) == []


def test_what_is_read_before_the_mail_leaves_is_not_sent(chloe, manager, person):
    """« Still wanted? », asked just before sending."""
    from_office(chloe, manager, at=NOON)
    from_client(chloe, at=NOON)
    mails = tell_unread(at=NOON + 15 * MINUTE)
    assert unwanted(mails, now=NOON) == {}
    read(chloe, person, is_office=False)
    read(chloe, manager, is_office=True)
    assert sorted(unwanted(mails, now=NOON)) == sorted(mail.pk for mail in mails)


def test_the_mail_holds_no_word_of_the_message(chloe, manager, person):
    from_office(chloe, manager, "Votre code est 1234", at=NOON)
    mail = tell_unread(at=NOON + 15 * MINUTE)[0]
    assert "1234" not in mail.html + mail.text + mail.subject
    assert "/espace/messages/" in mail.html
