"""The texts of mails, as the administrator writes, tries and takes them back."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.mailing.delivery import deliver
from crm.mailing.kinds import kinds
from crm.mailing.models import Mail, Template, TemplateText
from crm.mailing.services import Draft, queue_all
from tests.factories import individual, plan, staff, subscription

LIST = "/admin/mailing/template/"
BODY = "<p>Bonjour {{ prenom }},</p><p>À bientôt.</p>"


@pytest.fixture
def standard(db) -> Template:
    return Template.objects.get(kind="reminder", name="")


def page(template: Template, view: str = "change/") -> str:
    return f"{LIST}{template.pk}/{view}"


def form_of(template: Template, **changed: str) -> dict[str, str]:
    """What the browser sends: the texts in force, with those changed (`subject_fr`, `body_en`…)."""
    texts = list(template.texts.all())
    sent = {"texts-TOTAL_FORMS": str(len(texts)), "texts-INITIAL_FORMS": str(len(texts))}
    if template.name:
        sent["name"] = template.name
    for number, text in enumerate(texts):
        subject, body = text.in_force()
        sent |= {
            f"texts-{number}-id": str(text.pk),
            f"texts-{number}-template": str(template.pk),
            f"texts-{number}-subject": changed.get(f"subject_{text.language}", subject),
            f"texts-{number}-body": changed.get(f"body_{text.language}", body),
        }
    return sent


def text_of(template: Template, language: str = "fr") -> TemplateText:
    return template.texts.get(language=language)


def errors(answer) -> list[str]:
    found = re.findall(
        r'<p class="field-error errorlist"><span>(.*?)</span>', answer.content.decode(), re.DOTALL
    )
    return [unescape(one).replace("\N{NO-BREAK SPACE}", " ") for one in found]


def test_the_list_says_when_each_mail_is_sent_and_whose_text_it_is(staff_client, standard):
    staff_client.post(page(standard), form_of(standard, subject_fr="À bientôt", body_fr=BODY))
    html = unescape(staff_client.get(LIST).content.decode()).replace("\N{NO-BREAK SPACE}", " ")
    assert "Français : le vôtre, English : d’origine" in html
    assert str(kinds()["reminder"].sent_when) in html


def test_a_text_of_a_kind_that_no_longer_exists_is_not_listed(staff_client, db):
    gone = Template.objects.create(kind="gone", name="")
    assert staff_client.get(page(gone)).status_code == 302
    assert "gone" not in staff_client.get(LIST).content.decode()


def test_a_text_is_saved_cleaned_and_its_history_signed(staff_client, administrator, standard):
    body = BODY + '<script>alert(1)</script><p style="color:red">Fin</p>'
    answer = staff_client.post(page(standard), form_of(standard, subject_fr=" À   bientôt ", body_fr=body))
    assert answer.status_code == 302
    text = text_of(standard)
    assert (text.subject, text.body) == ("À bientôt", BODY + "<p>Fin</p>")
    assert text.history.first().history_user == administrator


def test_saving_what_was_shown_keeps_the_original_and_leaves_no_trace(staff_client, standard):
    body = text_of(standard).in_force()[1].replace("\n", "")
    staff_client.post(page(standard), form_of(standard, body_fr=body))
    assert not text_of(standard).is_customised
    assert text_of(standard).history.count() == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"body_fr": "<p>Bonjour {{ prenon }}</p>"}, "{{ prenon }} n’existe pas : « prenom » ?"),
        ({"subject_fr": "{{ formul }}"}, "{{ formul }} n’existe pas : « formule » ?"),
        (
            {"body_fr": "<p>{% load x %}</p>"},
            "{% : un texte contient des variables entre {{ et }}, et aucune instruction.",
        ),
        ({"subject_fr": ""}, "Écrivez un objet, ou videz aussi le texte."),
        ({"body_fr": "<p></p>"}, "Écrivez un texte, ou videz aussi l’objet."),
    ],
)
def test_a_fault_is_told_at_its_field_and_the_text_is_kept(staff_client, standard, changed, message):
    answer = staff_client.post(page(standard), form_of(standard, **changed))
    assert errors(answer) == [message]
    ((_field, value),) = changed.items()
    if value != "<p></p>":
        assert value in unescape(answer.content.decode())
    assert not text_of(standard).is_customised


def test_the_legend_names_every_variable_allowed_and_no_other(staff_client, standard):
    html = staff_client.get(page(standard)).content.decode()
    assert set(re.findall(r'data-variable="(\w+)"', html)) == set(standard.allowed_names)
    assert "Dernier jour de service" in html


def tried(browser, template: Template, **fields) -> str:
    given = {
        "preview": "yes",
        "language": "fr",
        "subject": "Objet {{ prenom }}",
        "body": BODY,
        "client": "",
        **fields,
    }
    return unescape(browser.post(page(template, "try/"), given).content.decode())


def test_the_preview_shows_what_the_client_would_receive_in_a_frame_where_nothing_runs(
    staff_client, standard
):
    zoe = individual(first_name="Zoé", last_name="Petit")
    subscription(
        zoe,
        plan(name="Sérénité"),
        subscribed_on=date(2026, 1, 1),
        ends_on=timezone.localdate() + timedelta(days=3),
    )
    body = "<p>{{ formule }} se termine {{ echeance }}</p><p><a href='{{ lien_renouveler }}'>Oui</a></p>"
    html = tried(staff_client, standard, body=body, client=zoe.pk)
    assert "<iframe" in html
    assert "sandbox title=" in html
    assert "Objet Zoé" in html
    assert "Sérénité se termine dans 3 jours" in html
    assert "Oui ([lien personnel])" in html
    assert "\ue000" not in html


def test_the_frame_holds_the_mail_as_an_attribute_that_no_mail_can_leave(staff_client, standard):
    mean = individual(first_name='"></iframe><script>alert(1)</script>')
    answer = staff_client.post(
        page(standard, "try/"),
        {"preview": "yes", "language": "fr", "subject": "x", "body": BODY, "client": mean.pk},
    ).content.decode()
    assert re.search(r'srcdoc="[^"]*"></iframe>', answer)
    assert "<script" not in answer


def test_the_preview_of_the_preview_agrees_with_what_is_sent(staff_client, standard):
    """One path: the same text and the same client give the same mail."""
    zoe = individual(first_name="Zoé")
    staff_client.post(page(standard), form_of(standard, subject_fr="Objet {{ prenom }}", body_fr=BODY))
    shown = tried(staff_client, standard, client=zoe.pk)
    (mail,) = queue_all([Draft("reminder", "z@example.org", {"prenom": "Zoé"})], at=timezone.now())
    assert f"<pre>{mail.text}</pre>" in shown
    assert mail.html in unescape(shown)


def test_without_a_client_the_preview_is_invented_and_says_so(staff_client, standard):
    html = tried(staff_client, standard, subject="", body="")
    assert "Votre formule Confort se termine dans 8 jours" in html
    assert "Ces valeurs sont inventées" in html


def test_a_text_that_is_wrong_is_not_tried_but_explained(staff_client, standard):
    html = tried(staff_client, standard, body="<p>{{ prenon }}</p>").replace("\N{NO-BREAK SPACE}", " ")
    assert "Texte : {{ prenon }} n’existe pas : « prenom » ?" in html
    assert "<iframe" not in html


def test_the_client_of_another_manager_cannot_be_tried_on(client, standard, manager):
    manager.user_permissions.add(*Permission.objects.filter(codename__endswith="_template"))
    other = individual(first_name="Zorglub")
    own = individual(first_name="Zoé", manager=manager)
    client.force_login(manager)
    assert "Zorglub" not in tried(client, standard, client=other.pk)
    assert "Objet Zoé" in tried(client, standard, client=own.pk)
    look_up = "/admin/autocomplete/?app_label=mailing&model_name=mail&field_name=client&term=zorglub"
    assert client.get(look_up).json()["results"] == []


def test_a_test_is_a_real_mail_to_oneself_about_nothing(staff_client, administrator, standard, box):
    html = tried(
        staff_client,
        standard,
        test="yes",
        subject="Objet",
        body="<p>{{ lien_renouveler }}</p>",
        client=individual().pk,
    )
    assert administrator.email in html
    mail = Mail.objects.get()
    assert (mail.recipient, mail.client, mail.about_id, mail.kind) == (
        administrator.email,
        None,
        "",
        "reminder",
    )
    deliver(clock=timezone.now, senders=1)
    (message,) = box.to(administrator.email)
    assert message["Subject"] == "Essai\N{NO-BREAK SPACE}: Objet"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "/espace/" in message.get_body(("plain",)).get_content()


def test_the_original_text_comes_back_after_a_confirmation_and_the_history_tells_both(staff_client, standard):
    staff_client.post(page(standard), form_of(standard, subject_fr="À bientôt", body_fr=BODY))
    question = staff_client.get(page(standard, "reset/fr/"))
    assert "Renouveler ma formule" in question.content.decode()
    assert text_of(standard).is_customised
    staff_client.post(page(standard, "reset/fr/"))
    assert not text_of(standard).is_customised
    told = unescape(staff_client.get(page(standard, "history/")).content.decode())
    assert "À bientôt" in told
    assert "Revenir au texte d’origine" in told
    assert "<p>Bonjour {{ prenom }}" not in told


def test_a_further_text_says_what_the_standard_one_says_until_it_has_its_own(staff_client, standard):
    staff_client.post(page(standard), form_of(standard, subject_fr="Standard", body_fr=BODY))
    staff_client.post(f"{LIST}add/", {"kind": "reminder", "name": "Été"})
    summer = Template.objects.get(name="Été")
    draft = Draft("reminder", "z@example.org", {"prenom": "Zoé"}, template=summer)
    assert queue_all([draft], at=timezone.now())[0].subject == "Standard"
    assert 'value="Standard"' in staff_client.get(page(summer)).content.decode()
    staff_client.post(page(summer), form_of(summer, subject_fr="Bel été", body_fr=BODY))
    assert queue_all([draft], at=timezone.now())[0].subject == "Bel été"


def test_a_further_text_has_a_name_of_its_own(staff_client, standard):
    assert (
        "Ce champ est obligatoire"
        in staff_client.post(f"{LIST}add/", {"kind": "reminder", "name": ""}).content.decode()
    )
    staff_client.post(f"{LIST}add/", {"kind": "reminder", "name": "Été"})
    again = staff_client.post(f"{LIST}add/", {"kind": "reminder", "name": "Été"})
    assert "a déjà un texte de ce nom" in again.content.decode()


def test_a_standard_text_cannot_be_deleted_and_a_further_one_can(staff_client, standard):
    assert staff_client.post(page(standard, "delete/"), {"post": "yes"}).status_code == 403
    summer = Template.objects.create(kind="reminder", name="Été")
    assert staff_client.post(page(summer, "delete/"), {"post": "yes"}).status_code == 302
    assert list(Template.objects.filter(kind="reminder")) == [standard]


@pytest.mark.parametrize("view", ["try/", "reset/fr/"])
def test_who_may_not_change_texts_tries_none(client, standard, view):
    client.force_login(staff("lecture@example.org", "Read-only"))
    assert client.post(page(standard, view), {"language": "fr"}).status_code in (403, 404)
    assert Mail.objects.count() == 0


def test_nonsense_asked_of_a_trial_is_no_failure(staff_client, standard):
    for fields in ({"language": "xx"}, {"client": "abc"}, {"subject": "x" * 5000}, {}):
        assert staff_client.post(page(standard, "try/"), fields).status_code == 200
    assert staff_client.get(page(standard, "try/")).status_code == 404
    assert staff_client.get(page(standard, "reset/xx/")).status_code == 404


def test_the_list_costs_the_same_however_many_texts(staff_client, standard):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(LIST)
        return len(queries)

    cost()
    before = cost()
    for number in range(3):
        staff_client.post(f"{LIST}add/", {"kind": "reminder", "name": f"Texte {number}"})
    assert cost() == before
