"""S0-21, S1-05, S2-05: what leaves in a file."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy

from crm.clients.models import Client, Tag
from crm.exchange.exports import ClientResource, MailingResource, PlanResource, SubscriptionResource
from tests import factories

pytestmark = pytest.mark.django_db


def exported(resource, queryset) -> list[dict]:
    keys = list(resource.fields)
    return [dict(zip(keys, row, strict=True)) for row in resource.rows(queryset, keys)]


def test_a_record_leaves_with_its_shown_number_and_its_words_in_french():
    client = factories.individual(civility="MME", country="BE", postcode="01000", mobile="+33639980001")

    (row,) = exported(ClientResource(), Client.objects.all())

    assert row["number"] == client.code
    assert (row["kind"], row["country"], row["civility"]) == ("Particulier", "Belgique", "Mme")
    assert (row["postcode"], row["mobile"]) == ("01000", "+33639980001")


def test_the_activity_code_leaves_with_its_dot_and_the_legal_form_with_its_name():
    factories.professional(activity_code="6201Z", legal_form="5710")

    (row,) = exported(ClientResource(), Client.objects.all())

    assert (row["activity_code"], row["legal_form"]) == ("62.01Z", "SAS")


def test_each_client_leaves_with_its_own_tags_in_alphabetical_order():
    tagged, plain = factories.individual(), factories.individual()
    tagged.tags.add(Tag.objects.create(name="VIP"), Tag.objects.create(name="Parrain"))

    rows = {row["number"]: row["tags"] for row in exported(ClientResource(), Client.objects.all())}

    assert rows == {tagged.code: "Parrain, VIP", plain.code: ""}


@pytest.mark.parametrize("count", [1, 3])
def test_an_export_costs_the_same_queries_whatever_the_number_of_clients(count, django_assert_num_queries):
    for _ in range(count):
        factories.individual().tags.add(Tag.objects.get_or_create(name="VIP")[0])

    with django_assert_num_queries(2):
        assert len(exported(ClientResource(), Client.objects.all())) == count


def test_the_mailing_export_holds_names_and_addresses_only():
    assert {"birth_date", "notes", "siret", "mobile"} & set(MailingResource().fields) == set()
    assert {"last_name", "street", "postcode", "city"} <= set(MailingResource().fields)


def test_a_formule_and_a_subscription_leave_with_amounts_as_numbers_and_days_as_days():
    plan = factories.plan(billing_period="monthly", renewal="tacit")
    client = factories.individual()
    factories.subscription(client, plan, subscribed_on=date(2026, 1, 31))

    (of_plan,) = exported(PlanResource(), plan.__class__.objects.all())
    (row,) = exported(SubscriptionResource(), client.subscriptions.all())

    assert (of_plan["price_excl_tax"], of_plan["billing_period"]) == (Decimal("100.00"), "Mensuelle")
    assert (row["client"], row["plan"], row["subscribed_on"]) == (client.code, "Confort", date(2026, 1, 31))
    assert (row["price_excl_tax"], row["price_incl_tax"]) == (Decimal("100.00"), Decimal("120.00"))


def test_every_heading_of_an_export_is_different():
    for resource in (ClientResource(), MailingResource(), PlanResource(), SubscriptionResource()):
        headings = [resource.heading(key) for key in resource.fields]
        assert len(set(headings)) == len(headings)


EXPORT = reverse_lazy("admin:clients_client_export")


def said(response) -> str:
    """What the page says will leave."""
    text = response.content.decode().split('class="export-count">')[1].split("</p>")[0]
    return " ".join(text.replace("<b>", "").replace("</b>", "").replace("\xa0", " ").split())


def test_the_page_of_an_export_says_how_many_rows_leave_and_by_which_filter(staff_client):
    there = [factories.individual(postcode="69003", last_name="Petit") for _ in range(2)]
    factories.individual(postcode="35000")

    def asked(query: str) -> str:
        return said(staff_client.get(f"{EXPORT}{query}"))

    assert asked("") == "3 clients dans le fichier – toute la liste, sans filtre"
    assert asked("?region=84") == "2 clients dans le fichier – Région : Auvergne-Rhône-Alpes"
    assert asked("?region=84&p=9&_changelist_filters=x") == asked("?region=84")
    assert asked("?region=53&q=nobody") == "0 client dans le fichier – Région : Bretagne, recherche : nobody"
    assert asked(f"?id__in={there[0].pk}") == "1 client dans le fichier – les lignes cochées"


def test_the_page_of_an_export_costs_the_same_queries_for_one_client_and_for_three(staff_client):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert staff_client.get(f"{EXPORT}?region=84").status_code == 200
        return len(queries)

    factories.individual(postcode="69003")
    cost()
    one = cost()
    factories.individual(postcode="69003")
    factories.individual(postcode="69003")
    assert cost() == one


def test_the_box_of_all_columns_is_shown_by_its_script_only_and_never_sent(staff_client):
    factories.individual()

    page = staff_client.get(EXPORT).content.decode()

    assert (
        '<label class="export-all" hidden><input type="checkbox" data-all> Toutes les colonnes</label>'
        in page
    )
