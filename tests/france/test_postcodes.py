import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from crm.france import postcodes
from crm.france.postcodes import clean_postcode, department_of, region_of, territory_of_postcode


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("1000", "FR", "01000"),
        ("6000", "FR", "06000"),
        ("1000.0", "FR", "01000"),
        ("F-69007", "FR", "69007"),
        ("FR-69007", "FR", "69007"),
        ("MC-98000", "MC", "98000"),
        ("75 018", "FR", "75018"),
        ("75\u00a0018", "", "75018"),
        ("97133", "BL", "97133"),
        ("13457", "FR", "13457"),
        ("1000", "BE", "1000"),
        (" 105 57 ", "GR", "105 57"),
        ("SW1A 0AA", "GB", "SW1A 0AA"),
        ("L-1234", "LU", "L-1234"),
        ("", "FR", ""),
    ],
)
def test_a_postcode_is_mended_in_france_and_kept_abroad(typed, country, stored):
    assert clean_postcode(typed, country) == stored
    assert clean_postcode(stored, country) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("2A004", "insee_code"),
        ("2b033", "insee_code"),
        ("750", "postcode"),
        ("96000", "postcode"),
        ("99100", "postcode"),
        ("0750", "postcode"),
        ("750011", "postcode"),
        ("SW1A 0AA", "postcode"),
        ("7500O", "postcode"),
    ],
)
def test_what_is_not_a_french_postcode_is_refused(typed, code):
    with pytest.raises(ValidationError) as caught:
        clean_postcode(typed)
    assert caught.value.code == code
    assert typed in caught.value.messages[0]


@pytest.mark.parametrize(
    ("postcode", "department"),
    [
        ("69003", "69"),
        ("01000", "01"),
        ("20000", "2A"),
        ("20167", "2A"),
        ("20230", "2B"),
        ("20600", "2B"),
        ("97200", "972"),
        ("97410", "974"),
        ("97600", "976"),
        ("97500", "975"),
        ("97133", "977"),
        ("97150", "978"),
        ("98713", "987"),
        ("98800", "988"),
        ("98600", "986"),
        ("98799", "989"),
        ("94390", "91"),
        ("33220", "33"),
        ("98000", ""),
        ("00100", ""),
        ("1000", ""),
        ("", ""),
    ],
)
def test_the_department_is_drawn_from_the_postcode(postcode, department):
    assert department_of(postcode) == department


@pytest.mark.parametrize(
    ("postcode", "city", "department"),
    [
        ("33220", "PORT-SAINTE-FOY ET PONCHAPT", "24"),
        ("33220", "Sainte-Foy-la-Grande", "33"),
        ("05130", "piegut", "04"),
        ("01200", "Eloise", "74"),
        ("94390", "Paray-Vieille-Poste", "91"),
    ],
)
def test_the_city_decides_when_two_departments_share_a_postcode(postcode, city, department):
    assert department_of(postcode, city=city) == department


def test_a_foreign_postcode_has_no_department():
    assert department_of("28001", "ES") == ""


def test_there_are_101_departments_8_territories_and_18_regions():
    assert len(postcodes.DEPARTMENTS) == 109
    regions = [code for code in postcodes.REGIONS if len(code) == 2]
    assert sorted(regions) == (
        "01 02 03 04 06 11 24 27 28 32 44 52 53 75 76 84 93 94".split()  # noqa: SIM905
    )
    assert set(postcodes.DEPARTMENT_REGION) == set(postcodes.DEPARTMENTS)


def test_the_region_follows_the_department():
    assert region_of("69") == "84"
    assert region_of("2A") == region_of("2B") == "94"
    assert region_of("974") == "04"
    assert region_of("") == ""


@pytest.mark.parametrize(
    ("postcode", "country"),
    [
        ("97133", "BL"),
        ("97150", "MF"),
        ("97500", "PM"),
        ("98713", "PF"),
        ("98800", "NC"),
        ("98600", "WF"),
        ("98000", "MC"),
        ("97200", "FR"),
        ("97600", "FR"),
        ("75001", "FR"),
        ("", "FR"),
    ],
)
def test_the_country_is_told_by_an_overseas_postcode(postcode, country):
    assert territory_of_postcode(postcode) == country


@pytest.mark.parametrize(
    ("city", "plain"),
    [
        ("MARSEILLE CEDEX 13", "MARSEILLE"),
        ("Paris La Défense Cedex", "Paris La Défense"),
        ("Lyon", "Lyon"),
        ("Cedexville", "Cedexville"),
    ],
)
def test_the_cedex_is_taken_off_a_city(city, plain):
    assert postcodes.city_without_cedex(city) == plain


def test_only_three_departments_keep_the_local_law_of_associations():
    local = [code for code in postcodes.DEPARTMENTS if postcodes.is_alsace_moselle(code)]
    assert local == ["57", "67", "68"]


@given(st.text(max_size=12), st.sampled_from(["FR", "MC", "BE", ""]))
def test_cleaning_twice_gives_the_same_postcode(text, country):
    try:
        stored = clean_postcode(text, country)
    except ValidationError:
        return
    assert clean_postcode(stored, country) == stored
    assert department_of(stored, country) in {"", *postcodes.DEPARTMENTS}
