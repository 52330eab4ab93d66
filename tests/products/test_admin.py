"""S0-07 to S0-10, S0-15: formules and subscriptions on the desk."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.products import services
from crm.products.models import Plan, Subscription
from crm.timeline.models import Entry
from tests.products.conftest import AT, TODAY, new_client, new_plan

SUBSCRIPTIONS = "/admin/products/subscription/"
PLANS = "/admin/products/plan/"
DAY = timedelta(days=1)
SAID = "Le non-renouvellement a été annoncé le 22/11/2026\u00a0: reprenez d’abord l’abonnement."


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22T10:00:00+01:00", tick=False):
        yield


def verb(subscription: Subscription, name: str) -> str:
    return reverse("admin:products_subscription_verb", args=[subscription.pk, name])


def rows(response) -> list:
    return list(response.context["cl"].result_list)


def typed(client, plan, **fields) -> dict:
    """What the add form posts when nothing but the two choices is filled."""
    names = [
        "ends_on",
        "description",
        "origin",
        "price_excl_tax",
        "vat_rate",
        "vat_exemption_reason",
        "billing_period",
    ]
    blank = dict.fromkeys(names, "")
    return {"client": client.pk, "plan": plan.pk, "subscribed_on": "05/01/2026"} | blank | fields


def test_the_lists_and_their_forms_open(staff_client, subscribe, plan):
    term = subscribe()
    for address in [
        SUBSCRIPTIONS,
        SUBSCRIPTIONS + "add/",
        f"{SUBSCRIPTIONS}{term.pk}/change/",
        PLANS,
        PLANS + "add/",
    ]:
        assert staff_client.get(address).status_code == 200, address
    for name in ["change", "delete", "history"]:
        assert staff_client.get(f"{PLANS}{plan.pk}/{name}/").status_code == 200
        assert staff_client.get(f"{SUBSCRIPTIONS}{term.pk}/{name}/").status_code == 200


@pytest.mark.parametrize("address", [SUBSCRIPTIONS, PLANS])
def test_a_list_costs_the_same_number_of_queries_for_one_and_three_rows(
    staff_client, subscribe, django_assert_num_queries, address
):
    def make(number: int) -> None:
        term = subscribe(
            plan=new_plan(name=f"Formule {number}"), client=new_client(), ends_on=TODAY + 9 * DAY
        )
        services.renew(term, at=AT)

    make(1)
    staff_client.get(address)
    with CaptureQueriesContext(connection) as counted:
        staff_client.get(address)
    before = len(counted)
    make(2)
    make(3)
    with django_assert_num_queries(before):
        staff_client.get(address)


@pytest.mark.parametrize(
    ("address", "labels"),
    [
        (SUBSCRIPTIONS, ["Client", "Souscrit le", "Date de fin", "État", "HT", "TVA", "TTC"]),
        (PLANS, ["HT", "TVA", "TTC", "Facturation", "Renouvellement", "En vente", "En cours"]),
    ],
)
def test_each_value_of_a_list_bears_the_name_of_its_column(staff_client, subscribe, address, labels):
    subscribe(plan=new_plan(name="<b>Or</b>"))
    html = staff_client.get(f"{address}?q=Or").content.decode()
    assert re.findall(r'<td data-label="(.*?)" class="field-', html) == labels
    assert '<td class="action-checkbox">' in html
    assert ("&lt;b&gt;Or" in html, "<b>Or" in html) == (True, False)


def test_blanks_take_what_the_formule_says(staff_client, plan, customer):
    assert staff_client.post(SUBSCRIPTIONS + "add/", typed(customer, plan)).status_code == 302
    term = Subscription.objects.get()
    assert (term.ends_on, term.price_incl_tax, term.billing_period) == (
        date(2027, 1, 4),
        Decimal("12.00"),
        "yearly",
    )
    assert Entry.objects.get(client=customer, target_id=str(term.pk)).kind == Entry.Kind.SUBSCRIBED


def test_a_french_comma_is_understood_and_an_impossible_day_is_explained(staff_client, plan, customer):
    fields = typed(customer, plan, price_excl_tax="33,33", vat_rate="5,5")
    assert staff_client.post(SUBSCRIPTIONS + "add/", fields).status_code == 302
    assert Subscription.objects.get().price_incl_tax == Decimal("35.16")
    for start in ["05/01/9999", "31/12/9999", "01/01/0001", "31/02/2026"]:
        answer = staff_client.post(SUBSCRIPTIONS + "add/", typed(customer, plan, subscribed_on=start))
        assert answer.status_code == 200
        assert "subscribed_on" in answer.context["adminform"].form.errors
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize("price", ["1 234,50", "1\u00a0234,50\u00a0€", "1\u202f234,50 €", "1234.5"])
@pytest.mark.parametrize("rate", ["2,1", "2,1\u00a0%"])
def test_an_amount_is_understood_as_our_screens_write_it(staff_client, plan, customer, price, rate):
    fields = typed(customer, plan, price_excl_tax=price, vat_rate=rate)
    assert staff_client.post(SUBSCRIPTIONS + "add/", fields).status_code == 302
    term = Subscription.objects.get()
    assert (term.price_excl_tax, term.vat_rate) == (Decimal("1234.50"), Decimal("2.10"))


def test_a_formule_takes_the_same_amounts_and_refuses_what_is_none(staff_client):
    fields = {
        "name": "Presse",
        "price_excl_tax": "1\u202f234,50\u00a0€",
        "vat_rate": "5,5 %",
        "billing_period": "yearly",
        "duration_months": "12",
        "renewal": "on_request",
        "notice_months": "1",
        "reminder_rules-TOTAL_FORMS": "0",
        "reminder_rules-INITIAL_FORMS": "0",
    }
    answer = staff_client.post(PLANS + "add/", fields | {"price_excl_tax": "douze €"})
    assert list(answer.context["adminform"].form.errors) == ["price_excl_tax"]
    assert staff_client.post(PLANS + "add/", fields).status_code == 302
    made = Plan.objects.get()
    assert (made.price_excl_tax, made.vat_rate) == (Decimal("1234.50"), Decimal("5.50"))


@pytest.mark.parametrize("address", [SUBSCRIPTIONS, PLANS])
def test_the_rate_says_that_zero_needs_a_reason_before_the_error(staff_client, address):
    page = staff_client.get(address + "add/").content.decode()
    assert "Un taux de 0 demande son motif, ci-dessous." in page


def test_what_was_typed_comes_back_with_the_error(staff_client, plan, customer):
    fields = typed(
        customer, plan, price_excl_tax="7,77", subscribed_on="31/02/2026", billing_period="monthly"
    )
    form = staff_client.post(SUBSCRIPTIONS + "add/", fields).context["adminform"].form
    assert (form["price_excl_tax"].value(), form["billing_period"].value()) == ("7,77", "monthly")


def test_who_may_only_look_reads_amounts_with_their_sign(client, manager, subscribe):
    user = manager()
    user.user_permissions.remove(*user.user_permissions.filter(codename="change_subscription"))
    plan = new_plan(name="Presse", price_excl_tax=Decimal("1234.50"), vat_rate=Decimal("2.10"))
    term = subscribe(client=new_client(manager=user), plan=plan)
    client.force_login(user)
    for address in [f"{SUBSCRIPTIONS}{term.pk}/change/", f"{PLANS}{plan.pk}/change/"]:
        page = client.get(address).content.decode().replace("\u202f", "\u00a0")
        for text in ["1\u00a0234,50\u00a0€", "2,1\u00a0%"]:
            assert text in page, (address, text)


def test_a_rate_of_zero_asks_for_its_reason(staff_client, plan, customer):
    fields = typed(customer, plan, price_excl_tax="10", vat_rate="0")
    answer = staff_client.post(SUBSCRIPTIONS + "add/", fields)
    assert list(answer.context["adminform"].form.errors) == ["vat_exemption_reason"]


def test_what_a_file_brought_without_a_reason_is_corrected_without_inventing_one(
    staff_client, plan, customer, subscribe
):
    term = subscribe(price_excl_tax=Decimal(10), vat_rate=Decimal(0))
    address = f"{SUBSCRIPTIONS}{term.pk}/change/"
    kept = typed(customer, plan, subscribed_on=f"{term.subscribed_on:%d/%m/%Y}", ends_on=f"{term.ends_on:%d/%m/%Y}",
                 price_excl_tax="10,00", vat_rate="0,00", billing_period=term.billing_period)  # fmt: skip
    assert staff_client.post(address, kept | {"description": "Corrigée"}).status_code == 302
    answer = staff_client.post(address, kept | {"price_excl_tax": "12"})
    assert list(answer.context["adminform"].form.errors) == ["vat_exemption_reason"]


def test_choosing_a_formule_gives_its_values_as_a_person_types_them(staff_client, plan):
    answer = staff_client.get(f"{PLANS}{plan.pk}/defaults/?from=2026-01-31").json()
    assert answer == {
        "price_excl_tax": "10,00",
        "vat_rate": "20,00",
        "vat_exemption_reason": "",
        "billing_period": "yearly",
        "ends_on": "30/01/2027",
    }
    assert staff_client.get(f"{PLANS}{plan.pk}/defaults/?from=2026-02-31").json()["ends_on"] == ""


def test_a_formule_off_sale_is_not_offered(staff_client, customer):
    old = new_plan(name="Ancienne", is_on_sale=False)
    answer = staff_client.post(SUBSCRIPTIONS + "add/", typed(customer, old))
    assert "plan" in answer.context["adminform"].form.errors


def test_a_manager_finds_no_trace_of_another_managers_subscriptions(client, manager, subscribe, plan):
    mine, theirs = manager(), manager()
    hidden = subscribe(client=new_client(manager=theirs, last_name="SECRET"))
    shown = subscribe(client=new_client(manager=mine))
    client.force_login(mine)
    assert rows(client.get(SUBSCRIPTIONS)) == [shown]
    assert rows(client.get(SUBSCRIPTIONS + "?q=secret")) == []
    assert client.get(f"{SUBSCRIPTIONS}{hidden.pk}/change/").status_code == 302
    assert client.get(f"{SUBSCRIPTIONS}{hidden.pk}/history/").status_code == 404
    version = f"{SUBSCRIPTIONS}{hidden.pk}/history/{hidden.history.first().pk}/"
    assert client.get(version).url == f"{SUBSCRIPTIONS}{hidden.pk}/history/"
    assert client.get(verb(hidden, "end")).status_code == 404
    assert client.post(verb(hidden, "end"), {"ends_on": "01/01/2030"}).status_code == 404
    answer = client.post(SUBSCRIPTIONS + "add/", typed(hidden.client, plan))
    assert "client" in answer.context["adminform"].form.errors
    client.post(
        SUBSCRIPTIONS, {"action": "renew_selected", "_selected_action": [hidden.pk], "confirmed": "yes"}
    )
    assert Subscription.objects.count() == 2
    assert client.get(PLANS).context["cl"].result_list[0].running_number == 1


def test_the_search_finds_a_subscription_by_its_client_without_accents(staff_client, subscribe):
    term = subscribe(client=new_client(last_name="LEFÈVRE", first_name="Amélie"))
    subscribe()
    assert rows(staff_client.get(SUBSCRIPTIONS + "?q=lefevre amelie")) == [term]
    assert rows(staff_client.get(SUBSCRIPTIONS + f"?q=clt-{term.client.number}")) == [term]


def test_the_end_is_one_click_from_the_list_and_comes_back_to_it(staff_client, subscribe):
    term = subscribe(ends_on=TODAY + 8 * DAY)
    listed = SUBSCRIPTIONS + "?state=ending"
    page = staff_client.get(listed)
    assert verb(term, "end") in page.content.decode()
    assert "dans 8 jours" in page.content.decode()
    staff_client.get(verb(term, "end"), headers={"referer": "http://testserver" + listed})
    answer = staff_client.post(
        verb(term, "end"), {"ends_on": "31/12/2027", "next": "http://testserver" + listed}
    )
    assert answer.url == "http://testserver" + listed
    term.refresh_from_db()
    assert term.ends_on == date(2027, 12, 31)
    assert (
        Entry.objects.exclude(kind="status").latest("pk").summary
        == "Abonnement «\u00a0Essentielle\u00a0»\u00a0: fin déplacée du 30/11/2026 au 31/12/2027"
    )


def test_no_foreign_address_is_come_back_to(staff_client, subscribe):
    term = subscribe()
    answer = staff_client.post(verb(term, "end"), {"ends_on": "31/12/2027", "next": "https://evil.example/"})
    assert answer.url == f"{SUBSCRIPTIONS}{term.pk}/change/"


@pytest.mark.parametrize("day", ["31/12/2020", "31/12/9999", "n'importe quoi", ""])
def test_an_end_that_cannot_be_is_refused_with_a_sentence(staff_client, subscribe, day):
    term = subscribe()
    answer = staff_client.post(verb(term, "end"), {"ends_on": day})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    term.refresh_from_db()
    assert term.ends_on == date(2026, 12, 31)


def test_several_are_renewed_at_once_in_numbers_and_refusals_are_explained(staff_client, subscribe):
    ready, stopped = subscribe(), subscribe(not_renewed_on=TODAY)
    chosen = {"action": "renew_selected", "_selected_action": [ready.pk, stopped.pk]}
    page = staff_client.post(SUBSCRIPTIONS, chosen)
    assert page.context["ready"] == [ready]
    assert page.context["refused"] == [(stopped, SAID)]
    answer = staff_client.post(SUBSCRIPTIONS, chosen | {"confirmed": "yes"}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "1 abonnement renouvelé.",
        f"1 non renouvelé\u00a0: {SAID}",
    ]
    assert Subscription.objects.get(renews=ready).subscribed_on == date(2027, 1, 1)


def test_stopping_and_cancelling_say_why_and_can_be_taken_back(staff_client, subscribe):
    term = subscribe()
    staff_client.post(verb(term, "stop"), {"day": "22/11/2026", "reason": "Déménage"})
    term.refresh_from_db()
    assert (term.not_renewed_on, term.stop_reason, term.last_day) == (TODAY, "Déménage", date(2026, 12, 31))
    assert staff_client.post(verb(term, "cancel"), {"day": "22/11/2026", "reason": ""}).context["form"].errors
    staff_client.post(verb(term, "cancel"), {"day": "22/11/2026", "reason": "Décès"})
    term.refresh_from_db()
    assert (term.last_day, term.stop_reason) == (TODAY, "Décès")
    staff_client.post(verb(term, "resume"))
    term.refresh_from_db()
    assert (term.not_renewed_on, term.cancelled_on, term.stop_reason) == (None, None, "")


def test_a_subscription_that_billed_is_not_deleted_but_archived(staff_client, subscribe):
    term = subscribe()
    page = staff_client.get(f"{SUBSCRIPTIONS}{term.pk}/delete/")
    assert page.context["protected"] == [f"{term}: 1 échéance est déjà due."]
    assert verb(term, "archive") in page.content.decode()
    staff_client.post(f"{SUBSCRIPTIONS}{term.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [term.pk], "post": "yes"}
    staff_client.post(SUBSCRIPTIONS, chosen)
    assert Subscription.objects.count() == 1
    staff_client.post(verb(term, "archive"))
    assert rows(staff_client.get(SUBSCRIPTIONS)) == []
    assert rows(staff_client.get(SUBSCRIPTIONS + "?state=archived")) == [term]


def test_a_subscription_that_billed_nothing_is_deleted(staff_client, subscribe):
    term = subscribe(subscribed_on=TODAY + DAY)
    staff_client.post(f"{SUBSCRIPTIONS}{term.pk}/delete/", {"post": "yes"})
    assert not Subscription.objects.exists()


def test_a_formule_with_subscriptions_is_taken_off_sale_instead_of_deleted(staff_client, subscribe, plan):
    subscribe()
    page = staff_client.get(f"{PLANS}{plan.pk}/delete/")
    assert page.context["protected"] == ["Essentielle: 1 abonnement en dépend."]
    staff_client.post(f"{PLANS}{plan.pk}/delete/", {"post": "yes"})
    assert Plan.objects.filter(is_on_sale=True).exists()
    staff_client.post(PLANS, {"action": "take_off_sale", "_selected_action": [plan.pk]})
    assert not Plan.objects.filter(is_on_sale=True).exists()
    assert plan.history.count() == 2
    staff_client.post(PLANS, {"action": "put_on_sale", "_selected_action": [plan.pk]})
    assert Plan.objects.filter(is_on_sale=True).exists()


def test_two_days_narrow_the_list_and_a_wrong_day_is_said(staff_client, subscribe):
    early, late = subscribe(ends_on=date(2026, 11, 30)), subscribe(ends_on=date(2026, 12, 31))
    assert rows(staff_client.get(SUBSCRIPTIONS + "?ends_from=2026-12-01&ends_to=2026-12-31")) == [late]
    assert rows(staff_client.get(SUBSCRIPTIONS + "?ends_to=2026-11-30")) == [early]
    answer = staff_client.get(SUBSCRIPTIONS + "?ends_from=2026-02-31")
    assert answer.status_code == 200
    assert len(rows(answer)) == 2
    assert len(answer.context["messages"]) == 1


def test_changing_a_subscription_is_told_with_its_fields(staff_client, subscribe, plan):
    term = subscribe()
    fields = typed(
        term.client, plan, subscribed_on="01/01/2026", ends_on="31/12/2026", price_excl_tax="12,00"
    )
    fields |= {"vat_rate": "20,00", "billing_period": "yearly", "origin": "Salon"}
    assert staff_client.post(f"{SUBSCRIPTIONS}{term.pk}/change/", fields).status_code == 302
    assert (
        Entry.objects.exclude(kind="status").latest("pk").summary
        == "Abonnement «\u00a0Essentielle\u00a0» modifié\u00a0: Origine, Prix HT"
    )
    term.refresh_from_db()
    assert term.price_incl_tax == Decimal("14.40")


def test_the_history_tells_old_and_new_values_in_french(staff_client, administrator, subscribe):
    term = subscribe()
    services.move_end(term, ends_on=date(2027, 6, 30), at=AT, by=administrator)
    page = staff_client.get(f"{SUBSCRIPTIONS}{term.pk}/history/").content.decode()
    for text in ["Ada Admin", "Date de fin", "31/12/2026", "30/06/2027", "Modification"]:
        assert text in page, text
