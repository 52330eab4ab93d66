"""Numbers of the rules 1.1 to 1.20, and of the import files, with the reason of each refusal."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from crm.france import identifiers
from crm.france.identifiers import Notice


def refusal(function, *args, **kwargs):
    with pytest.raises(ValidationError) as caught:
        function(*args, **kwargs)
    return caught.value.code, caught.value.messages[0]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("732829320", "732829320"),
        ("732 829 320", "732829320"),
        ("005520135", "005520135"),
        ("356 000 000", "356000000"),
        ("298000365.0", "298000365"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_right_siren_is_stored_as_nine_digits(typed, stored):
    assert identifiers.clean_siren(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("29800038", "length", "8 digits instead of 9 (a zero in front does not make it right)"),
        ("5520135", "length", "7 digits instead of 9"),
        ("05520135", "length", "if “005520135” is the right number"),
        ("732829321", "check_digit", "check digit"),
        ("73282932O", "letter_o", "letter O"),
        ("7,33E+08", "scientific_notation", "scientific notation"),
        ("ABC", "not_digits", "9 digits and nothing else"),
        ("1", "length", "has 1 digit instead of 9"),
        ("١٢٣٤٥٦٧٨٩", "not_digits", "9 digits and nothing else"),
    ],
)
def test_a_wrong_siren_is_refused_with_its_reason(typed, code, words):
    found, message = refusal(identifiers.clean_siren, typed)
    assert found == code
    assert words in message


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("73282932000074", "73282932000074"),
        ("298 000 126 00011", "29800012600011"),
        ("298\u00a0000\u202f126\u00a000011", "29800012600011"),
        ("298.000.126.00011", "29800012600011"),
        ("'29800022500011", "29800022500011"),
        ("29800026600015 ", "29800026600015"),
        ("29800012600029", "29800012600029"),
        ("35600000099981", "35600000099981"),
        ("35600000000048", "35600000000048"),
    ],
)
def test_a_right_siret_is_stored_as_fourteen_digits(typed, stored):
    assert identifiers.clean_siret(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("29800013400016", "check_digit", "check digit"),
        ("2,98E+13", "scientific_notation", "lost digits"),
        ("2.98000126E13", "scientific_notation", "lost digits"),
        ("2980001590001", "length", "13 digits instead of 14 (a zero in front does not make it right)"),
        ("298O0020900015", "letter_o", "letter O"),
        ("298000217", "siren_instead_of_siret", "it is a SIREN"),
        ("35600000099982", "check_digit", "check digit"),
        ("RIDET 0 000 000.001", "not_digits", "14 digits and nothing else"),
    ],
)
def test_a_wrong_siret_is_refused_with_its_reason(typed, code, words):
    found, message = refusal(identifiers.clean_siret, typed)
    assert found == code
    assert words in message


def test_a_siret_that_only_lost_its_zero_is_refused_and_the_whole_number_shown():
    siren = "005520135"
    nic = next(f"0001{key}" for key in range(10) if luhn.is_valid(f"{siren}0001{key}"))
    code, message = refusal(identifiers.clean_siret, (siren + nic)[1:])
    assert code == "length"
    assert f"if “{siren + nic}” is the right number" in message


@given(st.text("0123456789", min_size=8, max_size=8))
def test_any_nine_digits_with_their_luhn_key_are_a_siren_and_are_cleaned_once(first):
    siren = first + luhn.calc_check_digit(first)
    assert identifiers.clean_siren(identifiers.format_siren(siren)) == siren
    assert identifiers.clean_siren(identifiers.clean_siren(siren)) == siren


@given(st.text("0123456789", min_size=8, max_size=8), st.text("0123456789", min_size=4, max_size=4))
def test_any_siren_with_an_establishment_and_its_key_is_a_siret(first, establishment):
    siren = first + luhn.calc_check_digit(first)
    siret = siren + establishment + luhn.calc_check_digit(siren + establishment)
    if siren != "356000000":
        assert identifiers.clean_siret(identifiers.format_siret(siret)) == siret


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("FR44732829320", "FR44732829320"),
        ("FR84 298 000 126", "FR84298000126"),
        ("fr90298000225", "FR90298000225"),
        (" FR19298000266", "FR19298000266"),
        ("FRK7399859412", "FRK7399859412"),
        ("FR4Z123456782", "FR4Z123456782"),
        ("FR53000004605", "FR53000004605"),
        ("FR39356000000", "FR39356000000"),
        ("BE0999000129", "BE0999000129"),
        ("BE 0999.000.129", "BE0999000129"),
        ("GR099990016", "EL099990016"),
        ("EL099990016", "EL099990016"),
        ("XI110305878", "XI110305878"),
        ("", ""),
    ],
)
def test_a_right_vat_number_is_stored_with_its_country(typed, stored):
    assert identifiers.clean_vat_number(typed) == stored
    assert identifiers.clean_vat_number(stored) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("DE299999007", "check_digit"),
        ("FR45732829320", "check_digit"),
        ("GB999999973", "vat_not_eu"),
        ("CHE107787577IVA", "vat_not_eu"),
        ("EU372022452", "vat_not_eu"),
        ("FR298000217", "vat_key_missing"),
        ("44732829320", "vat_prefix_missing"),
        ("FRO4732829320", "vat_format"),
        ("FR4473282932", "vat_format"),
        ("DE12", "vat_format"),
    ],
)
def test_a_wrong_vat_number_is_refused_with_its_reason(typed, code):
    assert refusal(identifiers.clean_vat_number, typed)[0] == code


@given(st.text(max_size=20))
def test_any_text_is_cleaned_or_refused_but_never_breaks(text):
    for clean in (identifiers.clean_siren, identifiers.clean_siret, identifiers.clean_vat_number):
        try:
            stored = clean(text)
        except ValidationError:
            continue
        assert clean(stored) == stored


@pytest.mark.parametrize(
    ("vat", "beside"),
    [
        ("FR84298000126", {"siret": "29800012600011"}),
        ("FR84298000126", {"siret": "298 000 126 00029"}),
        ("FRK7399859412", {"siren": "399859412"}),
        ("FR53000004605", {"siret": "29800012600011"}),
        ("BE0999000129", {"siret": "29800012600011"}),
        ("FR35298000142", {"siret": "2,98E+13"}),
        ("FR42298000209", {"siret": "298O0020900015"}),
        ("FR84298000126", {}),
        ("", {"siret": "29800012600011"}),
    ],
)
def test_a_vat_number_agrees_with_its_own_siren_and_with_none_when_it_cannot_be_told(vat, beside):
    assert identifiers.check_vat_agrees(vat, **beside) is None


@pytest.mark.parametrize("vat", ["FR37298000175", "FRK7399859412"])
def test_a_french_vat_number_of_another_siren_is_refused_naming_both(vat):
    code, message = refusal(identifiers.check_vat_agrees, vat, siret="29800016700015")
    assert code == "vat_of_another_siren"
    assert vat in message
    assert vat[4:] in message
    assert "298000167" in message


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("W691000001", "W691000001"),
        ("w351000002", "W351000002"),
        ("W 011 000 003", "W011000003"),
        ("W9R1000006", "W9R1000006"),
        ("W9P1000007", "W9P1000007"),
        ("W9R1011072", "W9R1011072"),
        ("W9P1002760", "W9P1002760"),
        ("W2A1000019", "W2A1000019"),
        ("", ""),
    ],
)
def test_a_right_rna_is_stored_in_capitals_without_spaces(typed, stored):
    assert identifiers.clean_rna(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("131000004", "rna_without_w", "does not start with W"),
        ("W751O00005", "letter_o", "letter O"),
        ("W57100018", "rna_length", "8 characters after W instead of 9"),
        ("WABCDEFGHI", "rna_format", "W is followed by 9 digits"),
    ],
)
def test_a_wrong_rna_is_refused_with_its_reason(typed, code, words):
    found, message = refusal(identifiers.clean_rna, typed)
    assert found == code
    assert words in message


@pytest.mark.parametrize(
    ("typed", "notice"),
    [
        ("1173", Notice("", "1173")),
        ("n° 1173", Notice("", "1173")),
        ("n° 887", Notice("", "887")),
        ("Annonce n°1102", Notice("", "1102")),
        ("20230048/1173", Notice("20230048", "1173")),
        ("20230048/33", Notice("20230048", "33")),
        ("202300481173", Notice("20230048", "1173")),
        ("201200510384", Notice("20120051", "384")),
        ("202300270403", Notice("20230027", "403")),
        ("Volume 72 folio 18", None),
        ("N° préfecture 024/1234", None),
        ("123456", None),
        ("", None),
    ],
)
def test_a_joafe_notice_is_split_in_issue_and_number(typed, notice):
    assert identifiers.parse_notice(typed) == notice


def test_what_cannot_be_a_siren_or_siret_is_shown_as_it_is():
    assert identifiers.format_siren("12") == "12"
    assert identifiers.format_siret("") == ""
