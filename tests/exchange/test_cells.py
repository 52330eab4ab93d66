"""Each cell is taken as it is, rectified and shown, or refused with its reason (S2-01, G6)."""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.exchange.cells import (
    Parsed,
    parse_amount,
    parse_boolean,
    parse_choice,
    parse_country,
    parse_date,
    parse_email,
    parse_language,
    parse_rate,
    parse_text,
    refuse_scientific,
)

TODAY = date(2026, 11, 22)


def refusal(parse, *args, **kwargs) -> str:
    """The code of the refusal; the message must read, whatever the cell holds."""
    with pytest.raises(ValidationError) as refused:
        parse(*args, **kwargs)
    assert refused.value.messages[0]
    return refused.value.code


@pytest.mark.parametrize("raw", ["12/03/1984", "1984-03-12", date(1984, 3, 12), datetime(1984, 3, 12)])
def test_a_usual_date_is_taken_as_it_is(raw):
    assert parse_date(raw, today=TODAY) == Parsed(date(1984, 3, 12), False)


@pytest.mark.parametrize(
    "raw",
    [
        "1984/03/12", "12-03-1984", "12.03.1984", "12/3/1984", "12/3/84", "12 03 1984", " 12/03/1984", "12/03/1984 ",
        "12 mars 1984", "12 MARS 1984", "lundi 12 mars 1984", "12-mars-84", "12/03/1984 00:00", "12/03/1984 09h30",
        "1984-03-12T09:12:00", "1984-03-12T09:12:00+01:00", "12\xa0mars\xa01984", "30753", "30753.0", "30753,5",
        datetime(1984, 3, 12, 9, 30),
    ],
)  # fmt: skip
def test_a_date_in_another_shape_is_rectified(raw):
    assert parse_date(raw, today=TODAY) == Parsed(date(1984, 3, 12), True)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("1er janvier 2024", date(2024, 1, 1)),
        ("3 févr. 2024", date(2024, 2, 3)),
        ("3 fev 2024", date(2024, 2, 3)),
        ("15 août 2024", date(2024, 8, 15)),
        ("31 déc. 2024", date(2024, 12, 31)),
        ("1 juil. 24", date(2024, 7, 1)),
    ],
)
def test_french_months_are_read_with_or_without_accents_and_abbreviated(raw, day):
    assert parse_date(raw, today=TODAY) == Parsed(day, True)


@pytest.mark.parametrize("raw", [None, "", "  ", "\xa0"])
def test_an_empty_cell_is_no_date(raw):
    assert parse_date(raw, today=TODAY) == Parsed(None, False)


@pytest.mark.parametrize(
    ("raw", "is_future_ok", "day"),
    [
        ("22/11/26", False, date(2026, 11, 22)),
        ("23/11/26", False, date(1926, 11, 23)),
        ("3/7/90", False, date(1990, 7, 3)),
        ("23/11/26", True, date(2026, 11, 23)),
        ("1/1/46", True, date(2046, 1, 1)),
        ("1/1/47", True, date(1947, 1, 1)),
    ],
)
def test_a_two_digit_year_falls_in_the_past_or_near_today(raw, is_future_ok, day):
    assert parse_date(raw, today=TODAY, is_future_ok=is_future_ok) == Parsed(day, True)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("29/02/2023", "no_such_day"), ("31/02/1990", "no_such_day"), ("2023-02-29", "no_such_day"),
        ("31/4/24", "no_such_day"), ("45/45/2024", "no_such_day"),
        ("03/25/2024", "month_first"), ("3-25-2024", "month_first"),
        ("01/01/1900", "sentinel"), ("1900-01-01", "sentinel"), ("00/00/0000", "sentinel"), ("0", "sentinel"),
        ("1", "sentinel"), ("00/01/1900", "sentinel"), (date(1900, 1, 1), "sentinel"), ("30/12/1899", "sentinel"),
        ("01/01/0198", "year_out_of_range"), ("01/01/9999", "year_out_of_range"), ("31/12/1799", "year_out_of_range"),
        (date(1, 1, 1), "year_out_of_range"),
        ("1984", "not_a_date"), ("hier", "not_a_date"), ("12 brumaire 1984", "not_a_date"), ("N/A", "not_a_date"),
        ("3,07E+04", "not_a_date"), ("12031984", "not_a_date"), ("١٢/٠٣/١٩٨٤", "not_a_date"), (True, "not_a_date"),
        ("-30753", "not_a_date"), ("12/03-1984", "not_a_date"),
    ],
)  # fmt: skip
def test_what_is_no_real_date_is_refused_with_its_reason(raw, code):
    assert refusal(parse_date, raw, today=TODAY) == code


def test_a_day_to_come_is_refused_only_where_it_makes_no_sense():
    assert parse_date("14/07/2031", today=TODAY).value == date(2031, 7, 14)
    assert refusal(parse_date, "14/07/2031", today=TODAY, is_future_ok=False) == "in_the_future"
    assert parse_date("22/11/2026", today=TODAY, is_future_ok=False).value == TODAY


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ("60", "60.00"), ("0,00", "0.00"), ("19,99", "19.99"), ("19.99", "19.99"), ("1234,5", "1234.50"),
        (Decimal("19.9"), "19.90"), ("0,1", "0.10"),
    ],
)  # fmt: skip
def test_a_usual_amount_is_taken_as_it_is(raw, amount):
    assert parse_amount(raw) == Parsed(Decimal(amount), False)


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ("1 234,50 €", "1234.50"), ("1\xa0234,50\xa0€", "1234.50"), ("1\u202f234,50 €", "1234.50"),
        ("€ 19,99", "19.99"), ("19,99 EUR", "19.99"), ("19,99 euros", "19.99"), ("19,99€", "19.99"),
        ("1.234,50", "1234.50"), ("1,234.50", "1234.50"), ("1'234.50", "1234.50"), ("1.234.567", "1234567.00"),
        ("1 234 567", "1234567.00"), ("10,005", "10.01"), ("10,004", "10.00"), ("1,234", "1.23"), ("10,500", "10.50"),
        (" 12,00", "12.00"), (Decimal("10.005"), "10.01"), ("0.125", "0.13"),
    ],
)  # fmt: skip
def test_an_amount_in_another_shape_is_rectified(raw, amount):
    assert parse_amount(raw) == Parsed(Decimal(amount), True)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("-480,00", "negative"), ("480,00-", "negative"), ("(480,00)", "negative"), ("−480", "negative"),
        ("-480,00 €", "negative"), (Decimal("-1.5"), "negative"),
        ("1.234", "ambiguous"), ("12.500 €", "ambiguous"),
        ("N/A", "not_an_amount"), ("nan", "not_an_amount"), ("Infinity", "not_an_amount"), ("１２", "not_an_amount"),
        ("12 34", "not_an_amount"), ("1,2,3", "not_an_amount"), ("1.23.45", "not_an_amount"), ("12 $", "not_an_amount"),
        ("€", "not_an_amount"), ("=1+1", "not_an_amount"), ("12,", "not_an_amount"), ("9" * 50, "not_an_amount"),
        (True, "not_an_amount"), ("1,5E+3", "scientific"), ("10000000000", "too_large"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_with_its_reason(raw, code):
    assert refusal(parse_amount, raw) == code


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("20", Parsed(Decimal(20))), ("20 %", Parsed(Decimal(20))), ("20%", Parsed(Decimal(20))),
        ("20\xa0%", Parsed(Decimal(20))), ("20,00%", Parsed(Decimal(20))), ("8.5", Parsed(Decimal("8.5"))),
        ("8,5", Parsed(Decimal("8.5"))), ("0,2", Parsed(Decimal("0.2"))), (Decimal("5.5"), Parsed(Decimal("5.5"))),
        ("0", Parsed(Decimal(0))), (" 20", Parsed(Decimal(20), True)), ("exo", Parsed(Decimal(0), True)),
        ("Exonéré", Parsed(Decimal(0), True)), ("", Parsed(None)), (None, Parsed(None)),
    ],
)  # fmt: skip
def test_a_rate_is_in_percent(raw, parsed):
    assert parse_rate(raw) == parsed


@pytest.mark.parametrize(
    ("raw", "code"), [("101", "rate_too_high"), ("-5", "not_a_rate"), ("TVA", "not_a_rate")]
)
def test_what_is_no_rate_is_refused(raw, code):
    assert refusal(parse_rate, raw) == code


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("oui", Parsed(True)), ("Oui", Parsed(True)), ("OUI", Parsed(True)), ("non", Parsed(False)),
        ("Non", Parsed(False)), (True, Parsed(True)), (False, Parsed(False)), ("O", Parsed(True, True)),
        ("n", Parsed(False, True)), ("1", Parsed(True, True)), ("0", Parsed(False, True)), ("VRAI", Parsed(True, True)),
        ("x", Parsed(True, True)), ("yes", Parsed(True, True)), ("oui ", Parsed(True, True)), ("", Parsed(None)),
    ],
)  # fmt: skip
def test_yes_and_no_are_read_and_their_short_forms_are_rectified(raw, parsed):
    assert parse_boolean(raw) == parsed


def test_a_word_that_is_neither_yes_nor_no_is_refused():
    assert refusal(parse_boolean, "peut-être") == "not_a_boolean"


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("Durand", Parsed("Durand")),
        ("  MARTIN ", Parsed("MARTIN", True)),
        ("   Consulting   Nébuleuse  ", Parsed("Consulting Nébuleuse", True)),
        ("Jardins partagés\ndu Quai", Parsed("Jardins partagés du Quai", True)),
        ("Cafe\u0301", Parsed("Café")),
        ("«\xa0Les Œillets\xa0»", Parsed("«\xa0Les Œillets\xa0»")),
        ("un\tdeux", Parsed("un deux", True)),
        ("zéro\u200blargeur", Parsed("zérolargeur", True)),
        ("\u202egauche", Parsed("gauche", True)),
        (
            '=HYPERLINK("http://example.invalid";"clic")',
            Parsed('=HYPERLINK("http://example.invalid";"clic")'),
        ),
        (None, Parsed("")),
        (date(2024, 3, 12), Parsed("12/03/2024")),
        (Decimal("19.99"), Parsed("19.99")),
    ],
)
def test_a_text_is_trimmed_on_one_line_and_the_change_is_shown(raw, parsed):
    assert parse_text(raw) == parsed


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("Cabinet\n2 allée des Soins\nZA du Parc", Parsed("Cabinet\n2 allée des Soins\nZA du Parc")),
        ("Cabinet\r\n2 allée", Parsed("Cabinet\n2 allée")),
        ("Cabinet \n\n 2  allée\n", Parsed("Cabinet\n\n2 allée", True)),
    ],
)
def test_a_text_of_several_lines_keeps_them(raw, parsed):
    # Another way to end a line shows no difference, so it is not remarked.
    assert parse_text(raw, is_multiline=True) == parsed


def test_a_text_too_long_or_not_a_text_is_refused():
    assert parse_text("x" * 10, max_length=10).value == "x" * 10
    assert refusal(parse_text, "x" * 11, max_length=10) == "too_long"
    assert refusal(parse_text, "a\0b") == "control_characters"
    assert refusal(parse_text, "a\x1bb") == "control_characters"
    assert refusal(parse_text, "#N/A") == "excel_error"


PERIODS = {"monthly": {"mensuel", "mensuelle", "mois"}, "yearly": {"annuel", "annuelle"}}
SHORT_PERIODS = {"monthly": {"M"}, "yearly": {"An", "A"}}


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("mensuel", Parsed("monthly")), ("Mensuelle", Parsed("monthly")), ("ANNUEL", Parsed("yearly")),
        ("M", Parsed("monthly", True)), ("an", Parsed("yearly", True)), ("annuel ", Parsed("yearly", True)),
        ("", Parsed("")),
    ],
)  # fmt: skip
def test_a_choice_is_found_by_its_spellings_and_abbreviations_are_rectified(raw, parsed):
    assert parse_choice(raw, PERIODS, SHORT_PERIODS) == parsed


def test_a_name_that_must_be_exact_is_rectified_when_its_case_differs():
    plans = {"7": {"Confort"}, "8": {"Été"}}
    assert parse_choice("Confort", plans, is_exact=True) == Parsed("7")
    assert parse_choice("CONFORT", plans, is_exact=True) == Parsed("7", True)
    assert parse_choice("ete", plans, is_exact=True) == Parsed("8", True)


def test_an_unknown_choice_is_refused_naming_the_nearest():
    with pytest.raises(ValidationError) as refused:
        parse_choice("Essentiele", {"1": {"Essentielle"}, "2": {"Confort"}})
    assert refused.value.params == {"value": "Essentiele", "near": "Essentielle"}
    assert refusal(parse_choice, "=1+1", {"1": {"Essentielle"}}) == "unknown_choice"


@pytest.mark.parametrize(
    "raw", ["2,98E+13", "2.98E+13", "2,98e13", "-1E5", " 2,98E+13 ", "2.98000118000181E+18"]
)
def test_an_identifier_in_scientific_notation_is_refused(raw):
    assert refusal(refuse_scientific, raw) == "scientific"


@pytest.mark.parametrize("raw", ["29800011800018", "62.01Z", "2E", "E12", "1E", "W751000001"])
def test_an_identifier_written_whole_passes(raw):
    assert refuse_scientific(raw) == raw


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("jp.martin@example.org", Parsed("jp.martin@example.org")),
        ("JP.MARTIN@Example.ORG ", Parsed("jp.martin@example.org", True)),
        ("\u200bjp@example.org", Parsed("jp@example.org", True)),
        ("", Parsed("")),
        ("é@example.org", None),
        ("aymeric@exemple", None),
        ("aymeric@localhost", None),
        ("sans arobase", None),
        ("a@example.org;", None),
    ],
)
def test_an_address_is_lower_case_and_complete(raw, parsed):
    if parsed:
        assert parse_email(raw) == parsed
    else:
        assert refusal(parse_email, raw) == "not_an_email"


@pytest.mark.parametrize("separator", [";", ", ", " / ", "\n", " "])
def test_two_addresses_in_a_cell_are_refused_naming_the_one_to_keep(separator):
    with pytest.raises(ValidationError) as refused:
        parse_email(f"Louise@example.org{separator}l@example.net")
    assert refused.value.params == {"value": "louise@example.org", "count": 2}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("France", "FR"), ("Vietnam", "VN"), ("Algérie", "DZ"), ("Russie", "RU"), ("Côte d'Ivoire", "CI"),
        ("Côte d’Ivoire", "CI"), ("Espagne", "ES"), ("Monaco", "MC"), ("Saint-Barthélemy", "BL"),
        ("Nouvelle-Calédonie", "NC"), ("Royaume-Uni", "GB"), ("États-Unis", "US"), ("République tchèque", "CZ"), ("", ""),
    ],
)  # fmt: skip
def test_a_french_name_of_a_country_is_taken_as_it_is(raw, code):
    assert parse_country(raw) == Parsed(code)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("FRANCE", "FR"), ("france", "FR"), ("FR", "FR"), ("fr", "FR"), ("FRA", "FR"), ("France ", "FR"),
        ("Martinique", "FR"), ("La Réunion", "FR"), ("Réunion", "FR"), ("Reunion (La)", "FR"), ("Guadeloupe", "FR"),
        ("Guyane", "FR"), ("Guyane française", "FR"), ("Mayotte", "FR"), ("RE", "FR"), ("La Martinique", "FR"),
        ("Guyana", "GY"), ("saint barthelemy", "BL"), ("NC", "NC"), ("España", "ES"), ("Deutschland", "DE"),
        ("Italia", "IT"), ("België", "BE"), ("Belgium", "BE"), ("Schweiz", "CH"), ("Svizzera", "CH"), ("Portugal ", "PT"),
        ("Germany", "DE"), ("U.S.A.", "US"), ("UK", "GB"), ("Le Maroc", "MA"), ("cote d ivoire", "CI"),
    ],
)  # fmt: skip
def test_a_country_otherwise_named_is_rectified(raw, code):
    if raw == "Guyana":
        assert parse_country(raw).value == "GY"
    else:
        assert parse_country(raw) == Parsed(code, True)


def test_an_unknown_country_is_refused_naming_the_nearest():
    with pytest.raises(ValidationError) as refused:
        parse_country("Belgiqe")
    assert refused.value.params["near"] == "Belgique"
    assert refusal(parse_country, "Atlantide perdue") == "unknown_country"
    assert refusal(parse_country, "ZZ") == "unknown_country"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_countries_do_not_depend_on_the_language_of_the_screen(language):
    with override(language):
        assert parse_country("Allemagne") == Parsed("DE")


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("fr", Parsed("fr")), ("br", Parsed("br")), ("co", Parsed("co")), ("FR", Parsed("fr", True)),
        ("Français", Parsed("fr", True)), ("anglais", Parsed("en", True)), ("English", Parsed("en", True)),
        ("Deutsch", Parsed("de", True)), ("fr-FR", Parsed("fr", True)), ("pt_BR", Parsed("pt", True)), ("", Parsed("")),
    ],
)  # fmt: skip
def test_a_language_is_its_two_letter_code(raw, parsed):
    assert parse_language(raw) == parsed


@pytest.mark.parametrize("raw", ["klingon", "zz", "42"])
def test_an_unknown_language_is_refused(raw):
    assert refusal(parse_language, raw) == "unknown_language"


CELLS = (
    st.text(max_size=60)
    | st.from_regex(r"[ ]?[0-9.,/ €'-]{1,14}", fullmatch=True)
    | st.decimals()
    | st.dates()
)


@settings(deadline=None)  # the first cell loads the countries and the languages
@given(CELLS)
def test_any_cell_is_a_value_or_a_reasoned_refusal(raw):
    for parse in (
        parse_amount,
        parse_boolean,
        parse_country,
        parse_email,
        parse_language,
        parse_rate,
        parse_text,
    ):
        with suppress(ValidationError):
            assert isinstance(parse(raw), Parsed)
    with suppress(ValidationError):
        assert isinstance(parse_date(raw, today=TODAY), Parsed)


@given(st.text(max_size=80))
def test_a_text_once_rectified_needs_no_more(raw):
    try:
        value = parse_text(raw).value
    except ValidationError:
        return
    assert parse_text(value) == Parsed(value, False)


@given(st.dates(date(1900, 1, 2), date(2199, 12, 31)))
def test_a_day_written_in_any_shape_comes_back(day):
    shapes = [
        f"{day:%d/%m/%Y}",
        f"{day:%Y-%m-%d}",
        f"{day:%Y/%m/%d}",
        f"{day.day}.{day.month}.{day.year}",
        day,
    ]
    assert {parse_date(shape, today=TODAY).value for shape in shapes} == {day}
