"""The page of the letters to print: what is left out and why, the PDF, the labels, and done."""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from crm.organisation.models import Organisation
from crm.reminders.models import Reminder
from crm.timeline.models import Entry
from tests import factories
from tests.reminders.playing import DAY, noon, pass_on, service

TODAY = date(2026, 11, 22)
URL = "/admin/reminders/reminder/letters/"
HOME = {"street": "12 rue des Tilleuls", "postcode": "69003", "city": "Lyon"}
SHEET = {"sheet": "L7160", "start_at": 1, "offset_x": 0, "offset_y": 0}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


def waiting(**fields) -> Reminder:
    """A letter of today, for a client without an e-mail address."""
    client = factories.individual(**{**HOME, **fields})
    term = service(TODAY + 8 * DAY, client=client)
    pass_on(TODAY)
    return Reminder.objects.get(subscription=term, status="letter")


def keys(browser, address: str = URL) -> str:
    return browser.get(address).context["batch"].keys


def pages(answer) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(b"".join(answer.streaming_content))).pages]


def test_the_letters_come_as_a_pdf_in_the_order_of_names(staff_client):
    organisation = Organisation.objects.current()
    organisation.name, organisation.address = "Les Tilleuls", "1 place de la Mairie\n69001 Lyon"
    organisation.save()
    waiting(last_name="Zola")
    waiting(last_name="Arno")
    answer = staff_client.post(URL, {"keys": keys(staff_client), "letters": 1})
    first, second = pages(answer)
    assert ("ARNO" in first.upper(), "ZOLA" in second.upper()) == (True, True)
    for words in (
        "Les Tilleuls",
        "1 place de la Mairie",
        "12 RUE DES TILLEULS",
        "69003 LYON",
        "dans 8 jours",
    ):
        assert words in first
    assert answer["Content-Disposition"] == 'attachment; filename="lettres-2026-11-22.pdf"'


def test_printing_is_not_yet_posting(staff_client):
    waiting()
    assert pages(staff_client.post(URL, {"keys": keys(staff_client), "letters": 1}))
    assert Reminder.objects.letters_to_print().count() == 1


def test_those_shown_are_noted_as_printed_and_told_on_the_timeline(staff_client, administrator):
    row = waiting()
    shown = keys(staff_client)
    later = waiting(last_name="Arrivé-Depuis")
    staff_client.post(URL, {"keys": shown, "printed": 1})
    row.refresh_from_db()
    later.refresh_from_db()
    assert (row.printed_on, later.printed_on) == (TODAY, None)
    entry = Entry.objects.get(client=row.subscription.client, kind=Entry.Kind.MAILED_OUT)
    assert entry.by == administrator
    assert keys(staff_client) == str(later.pk)


def test_who_has_no_postal_address_is_left_out_with_the_reason(staff_client):
    waiting(street="", postcode="", city="")
    batch = staff_client.get(URL).context["batch"]
    ((_row, reasons),) = batch.left_out
    assert "complétez l’adresse" in reasons[0]
    assert batch.ready == []


def test_labels_are_printed_one_per_client(staff_client):
    row = waiting()
    service(TODAY + 8 * DAY, client=row.subscription.client)
    pass_on(TODAY)
    assert len(keys(staff_client).split(",")) == 2
    (page,) = pages(staff_client.post(URL, {**SHEET, "keys": keys(staff_client), "labels": 1}))
    assert page.count("12 RUE DES TILLEULS") == 1


def test_a_first_label_off_the_sheet_is_refused_in_words(staff_client):
    waiting()
    answer = staff_client.post(URL, {**SHEET, "start_at": 22, "keys": keys(staff_client), "labels": 1})
    assert answer.context["form"].errors == {"start_at": ["Une planche compte 21 étiquettes."]}


def test_the_selection_of_the_log_leads_here(staff_client):
    row, _other = waiting(), waiting(last_name="Autre")
    chosen = {"action": "print_selection", "_selected_action": [row.pk]}
    answer = staff_client.post("/admin/reminders/reminder/", chosen)
    assert keys(staff_client, answer["Location"]) == str(row.pk)


def test_a_manager_prints_the_letters_of_their_own_clients(client):
    manager = factories.staff("paul@example.org", "Manager")
    mine, other = waiting(manager=manager), waiting(last_name="Autre")
    client.force_login(manager)
    assert keys(client) == str(mine.pk)
    client.post(URL, {"keys": f"{mine.pk},{other.pk}", "printed": 1})
    other.refresh_from_db()
    assert other.printed_at is None
    answer = client.post(URL, {"keys": str(other.pk), "letters": 1})
    assert answer.status_code == 302


def test_a_reader_prints_nothing(client):
    client.force_login(factories.staff("rita@example.org", "Read-only"))
    assert client.get(URL).status_code == 403


@pytest.mark.parametrize("sent", ["", "x,y", "99999999999999999999999", "1;2", "\x00"])
def test_keys_that_mean_nothing_print_nothing(staff_client, sent):
    waiting()
    for button in ("letters", "printed"):
        assert staff_client.post(URL, {"keys": sent, button: 1}).status_code == 302
    assert Reminder.objects.letters_to_print().count() == 1


def test_an_empty_list_says_who_comes_here(staff_client):
    assert "Aucune lettre n’attend" in staff_client.get(URL).content.decode()


def test_the_page_costs_the_same_for_one_letter_and_for_three(staff_client):
    counts = []
    for number in (1, 2):
        for _time in range(number):
            waiting()
        staff_client.get(URL)
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(keys(staff_client).split(",")) == 3


def test_letters_themselves_cost_the_same_for_one_and_for_three(staff_client):
    counts = []
    for number in (1, 2):
        for _time in range(number):
            waiting()
        shown = keys(staff_client)
        with CaptureQueriesContext(connection) as queries:
            assert len(pages(staff_client.post(URL, {"keys": shown, "letters": 1}))) in (1, 3)
        counts.append(len(queries))
    assert counts[0] == counts[1]
