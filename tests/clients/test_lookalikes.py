"""The one rule that says which records may be the same client (S3-11)."""

from datetime import date

import pytest

from crm.clients.lookalikes import find
from crm.clients.models import Client, NotDuplicate
from tests.factories import association, individual, professional


def reasons(client: Client) -> list[list[str]]:
    client.prepare()
    return [found.reasons for found in find([client])[0]]


def unsaved(kind="individual", **fields) -> Client:
    return Client(kind=kind, **fields)


@pytest.mark.parametrize(
    ("known", "typed", "expected"),
    [
        ({"email": "c@example.org"}, {"email": "c@example.org"}, ["email"]),
        ({"mobile": "+33639980001"}, {"landline": "+33639980001"}, ["telephone"]),
        (
            {"postcode": "45000"},
            {"last_name": "PÉTIT", "first_name": "chloe", "postcode": "45000"},
            ["postcode_key"],
        ),
        (
            {"birth_date": date(1990, 1, 2)},
            {"last_name": "Petit", "first_name": "Chloé", "birth_date": date(1990, 1, 2)},
            ["birth_key"],
        ),
    ],
)
def test_a_person_is_recognised(db, known, typed, expected):
    individual(**known)
    assert reasons(unsaved(**typed)) == [expected]


@pytest.mark.parametrize(
    "typed",
    [
        {"last_name": "Petit", "first_name": "Chloé"},
        {"last_name": "Petit", "first_name": "Chloé", "postcode": "44000"},
        {"last_name": "Petit", "first_name": "Claire", "postcode": "45000"},
        {"email": "d@example.org"},
        {},
    ],
)
def test_other_people_are_not(db, typed):
    individual(postcode="45000", email="c@example.org", mobile="+33639980001", birth_date=date(1990, 1, 2))
    assert reasons(unsaved(**typed)) == []


def test_a_company_is_recognised_without_its_legal_form(db):
    professional(legal_name="SARL Le Fournil", postcode="45000")
    assert reasons(unsaved("professional", legal_name="Le fournil SAS", postcode="45000")) == [
        ["postcode_key"]
    ]


def test_two_establishments_of_one_company_are_not_one_client(db):
    professional(siret="73282932000074", vat_number="FR44732829320")
    other = unsaved("professional", siret="73282932000090", vat_number="FR44732829320")
    assert reasons(other) == []


def test_an_association_is_recognised_by_its_number(db):
    association(rna="W751000001")
    assert reasons(unsaved("association", rna="W751000001")) == [["rna"]]


def test_the_strongest_likeness_comes_first(db):
    weak = individual(email="c@example.org")
    strong = individual(email="c@example.org", postcode="45000")
    typed = unsaved(last_name="Petit", first_name="Chloé", postcode="45000", email="c@example.org")
    typed.prepare()
    assert [found.client for found in find([typed])[0]] == [strong, weak]


def test_archived_records_and_pairs_told_apart_are_left_alone(db):
    one, two = individual(postcode="45000"), individual(postcode="45000")
    archived = individual(postcode="45000", archived_on=date(2026, 1, 1))
    assert [found.client for found in find([one])[0]] == [two]
    NotDuplicate.objects.remember(one, two)
    assert find([one]) == [[]]
    assert archived.pk is not None


def test_many_records_cost_as_many_queries_as_one(db, django_assert_num_queries):
    records = [individual(email=f"c{number}@example.org", postcode="45000") for number in range(20)]
    with django_assert_num_queries(3):
        find(records[:2])
    with django_assert_num_queries(3):
        find(records)
