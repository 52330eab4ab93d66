"""Sheets of address labels (G8 for the characters; measures in millimetres from the top left corner)."""

import io
import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from crm.exchange.labels import MARGIN, SHEETS, SMALLEST, draw_labels, is_too_long, unprintable

A4_WIDTH, A4_HEIGHT = 210.0, 297.0
ADDRESS = ["Madame Hélène Dœuff", "12 RUE DES LILAS", "01000 BOURG EN BRESSE"]
SIX_LINES = [
    "ASSOCIATION DES PARENTS D ELEVES DU LY",
    "APPARTEMENT 12 ESCALIER B",
    "RESIDENCE LES JARDINS DE LA PREFECTURE",
    "1234 BOULEVARD DU GENERAL DE GAULLE",
    "LIEU DIT LA CROIX SAINT JEAN BAPTISTE",
    "97133 SAINT BARTHELEMY",
]


def drawn(addresses, name="L7160", **options):
    """The PDF, read again, and the number of pages announced."""
    out = io.BytesIO()
    pages = draw_labels(addresses, SHEETS[name], out=out, **options)
    return PdfReader(out), pages


def lines_of(page):
    """Each line printed on the page as (text, left, right, baseline, size), in mm but for the size in points."""
    state = {"scale": 100.0}
    found = []

    def before(operator, operands, matrix, text_matrix):
        if operator == b"Tz":
            state["scale"] = float(operands[0])

    def on_text(text, matrix, text_matrix, font, size):
        text = text.strip("\n")
        if text:
            left = text_matrix[4] + matrix[4]
            width = stringWidth(text, "Helvetica", size) * state["scale"] / 100
            found.append(
                (text, left / mm, (left + width) / mm, A4_HEIGHT - (text_matrix[5] + matrix[5]) / mm, size)
            )

    page.extract_text(visitor_operand_before=before, visitor_text=on_text)
    return found


def assert_inside(line, sheet, place, offset=(0.0, 0.0)):
    row, column = divmod(place, sheet.columns)
    left = sheet.left + column * sheet.pitch_x + offset[0]
    top = sheet.top + row * sheet.pitch_y + offset[1]
    text, begins, ends, baseline, size = line
    assert left + MARGIN - 0.01 <= begins, text
    assert ends <= left + sheet.width - MARGIN + 0.01, text
    assert top + MARGIN - 0.01 <= baseline - 0.931 * size / mm, text
    assert baseline + 0.225 * size / mm <= top + sheet.height - MARGIN + 0.01, text


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_every_sheet_lies_within_a4_and_its_labels_do_not_overlap(sheet):
    assert sheet.left >= 0
    assert sheet.top >= 0
    assert sheet.left + (sheet.columns - 1) * sheet.pitch_x + sheet.width <= A4_WIDTH
    assert sheet.top + (sheet.rows - 1) * sheet.pitch_y + sheet.height <= A4_HEIGHT
    assert sheet.pitch_x >= sheet.width
    assert sheet.pitch_y >= sheet.height


def test_the_sheets_have_the_number_of_labels_printed_on_their_boxes():
    assert {name: sheet.per_page for name, sheet in SHEETS.items()} == {
        "L7160": 21,
        "L7163": 14,
        "L7162": 16,
        "L7161": 18,
        "L7165": 8,
        "L7651": 65,
    }


@pytest.mark.parametrize(
    ("count", "start_at", "pages"), [(1, 1, 1), (21, 1, 1), (22, 1, 2), (21, 2, 2), (1, 21, 1), (2, 21, 2)]
)
def test_the_count_of_pages_is_the_one_announced(count, start_at, pages):
    reader, announced = drawn([ADDRESS] * count, start_at=start_at)
    assert (announced, len(reader.pages)) == (pages, pages)


@pytest.mark.parametrize("name", SHEETS)
def test_each_address_is_inside_its_own_label_on_every_sheet(name):
    sheet = SHEETS[name]
    reader, _pages = drawn(
        [[f"n{number}", *SIX_LINES[1:], "BELGIQUE"] for number in range(sheet.per_page)], name
    )
    lines = lines_of(reader.pages[0])
    assert len(lines) == 7 * sheet.per_page
    for index, line in enumerate(lines):
        assert_inside(line, sheet, index // 7)
        assert line[4] >= SMALLEST


def test_the_first_label_can_be_any_of_the_sheet():
    reader, _pages = drawn([ADDRESS, ADDRESS], start_at=21)
    for page, place in ((0, 20), (1, 0)):
        lines = lines_of(reader.pages[page])
        assert [line[0] for line in lines] == ADDRESS
        for line in lines:
            assert_inside(line, SHEETS["L7160"], place)


def test_the_offset_moves_every_page_right_and_down():
    plain, moved = drawn([ADDRESS] * 22)[0], drawn([ADDRESS] * 22, offset_x=1.5, offset_y=-2.0)[0]
    for before, after in zip(plain.pages, moved.pages, strict=True):
        for (_, x, _, y, _), (_, moved_x, _, moved_y, _) in zip(
            lines_of(before), lines_of(after), strict=True
        ):
            assert (moved_x - x, moved_y - y) == (pytest.approx(1.5, abs=0.01), pytest.approx(-2.0, abs=0.01))


@pytest.mark.parametrize("start_at", [0, -1, 22])
def test_a_first_label_off_the_sheet_is_refused_and_named(start_at):
    out = io.BytesIO()
    with pytest.raises(ValidationError) as refusal:
        draw_labels([ADDRESS], SHEETS["L7160"], start_at=start_at, out=out)
    assert list(refusal.value.message_dict) == ["start_at"]
    assert "21" in refusal.value.message_dict["start_at"][0]
    assert out.getvalue() == b""


@pytest.mark.parametrize("offset", [15.1, -15.1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["offset_x", "offset_y"])
def test_an_offset_off_the_sheet_is_refused_and_named(name, offset):
    with pytest.raises(ValidationError) as refusal:
        draw_labels([ADDRESS], SHEETS["L7160"], out=io.BytesIO(), **{name: offset})
    assert list(refusal.value.message_dict) == [name]


def test_no_address_is_refused_rather_than_printed_as_a_blank_page():
    out = io.BytesIO()
    with pytest.raises(ValidationError):
        draw_labels(iter([]), SHEETS["L7160"], out=out)
    assert out.getvalue() == b""


@pytest.mark.parametrize("address", [[], ["x"] * 8])
def test_an_address_without_lines_or_with_eight_is_an_error_of_the_caller(address):
    with pytest.raises(ValueError, match="1 to 7 lines"):
        draw_labels([address], SHEETS["L7160"], out=io.BytesIO())


def test_accents_ligatures_and_the_euro_are_printed_as_typed():
    reader, _pages = drawn([["Œuvre d’Élodie & Cie, 5 € – Çà et là"]])
    assert [line[0] for line in lines_of(reader.pages[0])] == ["Œuvre d’Élodie & Cie, 5 € – Çà et là"]


def test_accents_typed_as_two_characters_are_joined():
    reader, _pages = drawn([["He\u0301le\u0300ne"]])
    assert [line[0] for line in lines_of(reader.pages[0])] == ["Hélène"]


def test_letters_of_other_latin_alphabets_lose_their_accent_and_are_not_reported():
    """G8: a name the font lacks stays legible."""
    address = ["Łukasz Dvořák", "Ioniță Şahin Đorđe", "Zoë\u200b Žižek\t\n Saint\u00a0‑ Ouen"]
    reader, _pages = drawn([address])
    assert [line[0] for line in lines_of(reader.pages[0])] == [
        "Lukasz Dvorák",
        "Ionita Sahin Dorde",
        "Zoë Žižek Saint - Ouen",
    ]
    assert unprintable(address) == ""


def test_other_scripts_are_reported_and_printed_as_question_marks():
    address = ["Иван 李", "3 RUE X", "75001 PARIS И"]
    assert unprintable(address) == "Иван李"
    reader, _pages = drawn([address])
    assert [line[0] for line in lines_of(reader.pages[0])] == ["???? ?", "3 RUE X", "75001 PARIS ?"]


def test_a_long_name_is_broken_between_words_so_that_the_others_stay_legible():
    name = "Comité des œuvres sociales et culturelles du personnel de la communauté de communes"
    reader, _pages = drawn([[name, "3 RUE X", "75001 PARIS"]])
    lines = lines_of(reader.pages[0])
    assert " ".join(line[0] for line in lines) == f"{name} 3 RUE X 75001 PARIS"
    assert [line[0] for line in lines[-2:]] == ["3 RUE X", "75001 PARIS"]
    assert {line[4] for line in lines} == {11.0}
    assert not is_too_long([name, "3 RUE X", "75001 PARIS"], SHEETS["L7160"])


def test_a_line_that_the_postal_norm_allows_shrinks_and_is_not_broken():
    reader, _pages = drawn([SIX_LINES], "L7651")
    assert [line[0] for line in lines_of(reader.pages[0])] == SIX_LINES


def test_a_line_that_cannot_fit_is_cut_with_an_ellipsis_and_known_beforehand():
    address = ["W" * 60, "75001 PARIS"]
    assert is_too_long(address, SHEETS["L7651"])
    reader, _pages = drawn([address], "L7651")
    lines = lines_of(reader.pages[0])
    assert re.fullmatch("W+…", lines[0][0])
    assert lines[0][4] == SMALLEST
    assert_inside(lines[0], SHEETS["L7651"], 0)


def test_the_six_lines_of_38_characters_of_the_postal_norm_fit_on_every_sheet():
    assert [name for name, sheet in SHEETS.items() if is_too_long(SIX_LINES, sheet)] == []


@settings(max_examples=60, deadline=None)
@given(
    address=st.lists(st.text(max_size=60), min_size=1, max_size=7),
    name=st.sampled_from(sorted(SHEETS)),
    start_at=st.integers(1, 8),
)
def test_no_text_whatever_leaves_its_label(address, name, start_at):
    reader, pages = drawn([address], name, start_at=start_at)
    assert pages == 1
    for line in lines_of(reader.pages[0]):
        assert_inside(line, SHEETS[name], start_at - 1)


def test_the_file_says_its_title_and_language_names_nobody_and_prints_at_full_size():
    reader, _pages = drawn([ADDRESS])
    assert "L7160" in reader.metadata.title
    assert (reader.metadata.author, reader.metadata.creator) == ("", "")
    assert reader.root_object["/Lang"] == "fr-FR"
    assert reader.root_object["/ViewerPreferences"]["/PrintScaling"] == "/None"
    assert (reader.pages[0].mediabox.width / mm, reader.pages[0].mediabox.height / mm) == (
        pytest.approx(A4_WIDTH, abs=0.01),
        pytest.approx(A4_HEIGHT, abs=0.01),
    )


def test_the_same_addresses_give_the_same_bytes():
    first, second = io.BytesIO(), io.BytesIO()
    for out in (first, second):
        draw_labels([ADDRESS] * 30, SHEETS["L7163"], out=out)
    assert first.getvalue() == second.getvalue()


def test_addresses_are_read_one_by_one():
    """A generator is enough: nothing asks for its length or a second pass."""
    _reader, pages = drawn((ADDRESS for _number in range(43)), "L7160")
    assert pages == 3
