import re

import pytest
from django.template.defaultfilters import striptags
from hypothesis import given
from hypothesis import strategies as st

from crm.timeline.models import Action
from crm.timeline.notes import sanitised, shown
from tests.factories import action, action_kind, individual
from tests.timeline.hostile import TEXTS

ALLOWED = {"p", "strong", "em", "u", "br", "ul", "ol", "li", "blockquote", "a"}
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)([^>]*)>")


def faults(html: str) -> list[str]:
    """What a page must not receive."""
    found = []
    for _close, name, attributes in TAG.findall(html):
        names = re.findall(r'([\w:-]+)="[^"]*"', attributes)
        if name not in ALLOWED or set(names) - (
            {"href", "rel", "title"} if name == "a" else {"start", "type"}
        ):
            found.append(f"{name} {attributes}")
    links = re.findall(r'href="([^"]*)"', html)
    found += [link for link in links if not re.match(r"(https?://|mailto:|tel:)", link)]
    return found


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_nothing_hostile_is_left_of_a_note(text):
    clean = sanitised(text)
    assert (faults(clean), "\0" in clean) == ([], False)
    assert sanitised(clean) == clean


def test_the_faults_of_a_hostile_text_are_seen():
    """The negative control: unsanitised, most of them are found out."""
    assert sum(bool(faults(text)) for text in TEXTS) > 40


@given(st.text(alphabet="<>/=\"' abcimgsrcpth:on\0\u202e", max_size=80))
def test_no_scrap_of_markup_gets_through(text):
    assert faults(sanitised(text)) == []


def test_what_the_editor_offers_is_kept():
    note = (
        "<p><strong>gras</strong> <em>italique</em> <u>souligné</u><br>ligne</p>"
        "<ul><li><p>un</p></li></ul><ol><li><p>deux</p></li></ol><blockquote><p>cité</p></blockquote>"
    )
    assert sanitised(note) == note


def test_a_link_says_where_it_goes_and_gives_nothing_away():
    clean = sanitised('<p><a href="https://example.org/x" rel="opener" target="_blank">lien</a></p>')
    assert clean == '<p><a href="https://example.org/x" rel="noopener noreferrer nofollow">lien</a></p>'


@pytest.mark.parametrize("empty", ["", "<p></p>", "  <p><br></p> ", "<script>x</script>"])
def test_a_note_without_a_word_is_empty(empty):
    assert sanitised(empty) == ""


def test_a_note_is_cleaned_however_it_is_written(db):
    """On the way in: saved alone, or many at once."""
    hostile = "<p>Bon</p><script>alert(1)</script>"
    one = action(individual(), note=hostile)
    one.save()
    Action.objects.bulk_create([action(one.client, note=hostile)])
    assert list(Action.objects.values_list("note", flat=True)) == ["<p>Bon</p>"] * 2


def test_a_note_that_got_in_by_another_door_is_cleaned_on_the_way_out(db):
    one = action(individual())
    one.save()
    Action.objects.filter(pk=one.pk).update(kind=action_kind())
    one.note = "<p>Bon</p><img src=x onerror=alert(1)>"
    assert (one.note_html, striptags(shown("<p>Bon</p>"))) == ("<p>Bon</p>", "Bon")
