"""Any file gives a table or a reason, in memory that does not grow (G1 to G4)."""

import io
import itertools
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from time import monotonic, process_time

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.exchange.reading import Limits, Table, Unreadable, inspect

LIMITS = Limits()
HEADINGS = ["Nom", "Prénom", "Ville"]
PEOPLE = [["LEFÈVRE", "Amélie", "Lyon"], ["Œuvrard", "Maëlys", "Nîmes"]]
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def table_of(content: bytes, name: str = "clients.csv", limits: Limits = LIMITS, **chosen: str) -> Table:
    return inspect(io.BytesIO(content), name, limits=limits, **chosen)


def values_of(table: Table) -> list[list]:
    return [row.values for row in table.rows()]


def refusal(content: bytes, limits: Limits = LIMITS, **chosen: str) -> str:
    """The code of the refusal of a file, read to its end; the message must read."""
    with pytest.raises(Unreadable) as refused:
        values_of(table_of(content, limits=limits, **chosen))
    assert refused.value.messages[0]
    return refused.value.code


def workbook(rows: list[list], **formats: str) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in formats.items():
        book.active[cell].number_format = number_format
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def written_by_excel(rows: Iterable[list]) -> bytes:
    """As Excel does, texts shared between cells are kept apart (openpyxl writes them in the cells)."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return file.getvalue()


def repacked(content: bytes, **parts: bytes | None) -> bytes:
    """The same workbook with some parts replaced: sheet=, strings=, book=, or any name with its slashes."""
    paths = {
        "sheet": "xl/worksheets/sheet1.xml",
        "strings": "xl/sharedStrings.xml",
        "book": "xl/workbook.xml",
    }
    replaced = {paths.get(name, name): data for name, data in parts.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(set(replaced) - set(old.namelist()))]:
            data = replaced.get(name, b"") if name in replaced else old.read(name)
            if data is not None:
                new.writestr(name, data)
    return file.getvalue()


def sheet(rows: str) -> bytes:
    return f'<?xml version="1.0"?><worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>'.encode()


SMALL = written_by_excel([HEADINGS, *PEOPLE])
HEADING_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>Nom</t></is></c></row>'


# CSV: what it is written in


@pytest.mark.parametrize("separator", [";", "\t", ",", "|"])
@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8-sig", b""),
        ("utf-16", b""),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("cp1252", b""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_line_ends_are_recognised(encoding, bom, separator, end):
    text = end.join(separator.join(f'"{cell}"' for cell in row) for row in [HEADINGS, *PEOPLE])
    table = table_of(bom + text.encode(encoding))
    assert (table.kind, table.encoding, table.separator) == ("csv", encoding, separator)
    assert (table.headings, values_of(table)) == (HEADINGS, PEOPLE)


def test_one_accent_at_the_end_of_a_large_file_decides_of_its_encoding():
    filler = "nom;ville\n" + "Durand;Rennes\n" * 40_000
    assert table_of((filler + "Zoé;Épinal\n").encode()).encoding == "utf-8"
    assert table_of((filler + "Zoé;Épinal\n").encode("cp1252")).encoding == "cp1252"


def test_a_character_cut_by_the_reading_buffer_is_still_utf_8():
    content = ("a;b\n" + "x" * 65_531 + "é;1\n").encode()
    assert content[65_535:65_537] == "é".encode()
    assert table_of(content).encoding == "utf-8"


def test_the_user_may_correct_encoding_and_separator():
    content = "Prix €;Ville,Pays\n1;Nîmes,France\n".encode("iso8859-15")
    table = table_of(content, encoding="iso8859-15", separator=",")
    assert (table.headings, values_of(table)) == (["Prix €;Ville", "Pays"], [["1;Nîmes", "France"]])


@pytest.mark.parametrize("chosen", [{"encoding": "utf-7"}, {"encoding": "ascii\n"}, {"separator": "é"}])
def test_only_listed_encodings_and_separators_may_be_chosen(chosen):
    assert refusal(b"a;b\n1;2\n", **chosen) == next(iter(chosen))


def test_a_file_that_is_not_in_the_chosen_encoding_is_refused():
    assert refusal("Prénom;Ville\nZoé;Nîmes\n".encode("cp1252"), encoding="utf-8") == "encoding"
    assert refusal(b"Nom;Ville\nZo\x81;N\x8dmes\n") == "encoding"


def test_separators_inside_quotes_or_parentheses_do_not_count():
    assert table_of(b'"a,b,c,d";"e"\n1;2\n').separator == ";"
    assert table_of(b"Nom (a, b, c);Ville\nDurand;Rennes\nPetit;Nice\n").separator == ";"


def test_the_hint_that_excel_writes_first_is_followed():
    table = table_of(b"sep=,\r\nNom,Ville;Pays\r\nDurand,Rennes;France\r\n")
    assert (table.separator, table.headings) == (",", ["Nom", "Ville;Pays"])
    assert [row.line for row in table.rows()] == [1]


def test_one_column_is_a_table():
    assert values_of(table_of(b"E-mail\na@example.org\n")) == [["a@example.org"]]


# CSV: records


def test_a_line_break_inside_quotes_makes_no_record():
    table = table_of('Nom;Adresse\nA;"1 rue\n2 rue; fond"\nB;"dit ""Bé"""\n'.encode())
    assert [tuple(row)[:2] for row in table.rows()] == [
        (1, ["A", "1 rue\n2 rue; fond"]),
        (2, ["B", 'dit "Bé"']),
    ]


def test_blank_records_are_left_out_and_keep_their_number():
    table = table_of(b"\nNom;Ville\n\nA;B\n;\n \xa0;\nC;D\n")
    assert [(row.line, row.values) for row in table.rows()] == [(2, ["A", "B"]), (5, ["C", "D"])]


def test_short_rows_are_filled_and_what_stands_beyond_the_headings_is_told():
    table = table_of(b"Nom;Ville;;\nA\nB;C;D;;E\nF;G;;\n")
    assert table.headings == ["Nom", "Ville"]
    assert list(table.rows()) == [
        (1, ["A", ""], []),
        (2, ["B", "C"], ["D", "E"]),
        (3, ["F", "G"], []),
    ]


def test_headings_are_trimmed_and_unnamed_columns_keep_their_place():
    table = table_of('\ufeff Nom \xa0;"Code\npostal";;Ville\nA;1;x;B\n'.encode())
    assert (table.headings, table.sample[0].values) == (
        ["Nom", "Code postal", "", "Ville"],
        ["A", "1", "x", "B"],
    )


def test_rows_may_be_read_again():
    table = table_of(b"Nom;Ville\nA;B\n")
    assert values_of(table) == values_of(table) == [["A", "B"]]


def test_an_uploaded_file_and_a_path_are_read_alike(tmp_path):
    uploaded = SimpleUploadedFile("clients.csv", b"Nom;Ville\nA;B\n")
    assert values_of(inspect(uploaded, uploaded.name, limits=LIMITS)) == [["A", "B"]]
    path = tmp_path / "clients.xlsx"
    path.write_bytes(SMALL)
    with inspect(path, path.name, limits=LIMITS) as table:
        assert values_of(table) == PEOPLE
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(Unreadable):
        inspect(path, path.name, limits=LIMITS)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"), (b"\xef\xbb\xbf", "empty"), (b"\r\n \r\n", "empty"), (b";;\n;;\n", "empty"),
        (b"Nom;Ville\n", "no_rows"), (b"Nom;Ville\n;\n\n", "no_rows"),
        (b"Nom;Ville;nom\nA;B;C\n", "duplicate_heading"),
        (b"%PDF-1.7 Nom;Ville", "not_a_table"), (b"\x89PNG\r\n\x1a\n", "not_a_table"), (b"\xff\xd8\xff\xe0JFIF", "not_a_table"),
        (b"<html><table><tr><td>Nom", "not_a_table"), (b"<?xml version='1.0'?><Workbook/>", "not_a_table"),
        (b"Nom;Ville\nA\0;B\n", "not_a_table"), (b"Nom;Ville\n" + b"A;B\n" * 40_000 + b"\0", "not_a_table"),
        (b"Nom;\x01\x02\x03\x04;Ville\nA;B\n", "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_workbook"),
        (b"\xff\xfe\0\0N\0\0\0", "not_a_table"),
        (b'Nom;Ville\n"A;B\n' + b"C;D\n" * 60_000, "bad_quotes"),
        (b"Nom;Ville\n" + b"A" * 2_000_000, "long_line"),
        (b"x" * 300 + b";Ville\nA;B\n", "headings"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_its_reason(content, code):
    assert refusal(content) == code


def test_size_rows_and_columns_are_limited():
    assert refusal(b"Nom\nA\n", limits=Limits(max_bytes=5)) == "too_large"
    assert len(values_of(table_of(b"Nom\n" + b"A\n\n" * 6, limits=Limits(max_rows=6)))) == 6
    assert refusal(b"Nom\n" + b"A\n" * 7, limits=Limits(max_rows=6)) == "too_many_rows"
    assert (
        refusal(b";".join(b"h%d" % n for n in range(7)) + b"\n1\n", limits=Limits(max_columns=6))
        == "too_many_columns"
    )


# XLSX


def test_the_cells_of_a_workbook_keep_their_meaning():
    row = [
        29800011800018, date(2024, 3, 12), datetime(2024, 3, 12, 9, 30), 0.2, True, "#N/A", 1000, 19.99,
        19.989999999999998, 12345678901234567890, "=1+1", " texte ", -3, 0,
    ]  # fmt: skip
    content = workbook([[f"h{n}" for n, _cell in enumerate(row)], row], D2="0.00%", G2="00000")
    table = table_of(content)
    assert (table.kind, table.sheets, table.sheet) == ("xlsx", ["Sheet"], "Sheet")
    assert values_of(table) == [[
        "29800011800018", date(2024, 3, 12), datetime(2024, 3, 12, 9, 30), "20 %", True, "#N/A", "01000",
        Decimal("19.99"), Decimal("19.99"), "1.23456789012346E+19", "=1+1", " texte ", "-3", "0",
    ]]  # fmt: skip


def test_the_value_that_excel_reckoned_is_read_and_not_the_formula():
    rows = HEADING_ROW + '<row r="2"><c r="A2" t="str"><f>A1&amp;"x"</f><v>Nomx</v></c></row>'
    assert values_of(table_of(repacked(SMALL, sheet=sheet(rows)))) == [["Nomx"]]


def test_shared_strings_give_their_runs_without_the_phonetic_guide():
    strings = f"""<sst {NAMESPACE}><si><t>Nom</t></si>
        <si><r><t>Dupont</t></r><r><t xml:space="preserve"> Marie</t></r><rPh sb="0" eb="1"><t>デュポン</t></rPh></si>
        <si><t>un_x000D_
deux</t></si></sst>""".encode()
    rows = '<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c></row>'
    table = table_of(repacked(SMALL, strings=strings, sheet=sheet(rows)))
    assert values_of(table) == [["Dupont Marie"], ["un\ndeux"]]


def test_blank_rows_of_a_sheet_are_left_out_and_keep_their_number():
    content = workbook([[], HEADINGS, [], PEOPLE[0], ["  ", None, ""], PEOPLE[1]])
    assert [(row.line, row.values) for row in table_of(content).rows()] == [(2, PEOPLE[0]), (4, PEOPLE[1])]


def test_the_first_visible_sheet_is_read_or_the_one_chosen():
    book = openpyxl.Workbook()
    book.active.title, book.active.sheet_state = "Cachée", "hidden"
    for title in ("Clients", "Autres"):
        page = book.create_sheet(title)
        page.append(["Nom"])
        page.append([title])
    book.create_chartsheet("Courbe")
    book.active = 1
    file = io.BytesIO()
    book.save(file)
    table = table_of(file.getvalue())
    assert (table.sheets, values_of(table)) == (["Clients", "Autres"], [["Clients"]])
    assert values_of(table_of(file.getvalue(), sheet="Autres")) == [["Autres"]]
    assert refusal(file.getvalue(), sheet="Cachée") == "no_sheet"


@pytest.mark.filterwarnings("ignore:Workbook contains no:UserWarning")
def test_a_workbook_without_styles_is_read():
    assert values_of(table_of(repacked(SMALL, **{"xl/styles.xml": None}))) == PEOPLE


def test_the_content_decides_and_not_the_name():
    assert table_of(SMALL, "clients.csv").kind == "xlsx"
    assert table_of(b"Nom;Ville\nA;B\n", "clients").kind == "csv"


@pytest.mark.parametrize("name", ["clients.xlsx", "CLIENTS.XLS", "clients.ods"])
@pytest.mark.parametrize("content", [b"Nom;Ville\nA;B\n", b"un texte sans rien de plus"])
def test_a_text_named_like_a_workbook_is_refused_as_what_it_is(name, content):
    with pytest.raises(Unreadable) as refused:
        table_of(content, name)
    assert refused.value.code == "not_a_workbook"
    assert f"Ce fichier s’appelle {name[7:].lower()} mais" in refused.value.messages[0]


def test_the_calendar_of_old_macintosh_workbooks_is_followed():
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"date_1904": True})
    page = book.add_worksheet()
    page.write("A1", "Date")
    page.write_datetime("A2", datetime(2024, 3, 12), book.add_format({"num_format": "dd/mm/yyyy"}))
    book.close()
    assert values_of(table_of(file.getvalue())) == [[date(2024, 3, 12)]]


def zip_of(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return file.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    """G1: a hundred kilobytes that would unpack to a hundred megabytes."""
    bomb = repacked(SMALL, sheet=sheet(HEADING_ROW + " " * 100_000_000))
    assert len(bomb) < 150_000
    start = monotonic()
    assert refusal(bomb) == "too_heavy"
    assert monotonic() - start < 0.5


def test_the_whole_unpacked_size_is_limited():
    assert refusal(SMALL, limits=Limits(max_unpacked_bytes=4_000)) == "too_heavy"


def test_too_many_entries_are_refused_by_the_directory_alone():
    crowded = zip_of(*((f"xl/{n}.xml", b"") for n in range(300)))
    assert refusal(crowded) == "too_heavy"


def test_entries_that_share_their_bytes_are_refused():
    """CVE-2024-0450: the directory tells twice of the same place."""
    content = bytearray(zip_of(("xl/workbook.xml", b"a" * 500), ("[Content_Types].xml", b"b" * 500)))
    second = content.rindex(b"PK\1\2")
    struct.pack_into("<L", content, second + 42, 0)
    assert refusal(bytes(content)) == "too_heavy"


def test_an_entry_that_lies_about_its_size_is_refused():
    content = bytearray(SMALL)
    entry = content.index(b"xl/worksheets/sheet1.xml", content.index(b"PK\1\2")) - 46
    struct.pack_into("<L", content, entry + 24, 120)
    assert refusal(bytes(content)) == "damaged"


def test_a_protected_entry_is_refused():
    content = bytearray(SMALL)
    position = -1
    while (position := content.find(b"PK\1\2", position + 1)) >= 0:
        content[position + 8] |= 1
    assert refusal(bytes(content)) == "encrypted"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\3\4 and then nothing of an archive", "damaged"), (SMALL[:-30], "damaged"), (SMALL[:2000], "damaged"),
        (zip_of(("mimetype", b""), ("content.xml", b"")), "other_workbook"),
        (zip_of(("[Content_Types].xml", b""), ("xl/workbook.bin", b"")), "other_workbook"),
        (zip_of(("[Content_Types].xml", b""), ("xl/vbaProject.bin", b"")), "macros"),
        (zip_of(("[Content_Types].xml", b""), ("word/document.xml", b"")), "not_a_workbook"),
        (zip_of(("photo.jpg", b"x")), "not_a_workbook"), (zip_of(), "not_a_workbook"),
        (zip_of(("[Content_Types].xml", b"<a/>"), ("xl/a", b"")), "damaged"),
        (repacked(SMALL, book=None), "damaged"), (repacked(SMALL, book=b"<workbook/>"), "no_sheet"),
        (repacked(SMALL, **{"xl/styles.xml": b"<styleSheet><cellXfs>"}), "damaged"),
        (repacked(SMALL, sheet=b"<worksheet><sheetData>"), "damaged"),
        (repacked(SMALL, sheet=b""), "empty"),
        (repacked(SMALL, sheet=None), "no_sheet"),
        (repacked(SMALL, sheet=sheet("")), "empty"),
        (repacked(SMALL, sheet=sheet(HEADING_ROW)), "no_rows"),
        (repacked(SMALL, sheet=sheet('<row r="9999999"/>')), "damaged"),
        (repacked(SMALL, sheet=sheet('<row r="3"/><row r="3"/>')), "damaged"),
        (repacked(SMALL, sheet=sheet('<row><c r="ZZZ1"/></row>')), "damaged"),
        (repacked(SMALL, sheet=sheet("<row>" + "<c/>" * 20_000 + "</row>")), "damaged"),
        (repacked(SMALL, sheet=sheet('<row><c t="s"><v>99999</v></c></row>')), "damaged"),
        (repacked(SMALL, sheet=sheet('<row><c t="s"><v>-1</v></c></row>')), "damaged"),
        (repacked(SMALL, sheet=sheet("<row><c><v>douze</v></c></row>")), "damaged"),
        (repacked(SMALL, sheet=sheet(f'<row><c t="str"><v>{"é" * 200_000}</v></c></row>')), "damaged"),
    ],
)  # fmt: skip
def test_a_damaged_or_hostile_workbook_is_refused_with_its_reason(content, code):
    assert refusal(content) == code


@pytest.mark.parametrize("part", ["sheet", "strings", "book", "xl/styles.xml", "[Content_Types].xml"])
@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><a>&x;</a>',
    ],
)
def test_entities_are_never_expanded(part, document):
    """G3."""
    assert openpyxl.DEFUSEDXML is True
    assert refusal(repacked(SMALL, **{part: document.encode()})) == "damaged"


def test_a_tag_that_never_ends_is_refused_without_reading_it_all():
    noise = random.Random(1).randbytes(3_000_000).hex()
    endless = repacked(SMALL, sheet=f'<worksheet {NAMESPACE} a="{noise}"/>'.encode())
    start = monotonic()
    assert refusal(endless) == "too_heavy"
    assert monotonic() - start < 3


@pytest.mark.drill
def test_a_million_blank_rows_cost_little_time_and_no_memory():
    """G2: styled rows to the bottom of the sheet, as a formatted column leaves them."""
    rows = HEADING_ROW + "<row r='2'><c r='A2'><v>1</v></c></row>"
    blank = repacked(
        SMALL, sheet=sheet(rows + "".join(f'<row r="{n}" ht="15"/>' for n in range(3, 1_048_577)))
    )
    # Processor time: the other tests of the run share the clock on the wall.
    start = process_time()
    assert values_of(table_of(blank)) == [["1"]]
    assert process_time() - start < 15
    far = repacked(SMALL, sheet=sheet(rows + '<row r="1048576"><c><v>2</v></c></row>'))
    assert [row.line for row in table_of(far).rows()] == [1, 1_048_575]


def large_csv() -> bytes:
    rows = (f"{n};Durand{n};Prénom {n};{n}@example.org;{n} rue des Tilleuls\n" for n in range(100_000))
    return "Numéro;Nom;Prénom;E-mail;Adresse\n".encode() + "".join(rows).encode()


def large_xlsx() -> bytes:
    rows = ([n, f"Durand{n}", f"{n} rue des Tilleuls"] for n in range(100_000))
    return written_by_excel(itertools.chain([["Numéro", "Nom", "Adresse"]], rows))


@pytest.mark.parametrize("content_of", [large_csv, pytest.param(large_xlsx, marks=pytest.mark.drill)])
def test_a_hundred_thousand_rows_are_read_in_flat_memory(content_of):
    content = io.BytesIO(content_of())
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        count = sum(1 for _row in inspect(content, "clients", limits=LIMITS).rows())
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert peak < 30 * 1024 * 1024


# Anything at all

SEEDS = [
    "Nom;Prénom;Ville\nLEFÈVRE;Amélie;Lyon\n".encode(),
    "Nom,Prénom\n\"a\nb\",'c'\n".encode("utf-16"),
    'Nom\tVille\n"Œ"\tb\n'.encode("cp1252"),
    SMALL,
]


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _change in range(draw(st.integers(0, 6))):
        position = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.integers(0, 12))
        content[position : position + length] = draw(st.binary(max_size=12))
    return bytes(content)


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(mangled() | st.binary(max_size=200))
def test_a_mangled_file_gives_a_table_or_a_reason(content):
    with suppress(Unreadable):
        values_of(table_of(content))


XML_PIECES = st.sampled_from(
    ["<row>", "</row>", '<row r="2">', "<c>", "</c>", '<c r="B2" t="s">', '<c t="b">', '<c t="d">', '<c s="1">', "<v>",
     "</v>", "<is>", "</is>", "<t>", "</t>", "<f>", "</f>", "1", "-1", "1e400", "nan", "2024-13-45", "é", "&#0;", "&lt;", " "]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(XML_PIECES, max_size=30))
def test_a_mangled_sheet_gives_a_table_or_a_reason(pieces):
    with suppress(Unreadable):
        values_of(table_of(repacked(SMALL, sheet=sheet(HEADING_ROW + "".join(pieces)))))
