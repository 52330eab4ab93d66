"""Rules 2.1 to 2.4: six lines of 38 characters, capitals from the street on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.france.postal import capitals, postal_lines, postal_problems


def problems(lines):
    return [str(problem) for problem in postal_problems(lines)]


def test_a_whole_address_takes_its_six_lines_in_the_order_of_the_norm():
    lines = postal_lines(
        name="Studio Chimère SAS",
        recipient="M. Samir Octet",
        building="Immeuble Le Mirage",
        street="4, rue de l’Été",
        locality="Lieu-dit « Le Bourg »",
        postcode="75002",
        city="Paris",
    )
    assert lines == [
        "Studio Chimère SAS",
        "M. Samir Octet",
        "Immeuble Le Mirage",
        "4 RUE DE L ETE",
        "LIEU DIT LE BOURG",
        "75002 PARIS",
    ]
    assert problems(lines) == []


def test_empty_parts_leave_no_blank_line_and_the_cedex_stays():
    lines = postal_lines(
        name="Mme Chloé Petit",
        complement=" ",
        street="27 bd du Général-Inventé",
        postcode="13457",
        city="Marseille Cedex 13",
    )
    assert lines == ["Mme Chloé Petit", "27 BD DU GENERAL INVENTE", "13457 MARSEILLE CEDEX 13"]


def test_the_lines_of_a_street_are_kept_in_the_order_typed():
    lines = postal_lines(
        name="Mme Maëlys Œuvrard",
        street="« Les Œillets »\r\n14 chemin des Écoliers",
        postcode="06000",
        city="Nice",
    )
    assert lines == ["Mme Maëlys Œuvrard", "LES OEILLETS", "14 CHEMIN DES ECOLIERS", "06000 NICE"]


def test_words_are_shortened_only_in_a_line_that_is_too_long():
    short = postal_lines(name="A", street="120 boulevard du Maréchal Fictif", postcode="75001", city="Paris")
    assert short[1] == "120 BOULEVARD DU MARECHAL FICTIF"
    long = postal_lines(
        name="A", street="120 boulevard du Maréchal Jean de Fictive", postcode="75001", city="Paris"
    )
    assert long[1] == "120 BD DU MARECHAL JEAN DE FICTIVE"
    longer = postal_lines(
        name="A", street="120 boulevard du Maréchal Jean de la Fictive", postcode="75001", city="Paris"
    )
    assert longer[1] == "120 BD DU MARECHAL JEAN DE LA FICTIVE"


def test_a_long_name_goes_on_over_the_next_line():
    name = "Association des Parents d'élèves - école Fictive"
    lines = postal_lines(name=name, street="École Fictive", postcode="92000", city="NANTERRE")
    assert lines == ["Association des Parents d'élèves -", "école Fictive", "ECOLE FICTIVE", "92000 NANTERRE"]


def test_when_there_are_too_many_lines_those_between_name_and_street_share_one():
    address = {
        "name": "Dr Sylvain Morel",
        "complement": "Esc. C, 3e étage",
        "building": "Bât. B",
        "street": "Cabinet médical\n2 allée des Soins\nZA du Parc",
        "postcode": "44300",
        "city": "Nantes",
    }
    lines = postal_lines(**address)
    assert lines[:2] == ["Dr Sylvain Morel", "Esc. C, 3e étage Bât. B"]
    assert problems(lines) == []
    assert problems(postal_lines(**address, locality="Le Bourg")) == [
        "7 lines instead of 6 at most: shorten the address."
    ]


def test_a_foreign_address_stays_as_typed_above_its_country_in_french():
    german = postal_lines(
        name="Muster GmbH", street="Teststraße 5", postcode="10115", city="Berlin", country="DE"
    )
    assert german == ["Muster GmbH", "Teststraße 5", "10115 Berlin", "ALLEMAGNE"]
    british = postal_lines(
        name="Fictif Ltd", street="1 Test Road", postcode="SW1A 0AA", city="London", country="GB"
    )
    assert british == ["Fictif Ltd", "1 Test Road", "London SW1A 0AA", "ROYAUME UNI"]
    assert problems(german) == problems(british) == []


@pytest.mark.parametrize(
    ("postcode", "city", "country"), [("98000", "Monaco", "MC"), ("97133", "Gustavia", "BL")]
)
def test_no_country_line_where_postcodes_are_french(postcode, city, country):
    lines = postal_lines(name="A", street="9 rue Grimaldi", postcode=postcode, city=city, country=country)
    assert lines == ["A", "9 RUE GRIMALDI", f"{postcode} {city.upper()}"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Sans Nom"], ["No postcode or no city: complete the address.", "No street: complete the address."]),
        (["A", "1 RUE X", "PARIS"], ["No postcode or no city: complete the address."]),
        (["A", "75001 PARIS"], ["No street: complete the address."]),
        (["A", "Berlin", "ALLEMAGNE"], ["No street: complete the address."]),
        (["A", "1" * 39, "75001 PARIS"], [f"“{'1' * 39}” is longer than 38 characters: shorten it."]),
        ([], ["No postcode or no city: complete the address.", "No street: complete the address."]),
    ],
)
def test_what_prevents_posting_is_told(lines, expected):
    assert problems(lines) == expected


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=30))
def test_no_line_is_empty_and_the_street_has_only_capitals_and_digits(name, street, city):
    lines = postal_lines(name=name, street=street, postcode="75001", city=city)
    assert all(line.strip() for line in lines)
    assert capitals(lines[-1]) == lines[-1]
