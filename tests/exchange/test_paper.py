"""S0-21: the page of the labels."""

import pytest

from crm.timeline.models import Entry
from tests import factories

HOME = {"street": "12 rue des Tilleuls", "postcode": "69003", "city": "Lyon"}
URL = "/admin/clients/client/labels/"
FORM = {"sheet": "L7160", "start_at": 1, "offset_x": 0, "offset_y": 0, "purpose": ""}


def test_the_sheets_are_offered_with_their_measures_in_french(staff_client):
    assert "L7160 – 3 × 7, 63,5 × 38,1 mm" in staff_client.get(URL).content.decode()


def test_a_first_label_beyond_the_sheet_is_refused_in_words(staff_client):
    response = staff_client.post(URL, {**FORM, "start_at": 22, "check": 1})

    assert response.context["form"].errors == {"start_at": ["Une planche compte 21 étiquettes."]}


def test_printing_gives_a_pdf_and_tells_the_timeline_of_each_client(staff_client, administrator):
    printed = [factories.individual(**HOME), factories.professional(**HOME)]
    factories.individual(last_name="Sans adresse")

    response = staff_client.post(URL, {**FORM, "print": 1})

    assert b"".join(response.streaming_content)[:5] == b"%PDF-"
    entries = Entry.objects.filter(kind=Entry.Kind.MAILED_OUT).order_by("client__number")
    assert [(entry.client, entry.by) for entry in entries] == [(client, administrator) for client in printed]


def test_nothing_is_printed_nor_told_when_every_client_is_left_out(staff_client):
    factories.individual()

    response = staff_client.post(URL, {**FORM, "print": 1})

    assert (response.context["mailing"].recipients, Entry.objects.count()) == ([], 0)


def test_the_labels_are_those_of_the_filtered_list_only(staff_client):
    factories.individual(**HOME)
    factories.professional(**HOME)

    response = staff_client.post(f"{URL}?kind=professional", {**FORM, "check": 1})

    names = [recipient.lines[0] for recipient in response.context["mailing"].recipients]
    assert names == ["Boulangerie Imaginaire"]


@pytest.mark.parametrize("path", ["labels", "export"])
def test_a_manager_takes_away_own_clients_only(client, db, path):
    manager = factories.staff("manager@example.org", "Manager")
    mine = factories.individual(manager=manager, **HOME)
    factories.individual(last_name="Autre", email="autre@example.org", **HOME)
    client.force_login(manager)

    if path == "labels":
        response = client.post(URL, {**FORM, "check": 1})
        taken = [one for recipient in response.context["mailing"].recipients for one in recipient.clients]
        assert taken == [mine]
    else:
        keys = {"clientresource_number": "on", "clientresource_last_name": "on"}
        response = client.post("/admin/clients/client/export/", {"format": 1, "resource": 0, **keys})
        assert b"".join(response.streaming_content).decode("utf-8-sig").split() == [
            "N°",
            "client;Nom",
            "CLT-001;Petit",
        ]


@pytest.mark.parametrize("path", ["labels", "export"])
def test_who_may_not_export_is_refused(client, db, path):
    client.force_login(factories.staff("reader@example.org", "Read-only"))

    assert client.get(f"/admin/clients/client/{path}/").status_code == 403


@pytest.mark.parametrize("action", ["export_selection", "label_selection"])
def test_an_action_on_a_selection_opens_the_page_for_these_rows(staff_client, action):
    chosen, _other = factories.individual(**HOME), factories.individual(last_name="Grand", **HOME)

    page = staff_client.post(
        "/admin/clients/client/", {"action": action, "_selected_action": [chosen.pk]}, follow=True
    )

    kind = "labels" if action == "label_selection" else "export"
    assert page.redirect_chain == [(f"/admin/clients/client/{kind}/?id__in={chosen.pk}", 302)]
    if kind == "labels":
        assert page.context["count"] == 1
