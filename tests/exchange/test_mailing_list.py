"""S0-21: names and addresses for a paper mailing."""

import pytest

from crm.clients.models import Address, Client
from crm.exchange.labels import SHEETS
from crm.exchange.mailing_list import mailing_list
from tests import factories

pytestmark = pytest.mark.django_db

HOME = {"street": "12 rue des Tilleuls", "postcode": "69003", "city": "Lyon"}


def mailing(**options):
    clients = Client.objects.order_by("number").prefetch_related("addresses")
    return mailing_list(clients, sheet=SHEETS["L7160"], **options)


def test_a_client_with_an_address_has_a_label():
    factories.individual(civility="MME", **HOME)

    (recipient,) = mailing().recipients

    assert recipient.lines == ["Mme Chloé Petit", "12 RUE DES TILLEULS", "69003 LYON"]


def test_a_client_without_a_street_is_left_out_with_the_reason():
    client = factories.individual(postcode="69003", city="Lyon")

    made = mailing()

    assert made.recipients == []
    assert [(left.client, len(left.reasons)) for left in made.left_out] == [(client, 1)]


def test_a_name_that_cannot_be_printed_is_left_out_and_its_characters_named():
    factories.individual(last_name="Иванов", **HOME)

    (left,) = mailing().left_out

    assert "И" in left.reasons[0]


def test_a_family_at_one_address_shares_an_envelope():
    mother = factories.individual(first_name="Chloé", **HOME)
    father = factories.individual(first_name="Hugo", **{**HOME, "street": "12, Rue des tilleuls"})

    made = mailing(is_one_per_household=True)

    assert [recipient.lines[0] for recipient in made.recipients] == ["Famille Petit"]
    assert made.recipients[0].clients == [mother, father]
    assert made.joined == 1


def test_neighbours_with_different_names_keep_an_envelope_each():
    factories.individual(last_name="Petit", **HOME)
    factories.individual(last_name="Grand", **HOME)

    assert len(mailing(is_one_per_household=True).recipients) == 2


def test_an_organisation_met_twice_at_one_address_has_one_label_under_its_name():
    factories.professional(**HOME)
    factories.professional(**HOME)

    assert [one.lines[0] for one in mailing(is_one_per_household=True).recipients] == [
        "Boulangerie Imaginaire"
    ]
    assert len(mailing().recipients) == 2


def test_the_billing_address_is_used_when_asked_for_and_known():
    with_billing = factories.individual(billed_to="Cabinet Petit", **HOME)
    Address.objects.create(
        client=with_billing, purpose="billing", street="BP 12", postcode="75001", city="Paris"
    )
    factories.individual(last_name="Grand", **HOME)

    lines = [recipient.lines for recipient in mailing(purpose="billing").recipients]

    assert lines == [
        ["Cabinet Petit", "BP 12", "75001 PARIS"],
        ["Chloé Grand", "12 RUE DES TILLEULS", "69003 LYON"],
    ]
