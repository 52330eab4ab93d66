"""The administrator writes a mail, and tries it before clients receive it (S0-18, C6)."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.mailing.delivery import deliver
from crm.mailing.models import Template
from tests import factories
from tests.mailing.smtp import smtp_server

EDITOR = "#text-fr .tiptap"


@pytest.fixture
def box(settings):
    with smtp_server(settings) as box:
        yield box


@pytest.fixture
def letter(staff_page):
    """The page of the reminder's text, its editor ready."""
    template = Template.objects.get(kind="reminder", name="")
    staff_page.goto(f"/admin/mailing/template/{template.pk}/change/")
    staff_page.locator(EDITOR).wait_for()
    staff_page.locator("#text-fr .prose-menubar button[title='Gras']").wait_for()
    return staff_page


CARET_IS_AT_THE_END = """selector => {
    const { doc, selection } = document.querySelector(selector).editor.state
    return selection.empty && selection.eq(selection.constructor.atEnd(doc))
}"""


def write_at_the_end(page, text: str) -> None:
    """The editor puts its own caret back for a moment after a click: faster than any hand, a test tries again."""
    page.click(EDITOR)
    for _try in range(50):
        page.keyboard.press("Control+End")
        if page.evaluate(CARET_IS_AT_THE_END, EDITOR):
            break
        page.wait_for_timeout(20)
    page.keyboard.type(text)


def save(page) -> None:
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_load_state()


def test_a_text_is_written_with_variables_tried_on_a_client_and_tested_on_oneself(letter, box, administrator):
    page = letter
    zoe = factories.individual(first_name="Zoé", last_name="Tilleul", civility="mme")
    factories.subscription(
        zoe, factories.plan(name="Sérénité"), subscribed_on=date(2026, 1, 1),
        ends_on=timezone.localdate() + timedelta(days=5),
    )  # fmt: skip

    # A variable by a click, where the caret is: in the text, then in the subject.
    write_at_the_end(page, " Votre numéro ")
    page.click(".mail-variable[data-variable=numero_client]")
    page.keyboard.type(".")
    assert "Votre numéro {{ numero_client }}." in page.inner_text(EDITOR)
    page.click("#id_texts-0-subject")
    page.keyboard.press("End")
    page.keyboard.type(" ")
    page.click(".mail-variable[data-variable=prenom]")
    assert page.input_value("#id_texts-0-subject").endswith("{{ echeance }} {{ prenom }}")

    # Seen as the client will see it, in a frame where nothing runs.
    page.click(".mail-trial-client .select2-selection")
    page.keyboard.type("tilleul")
    page.locator(".select2-results__option", has_text="Tilleul").click()
    page.get_by_role("button", name="Aperçu").click()
    frame = page.frame_locator(".mail-frame")
    assert f"Votre numéro {zoe.code}." in frame.locator("body").inner_text()
    assert frame.get_by_role("link", name="Renouveler ma formule").count() == 1
    assert "Sérénité" in page.inner_text(".mail-subject")
    assert page.inner_text(".mail-subject").endswith("dans 5 jours Zoé")

    # A test to oneself that arrives, with both parts.
    page.get_by_role("button", name="M’envoyer un essai").click()
    page.get_by_text("Un essai est en route").wait_for()
    deliver(clock=timezone.now, senders=1)
    (message,) = box.to(administrator.email)
    assert "Sérénité" in message["Subject"]
    for part in ("plain", "html"):
        assert f"Votre numéro {zoe.code}." in message.get_body((part,)).get_content()

    save(page)
    text = Template.objects.get(kind="reminder", name="").texts.get(language="fr")
    assert "Votre numéro {{ numero_client }}." in text.body
    assert '<a href="{{ lien_renouveler }}">' in text.body
    assert "Ce texte est le vôtre." in page.inner_text("#text-fr")


def test_a_mistyped_variable_is_refused_with_the_right_one_and_nothing_is_lost(letter):
    page = letter
    write_at_the_end(page, " Merci {{ prenon }}")
    save(page)
    error = page.inner_text("#text-fr .field-body .field-error").replace("\N{NO-BREAK SPACE}", " ")
    assert error == "{{ prenon }} n’existe pas : « prenom » ?"
    assert "Merci {{ prenon }}" in page.inner_text(EDITOR)
    assert not Template.objects.get(kind="reminder", name="").texts.get(language="fr").is_customised


def test_a_link_is_put_by_a_click_and_is_its_own_button(letter):
    page = letter
    write_at_the_end(page, "")
    page.keyboard.press("Enter")
    page.click(".mail-variable[data-variable=lien_rappel]")
    assert page.locator(f"{EDITOR} a[href='{{{{ lien_rappel }}}}']").last.inner_text() == "Rappelez-moi"
    page.click("#text-en-link")
    page.click("#text-en .tiptap")
    page.click(".mail-variable[data-variable=lien_rappel]")
    assert page.locator("#text-en .tiptap a", has_text="Call me back").count() == 1


def test_what_was_opened_and_saved_without_a_change_stays_the_original(letter):
    save(letter)
    assert "C’est le texte d’origine" in letter.inner_text("#text-fr")


def test_the_page_of_a_text_fits_a_telephone_and_has_no_barrier(letter, overflow, axe):
    letter.get_by_role("button", name="Aperçu").click()
    letter.locator(".mail-frame").wait_for()
    # The admin's own search box names its outer part only.
    assert [one for one in axe(letter) if "select2-selection__rendered" not in one] == []
    assert overflow(letter) == 0
