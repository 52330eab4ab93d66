"""The sheet: which fields a kind shows, what is mandatory, what saving writes."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from crm.clients.models import Client
from crm.clients.rules import KIND_FIELDS
from crm.products.models import Subscription
from crm.timeline.models import Entry
from tests.backoffice.conftest import ADD, LIST, sheet
from tests.factories import association, individual, plan, professional, staff, subscription

ALL_KIND_FIELDS = {field for fields in KIND_FIELDS.values() for field in fields}


def shown_fields(html: str) -> set[str]:
    return set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', html))


def starred_labels(html: str) -> list[str]:
    return re.findall(r'for="id_(\w+)">[^<]* <span class="star"', html)


@pytest.mark.parametrize("kind", Client.Kind.values)
def test_a_new_record_shows_the_fields_of_its_kind_and_no_other(staff_client, kind):
    """S0-01, S0-04 to S0-06."""
    shown = shown_fields(staff_client.get(ADD, {"kind": kind}).content.decode())
    assert shown & ALL_KIND_FIELDS == set(KIND_FIELDS[kind])


@pytest.mark.parametrize(
    ("kind", "starred"),
    [
        ("individual", ["last_name", "first_name"]),
        ("professional", ["legal_name", "trade_name"]),
        ("association", ["association_name"]),
    ],
)
def test_only_the_mandatory_fields_bear_a_star(staff_client, kind, starred):
    """S2-02, S3-02."""
    assert starred_labels(staff_client.get(ADD, {"kind": kind}).content.decode()) == starred


def test_without_a_kind_the_three_are_offered(staff_client):
    html = staff_client.get(ADD).content.decode()
    assert [f"?kind={kind}" in html for kind in Client.Kind.values] == [True, True, True]


@pytest.mark.parametrize(
    ("kind", "given", "wrong"),
    [
        ("individual", {"last_name": "Petit"}, {"first_name"}),
        ("individual", {"first_name": "Chloé"}, {"last_name"}),
        ("professional", {"last_name": "Petit"}, {"legal_name"}),
        ("association", {"rna": "W751000001"}, {"association_name"}),
    ],
)
def test_form_and_database_agree_on_what_is_missing(staff_client, kind, given, wrong):
    answer = staff_client.post(f"{ADD}?kind={kind}", sheet(**given))
    assert set(answer.context["adminform"].form.errors) == wrong
    with pytest.raises(IntegrityError), transaction.atomic():
        Client.objects.create(kind=kind, **given)
    assert Client.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("individual", {"last_name": "Petit", "first_name": "Chloé"}),
        ("professional", {"trade_name": "Chez Chloé"}),
        ("professional", {"legal_name": "Chloé SARL"}),
        ("association", {"association_name": "Les Amis"}),
    ],
)
def test_the_mandatory_fields_alone_make_a_record(staff_client, kind, given):
    answer = staff_client.post(f"{ADD}?kind={kind}", sheet(created_on="", preferred_language="", **given))
    client = Client.objects.get()
    assert answer.status_code == 302
    assert (client.kind, client.status, client.number, client.preferred_language) == (
        kind,
        "inactive",
        1,
        "fr",
    )


def test_numbers_are_never_given_twice(staff_client):
    """S0-02, S3-01."""
    first = individual()
    first.delete()
    staff_client.post(f"{ADD}?kind=association", sheet(association_name="Les Amis"))
    assert Client.objects.get().code == "CLT-002"


def test_values_come_back_as_people_write_them(staff_client):
    """S0-05, and telephones."""
    client = professional(siret="73282932000074", activity_code="6201Z", mobile="+33639980001")
    html = staff_client.get(f"{LIST}{client.pk}/change/").content.decode()
    values = dict(re.findall(r'name="(siret|siren|activity_code|mobile)" value="([^"]*)"', html))
    spaced = {name: value.replace(" ", " ").replace("\u202f", " ") for name, value in values.items()}
    assert spaced == {
        "siret": "732 829 320 00074",
        "siren": "732 829 320",
        "activity_code": "62.01Z",
        "mobile": "06 39 98 00 01",
    }


def test_saving_what_is_shown_changes_nothing(staff_client):
    client = professional(siret="73282932000074", activity_code="6201Z", mobile="+33639980001", country="FR")
    data = sheet(
        legal_name=client.legal_name, siret="732 829 320 00074", siren="732 829 320", activity_code="62.01Z",
        mobile="06 39 98 00 01", created_on=f"{client.created_on:%d/%m/%Y}",
    )  # fmt: skip
    assert staff_client.post(f"{LIST}{client.pk}/change/", data).status_code == 302
    assert [entry.summary for entry in Entry.objects.all()] == []


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "data:text/html,x", "ftp example"])
def test_a_website_that_is_not_one_is_refused(staff_client, typed):
    answer = staff_client.post(f"{ADD}?kind=association", sheet(association_name="Les Amis", website=typed))
    assert list(answer.context["adminform"].form.errors) == ["website"]


def test_a_website_without_a_scheme_is_taken_as_https(staff_client):
    staff_client.post(f"{ADD}?kind=association", sheet(association_name="Les Amis", website="example.org"))
    assert Client.objects.get().website == "https://example.org"


def test_a_bad_value_is_said_beside_its_field_and_nothing_is_written(staff_client):
    answer = staff_client.post(
        f"{ADD}?kind=professional",
        sheet(legal_name="Chloé SARL", siret="7,32829E+13", mobile="12 34 56 78 90 12"),
    )
    assert set(answer.context["adminform"].form.errors) == {"siret", "mobile"}
    assert Client.objects.count() == 0


def test_a_formule_is_given_on_the_sheet_with_the_price_of_its_plan(staff_client):
    """S0-07: 100,00 HT at 20 % for a year."""
    client, of = individual(), plan()
    data = sheet(last_name="Petit", first_name="Chloé")
    data |= {
        "subscriptions-TOTAL_FORMS": "1",
        "subscriptions-MAX_NUM_FORMS": "1000",
        "subscriptions-0-client": str(client.pk),
        "subscriptions-0-plan": str(of.pk),
        "subscriptions-0-subscribed_on": "01/01/2027",
    }
    assert staff_client.post(f"{LIST}{client.pk}/change/", data).status_code == 302
    term = Subscription.objects.get()
    assert (term.price_excl_tax, term.price_incl_tax, term.ends_on) == (
        Decimal("100.00"),
        Decimal("120.00"),
        date(2027, 12, 31),
    )
    assert [entry.kind for entry in Entry.objects.filter(kind=Entry.Kind.SUBSCRIBED)] == ["subscribed"]


def test_a_rate_of_zero_without_its_reason_is_a_message_not_a_failure(staff_client):
    client, of = individual(), plan()
    data = sheet(last_name="Petit", first_name="Chloé")
    data |= {
        "subscriptions-TOTAL_FORMS": "1",
        "subscriptions-MAX_NUM_FORMS": "1000",
        "subscriptions-0-client": str(client.pk),
        "subscriptions-0-plan": str(of.pk),
        "subscriptions-0-subscribed_on": "01/01/2027",
        "subscriptions-0-price_excl_tax": "10",
        "subscriptions-0-vat_rate": "0",
    }
    assert staff_client.post(f"{LIST}{client.pk}/change/", data).status_code == 200
    assert Subscription.objects.count() == 0


def test_the_rate_of_zero_of_a_formule_brings_its_reason_to_the_row(staff_client):
    client, of = individual(), plan(vat_rate=Decimal(0), vat_exemption_reason="art. 261, 7-1° du CGI")
    data = sheet(last_name="Petit", first_name="Chloé") | {
        "subscriptions-TOTAL_FORMS": "1",
        "subscriptions-0-client": str(client.pk),
        "subscriptions-0-plan": str(of.pk),
        "subscriptions-0-subscribed_on": "01/01/2027",
        "subscriptions-0-price_excl_tax": "10,00",
        "subscriptions-0-vat_rate": "0,00",
    }
    assert staff_client.post(f"{LIST}{client.pk}/change/", data).status_code == 302
    assert Subscription.objects.get().vat_exemption_reason == "art. 261, 7-1° du CGI"


@pytest.mark.parametrize("page", ["change", "view"])
def test_the_sheet_costs_the_same_whatever_it_holds(
    staff_client, django_assert_max_num_queries, django_assert_num_queries, page, time_machine
):
    time_machine.move_to("2026-11-22")
    client, of = association(), plan()
    url = f"{LIST}{client.pk}/{page}/"
    subscription(client, of, ends_on=date(2027, 1, 1))
    staff_client.get(url)
    with django_assert_max_num_queries(15) as few:
        staff_client.get(url)
    for number in range(19):
        subscription(client, of, ends_on=date(2027, 1, 2), description=str(number))
        if number < 10:
            client.addresses.create(city=f"Ville {number}")
    with django_assert_num_queries(len(few)):
        answer = staff_client.get(url)
    assert len(answer.content) < 150_000


def test_the_panel_of_subscriptions_tells_what_was_noted_of_them_and_only_that(staff_client):
    client, of = individual(), plan()
    address = f"{LIST}{client.pk}/panel/subscriptions/"
    term = subscription(client, of)
    assert 'class="beneath"' not in staff_client.get(address).content.decode()
    term.description, term.origin = "Deux <sites>\net une boîte", "Salon 2026"
    term.save()
    html = staff_client.get(address).content.decode()
    noted = re.findall(r'<div class="beneath">(.*?)</div>', html, re.DOTALL)
    assert noted == ["Deux &lt;sites&gt;<br>et une boîte", "Origine\xa0: Salon 2026"]


def test_only_those_who_see_every_client_choose_the_manager(client, manager):
    client.force_login(manager)
    own = individual(manager=manager)
    assert "manager" not in shown_fields(client.get(f"{LIST}{own.pk}/change/").content.decode())
    client.force_login(staff("boss@example.org", "Administrator"))
    assert "manager" in shown_fields(client.get(f"{LIST}{own.pk}/change/").content.decode())


def test_who_may_only_read_finds_nothing_to_fill_in(client, db):
    client.force_login(staff("read@example.org", "Read-only"))
    own = individual()
    assert (
        shown_fields(client.get(f"{LIST}{own.pk}/change/").content.decode()) & {"last_name", "notes"} == set()
    )
    assert client.post(f"{LIST}{own.pk}/change/", sheet(last_name="X", first_name="Y")).status_code == 403


def test_who_only_reads_sees_links_and_neither_empty_fields_nor_advice(staff_client):
    client = professional(office_phone="+33199000005", email="contact@example.org", siret="", trade_name="")
    html = staff_client.get(f"{LIST}{client.pk}/view/").content.decode()
    assert '<a href="tel:+33199000005">01 99 00 00 05</a>' in html
    assert '<a href="mailto:contact@example.org">contact@example.org</a>' in html
    assert [word for word in ("Code APE", "Nom commercial", "help-block") if word in html] == []


def test_what_was_saved_is_said_without_gender(staff_client):
    answer = staff_client.post("/admin/clients/tag/add/", {"name": "VIP", "color": "#5b7083"}, follow=True)
    assert next(str(one) for one in answer.context["messages"]).endswith("\xa0: enregistrement effectué.")
