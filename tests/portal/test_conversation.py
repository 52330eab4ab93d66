"""S0-22, journey 4: the client writes from their space, and reads what is for them and nothing else (C1)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.access.impersonating import begin
from crm.conversations import services
from crm.conversations.models import Message, MessageFile, Preference, SupportRequest, Thread
from tests import factories
from tests.portal.conftest import NOW, signed_in, text_of

MESSAGES = "/espace/messages/"
REQUESTS = "/espace/messages/demandes/"
IDLE = {"HTTP_X_IDLE": "1"}


@pytest.fixture
def paul(db):
    return factories.staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion")


def from_office(client, by, text="Bonsoir", **details) -> Message:
    return services.send(client, text, **{"kind": "office", "by": by, "at": NOW, **details})


def write(http, text="Bonjour", address=MESSAGES, **fields):
    return http.post(address, {"text": text, "token": uuid4(), **fields})


def thread(client) -> Thread:
    return Thread.objects.get(client=client)


def test_a_client_writes_and_finds_their_message_again(http, chloe, user):
    assert write(http, "Bonjour 👋 https://example.org").headers["Location"] == f"{MESSAGES}#write"
    message = Message.objects.get()
    assert (message.client, message.kind, message.author) == (chloe, "client", user)
    page = http.get(MESSAGES)
    assert 'href="https://example.org" rel="noopener noreferrer nofollow ugc"' in page.content.decode()
    assert "Envoyé, pas encore lu" in text_of(page)


def test_a_form_sent_twice_is_one_message(http):
    form = http.get(MESSAGES).context["form"]
    for _click in range(2):
        write(http, token=form["token"].value())
    assert Message.objects.count() == 1


def test_a_form_without_words_says_so_and_writes_nothing(http):
    assert "Écrivez quelque chose, ou joignez un fichier." in text_of(write(http, " "))
    assert Message.objects.count() == 0


def test_an_attachment_is_kept_and_given_back_to_its_client_alone(http, stranger, chloe):
    write(http, "", uploads=SimpleUploadedFile("facture.txt", b"Bonjour"))
    file = MessageFile.objects.get()
    address = f"{MESSAGES}fichiers/{file.file.name.removeprefix('messages/')}"
    answer = http.get(address)
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (b"Bonjour", "text/plain")
    assert answer["Content-Disposition"] == 'attachment; filename="facture.txt"'
    assert signed_in(stranger).get(address).status_code == 404


def test_a_program_is_not_attached_whatever_its_name(http):
    page = write(http, "Voici", uploads=SimpleUploadedFile("photo.jpg", b"MZ\x90\x00" * 50))
    assert "ne peut pas être joint" in text_of(page)
    assert Message.objects.count() == 0


# Reading


def test_reading_notes_it_and_the_menu_no_longer_counts(http, chloe, user, paul):
    from_office(chloe, paul)
    assert "data-unread>1</span>" in http.get("/espace/").content.decode()
    assert "<title>(1) Mon compte" in http.get("/espace/").content.decode()
    http.get(MESSAGES)
    assert thread(chloe).unread_by_client == 0
    assert [(mark.user, mark.is_office) for mark in chloe.read_marks.all()] == [(user, False)]
    assert "data-unread hidden>0</span>" in http.get("/espace/").content.decode()


@pytest.mark.parametrize("headers", [{"HTTP_SEC_PURPOSE": "prefetch"}])
def test_a_browser_that_guesses_reads_nothing(http, chloe, paul, headers):
    from_office(chloe, paul)
    http.get(MESSAGES, **headers)
    http.head(MESSAGES)
    assert thread(chloe).unread_by_client == 1


def test_staff_in_the_place_of_the_client_read_nothing_for_them(http, chloe, user, paul):
    """The immediate access moves no mark of the client's, and writes nothing unless that was granted."""
    from_office(chloe, paul)
    impersonation = begin(chloe, user=user, by=_supervisor(), reason="Aider", at=NOW)
    session = http.session
    session["impersonation"] = {"pk": impersonation.pk}
    session.save()
    assert http.get(MESSAGES).status_code == 200
    assert http.get(f"{MESSAGES}depuis/0/?lu=1").status_code == 200
    assert thread(chloe).unread_by_client == 1
    assert write(http).status_code == 403
    assert Message.objects.count() == 1


def test_what_staff_write_in_the_place_of_the_client_is_signed_by_them(http, chloe, user):
    supervisor = _supervisor()
    impersonation = begin(chloe, user=user, by=supervisor, reason="Aider", at=NOW, may_write=True)
    session = http.session
    session["impersonation"] = {"pk": impersonation.pk}
    session.save()
    write(http)
    message = Message.objects.get()
    assert (message.author, message.kind, message.is_in_place_of_client) == (supervisor, "client", True)


def _supervisor():
    return factories.staff("sylvie@example.org", "Administrator", first_name="Sylvie", last_name="Chef")


def test_a_conversation_of_two_hundred_messages_is_read_page_after_page(http, chloe, paul):
    for number in range(120):
        from_office(chloe, paul, f"Message {number}.")
    page = http.get(MESSAGES)
    assert [line.message.text for line in page.context["lines"]] == [f"Message {n}." for n in range(70, 120)]
    before = http.get(f"{MESSAGES}?avant={page.context['before']}")
    assert [line.message.text for line in before.context["lines"]] == [f"Message {n}." for n in range(20, 70)]


@pytest.mark.parametrize("asked", ["?avant=x", "?avant=9999999999999999999999", "?avant=-1"])
def test_nonsense_reads_from_the_end(http, asked):
    assert http.get(f"{MESSAGES}{asked}").status_code == 200


def test_the_page_costs_the_same_for_one_message_and_for_three(http, chloe, paul):
    costs = []
    for _number in range(3):
        from_office(chloe, paul)
        http.get(MESSAGES)
        with CaptureQueriesContext(connection) as queries:
            http.get(MESSAGES)
        costs.append(len(queries))
    assert costs == [costs[0]] * 3


# What never reaches a client


def test_an_internal_note_is_on_no_page_and_in_no_file_of_the_client(http, chloe, paul):
    request = services.open_request(chloe, "Facture", "Où ?", kind="client", by=None, at=NOW)
    secret = ContentFile(b"SECRET-NOTE", "note.txt")
    note = services.send(
        chloe, "SECRET-NOTE", kind="note", by=paul, at=NOW, request=request, uploads=[secret]
    )
    pages = [MESSAGES, f"{MESSAGES}depuis/0/", f"{MESSAGES}?avant={note.pk + 1}", REQUESTS, "/espace/"]
    pages += [f"{REQUESTS}{request.pk}/", f"{REQUESTS}{request.pk}/depuis/0/", "/espace/historique/"]
    for address in pages:
        answer = http.get(address)
        assert answer.status_code == 200
        assert b"SECRET-NOTE" not in answer.content
        assert f"message-{note.pk}".encode() not in answer.content
    name = note.files.get().file.name.removeprefix("messages/")
    assert http.get(f"{MESSAGES}fichiers/{name}").status_code == 404
    assert http.get(f"{MESSAGES}{note.pk}/corriger/").status_code == 404
    assert http.post(f"{MESSAGES}{note.pk}/supprimer/").status_code == 404


def test_the_conversation_of_another_is_as_absent_as_one_that_does_not_exist(http, stranger):
    other = stranger.accesses.get().client
    theirs = services.open_request(other, "À eux", "Rien", kind="client", by=stranger, at=NOW)
    message = theirs.messages.get()
    for pk, key in ((theirs.pk, message.pk), (999_999, 999_999)):
        answers = [
            http.get(f"{REQUESTS}{pk}/"),
            write(http, address=f"{REQUESTS}{pk}/"),
            http.get(f"{MESSAGES}{key}/corriger/"),
            http.post(f"{MESSAGES}{key}/supprimer/"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
    assert http.get(f"{REQUESTS}{theirs.pk}/depuis/0/").status_code == 204
    write(http)
    assert http.get(f"{REQUESTS}{theirs.pk}/depuis/0/").status_code == 404
    assert "Rien" not in text_of(http.get(f"{MESSAGES}depuis/0/"))


# What is new


def test_a_page_that_has_seen_everything_is_told_nothing_after_one_look(http, chloe, paul):
    from_office(chloe, paul)
    http.get(MESSAGES)
    address = f"{MESSAGES}depuis/{thread(chloe).revision}/"
    http.get(address, **IDLE)
    with CaptureQueriesContext(connection) as queries:
        assert http.get(address, **IDLE).status_code == 204
    tables = [query["sql"].split("FROM")[1].split()[0].strip('"') for query in queries]
    assert tables == ["django_session", "accounts_user", "access_access", "conversations_thread"]


def test_what_came_since_is_told_alone(http, chloe, paul):
    from_office(chloe, paul, "Un.")
    http.get(MESSAGES)
    seen = thread(chloe).revision
    from_office(chloe, paul, "Deux.")
    answer = http.get(f"{MESSAGES}depuis/{seen}/")
    assert [line.message.text for line in answer.context["lines"]] == ["Deux."]
    assert thread(chloe).unread_by_client == 1
    assert http.get(f"{MESSAGES}depuis/{seen}/?lu=1").status_code == 200
    assert thread(chloe).unread_by_client == 0


def test_a_page_that_nobody_touches_does_not_keep_its_session_open(http, chloe, clock):
    http.get(MESSAGES)
    seen = Session.objects.get().get_decoded()["seen_at"]
    clock.shift(timedelta(minutes=5))
    http.get(f"{MESSAGES}depuis/0/", **IDLE)
    assert Session.objects.get().get_decoded()["seen_at"] == seen
    http.get(f"{MESSAGES}depuis/0/?lu=1")
    assert Session.objects.get().get_decoded()["seen_at"] > seen


# Corrections


def test_a_client_corrects_and_takes_back_their_own_words_within_the_hour(http, user, chloe, clock, paul):
    write(http, "Bonjour a tous")
    message = Message.objects.get()
    assert "Corriger" in text_of(http.get(MESSAGES))
    http.post(f"{MESSAGES}{message.pk}/corriger/", {"text": "Bonjour à tous"})
    assert "corrigé" in text_of(http.get(MESSAGES))
    http.post(f"{MESSAGES}{message.pk}/supprimer/")
    page = text_of(http.get(MESSAGES))
    assert "Message supprimé" in page
    assert "Bonjour" not in page
    ours = from_office(chloe, paul)
    http.post(f"{MESSAGES}{ours.pk}/supprimer/")
    assert Message.objects.get(pk=ours.pk).is_deleted is False
    assert "ne peut plus être supprimé" in text_of(http.get(MESSAGES))


# Requests and preferences


def test_a_request_is_asked_read_and_answered(http, chloe, paul):
    answer = http.post(REQUESTS, {"subject": "Facture", "text": "Où est-elle ?", "token": uuid4()})
    request = SupportRequest.objects.get()
    assert answer.headers["Location"] == f"{REQUESTS}{request.pk}/"
    assert 'state-open">Ouverte' in text_of(http.get(REQUESTS))
    from_office(chloe, paul, "La voici.", request=request)
    assert 'state-answered">Répondue' in text_of(http.get(REQUESTS))
    assert "La voici." in text_of(http.get(f"{REQUESTS}{request.pk}/"))
    assert thread(chloe).unread_by_client == 0


def test_a_page_of_one_request_does_not_count_as_read_what_it_does_not_show(http, chloe, paul):
    request = services.open_request(chloe, "Facture", "Où ?", kind="client", by=None, at=NOW)
    from_office(chloe, paul, "Ailleurs.")
    from_office(chloe, paul, "Ici.", request=request)
    http.get(f"{REQUESTS}{request.pk}/")
    assert thread(chloe).unread_by_client == 2


def test_a_request_without_a_subject_says_so_beside_its_field(http):
    page = http.post(REQUESTS, {"subject": "\u202e ", "text": "Où ?", "token": uuid4()})
    assert page.status_code == 200
    assert SupportRequest.objects.count() == 0


def test_a_person_chooses_how_they_hear_of_messages(http, user):
    http.post(f"{MESSAGES}preferences/", {"mails": "none"})
    assert Preference.objects.get().mails == "none"
    assert Preference.objects.get().user == user
