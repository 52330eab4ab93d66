"""S0-22, S0-23: the staff's face: the inbox, a conversation, its notes, its marks."""

from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from crm.conversations import services
from crm.conversations.models import CannedReply, Message, Preference
from tests import factories
from tests.conversations.conftest import NOW, from_client, from_office, note, thread_of

INBOX = "/admin/conversations/thread/"


@pytest.fixture(autouse=True)
def _the_evening():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def http(manager) -> Browser:
    browser = Browser()
    browser.force_login(manager)
    return browser


def signed_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page_of(client) -> str:
    return f"{INBOX}{client.pk}/change/"


def text_of(response) -> str:
    return " ".join(response.content.decode().replace("\xa0", " ").replace("\u202f", " ").split())


def listed(http, asked="") -> list[str]:
    return [thread.client.last_name for thread in http.get(f"{INBOX}{asked}").context["cl"].result_list]


@pytest.fixture
def others(manager):
    """Another client of his who was answered, and one of nobody's."""
    answered = factories.individual(last_name="Durand", first_name="Charlie", manager=manager)
    from_client(answered)
    services.mark_read(answered, by=manager, up_to=10**9, at=NOW, is_office=True)
    from_office(answered, manager)
    foreign = factories.individual(last_name="Étrangère", first_name="Eva")
    from_client(foreign, "SECRET-OTHER")
    return answered, foreign


def test_the_inbox_shows_what_to_read_or_to_answer_and_the_rest_when_asked(http, chloe, others, manager):
    from_client(chloe)
    assert listed(http) == ["Petit"]
    assert listed(http, "?desk=unread") == ["Petit"]
    assert listed(http, "?desk=office") == ["Petit"]
    assert listed(http, "?desk=client") == ["Durand"]
    assert sorted(listed(http, "?desk=all")) == ["Durand", "Petit"]
    assert listed(http, "?desk=mine") == []
    http.post(f"{INBOX}{chloe.pk}/verb/take/")
    assert listed(http, "?desk=mine") == ["Petit"]
    http.post(f"{INBOX}{chloe.pk}/verb/release/")
    assert listed(http, "?desk=mine") == []
    http.post(f"{INBOX}{chloe.pk}/verb/settle/")
    assert listed(http, "?desk=office") == []


def test_a_manager_finds_no_trace_of_the_conversation_of_another_s_client(http, others):
    """« Own clients only », in lists, pages, files, fragments and figures."""
    foreign = others[1]
    message = foreign.messages.get()
    asked = services.open_request(foreign, "À elle", "Rien", kind="client", by=None, at=NOW)
    addresses = [page_of(foreign), f"{INBOX}message/{message.pk}/"]
    assert [http.get(one).status_code for one in addresses] == [404] * 2
    # What is asked again and again says the same of a client who does not exist (C1).
    assert [http.get(f"{INBOX}{pk}/since/0/").status_code for pk in (foreign.pk, 987_654)] == [204, 204]
    posts = [page_of(foreign), f"{INBOX}{foreign.pk}/verb/take/", f"{INBOX}message/{message.pk}/delete/"]
    posts.append(f"{INBOX}{foreign.pk}/request/{asked.pk}/answered/")
    assert [http.post(one, {"text": "x", "token": uuid4()}).status_code for one in posts] == [404] * 4
    assert http.get(f"{INBOX}message/{message.pk}/history/").status_code == 404
    assert "SECRET-OTHER" not in text_of(http.get(f"{INBOX}?desk=all"))
    assert listed(http, "?desk=all&q=Eva") == []
    assert http.get(f"{INBOX}unread/0/").json()["number"] == 0
    assert foreign.messages.count() == 2


def test_who_may_only_read_answers_nothing_and_reads_nothing_for_the_office(chloe):
    from_client(chloe)
    reader = signed_in(factories.staff("rene@example.org", "Read-only"))
    page = reader.get(page_of(chloe))
    assert "Bonjour" in text_of(page)
    assert "Envoyer au client" not in text_of(page)
    assert reader.post(page_of(chloe), {"text": "Non", "token": uuid4(), "kind": "office"}).status_code == 403
    assert thread_of(chloe).unread_by_office == 1


def test_who_has_no_right_to_conversations_sees_neither_badge_nor_inbox(chloe):
    from_client(chloe)
    nobody = signed_in(factories.staff("nadia@example.org"))
    assert nobody.get(INBOX).status_code == 403
    assert nobody.get(page_of(chloe)).status_code == 404
    assert "data-badge" not in text_of(nobody.get("/admin/"))
    assert nobody.get(f"{INBOX}unread/0/").json()["number"] == 0


def answer(http, client, text="Bonsoir", **fields):
    return http.post(page_of(client), {"text": text, "token": uuid4(), "kind": "office", **fields})


def test_staff_answer_and_the_same_form_twice_is_one_message(http, chloe, manager):
    token = uuid4()
    for _click in range(2):
        assert answer(http, chloe, token=token).headers["Location"] == f"{page_of(chloe)}#write"
    message = Message.objects.get()
    assert (message.kind, message.author, message.text) == ("office", manager, "Bonsoir")


def test_a_note_is_kept_apart_from_what_is_sent(http, chloe):
    answer(http, chloe, "Client difficile", kind="note")
    assert Message.objects.get().kind == "note"
    assert "Note interne, le client ne la voit pas" in text_of(http.get(page_of(chloe)))


def test_a_file_goes_with_an_answer_and_only_staff_with_the_right_receive_it(http, chloe, others):
    answer(http, chloe, "", uploads=SimpleUploadedFile("devis.txt", b"Bonjour"))
    name = Message.objects.get(client=chloe).files.get().file.name
    assert http.get(f"/fichiers/{name}").getvalue() == b"Bonjour"
    stranger = signed_in(factories.staff("marc@example.org", "Manager"))
    assert stranger.get(f"/fichiers/{name}").status_code == 404


def test_an_answer_goes_to_the_subject_of_the_client_s_last_words(http, chloe):
    asked = services.open_request(chloe, "Facture", "Où ?", kind="client", by=None, at=NOW)
    form = http.get(page_of(chloe)).context["form"]
    assert form.initial["request"] == asked
    answer(http, chloe, "La voici.", request=asked.pk)
    asked.refresh_from_db()
    assert asked.status == "answered"
    assert http.get(page_of(chloe)).context["form"].initial["request"] is None


def test_a_request_settled_otherwise_is_marked_in_one_click(http, chloe):
    asked = services.open_request(chloe, "Facture", "Où ?", kind="client", by=None, at=NOW)
    http.post(f"{INBOX}{chloe.pk}/request/{asked.pk}/answered/")
    asked.refresh_from_db()
    assert asked.is_open is False


def test_opening_the_page_reads_for_the_office_and_the_client_s_side_shows_who_read(
    http, chloe, person, manager
):
    from_client(chloe, by=person)
    http.get(page_of(chloe))
    assert thread_of(chloe).unread_by_office == 0
    from_office(chloe, manager)
    services.mark_read(chloe, by=person, up_to=10**9, at=NOW, is_office=False)
    assert "Lu par Chloé Petit le 22/11/2026 à 22:10" in text_of(http.get(page_of(chloe)))


# Canned replies


def test_a_canned_reply_is_inserted_with_its_variables_after_what_was_typed(http, chloe):
    reply = CannedReply.objects.create(
        title="Merci", text="Merci {{ prenom }} {{ nom }} ({{ numero_client }})."
    )
    page = http.post(
        page_of(chloe), {"text": "Bonjour", "token": uuid4(), "insert": "yes", "canned": reply.pk}
    )
    assert page.context["form"].initial["text"] == f"Bonjour\nMerci Chloé Petit ({chloe.code})."
    assert Message.objects.count() == 0


def test_a_canned_reply_with_an_unknown_variable_is_refused_and_told(staff_client):
    page = staff_client.post(
        "/admin/conversations/cannedreply/add/", {"title": "Merci", "text": "Merci {{ prenon }} {% now %}"}
    )
    assert "{{ prenon }} n’existe pas : « prenom » ?" in text_of(page)
    assert CannedReply.objects.count() == 0


# Marks


def test_a_correction_and_a_deletion_leave_their_marks_and_what_was_said(http, chloe, manager):
    message = from_office(chloe, manager, "Bonsoir a tous")
    http.post(f"{INBOX}message/{message.pk}/", {"text": "Bonsoir à tous"})
    assert "corrigé" in text_of(http.get(page_of(chloe)))
    http.post(f"{INBOX}message/{message.pk}/delete/")
    page = text_of(http.get(page_of(chloe)))
    assert "Message supprimé" in page
    assert "Bonsoir" not in page
    history = text_of(http.get(f"{INBOX}message/{message.pk}/history/"))
    assert "Bonsoir a tous" in history
    assert "Bonsoir à tous" in history


def test_staff_cannot_change_what_the_client_said(http, chloe, person):
    message = from_client(chloe, by=person)
    http.post(f"{INBOX}message/{message.pk}/", {"text": "Autre chose"})
    http.post(f"{INBOX}message/{message.pk}/delete/")
    message.refresh_from_db()
    assert (message.text, message.is_deleted) == ("Bonjour", False)


# The badge and the fragment


def test_every_page_bears_the_badge_and_its_title(http, chloe):
    from_client(chloe)
    page = http.get("/admin/clients/client/").content.decode()
    assert "<title>(1) " in page
    assert "<span data-number>1</span>" in page


def test_nothing_new_costs_one_look_and_writes_nothing(http, chloe):
    from_client(chloe)
    seen = http.get(f"{INBOX}unread/0/").json()
    assert seen["number"] == 1
    for address in (
        f"{INBOX}unread/{seen['stamp']}/",
        f"{INBOX}{chloe.pk}/since/{thread_of(chloe).revision}/",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert http.get(address, HTTP_X_IDLE="1").status_code == 204
        tables = [query["sql"].split("FROM")[1].split()[0].strip('"') for query in queries]
        assert tables == ["django_session", "accounts_user", "conversations_thread"]


def test_what_came_since_is_told_with_its_notes_and_its_receipt(http, chloe, manager):
    from_office(chloe, manager, "Un.")
    seen = thread_of(chloe).revision
    note(chloe, manager, "Deux.")
    fragment = http.get(f"{INBOX}{chloe.pk}/since/{seen}/")
    assert [line.message.text for line in fragment.context["lines"]] == ["Deux."]
    assert "Envoyé, pas encore lu" in text_of(fragment)


def test_the_inbox_costs_the_same_for_one_conversation_and_for_three(http, chloe, manager):
    costs = []
    for number in range(3):
        from_client(factories.individual(last_name=f"Nom{number}", manager=manager))
        http.get(INBOX)
        with CaptureQueriesContext(connection) as queries:
            http.get(INBOX)
        costs.append(len(queries))
    assert costs == [costs[0]] * 3


@pytest.mark.parametrize("address", ["x/change/", "0/change/", "99999999999999999999/change/"])
def test_an_address_that_names_nobody_is_not_found(http, address):
    assert http.get(f"{INBOX}{address}").status_code == 404


def test_a_member_of_staff_chooses_how_they_hear_of_messages(http, manager):
    http.post(f"{INBOX}preferences/", {"mails": "daily"})
    assert Preference.objects.get(user=manager).mails == "daily"


# The sheet (S1-19, S1-26, S1-27)


def test_the_sheet_counts_the_requests_and_shows_the_conversation(http, chloe, manager):
    services.open_request(chloe, "Facture", "Où est-elle ?", kind="client", by=None, at=NOW)
    side = text_of(http.get(f"/admin/clients/client/{chloe.pk}/panel/side/", HTTP_X_REQUESTED_WITH="fetch"))
    assert ">1</a> <small>1 ouverte</small>" in side
    assert f'href="{page_of(chloe)}"' in side
    panel = http.get(f"/admin/clients/client/{chloe.pk}/panel/messages/", HTTP_X_REQUESTED_WITH="fetch")
    assert "Où est-elle ?" in text_of(panel)
    assert thread_of(chloe).unread_by_office == 0


def test_an_answer_from_the_sheet_comes_back_to_it(http, chloe):
    done = answer(http, chloe, from_sheet="yes")
    assert done.headers["Location"] == f"/admin/clients/client/{chloe.pk}/change/#panel-messages"


def test_the_first_page_says_who_waits_for_an_answer(http, chloe):
    from_client(chloe)
    assert "client attend une réponse à un message" in text_of(http.get("/admin/"))
