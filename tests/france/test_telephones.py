"""Rules 5.1 to 5.5, and the numbers of the import files."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st

from crm.france.telephones import clean_telephone, format_telephone, search_digits, telephone_digits


@pytest.mark.parametrize(
    "typed",
    [
        "06 39 98 00 01",
        "0639980001",
        "06.39.98.00.01",
        "06-39-98-00-01",
        "06/39/98/00/01",
        "639980001",
        "639980001.0",
        "'0639980001",
        "+33 6 39 98 00 01",
        "+33639980001",
        "+33 (0)6 39 98 00 01",
        "(+33) 6 39 98 00 01",
        "0033 6 39 98 00 01",
        "0033639980001",
        "33639980001",
        "06\u00a039\u00a098\u00a000\u00a001",
    ],
)
def test_every_way_of_writing_a_french_mobile_is_one_number(typed):
    assert clean_telephone(typed) == "+33639980001"


@pytest.mark.parametrize(
    ("typed", "client", "stored"),
    [
        ("01 99 00 00 01", {}, "+33199000001"),
        ("+33 (0)1 99 00 00 05", {}, "+33199000005"),
        ("0696 01 23 45", {"postcode": "97200"}, "+596696012345"),
        ("0696 01 23 45", {}, "+596696012345"),
        ("696012345", {"country": "MQ"}, "+596696012345"),
        ("0262 20 00 15", {"postcode": "97410"}, "+262262200015"),
        ("0692 00 01 18", {}, "+262692000118"),
        ("0596 60 00 00", {}, "+596596600000"),
        ("0263 00 00 00", {}, "+262263000000"),
        ("0269 61 00 00", {}, "+262269610000"),
        ("0639 01 23 45", {}, "+262639012345"),
        ("0590 27 00 00", {"country": "BL", "postcode": "97133"}, "+590590270000"),
        ("0594 30 00 00", {}, "+594594300000"),
        ("0508 41 00 00", {}, "+508410000"),
        ("41 00 00", {"postcode": "97500"}, "+508410000"),
        ("0709 00 12 34", {"postcode": "97110"}, "+590709001234"),
        ("+590 690 00 00 28", {"country": "BL"}, "+590690000028"),
        ("06 12 34 56 78", {"postcode": "97410"}, "+33612345678"),
        ("06 39 98 00 01", {"postcode": "97600"}, "+33639980001"),
        ("+377 93 00 00 26", {"country": "MC"}, "+37793000026"),
        ("93 00 00 26", {"country": "MC", "postcode": "98000"}, "+37793000026"),
        ("06 39 98 00 01", {"country": "MC"}, "+33639980001"),
        ("+687 00 00 26", {"country": "NC"}, "+687000026"),
        ("00 00 26", {"country": "NC"}, "+687000026"),
        ("+34 600 000 016", {}, "+34600000016"),
        ("600 000 016", {"country": "ES"}, "+34600000016"),
        ("+32 2 000 00 10", {"country": "BE"}, "+3220000010"),
        ("02 000 00 10", {"country": "BE"}, "+3220000010"),
        ("+49 30 00000011", {}, "+493000000011"),
        ("+44 20 7946 0027", {}, "+442079460027"),
        ("07 12 34 56 78", {}, "+33712345678"),
        ("3631", {}, "3631"),
        ("15", {}, "15"),
        ("118 218", {}, "118218"),
        ("", {}, ""),
    ],
)
def test_the_region_is_chosen_before_the_number_is_read(typed, client, stored):
    assert clean_telephone(typed, **client) == stored


def test_two_numbers_in_one_cell_are_refused_naming_both():
    for typed in ("06 39 98 00 17 / 01 99 00 00 17", "06 39 98 00 17 ou 01 99 00 00 17"):
        with pytest.raises(ValidationError) as caught:
            clean_telephone(typed)
        assert caught.value.code == "two_telephones"
        assert caught.value.params == {"first": "06 39 98 00 17", "second": "01 99 00 00 17"}
    with pytest.raises(ValidationError) as caught:
        clean_telephone("06 39 98 00 17 01 99 00 00 17")
    assert caught.value.params == {"first": "0639980017", "second": "0199000017"}


@pytest.mark.parametrize(
    "typed",
    [
        "abc",
        "-",
        "+",
        "01 99 00 00",
        "12345",
        "0000000000",
        "06 39 98 00 01 poste 3",
        "+33 6 39",
        "1+33639980001",
        "06 39 98 50 9",
        "+33 06 39 98 50 9",
        "0696 01 23 4",
    ],
)
def test_nonsense_is_refused(typed):
    with pytest.raises(ValidationError) as caught:
        clean_telephone(typed)
    assert caught.value.code == "telephone"
    assert typed in caught.value.messages[0]


def test_a_french_number_of_a_client_abroad_needs_its_prefix():
    with pytest.raises(ValidationError):
        clean_telephone("0639980001", country="ES")


@pytest.mark.parametrize(
    ("stored", "shown", "digits"),
    [
        ("+33639980001", "06 39 98 00 01", "33639980001 0639980001"),
        ("+596696012345", "06 96 01 23 45", "596696012345 0696012345"),
        ("+262262200015", "02 62 20 00 15", "262262200015 0262200015"),
        ("+34600000016", "+34 600 00 00 16", "34600000016 600000016"),
        ("+37793000026", "+377 93 00 00 26", "37793000026 93000026"),
        ("3631", "3631", "3631"),
        ("", "", ""),
    ],
)
def test_a_number_is_shown_as_people_read_it_and_found_under_each_form(stored, shown, digits):
    assert format_telephone(stored) == shown
    assert telephone_digits(stored) == digits


@pytest.mark.parametrize(
    ("query", "digits"),
    [
        ("06 39 98", "063998"),
        ("06.39", "0639"),
        ("+33 6 39", "33639"),
        ("0033 6", "336"),
        ("+33 (0)6 39", "33639"),
        ("(+33) 6", "336"),
        ("7", "7"),
        ("clt-7", None),
        ("12 rue", None),
        ("a@b.example", None),
        ("+", None),
        ("", None),
    ],
)
def test_a_query_is_a_piece_of_number_only_when_nothing_else_is_in_it(query, digits):
    assert search_digits(query) == digits


@given(st.from_regex(r"0[1-79][0-9]{8}", fullmatch=True), st.sampled_from(["", "75001", "97200", "97600"]))
def test_a_number_typed_again_as_it_is_shown_is_the_same_number(typed, postcode):
    assume(not typed.startswith("05080"))  # no number of Saint-Pierre-et-Miquelon begins by 0 once there
    stored = clean_telephone(typed, postcode=postcode)
    assert clean_telephone(stored, postcode=postcode) == stored
    assert clean_telephone(format_telephone(stored)) == stored
    assert search_digits(format_telephone(stored)) in telephone_digits(stored)
    assert search_digits(typed) in telephone_digits(stored)


@given(
    st.text(st.sampled_from("0123456789+()./ -abou;"), max_size=25), st.sampled_from(["FR", "BE", "NC", "TF"])
)
def test_any_text_is_cleaned_or_refused_but_never_breaks(text, country):
    search_digits(text)
    try:
        stored = clean_telephone(text, country=country)
    except ValidationError:
        return
    assert clean_telephone(stored, country=country) == stored
    assert isinstance(format_telephone(stored), str)
    assert isinstance(telephone_digits(stored), str)
