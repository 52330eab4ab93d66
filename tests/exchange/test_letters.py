"""The letter as it comes out of the printer: what the window shows, and nothing else in it."""

from io import BytesIO

from pypdf import PdfReader
from reportlab.lib.units import mm

from crm.exchange.letters import Letter, draw_letters

ADDRESS = [
    "Mme Zoé Lefèvre",
    "APP 12",
    "RES LES TILLEULS",
    "12 RUE DES TILLEULS",
    "BP 40",
    "69003 LYON",
    "ITALIE",
]
SENDER = ["Clientèle", "1 place de la Mairie", "69001 Lyon", "01 99 00 12 34", "bonjour@example.org"]
# The block that the window of a DL envelope shows, in points from the upper left corner.
LEFT, TOP, RIGHT, BOTTOM = 110 * mm, 55 * mm, 195 * mm, 88 * mm


def letter(**fields) -> Letter:
    fields = {
        "address": ADDRESS,
        "reference": "Notre référence : CLT-001",
        "day": "Le 22 novembre 2026",
        "subject": "Objet : votre formule se termine",
        "paragraphs": [("Bonjour,", False), ("À bientôt.", False)],
        "closing": "Pour nous répondre : 01 99 00 12 34.",
        **fields,
    }
    return Letter(**fields)


def drawn(*letters: Letter) -> tuple[int, PdfReader]:
    out = BytesIO()
    pages = draw_letters(letters, sender=SENDER, out=out)
    return pages, PdfReader(out)


def placed(page) -> list[tuple[str, float, float]]:
    """Each piece of text with its place, in points from the upper left corner."""
    found: list[tuple[str, float, float]] = []

    def note(text, _matrix, place, _font, _size) -> None:
        if text.strip():
            found.append((text.strip(), place[4], float(page.mediabox.height) - place[5]))

    page.extract_text(visitor_text=note)
    return found


def test_the_window_shows_the_address_and_nothing_else():
    _pages, pdf = drawn(letter())
    shown = [text for text, x, y in placed(pdf.pages[0]) if LEFT <= x <= RIGHT and TOP <= y <= BOTTOM + 3]
    assert "\n".join(shown).split("\n") == ADDRESS


def test_the_seven_lines_of_an_address_fit_in_the_window():
    _pages, pdf = drawn(letter())
    lines = [y for text, _x, y in placed(pdf.pages[0]) if text in ADDRESS]
    assert min(lines) > TOP
    assert max(lines) < BOTTOM


def test_the_letter_says_who_writes_and_everything_it_has_to_say():
    _pages, pdf = drawn(letter())
    text = pdf.pages[0].extract_text()
    for words in (*SENDER, "CLT-001", "22 novembre", "Objet", "Bonjour", "À bientôt", "Pour nous répondre"):
        assert words in text


def test_each_letter_begins_a_page_and_a_long_one_takes_several():
    long = letter(paragraphs=[("Un paragraphe assez long pour aller à la ligne. " * 12, False)] * 12)
    pages, pdf = drawn(letter(), long, letter())
    assert pages == len(pdf.pages) == 4
    assert "Objet" in pdf.pages[1].extract_text()
    assert "Objet" not in pdf.pages[2].extract_text()
    assert "Pour nous répondre" in pdf.pages[2].extract_text()


def test_what_the_law_wants_seen_stands_in_a_frame_on_one_page():
    filler = [("Un paragraphe assez long pour aller à la ligne. " * 12, False)] * 7
    _pages, pdf = drawn(
        letter(paragraphs=[*filler, ("Vous pouvez refuser jusqu’au 30 novembre.\n" * 4, True)])
    )
    assert pdf.pages[1].extract_text().count("Vous pouvez refuser") == 4
    assert b" re" in pdf.pages[1].get_contents().get_data()


def test_letters_that_the_font_lacks_are_drawn_as_near_as_they_come():
    _pages, pdf = drawn(letter(paragraphs=[("Merci à M. Łukasz\u202f: à bientôt\x07 😀", False)]))
    assert "Merci à M. Lukasz" in pdf.pages[0].extract_text()
