"""Texts with variables are no programs: whatever is written in them, and whatever the values hold (C6)."""

import re
from email import message_from_bytes
from email.policy import strict
from html import escape

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.mailing import rendering
from crm.mailing.composing import Composer
from crm.mailing.kinds import kinds
from crm.mailing.models import Mail, TemplateText
from crm.mailing.rich_text import clean_html, is_same, text_of
from crm.mailing.sender import message_of
from crm.mailing.services import Draft, mail_of, queue
from crm.mailing.variables import MEANINGS

NAMES = ["civilite", "prenom", "nom", "formule", "date_fin", "lien_renouveler"]
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def faults(text: str, *, holds_links: bool = True) -> list[str]:
    try:
        rendering.check(text, NAMES, holds_links=holds_links)
    except ValidationError as error:
        return error.messages
    return []


def filled(text: str, *, is_html: bool = True, **values: str) -> str:
    return rendering.fill(text, values, later=["lien_renouveler"], language="fr", is_html=is_html)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ prenon }}", "{{ prenon }} n’existe pas : « prenom » ?"),
        ("{{ qsdfgh }}", "{{ qsdfgh }} n’existe pas."),
        ("{{ prenom.password }}", "seul le nom d’une variable"),
        ("{{ prenom|safe }}", "seul le nom d’une variable"),
        ("{{ prenom", "accolade"),
        ("prenom }}", "accolade"),
        ("{% load i18n %}", "{%"),
        ("{# note #}", "{#"),
        ("<p>{{ <strong>prenom</strong> }}</p>", "accolades comprises"),
        ('<a href="{{ prenom }}">x</a>', "n’est pas une adresse"),
    ],
)
def test_a_fault_is_named_with_what_to_write_instead(text, words):
    (message,) = faults(text)
    assert words in message.replace("\N{NO-BREAK SPACE}", " ")


def test_a_link_is_refused_in_a_subject_where_nothing_would_make_it():
    (message,) = faults("Votre lien {{ lien_renouveler }}", holds_links=False)
    assert "pas dans l’objet" in message


@pytest.mark.parametrize(
    "text", ["{{ prenom }}", "{{prenom}}", "{{&nbsp;nom&nbsp;}}", "Sans variable { ni } %"]
)
def test_what_is_allowed_is_accepted(text):
    assert faults(text) == []


def test_a_value_that_looks_like_a_template_is_printed_as_it_is():
    value = "{{ nom }} {% now 'Y' %} {{ settings.SECRET_KEY }}"
    assert filled("<p>{{ prenom }}</p>", prenom=value, nom="Petit") == f"<p>{escape(value)}</p>"


def test_a_value_is_escaped_in_html_and_stays_on_one_line_in_a_subject():
    assert filled("{{ prenom }}", prenom="<script>") == "&lt;script&gt;"
    assert (
        filled("{{ prenom }}", prenom="Zoé\r\nBcc: x@example.org", is_html=False) == "Zoé Bcc: x@example.org"
    )


def test_no_value_can_imitate_the_mark_of_a_link():
    forged = f"{rendering.OPEN}lien_renouveler{rendering.CLOSE}"
    assert rendering.marks_in(filled("{{ prenom }}", prenom=forged)) == set()
    assert rendering.marks_in(clean_html(f"<p>{forged}</p>")) == set()


def test_an_empty_person_gives_way_once_to_a_polite_form():
    assert filled("Bonjour {{ civilite }} {{ prenom }} {{ nom }},") == "Bonjour Madame, Monsieur,"


def test_the_cleaner_keeps_a_variable_as_the_address_of_a_link_and_nothing_that_runs():
    html = '<p onclick="x()"><a href="{{ lien_renouveler }}" style="x">Oui</a><script>x</script><img src="//e.test/p"></p>'
    assert clean_html(html) == '<p><a href="{{ lien_renouveler }}">Oui</a></p>'
    assert clean_html('<p><a href="javascript:alert(1)">Oui</a></p>') == "<p><a>Oui</a></p>"


def test_what_only_the_layout_of_an_editor_tells_apart_is_the_same():
    assert is_same("<p>Un</p>\n<ul>\n<li>deux</li>\n</ul>", "<p>Un</p><ul><li><p>deux</p></li></ul>")
    assert not is_same("<p>Un</p>", "<p>Deux</p>")


def test_the_text_part_tells_the_address_beside_the_words_of_a_link():
    assert text_of('<p>Un <a href="https://example.org/">clic</a></p>') == "Un clic (https://example.org/)"


PIECES = st.one_of(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{{ prenom }}", "{{ nom }}", "{{prenon}}", "{{ a.b }}", "\ue000", "&nbsp;"]
    ),
    st.sampled_from(
        ["<p>", "</p>", "<strong>", '<a href="{{ lien_renouveler }}">', "</a>", "<script>", "{{{", "\x00"]
    ),
    st.text(max_size=8),
)


@FEW
@given(pieces=st.lists(PIECES, max_size=12), value=st.text(max_size=20))
def test_no_text_that_is_accepted_leaves_a_brace_or_a_secret_in_the_mail(pieces, value, settings):
    body = clean_html("".join(pieces))
    if faults(body):
        return
    out = filled(body, prenom="Zoé", nom="Petit", civilite="Mme", formule="F", date_fin="d")
    assert not re.search(r"\{\{|\}\}|\{%|%\}|\bNone\b", out)
    assert settings.SECRET_KEY not in out
    twice = filled(body, prenom=value, nom=value, formule=value, civilite=value, date_fin=value)
    assert rendering.marks_in(twice) <= {"lien_renouveler"}


HOSTILE = st.text(alphabet=st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "a\r\nBcc: x@example.org",
        "a\nSubject: x\n\n<b>",
        "{{ nom }}",
        "\ue000lien_arreter\ue001",
        "é" * 200,
        "\u2028x",
    ]
)


@FEW
@given(value=HOSTILE)
def test_no_value_adds_a_header_or_a_part_to_the_message(db, value):
    kind = kinds()["reminder"]
    values = dict.fromkeys([*MEANINGS], value)
    content = Composer().fill(
        kind,
        ("Bonjour {{ prenom }} {{ formule }}", "<p>Bonjour {{ nom }} {{ details }}</p>"),
        values,
        language="fr",
    )
    mail = mail_of(content, Draft("reminder", "zoe@example.org", {}), language="fr", at=timezone.now())
    message = message_from_bytes(message_of(mail).message().as_bytes(), policy=strict)
    assert (message["To"], message["Bcc"], message.defects) == ("zoe@example.org", None, [])
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_every_shipped_text_obeys_its_own_rules_and_leaves_nothing_unsaid(db, settings):
    for text in TemplateText.objects.select_related("template"):
        subject, body = text.fallback()
        text.template.check_text(subject, body)
        assert is_same(clean_html(body), body)
        values = {name: f"valeur-{name}" for name in MEANINGS if not name.startswith("lien_")}
        content = Composer().compose(text.template.declared, values, language=text.language)
        for part in (content.subject, content.html, content.text):
            assert not re.search(r"\{\{|\}\}|\{%|\bNone\b", part)
            assert settings.SECRET_KEY not in part


def test_the_administrators_text_is_sent_and_a_broken_one_never_is(db, caplog):
    text = TemplateText.objects.get(template__kind="reminder", template__name="", language="fr")
    text.subject, text.body = "À bientôt {{ prenom }}", "<p>{{ nom }}</p>"
    text.save()
    written = queue("reminder", to="zoe@example.org", values={"prenom": "Zoé"}, at=timezone.now())
    assert written.subject == "À bientôt Zoé"
    TemplateText.objects.filter(pk=text.pk).update(subject="{{ inconnu }}")
    written = queue("reminder", to="zoe@example.org", values={"formule": "Confort"}, at=timezone.now())
    assert written.subject.startswith("Votre formule Confort")
    assert "is broken" in caplog.text


def test_the_link_is_made_as_the_mail_leaves_and_staff_read_its_name_only(db):
    mail = queue("reminder", to="zoe@example.org", values={}, at=timezone.now())
    html, text = mail.to_leave()
    assert "/espace/" in html
    assert "/espace/" in text
    assert "/espace/" not in Mail.objects.get().html_to_read()
    assert "[lien personnel]" in mail.text_to_read()
