"""The record: its number, its name, its derived columns, and what the database refuses."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from crm.clients.models import Category, Client, NotDuplicate, NumberCounter, Tag
from crm.clients.rules import KIND_FIELDS, foreign_fields
from tests.factories import association, individual, professional


def test_numbers_follow_one_another_and_none_is_given_twice(db):
    """S0-02, S3-01."""
    first, second = individual(), professional()
    second.delete()
    assert [first.code, association().code] == ["CLT-001", "CLT-003"]


def test_a_number_that_arrives_from_a_file_raises_the_counter(db):
    individual(number=40)
    assert individual().number == 41
    individual(number=7)
    assert individual().number == 42


def test_numbers_taken_in_bulk_are_not_given_again(db):
    assert list(NumberCounter.objects.allocate(3)) == [1, 2, 3]
    assert individual().number == 4


def test_a_number_longer_than_three_digits_is_shown_whole(db):
    assert [individual(number=12_345).code, Client().code] == ["CLT-12345", "CLT-"]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "individual", "last_name": "Petit"},
        {"kind": "professional", "last_name": "Petit"},
        {"kind": "association", "legal_name": "Les Amis"},
        {"kind": "other", "last_name": "Petit", "first_name": "Chloé"},
        {
            "kind": "association",
            "association_name": "Les Amis",
            "declared_on": date(2026, 2, 1),
            "published_on": date(2026, 1, 1),
        },
    ],
)
def test_the_database_refuses_what_the_forms_refuse(db, fields):
    with pytest.raises((IntegrityError, KeyError)), transaction.atomic():
        Client.objects.create(**fields)
    assert Client.objects.count() == 0


def test_an_external_reference_belongs_to_one_client(db):
    individual(external_reference="A1")
    individual(), individual()
    with pytest.raises(IntegrityError), transaction.atomic():
        individual(external_reference="A1")


@pytest.mark.parametrize("kind", Client.Kind.values)
def test_the_fields_of_other_kinds_are_foreign(kind):
    """S0-04 to S0-06: SIRET and SIREN belong to two kinds."""
    assert foreign_fields(kind) & set(KIND_FIELDS[kind]) == set()


def test_the_department_and_region_come_from_the_postcode_until_someone_corrects_them(db):
    client = individual(postcode="45000", city="Orléans")
    assert (client.department, client.get_region_display()) == ("45", "Centre-Val de Loire")
    client = Client.objects.get()
    client.postcode = "69003"
    client.save()
    assert (client.department, client.get_region_display()) == ("69", "Auvergne-Rhône-Alpes")
    client = Client.objects.get()
    client.department = "01"
    client.save()
    assert Client.objects.get().department == "01"


def test_every_value_that_cannot_be_put_right_is_named(db):
    client = Client(
        kind="professional", legal_name="X", siret="123", mobile="abc", activity_code="9", postcode="ABC"
    )
    with pytest.raises(ValidationError) as refused:
        client.full_clean(exclude=["number"])
    assert set(refused.value.message_dict) == {"siret", "mobile", "activity_code", "postcode"}


def test_the_name_on_an_envelope_is_of_the_person_or_of_the_organisation(db):
    person = individual(civility="MME", account_name="La boutique")
    assert [person.postal_name, person.display_name] == ["Mme Chloé Petit", "La boutique"]
    assert [professional(trade_name="Le Fournil").postal_name, association().postal_name] == [
        "Boulangerie Imaginaire",
        "Les Amis du Livre Imaginaire",
    ]


def test_a_category_in_use_cannot_be_deleted(db):
    category = Category.objects.create(name="Fidèles")
    individual(category=category)
    with pytest.raises(ProtectedError):
        category.delete()


def test_two_tags_may_not_differ_by_case_alone(db):
    Tag.objects.create(name="VIP")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name="vip")


@pytest.mark.parametrize(
    ("color", "text"), [("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#ffd54f", "#000000")]
)
def test_a_tag_is_written_in_the_more_readable_of_black_and_white(color, text):
    assert Tag(color=color).text_color == text


def test_a_pair_told_apart_is_kept_once_whatever_its_order(db):
    one, two = individual(), individual()
    NotDuplicate.objects.remember(two, one)
    NotDuplicate.objects.remember(one, two)
    assert list(NotDuplicate.objects.values_list("first", "second")) == [(one.pk, two.pk)]
