"""Exports that open right in a French Excel (S0-09, G8) and import back unchanged (G9)."""

import csv
import io
import re
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from crm.exchange import writing
from crm.exchange.writing import Column, escape_formula, unescape_formula, write_csv, write_xlsx

COLUMNS = [
    Column("number", gettext_lazy("Number"), "identifier"),
    Column("name", "Nom"),
    Column("postcode", "Code postal", "identifier"),
    Column("born_on", "Né le", "date"),
    Column("seen_at", "Vu le", "datetime"),
    Column("price", "Prix HT", "amount"),
    Column("vat_rate", "TVA", "rate"),
    Column("count", "Nombre", "integer"),
    Column("is_active", "Actif", "boolean"),
]
ROW = (
    "CLT-001",
    "Hélène; dite « Lœ »",
    "01000",
    date(1980, 2, 9),
    datetime(2026, 7, 1, 22, 10, 5, tzinfo=UTC),
    Decimal("1234.50"),
    Decimal("5.50"),
    12,
    True,
)
EMPTY = (None,) * len(COLUMNS)
FORMULA_STARTS = "=+-@＝＋－＠"
TEXTS = st.text(
    alphabet=st.one_of(st.sampled_from("=+-@'\"\t\r\n\0 ;,01=＝＋－＠<r>/_x"), st.characters(codec="utf-8")),
    max_size=12,
)


def csv_rows(columns, rows):
    content = b"".join(write_csv(columns, rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[1:]


def sheet_of(columns, rows):
    out = io.BytesIO()
    write_xlsx(columns, rows, out)
    return load_workbook(out).worksheets[0]


def with_lf(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("=1+1", "'=1+1"),
        ("==1+1", "'==1+1"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\t=1", "'\t=1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\0=1", "'\0=1"),
        ("\0x", "'\0x"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠a", "'＠a"),
        (";=1", "';=1"),
        ('"=1', "'\"=1"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("-", "'-"),
        ("- un point", "'- un point"),
        ("+33 (0)1", "'+33 (0)1"),
        ("+33639980001", "+33639980001"),
        ("+33 6 39 98 00 01", "+33 6 39 98 00 01"),
        ("-12", "-12"),
        ("-1 234,50", "-1 234,50"),
        ("+1.5", "+1.5"),
        ("'t Hooft", "'t Hooft"),
        ("'", "'"),
        ("", ""),
        ("Dupont=Durand", "Dupont=Durand"),
        ("<r>", "<r>"),
    ],
)
def test_a_text_that_a_spreadsheet_could_run_gets_an_apostrophe(text, escaped):
    """G8"""
    assert escape_formula(text) == escaped
    assert unescape_formula(escaped) == text


@given(TEXTS)
@example("'+33639980001")
@example("'-12")
@example("'\tx")
def test_escaping_is_undone_exactly_whatever_the_text(text):
    """G9"""
    assert unescape_formula(escape_formula(text)) == text


@given(TEXTS)
def test_no_escaped_text_begins_with_a_formula_unless_it_is_a_number(text):
    """G8"""
    escaped = escape_formula(text)
    if escaped.lstrip("\0 \t\r\n").startswith(tuple(FORMULA_STARTS)):
        assert re.fullmatch("[+-][0-9][0-9 \xa0\u202f]*([.,][0-9]+)?", escaped)


def test_a_csv_has_exactly_these_bytes():
    assert b"".join(write_csv(COLUMNS, [ROW, EMPTY])) == (
        b"\xef\xbb\xbf"
        + (
            f"{COLUMNS[0].heading};Nom;Code postal;Né le;Vu le;Prix HT;TVA;Nombre;Actif\r\n"
            'CLT-001;"Hélène; dite « Lœ »";01000;09/02/1980;02/07/2026 00:10:05;1234,50;5,50;12;oui\r\n'
            ";;;;;;;;\r\n"
        ).encode()
    )


def test_a_csv_keeps_quotes_and_line_breaks_inside_a_text():
    assert b"".join(write_csv([Column("a", "A"), Column("b", "B")], [('dit "Lo"', "un\r\ndeux\rtrois")])) == (
        b'\xef\xbb\xbfA;B\r\n"dit ""Lo""";"un\ndeux\ntrois"\r\n'
    )


def test_a_csv_writes_old_years_refusals_and_negative_amounts_as_a_person_does():
    columns = [Column("a", "A", "date"), Column("b", "B", "boolean"), Column("c", "C", "amount")]
    assert csv_rows(columns, [(date(987, 1, 2), False, Decimal("-0.5"))]) == [["02/01/0987", "non", "-0,50"]]


def test_a_date_column_shows_the_day_in_paris():
    midnight = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    column = [Column("a", "A", "date")]
    assert csv_rows(column, [(midnight,)]) == [["01/01/2027"]]
    assert sheet_of(column, [(midnight,)]).cell(2, 1).value == datetime(2027, 1, 1)


def test_a_csv_is_sent_in_lots_as_the_rows_come():
    asked = []

    def rows():
        for number in range(2500):
            asked.append(number)
            yield (number,)

    pieces = write_csv([Column("a", "A", "integer")], rows())
    assert next(pieces) == b"\xef\xbb\xbfA\r\n"
    assert asked == []
    next(pieces)
    assert len(asked) == writing.LOT
    assert b"".join(pieces).count(b"\r\n") == 1500


def test_a_row_of_the_wrong_length_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="zip"):
        b"".join(write_csv(COLUMNS, [("a", "b")]))


def test_headings_typed_by_a_person_are_escaped_too():
    columns = [Column("a", "=1+1")]
    assert b"".join(write_csv(columns, [])) == b"\xef\xbb\xbf'=1+1\r\n"
    assert sheet_of(columns, []).cell(1, 1).value == "'=1+1"


def test_a_workbook_has_identifiers_as_text_dates_as_dates_and_amounts_as_numbers():
    sheet = sheet_of(COLUMNS, [ROW, EMPTY, ROW])
    cells = sheet[2]
    assert [cell.value for cell in cells] == [
        "CLT-001",
        "Hélène; dite « Lœ »",
        "01000",
        datetime(1980, 2, 9),
        datetime(2026, 7, 2, 0, 10, 5),
        1234.5,
        5.5,
        12,
        "oui",
    ]
    assert [cell.number_format for cell in cells] == [
        "@",
        "General",
        "@",
        "dd/mm/yyyy",
        "dd/mm/yyyy hh:mm:ss",
        "#,##0.00",
        "0.00",
        "0",
        "General",
    ]
    assert [cell.data_type for cell in cells] == ["s", "s", "s", "d", "d", "n", "n", "n", "s"]
    assert [cell.value for cell in sheet[3]] == [None] * len(COLUMNS)
    assert sheet.cell(4, 1).value == "CLT-001"


def test_a_workbook_has_bold_frozen_headings_with_a_filter_and_room_to_read():
    sheet = sheet_of(COLUMNS, [ROW, ROW])
    assert [cell.value for cell in sheet[1]] == [str(column.heading) for column in COLUMNS]
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I3"
    assert sheet.dimensions == "A1:I3"
    assert sheet.column_dimensions["C"].width >= len("Code postal") + 4


def test_a_day_before_excels_calendar_is_written_as_a_text():
    columns = [Column("a", "A", "date"), Column("b", "B", "datetime")]
    sheet = sheet_of(columns, [(date(1900, 2, 28), datetime(1815, 6, 18, 9, 0)), (date(1900, 3, 1), None)])
    assert [cell.value for cell in sheet[2]] == ["28/02/1900", "18/06/1815 09:00:00"]
    assert sheet.cell(3, 1).value == datetime(1900, 3, 1)


def test_an_integer_that_excel_would_round_is_written_as_a_text():
    sheet = sheet_of([Column("a", "A", "integer")], [(73282932000074,), (1234567890123456,)])
    assert [sheet.cell(row, 1).value for row in (2, 3)] == [73282932000074, "1234567890123456"]


def test_a_text_that_looks_like_markup_stays_a_text():
    """G8: XlsxWriter alone would put this one into the sheet as raw XML, formula included."""
    text = '<r></r></is></c><c r="B2"><f>1+1</f></c><c><is><r></r>'
    sheet = sheet_of([Column("a", "A"), Column("b", "B")], [(text, None)])
    assert [cell.value for cell in sheet[2]] == [text, None]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_texts_come_back_unchanged_from_both_kinds_of_file_and_none_is_a_formula(rows):
    """G8, G9: but for line breaks, which become LF, and an empty text, which becomes an empty cell."""
    columns = [Column("a", "A"), Column("b", "B", "identifier")]
    expected = [[with_lf(text) for text in row] for row in rows]
    assert [[unescape_formula(cell) for cell in row] for row in csv_rows(columns, rows)] == expected
    out = io.BytesIO()
    write_xlsx(columns, rows, out)
    assert b"<f>" not in zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml")
    sheet = load_workbook(out).worksheets[0]
    read = [
        [unescape(sheet.cell(line, column).value or "") for column in (1, 2)]
        for line in range(2, len(rows) + 2)
    ]
    assert [[unescape_formula(cell) for cell in row] for row in read] == expected


@pytest.mark.parametrize("text", ["x" * 32_767, "𝄞" * 16_383])
def test_a_text_as_long_as_a_cell_is_written_whole(text):
    assert sheet_of([Column("a", "A")], [(text,)]).cell(2, 1).value == text


@pytest.mark.parametrize("text", ["x" * 32_768, "𝄞" * 16_384, "=" + "x" * 32_766])
def test_a_text_longer_than_a_cell_is_refused_naming_the_row_and_the_column(text, tmp_path):
    path = tmp_path / "export.xlsx"
    with pytest.raises(ValidationError) as refusal:
        write_xlsx([Column("a", "A"), Column("notes", "Notes")], [("x", "y"), ("x", text)], path)
    assert refusal.value.code == "characters"
    assert refusal.value.params["row"] == 3
    assert refusal.value.params["column"] == "Notes"
    assert not path.exists()


def test_more_rows_than_a_sheet_holds_are_refused_and_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(writing, "MOST_ROWS", 3)
    column = [Column("a", "A", "integer")]
    write_xlsx(column, [(1,)] * 3, tmp_path / "three.xlsx")
    with pytest.raises(ValidationError) as refusal:
        write_xlsx(column, [(1,)] * 4, tmp_path / "four.xlsx")
    assert refusal.value.code == "rows"
    assert [path.name for path in tmp_path.iterdir()] == ["three.xlsx"]


def test_memory_does_not_grow_with_the_rows():
    """Pieces of a thousand rows: 20,000 rows are 3 MB of text, and never more than a part of it is held."""
    rows = ((f"CLT-{number}", "x" * 150) for number in range(20_000))
    tracemalloc.start()
    try:
        for _piece in write_csv([Column("a", "A"), Column("b", "B")], rows):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_500_000
