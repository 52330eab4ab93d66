"""What a client sees in their space, and what they ask about a service (S0-12, S0-13)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.access.impersonating import begin
from crm.access.models import Access
from crm.change_requests.models import ChangeRequest, ServiceRequest
from crm.change_requests.services import accept, ask, refuse, submit, withdraw
from crm.products.services import renew, stop
from crm.timeline.models import Entry
from crm.timeline.services import record
from tests import factories
from tests.portal.conftest import CHANGE, NOW, REQUESTS, SPACE, as_shown, everything, signed_in, text_of

BUTTONS = {"renouveler", "arreter", "rappel", "modifier"}


def buttons(response) -> set[str]:
    return set(re.findall(r"/espace/formules/\d+/(\w+)/", response.content.decode()))


def of(term, verb: str) -> str:
    return f"/espace/formules/{term.pk}/{verb}/"


# Reading


def test_the_record_is_read_with_the_fields_of_its_kind_and_nothing_of_the_office(http, chloe, administrator):
    chloe.birth_date, chloe.legal_name, chloe.notes = date(1980, 5, 4), "Cachée SARL", "Paie en retard"
    chloe.manager, chloe.source = administrator, "Salon de Lyon"
    chloe.save()
    text = text_of(http.get(SPACE))
    shown = [
        "Petit",
        "Chloé",
        "4 mai 1980",
        "chloe@example.org",
        "06 39 98 00 00",
        "12 rue du Lac",
        "75001 Paris",
    ]
    assert [words for words in [*shown, chloe.code] if words not in text] == []
    hidden = ["Cachée SARL", "Paie en retard", "Ada Admin", "Salon de Lyon", "Site web", "SIRET"]
    assert [words for words in hidden if words in text] == []


def test_an_organisation_reads_its_own_fields(clock, db):
    bakery = factories.professional(siret="73282932000074", office_phone="+33199000001", last_name="Martin")
    text = text_of(signed_in(factories.opening(bakery, email="pain@example.org")).get(SPACE))
    shown = ["Votre entreprise", "Boulangerie Imaginaire", "732 829 320 00074", "01 99 00 00 01", "Martin"]
    assert [words for words in shown if words not in text] == []
    assert "Date de naissance" not in text


def test_what_ends_first_is_on_top_as_a_person_says_it_and_what_is_past_is_folded(http, chloe, confort, term):
    later = factories.plan(name="Premium", price_excl_tax=1000)
    factories.subscription(chloe, later, ends_on=date(2027, 3, 31))
    factories.subscription(chloe, confort, subscribed_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    response = http.get(SPACE)
    text = text_of(response)
    shown = [
        "Se termine dans 8 jours, le 30 novembre 2026",
        "100,00 €",
        "20,00 €",
        "20 %",
        "120,00 €",
        "Annuelle",
    ]
    assert [words for words in shown if words not in text] == []
    assert [one.term.plan.name for one in response.context["present"]] == ["Confort", "Premium"]
    assert "1 formule passée" in text
    assert "1 200,00 €" in text
    assert text.index("<details") < text.index("du 1 janvier 2024 au 31 décembre 2024")


def test_a_formule_tells_since_when_and_what_it_is_and_keeps_its_origin_for_the_office(http, term):
    assert "Souscrit le</dt><dd>1 janvier 2026" in text_of(http.get(SPACE))
    term.description, term.origin = "Deux sites et une boîte", "Salon de Lyon"
    term.save()
    text = text_of(http.get(SPACE))
    assert ("Deux sites et une boîte" in text, "Salon de Lyon" in text) == (True, False)


def test_a_service_that_is_renewed_stopped_or_tacit_says_so(http, chloe, term, administrator):
    renew(term, at=NOW, by=administrator)
    stopped = factories.subscription(chloe, factories.plan(name="Veille"), ends_on=date(2026, 12, 31))
    stop(stopped, day=NOW.date(), at=NOW, by=administrator)
    tacit = factories.plan(name="Club", renewal="tacit")
    factories.subscription(chloe, tacit, ends_on=date(2027, 1, 31))
    text = text_of(http.get(SPACE))
    shown = [
        "Elle est renouvelée jusqu’au 30 novembre 2027",
        "elle ne sera pas renouvelée",
        "Elle se poursuit d’elle-même",
    ]
    assert [words for words in shown if words not in text] == []


def test_an_empty_space_says_what_to_do(http):
    text = text_of(http.get(SPACE))
    assert ("pas de formule en ce moment" in text, "Nos réponses" in text) == (True, False)
    assert "Rien n’attend notre réponse" in text_of(http.get(REQUESTS))


def test_the_sheet_to_print_holds_the_record_and_every_formule(http, term):
    text = text_of(http.get("/espace/fiche/"))
    shown = ["Au 22 novembre 2026", "Confort", "30/11/2026", "120,00 €", "chloe@example.org"]
    assert [words for words in shown if words not in text] == []
    assert '<form method="post" action="/espace/formules' not in text


def test_the_space_speaks_english_to_who_reads_english(http, chloe, term):
    chloe.preferred_language = "en"
    chloe.save()
    text = text_of(http.get(SPACE))
    assert "Ends in 8 days, on Nov. 30, 2026" in text
    assert [word for word in ("Votre", "Renouveler", "Demander") if word in text] == []


def test_pages_are_kept_nowhere_and_name_no_client(http, chloe, term):
    submit(chloe, {"city": "Lyon"}, by=None, at=NOW)
    for page in (SPACE, CHANGE, REQUESTS, "/espace/fiche/", "/espace/historique/", of(term, "modifier")):
        response = http.get(page)
        html = response.content.decode()
        assert (response.status_code, "no-store" in response["Cache-Control"]) == (200, True)
        assert "'unsafe" not in response["Content-Security-Policy"]
        assert re.findall(r"<script|<style| style=| on\w+=", html) == []
        numbered = re.findall(r'(?:href|action)="/espace/(\w+)/[^"]*\d', html)
        assert set(numbered) <= {"formules", "demandes"}


def test_the_pages_cost_the_same_however_much_there_is_to_read(http, chloe, user, term, administrator):
    def fill(number: int) -> None:
        plan = factories.plan(name=f"Formule {number}")
        for year in (2025, 2027):
            one = factories.subscription(
                chloe, plan, subscribed_on=date(year - 2, 1, 1), ends_on=date(year, 6, 30)
            )
            ask(one, "renew", origin="space", at=NOW)
        accept(ask(one, "renew", origin="space", at=NOW), by=administrator, at=NOW)
        change = submit(chloe, {"city": f"Ville {number}"}, by=user, at=NOW)
        withdraw(change, by=user, at=NOW)

    counts = []
    for number in (1, 2, 3):
        fill(number)
        counts.append(
            [count(http, page) for page in (SPACE, REQUESTS, "/espace/fiche/", "/espace/historique/")]
        )
    assert counts[0] == counts[1] == counts[2]


def count(http, page: str) -> int:
    with CaptureQueriesContext(connection) as found:
        http.get(page)
    return len(found)


# Asking


def test_one_click_asks_another_answer_amends_and_the_client_may_withdraw(http, term, user):
    assert buttons(http.get(SPACE)) == BUTTONS
    text = text_of(http.post(of(term, "renouveler"), follow=True))
    assert "C’est noté : Renouveler Confort" in text
    request = ServiceRequest.objects.get()
    assert (request.kind, request.origin, request.asked_by) == ("renew", "space", user)
    for _click in range(3):
        http.post(of(term, "arreter"))
    request.refresh_from_db()
    assert (ServiceRequest.objects.count(), request.kind) == (1, "stop")
    assert "Arrêter Confort à son terme" in text_of(http.get(REQUESTS))
    response = http.post(f"/espace/demandes/{request.pk}/retirer/", follow=True)
    assert "Votre demande est retirée" in text_of(response)
    request.refresh_from_db()
    assert request.status == "withdrawn"
    again = text_of(http.post(f"/espace/demandes/{request.pk}/retirer/", follow=True))
    assert "Cette demande a été retirée" in again


def test_a_button_of_a_reminder_and_the_space_are_one_request(http, term):
    ask(term, "renew", origin="mail", at=NOW)
    assert "vous nous avez demandé : <strong>Renouveler Confort" in text_of(http.get(SPACE))
    http.post(of(term, "rappel"))
    assert ServiceRequest.objects.get().kind == "call_back"


def test_another_formule_another_billing_or_one_s_own_words(http, term):
    premium = factories.plan(name="Premium", price_excl_tax=200)
    factories.plan(name="Ancienne", is_on_sale=False)
    page = of(term, "modifier")
    text = text_of(http.get(page))
    assert ("Premium, 240,00 € TTC" in text, "Ancienne" in text) == (True, False)
    assert "Dites ce que vous souhaitez changer" in text_of(http.post(page, {}))
    http.post(page, {"plan": premium.pk, "billing_period": "monthly", "message": "Dès janvier"})
    request = ServiceRequest.objects.get()
    said = (request.kind, request.wanted_plan, request.wanted_billing, request.message)
    assert said == ("change", premium, "monthly", "Dès janvier")
    assert "Formule souhaitée : Premium" in text_of(http.get(SPACE))


@pytest.mark.parametrize("value", ["0", "999999999999999999999999", "x", "-1"])
def test_a_formule_that_is_not_on_offer_is_not_asked_for(http, term, value):
    response = http.post(of(term, "modifier"), {"plan": value, "message": "Celle-ci"})
    assert (response.status_code, ServiceRequest.objects.count()) == (200, 0)


def test_only_what_is_possible_is_offered_and_done(http, chloe, term, administrator):
    """The rules are those of the reminders' buttons."""
    renew(term, at=NOW, by=administrator)
    assert buttons(http.get(SPACE)) == {"modifier", "rappel", "arreter"}
    before = everything()
    text = text_of(http.post(of(term, "renouveler"), follow=True))
    assert ("déjà renouvelé" in text, everything() == before) == (True, True)
    assert "déjà renouvelé" in text_of(http.post(of(term, "arreter"), follow=True))
    assert everything() == before


def test_a_service_just_over_may_still_be_renewed_and_an_old_one_not(http, clock, term):
    clock.move_to(datetime(2026, 12, 3, 10, tzinfo=UTC))
    http.force_login(Access.objects.get().user)
    response = http.get(SPACE)
    assert "Terminée il y a 3 jours, le 30 novembre 2026" in text_of(response)
    assert buttons(response) == {"renouveler", "rappel"}
    assert "ne peut plus être demandé" in text_of(http.post(of(term, "arreter"), follow=True))
    clock.move_to(datetime(2027, 1, 3, 10, tzinfo=UTC))
    http.force_login(Access.objects.get().user)
    response = http.get(SPACE)
    assert (buttons(response), "1 formule passée" in text_of(response)) == (set(), True)
    http.post(of(term, "renouveler"))
    http.post(of(term, "modifier"), {"message": "Encore"})
    assert ServiceRequest.objects.count() == 0


def test_who_asks_a_change_is_told_which_request_it_replaces(http, term):
    assert "prendra la place" not in text_of(http.get(of(term, "modifier")))
    ask(term, "call_back", origin="space", at=NOW)
    assert "prendra la place de « Rappel au sujet de" in text_of(http.get(of(term, "modifier")))


def test_answers_are_read_with_their_reason(http, chloe, confort, term, administrator, user):
    refuse(ask(term, "stop", origin="space", at=NOW), reason="Préavis dépassé", by=administrator, at=NOW)
    accept(ask(term, "renew", origin="space", at=NOW), by=administrator, at=NOW + timedelta(hours=1))
    for page in (SPACE, REQUESTS):
        text = text_of(http.get(page))
        shown = ["Préavis dépassé", "Nous ne pouvons pas", "renouvelée jusqu’au 30 novembre 2027"]
        assert [words for words in shown if words not in text] == []


def test_who_came_in_their_place_and_why_is_theirs_to_read_and_the_notes_of_the_office_are_not(
    http, chloe, user, administrator
):
    assert "Rien pour l’instant" in text_of(http.get("/espace/historique/"))
    begin(chloe, user=user, by=administrator, reason="Aider au téléphone", at=NOW)
    record(chloe, Entry.Kind.CHANGED, "Note du bureau", at=NOW, by=administrator)
    text = text_of(http.get("/espace/historique/"))
    assert ("Ada Admin a ouvert votre espace" in text, "Aider au téléphone" in text) == (True, True)
    assert "Note du bureau" not in text


# Whose


def test_what_belongs_to_somebody_else_is_not_there_and_nothing_is_written(stranger, term, chloe):
    """C1: the same answer for what is another's and for what does not exist."""
    request = ask(term, "renew", origin="space", at=NOW)
    submit(chloe, {"city": "Lyon"}, by=None, at=NOW)
    http = signed_in(stranger)
    before = everything()
    for key in (term.pk, 10**6, 10**30):
        for verb in BUTTONS:
            assert http.post(f"/espace/formules/{key}/{verb}/", {"message": "x"}).status_code == 404
        assert http.get(f"/espace/formules/{key}/modifier/").status_code == 404
    for key in (request.pk, 10**6, 10**30):
        assert http.post(f"/espace/demandes/{key}/retirer/").status_code == 404
    http.post("/espace/modifier/retirer/")
    for page in (SPACE, CHANGE, REQUESTS, "/espace/fiche/", "/espace/historique/"):
        text = text_of(http.get(page))
        assert [words for words in ("Petit", "Lyon", "Confort", "chloe@") if words in text] == []
    assert everything() == before


def test_who_opens_two_clients_acts_for_the_one_they_chose(clock, chloe, term):
    other = factories.association()
    both = factories.opening(chloe, other, email="famille@example.org")
    http = signed_in(both)
    assert http.get(SPACE).url == "/espace/choix/"
    assert http.post(of(term, "renouveler")).url == "/espace/choix/"
    http.post("/espace/choix/", {"client": other.pk})
    assert "Ouvrir un autre compte" in text_of(http.get(SPACE))
    assert http.post(of(term, "renouveler")).status_code == 404
    http.post("/espace/choix/", {"client": chloe.pk})
    assert http.post(of(term, "renouveler")).status_code == 302
    assert ServiceRequest.objects.get().asked_by == both


def test_who_asks_without_end_is_slowed_down(http, term):
    """B8: each request that is withdrawn and asked again would be one more mail to the office."""
    answers = []
    for _time in range(31):
        answers.append(http.post(of(term, "renouveler")).status_code)
        latest = ServiceRequest.objects.latest("pk")
        answers.append(http.post(f"/espace/demandes/{latest.pk}/retirer/").status_code)
    assert (answers.count(302), answers[-2:]) == (60, [429, 429])
    assert http.get(SPACE).status_code == 200


WRITES = ["renouveler", "arreter", "rappel", "modifier"]


def test_nothing_is_written_by_reading_nor_without_a_token(http, user, term, chloe):
    ask(term, "renew", origin="space", at=NOW)
    submit(chloe, {"city": "Lyon"}, by=user, at=NOW)
    before = everything()
    for verb in WRITES:
        http.get(of(term, verb))
    http.get("/espace/modifier/retirer/")
    http.get(f"/espace/demandes/{ServiceRequest.objects.get().pk}/retirer/")
    assert everything() == before
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(user)
    before = everything()
    assert {strict.post(of(term, verb)).status_code for verb in WRITES} == {403}
    assert strict.post(CHANGE, {"city": "Lyon"}).status_code == 403
    assert everything() == before


@pytest.mark.parametrize("may_write", [False, True])
def test_in_the_place_of_a_client_one_reads_and_writes_only_when_that_was_granted(
    user, chloe, term, administrator, may_write
):
    http = signed_in(administrator)
    access = Access.objects.get(user=user)
    page = reverse("admin:clients_client_impersonate", args=[chloe.pk, access.pk])
    http.post(page, {"user_pk": user.pk, "reason": "Aider", "may_write": "on" if may_write else ""})
    assert "12 rue du Lac" in text_of(http.get(SPACE))
    statuses = {
        http.post(of(term, "renouveler")).status_code,
        http.post(CHANGE, as_shown(http.get(CHANGE)) | {"city": "Lyon"}).status_code,
    }
    signed = [*ServiceRequest.objects.values_list("asked_by", flat=True)]
    signed += ChangeRequest.objects.values_list("asked_by", flat=True)
    if may_write:
        assert (statuses, signed) == ({302}, [administrator.pk, administrator.pk])
    else:
        assert (statuses, signed) == ({403}, [])


def test_the_menu_leads_to_each_page_and_says_how_much_waits(http, chloe, term):
    ask(term, "renew", origin="space", at=NOW)
    text = text_of(http.get(REQUESTS))
    assert 'href="/espace/demandes/" aria-current="page">Mes demandes <span class="badge">1</span>' in text
    assert [page for page in (SPACE, CHANGE) if f'href="{page}"' not in text] == []
