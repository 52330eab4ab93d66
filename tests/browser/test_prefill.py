"""A formule fills the form of its subscription, and never what a person typed (S0-09)."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from crm.products.models import Subscription
from tests import factories

PRICE, RATE, END = "#id_price_excl_tax", "#id_vat_rate", "#id_ends_on"
# Twice what the page waits before it asks for the values of a formule.
A_WHILE = 800


@pytest.fixture
def form(staff_page) -> Page:
    client = factories.individual()
    factories.plan(name="Confort")
    factories.plan(name="Premium", price_excl_tax=Decimal(250), vat_rate=Decimal("5.5"))
    staff_page.goto(f"/admin/products/subscription/add/?client={client.pk}")
    staff_page.wait_for_load_state("networkidle")
    return staff_page


def test_the_values_follow_the_formule_until_one_is_typed(form):
    form.fill("#id_subscribed_on", "01/12/2026")
    form.select_option("#id_plan", label="Confort")
    expect(form.locator(PRICE)).to_have_value("100,00")
    expect(form.locator(END)).to_have_value("30/11/2027")
    form.fill(PRICE, "90")

    form.select_option("#id_plan", label="Premium")

    expect(form.locator(RATE)).to_have_value("5,50")
    expect(form.locator(PRICE)).to_have_value("90")
    form.fill("#id_subscribed_on", "01/01/2027")
    form.press("#id_subscribed_on", "Tab")
    expect(form.locator(END)).to_have_value("31/12/2027")
    form.fill(END, "30/06/2027")
    form.fill("#id_subscribed_on", "01/02/2027")
    form.press("#id_subscribed_on", "Tab")
    form.wait_for_timeout(A_WHILE)
    expect(form.locator(END)).to_have_value("30/06/2027")


def test_who_saves_before_the_answer_has_what_the_server_fills_blanks_with(form):
    form.select_option("#id_plan", label="Confort")
    expect(form.locator(PRICE)).to_have_value("100,00")
    form.route("**/defaults/**", lambda route: None)  # an answer that never comes
    form.fill("#id_subscribed_on", "01/12/2030")
    form.press("#id_subscribed_on", "Tab")
    expect(form.locator(END)).to_have_value("")
    form.select_option("#id_plan", label="Premium")
    expect(form.locator(PRICE)).to_have_value("")

    form.get_by_role("button", name="Enregistrer", exact=True).click()
    form.wait_for_url("**/admin/products/subscription/")

    term = Subscription.objects.get()
    assert (f"{term.ends_on}", term.price_excl_tax) == ("2031-11-30", Decimal(250))


def test_a_page_that_comes_back_with_an_error_keeps_what_was_typed(form):
    form.select_option("#id_plan", label="Confort")
    expect(form.locator(PRICE)).to_have_value("100,00")
    typed = {PRICE: "1 234,50 €", RATE: "0", END: "30/06/2030"}
    for field, value in typed.items():
        form.fill(field, value)

    form.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(form.locator(".errorlist").first).to_be_attached()
    form.wait_for_load_state("networkidle")
    form.wait_for_timeout(A_WHILE)

    assert {field: form.input_value(field) for field in typed} == typed
    form.select_option("#id_plan", label="Premium")
    form.wait_for_timeout(A_WHILE)
    assert {field: form.input_value(field) for field in typed} == typed


def test_the_price_with_tax_follows_what_is_typed(form):
    """S0-09: half up to the cent, as it is saved."""
    total = form.locator(".field-incl_tax .readonly")
    form.select_option("#id_plan", label="Confort")
    expect(total).to_have_text("120,00\u00a0€")
    form.fill(PRICE, "1 234,55")
    expect(total).to_have_text("1\u202f481,46\u00a0€")
    form.fill(RATE, "5,5")
    form.fill(PRICE, "0,10")
    expect(total).to_have_text("0,11\u00a0€")
    form.fill(PRICE, "beaucoup")
    expect(total).to_have_text("–")
