"""The form of a client's record: what may be asked, by whom, and what becomes of it (S0-14, B4, B5, B7)."""

import pytest

from crm.change_requests import fields
from crm.change_requests.models import ChangedField, ChangeRequest
from crm.change_requests.services import decide, submit
from crm.clients.models import Client
from crm.organisation.models import Organisation
from tests import factories
from tests.portal.conftest import CHANGE, NOW, REQUESTS, as_shown, everything, signed_in, text_of


def rows() -> dict[str, tuple[str, str]]:
    return {row.name: (row.old, row.new) for row in ChangedField.objects.open()}


def send(http, **typed):
    """Fill these boxes of the form as it is shown, and send it."""
    return http.post(CHANGE, as_shown(http.get(CHANGE)) | typed, follow=True)


def test_only_what_was_touched_is_asked_and_the_record_stays(http, chloe, user):
    text = text_of(
        send(http, street="3 quai des Brumes", postcode="69003", city="Lyon", mobile="06 39 98 12 34")
    )
    assert "Demande envoyée" in text
    assert [
        words for words in ("12 rue du Lac", "3 quai des Brumes", "06 39 98 12 34") if words not in text
    ] == []
    assert rows() == {
        "street": ("12 rue du Lac", "3 quai des Brumes"),
        "postcode": ("75001", "69003"),
        "city": ("Paris", "Lyon"),
        "mobile": ("+33639980000", "+33639981234"),
    }
    assert (Client.objects.get().city, ChangeRequest.objects.get().asked_by) == ("Paris", user)


def test_sending_again_amends_and_the_client_may_withdraw(http, chloe):
    send(http, city="Lyon", website="https://example.org")
    page = http.get(CHANGE)
    assert "Sur votre fiche aujourd’hui : Paris" in text_of(page)
    assert page.context["form"]["city"].value() == "Lyon"
    send(http, city="Dijon", website="")
    assert rows() == {"city": ("Paris", "Dijon")}
    before = ChangeRequest.objects.values().get()
    for _time in range(3):
        send(http)
    assert ChangeRequest.objects.values().get() == before
    assert "Votre demande est retirée" in text_of(http.post("/espace/modifier/retirer/", follow=True))
    assert ChangeRequest.objects.get().status == "withdrawn"
    assert "Plus rien n’est en attente" in text_of(http.post("/espace/modifier/retirer/", follow=True))


def test_a_request_brought_back_to_the_record_is_withdrawn(http, chloe):
    send(http, city="Lyon")
    assert "votre fiche reste telle quelle" in text_of(send(http, city="Paris"))
    assert ChangeRequest.objects.get().status == "withdrawn"


def test_nothing_touched_is_no_request(http, chloe):
    assert "Rien ne diffère de votre fiche" in text_of(send(http))
    assert ChangeRequest.objects.count() == 0


def test_two_people_of_one_client_do_not_undo_each_other(http, chloe):
    """The second form was shown before the first was sent: what its author did not touch is not theirs to say."""
    other = signed_in(factories.opening(chloe, email="tresorier@example.org"))
    shown_before = as_shown(other.get(CHANGE))
    send(http, city="Lyon")
    other.post(CHANGE, shown_before | {"website": "https://example.org"})
    assert rows() == {"city": ("Paris", "Lyon"), "website": ("", "https://example.org")}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"email": "pas une adresse"}, "email"),
        ({"mobile": "12"}, "mobile"),
        ({"mobile": "0" * 100_000}, "mobile"),
        ({"postcode": "99"}, "postcode"),
        ({"country": "ZZ"}, "country"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"city": "x" * 81}, "city"),
        ({"preferred_language": ""}, "preferred_language"),
    ],
)
def test_a_value_that_the_sheet_would_refuse_is_said_beside_its_box_and_nothing_is_lost(http, typed, field):
    response = send(http, street="1 rue du Lac", **typed)
    form = response.context["form"]
    assert (list(form.errors), form["street"].value()) == ([field], "1 rue du Lac")
    assert ChangeRequest.objects.count() == 0


def test_a_wrong_value_of_another_age_keeps_nobody_from_asking_for_something_else(http, chloe):
    Client.objects.filter(pk=chloe.pk).update(landline="ancien numéro")
    send(http, city="Lyon")
    assert rows() == {"city": ("Paris", "Lyon")}


def test_what_a_change_makes_wrong_elsewhere_is_told(http, chloe):
    """A postcode that the new country does not have, where the postcode itself is no box of the form."""
    organisation = Organisation.objects.current()
    organisation.open_fields = ["country"]
    organisation.save()
    Client.objects.filter(pk=chloe.pk).update(postcode="D02 X285", country="IE")
    response = send(http, country="FR")
    assert "Code postal" in response.context["form"].non_field_errors()[0]
    assert ChangeRequest.objects.count() == 0


FORGED = sorted({field.name for field in Client._meta.get_fields()} - set(fields.SAFE))


def test_fields_that_are_not_open_change_nothing(http, chloe, administrator, stranger):
    """B5: kind, number, price, manager, another client, and every other field of the record."""
    extra = dict.fromkeys(FORGED, "1") | {f"initial-{name}": "0" for name in FORGED}
    extra |= {"client": str(Client.objects.exclude(pk=chloe.pk).get().pk), "manager": str(administrator.pk)}
    extra |= {"price_excl_tax": "0", "kind": "professional", "number": "999", "status": "active", "pk": "1"}
    before, records = everything(), list(Client.objects.order_by("pk").values())
    http.post(CHANGE, extra)
    assert everything() == before
    send(http, city="Lyon", **extra)
    assert rows() == {"city": ("Paris", "Lyon")}
    assert ChangeRequest.objects.get().client == chloe
    assert list(Client.objects.order_by("pk").values()) == records


def test_the_setting_says_which_boxes_there_are(http, chloe):
    assert set(http.get(CHANGE).context["form"].fields) == set(fields.SAFE) - {
        "manager_mobile",
        "office_phone",
    }
    organisation = Organisation.objects.current()
    organisation.open_fields = ["last_name", "siret", "birth_date"]
    organisation.save()
    shown = as_shown(http.get(CHANGE))
    assert {name for name in shown if not name.startswith("initial-")} == {"last_name", "birth_date"}
    http.post(CHANGE, shown | {"birth_date": "1980-05-04", "city": "Lyon", "initial-city": "Paris"})
    assert rows() == {"birth_date": ("", "1980-05-04")}
    organisation.open_fields = []
    organisation.save()
    response = http.get(CHANGE)
    assert (
        "<textarea" in response.content.decode(),
        "écrivez-nous ou appelez-nous" in text_of(response),
    ) == (
        False,
        True,
    )
    http.post(CHANGE, {"city": "Dijon", "initial-city": "Paris"})
    assert rows() == {"birth_date": ("", "1980-05-04")}


def test_the_decision_is_read_field_by_field_with_its_reason(http, chloe, user, administrator):
    request = submit(chloe, {"city": "Lyon", "street": "3 quai des Brumes"}, by=user, at=NOW)
    decide(request, accept={"city": "Paris"}, refuse={"street": "Rue inconnue"}, by=administrator, at=NOW)
    text = text_of(http.get(REQUESTS))
    shown = ["Acceptée en partie", "Une partie de votre demande est faite", "Rue inconnue", "Lyon"]
    assert [words for words in shown if words not in text] == []


def test_an_archived_record_is_asked_nothing_of(http, chloe):
    shown = as_shown(http.get(CHANGE))
    Client.objects.filter(pk=chloe.pk).update(archived_on="2026-11-01")
    assert http.post(CHANGE, shown | {"city": "Lyon"}).url == "/espace/acces-ferme/"
    assert ChangeRequest.objects.count() == 0
