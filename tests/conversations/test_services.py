"""S0-22: one permanent thread per client. What is written, whose turn it is, who has read what."""

from threading import Barrier
from threading import Thread as Worker
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection

from crm.conversations import services
from crm.conversations.models import Message, MessageFile, SupportRequest, Thread
from crm.conversations.models.message import CHANGED_WITHIN
from crm.conversations.services import NotTheirs
from crm.timeline.models import Entry
from tests import factories
from tests.conversations.conftest import MINUTE, NOW, from_client, from_office, note, thread_of


def state(client) -> tuple[str, int, int]:
    """(whose turn it is, unread by the office, unread by the client)."""
    thread = thread_of(client)
    return thread.waits_for, thread.unread_by_office, thread.unread_by_client


def test_a_message_of_the_client_waits_for_the_office_and_an_answer_for_the_client(chloe, manager):
    from_client(chloe)
    from_client(chloe, at=NOW + MINUTE)
    assert state(chloe) == ("office", 2, 0)
    assert thread_of(chloe).waiting_since == NOW
    from_office(chloe, manager, at=NOW + 2 * MINUTE)
    assert state(chloe) == ("client", 2, 1)
    assert thread_of(chloe).waiting_since == NOW + 2 * MINUTE


def test_the_same_sending_twice_is_one_message(chloe):
    """A double click, or a retry after a line that was cut."""
    token = uuid4()
    assert from_client(chloe, token=token) == from_client(chloe, token=token)
    assert Message.objects.count() == 1


def test_two_clients_may_draw_the_same_token(chloe, manager):
    token, other = uuid4(), factories.individual(last_name="Durand", first_name="Charlie")
    assert from_client(chloe, token=token).pk != from_client(other, token=token).pk


def test_nothing_is_no_message(chloe):
    with pytest.raises(ValidationError):
        from_client(chloe, "  \n\u202e ")
    assert Message.objects.count() == 0


def test_a_file_alone_is_a_message(chloe):
    message = from_client(chloe, "", uploads=[ContentFile(b"Bonjour", "note.txt")])
    assert [one.name for one in message.files.all()] == ["note.txt"]


def test_a_file_that_is_not_allowed_leaves_nothing_written(chloe):
    with pytest.raises(ValidationError):
        from_client(chloe, "Voici", uploads=[ContentFile(b"MZ\x00\x01", "facture.pdf")])
    assert Message.objects.count() == 0


def test_an_internal_note_changes_nobodys_turn_and_is_unread_by_nobody(chloe, manager):
    from_client(chloe)
    note(chloe, manager)
    assert state(chloe) == ("office", 1, 0)
    assert [one.kind for one in Message.objects.for_client(chloe)] == ["client"]


def test_reading_empties_the_count_and_tells_the_other_side(chloe, manager, person):
    message = from_client(chloe, by=person)
    before = thread_of(chloe).revision
    assert services.mark_read(chloe, by=manager, up_to=message.pk, at=NOW, is_office=True) is True
    assert state(chloe) == ("office", 0, 0)
    assert thread_of(chloe).revision == before + 1
    assert services.mark_read(chloe, by=manager, up_to=message.pk, at=NOW, is_office=True) is False


def test_a_read_mark_never_goes_back_nor_past_the_last_message(chloe, manager):
    first = from_client(chloe)
    services.mark_read(chloe, by=manager, up_to=10**12, at=NOW, is_office=True)
    assert thread_of(chloe).read_by_office == first.pk
    second = from_client(chloe)
    services.mark_read(chloe, by=manager, up_to=second.pk, at=NOW, is_office=True)
    services.mark_read(chloe, by=manager, up_to=first.pk, at=NOW, is_office=True)
    assert thread_of(chloe).read_by_office == second.pk


def test_what_is_taken_back_is_no_longer_unread(chloe, person):
    message = from_client(chloe, by=person)
    services.delete(message, by=person, at=NOW + MINUTE)
    assert state(chloe) == ("nobody", 0, 0)


def test_a_deleted_message_leaves_its_mark_its_history_and_no_file(chloe, person):
    message = from_client(
        chloe, "Mon code est 1234", by=person, uploads=[ContentFile(b"Bonjour", "note.txt")]
    )
    services.delete(message, by=person, at=NOW + MINUTE)
    message.refresh_from_db()
    assert (message.text, message.is_deleted, MessageFile.objects.count()) == ("", True, 0)
    assert [one.text for one in message.history.order_by("history_id")] == ["Mon code est 1234", ""]


def test_a_correction_is_marked_and_what_was_written_is_kept(chloe, person):
    message = from_client(chloe, "Bonjour a tous", by=person)
    edited = services.edit(message, "Bonjour à tous", by=person, at=NOW + MINUTE)
    assert (edited.text, edited.edited_at) == ("Bonjour à tous", NOW + MINUTE)
    assert [one.text for one in edited.history.order_by("history_id")] == ["Bonjour a tous", "Bonjour à tous"]
    assert edited.history.latest().history_user == person


def test_nobody_changes_the_words_of_another_nor_their_own_for_ever(chloe, manager, person):
    message = from_client(chloe, by=person)
    for by, at in ((manager, NOW), (person, NOW + CHANGED_WITHIN)):
        with pytest.raises(NotTheirs):
            services.edit(message, "Autre chose", by=by, at=at)
        with pytest.raises(NotTheirs):
            services.delete(message, by=by, at=at)


def test_who_has_the_right_takes_back_any_message_of_the_office_and_none_of_a_client(
    chloe, manager, person, administrator
):
    ours, theirs = from_office(chloe, manager), from_client(chloe, by=person)
    assert services.delete(ours, by=administrator, at=NOW + 3 * CHANGED_WITHIN).is_deleted is True
    with pytest.raises(NotTheirs):
        services.delete(theirs, by=administrator, at=NOW + 3 * CHANGED_WITHIN)


# Support requests (S1-27)


def test_a_request_is_open_until_we_answer_and_open_again_when_the_client_writes_on(chloe, manager):
    request = services.open_request(chloe, "Facture", "Où est-elle ?", kind="client", by=None, at=NOW)
    assert request.is_open is True
    from_office(chloe, manager, request=request)
    request.refresh_from_db()
    assert (request.status, request.answered_by) == ("answered", manager)
    from_client(chloe, "Merci, mais…", request=request)
    request.refresh_from_db()
    assert request.status == "open"


def test_an_internal_note_answers_nothing(chloe, manager):
    request = services.open_request(chloe, "Facture", "Où est-elle ?", kind="client", by=None, at=NOW)
    note(chloe, manager, request=request)
    request.refresh_from_db()
    assert request.is_open is True


def test_the_same_request_sent_twice_is_one(chloe):
    token = uuid4()
    for _time in range(2):
        services.open_request(chloe, "Facture", "Où ?", kind="client", by=None, at=NOW, token=token)
    assert (SupportRequest.objects.count(), Message.objects.count()) == (1, 1)


def test_a_request_needs_a_subject(chloe):
    with pytest.raises(ValidationError) as refusal:
        services.open_request(chloe, " \n ", "Où ?", kind="client", by=None, at=NOW)
    assert list(refusal.value.message_dict) == ["subject"]
    assert SupportRequest.objects.count() == 0


def test_a_request_settled_by_telephone_is_marked_answered(chloe, manager):
    request = services.open_request(chloe, "Facture", "Où ?", kind="client", by=None, at=NOW)
    assert services.mark_answered(request, by=manager, at=NOW + MINUTE).answered_at == NOW + MINUTE


# The desk


def test_a_conversation_with_nothing_to_answer_waits_for_nobody_until_the_client_writes(chloe):
    from_client(chloe, "Merci !")
    services.settle(chloe, at=NOW)
    assert state(chloe)[0] == "nobody"
    from_client(chloe, "Au fait…", at=NOW + MINUTE)
    assert (state(chloe)[0], thread_of(chloe).waiting_since) == ("office", NOW + MINUTE)


def test_a_conversation_is_assigned_and_given_back(chloe, manager):
    services.assign(chloe, manager, at=NOW)
    assert list(Thread.objects.assigned_to(manager)) == [thread_of(chloe)]
    services.assign(chloe, None, at=NOW)
    assert list(Thread.objects.assigned_to(manager)) == []


# The timeline (S1-16, S1-17)


def told(client) -> list[tuple[str, str, bool]]:
    entries = Entry.objects.filter(client=client).order_by("pk")
    return list(entries.values_list("kind", "summary", "is_visible_to_client"))


def test_the_timeline_says_once_a_day_that_each_side_wrote_and_never_what(chloe, manager):
    from_client(chloe, "Mon code est 1234")
    from_client(chloe, "Voilà")
    from_office(chloe, manager)
    note(chloe, manager)
    from_client(chloe, at=NOW + 24 * 60 * MINUTE)
    assert told(chloe) == [
        ("message", "Le client nous a écrit", False),
        ("message", "Nous avons écrit au client", False),
        ("message", "Le client nous a écrit", False),
    ]


def test_the_timeline_tells_each_request_and_its_answer(chloe, manager):
    request = services.open_request(chloe, "Facture", "Où ?", kind="client", by=None, at=NOW)
    from_office(chloe, manager, request=request)
    assert told(chloe) == [
        ("support", "Demande de support\xa0: Facture", True),
        ("support", "Demande de support répondue\xa0: Facture", True),
    ]


# Races


def at_once(number: int, work) -> None:
    barrier = Barrier(number)

    def run() -> None:
        try:
            barrier.wait(10)
            work()
        finally:
            connection.close()

    workers = [Worker(target=run) for _one in range(number)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_same", "sent"), [(True, 1), (False, 6)])
def test_six_sendings_at_once_are_one_message_when_they_bear_one_token(is_same, sent):
    """B: retries that overlap. The control: with a token each, they are six."""
    client, token = factories.individual(), uuid4()
    at_once(6, lambda: from_client(client, token=token if is_same else uuid4()))
    assert Message.objects.count() == sent
    assert thread_of(client).unread_by_office == sent
    assert sorted(Message.objects.values_list("revision", flat=True)) == list(range(1, sent + 1))
