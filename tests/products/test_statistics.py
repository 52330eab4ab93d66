"""S0-20 and 2.11: figures are sums of what each subscription says."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from crm.products import statistics
from crm.products.instalments import instalments
from crm.products.models import BillingPeriod, Subscription
from crm.products.statistics import Month, Sold, Turnover, months_to
from tests.products.conftest import TODAY, new_client, new_plan

MONTHS = months_to(TODAY, 12)


@pytest.fixture
def crowd(subscribe, plan):
    """Two hundred terms around the year, some renewed, cancelled or archived; same seed, same crowd."""
    dice = random.Random(20)
    plans = [plan, new_plan(name="Confort", price_excl_tax=Decimal("19.99"), vat_rate=Decimal("5.5"))]
    gone = new_client(archived_on=TODAY)
    for _ in range(200):
        start = date(2025, 1, 1) + timedelta(days=dice.randrange(760))
        end = start + timedelta(days=dice.randrange(800))
        fields = {"plan": dice.choice(plans), "subscribed_on": start, "ends_on": end}
        fields["billing_period"] = dice.choice(BillingPeriod.values)
        if dice.random() < 0.2:
            fields["cancelled_on"] = min(end, start + timedelta(days=dice.randrange(-20, 400)))
        if dice.random() < 0.1:
            fields["archived_on"] = TODAY
        if dice.random() < 0.1:
            fields["client"] = gone
        if dice.random() < 0.3:
            fields["renews"] = Subscription.objects.filter(renewed_by=None).first()
        if dice.random() < 0.5:
            fields["anchor_on"] = date(2024, 1, 31)
        subscribe(**fields)
    return Subscription.objects.all()


def test_months_follow_one_another_and_know_their_days():
    assert (MONTHS[0], MONTHS[-1], len(MONTHS)) == (Month(2025, 12), Month(2026, 11), 12)
    assert (Month(2024, 2).first_day, Month(2024, 2).last_day) == (date(2024, 2, 1), date(2024, 2, 29))
    assert Month(2026, 12).last_day == date(2026, 12, 31)


def test_sales_per_formule_and_per_month_are_the_rows_counted_one_by_one(crowd, django_assert_num_queries):
    kept = [
        term
        for term in crowd.select_related("client")
        if not term.archived_on and not term.client.archived_on and Month.of(term.subscribed_on) in MONTHS
    ]
    with django_assert_num_queries(1):
        sold = statistics.sales(crowd, MONTHS)
    new = Counter(term.plan_id for term in kept if term.renews_id is None)
    every = Counter(term.plan_id for term in kept)
    assert sold.by_plan == {plan: Sold(new[plan], every[plan] - new[plan]) for plan in every}
    by_month = Counter((Month.of(term.subscribed_on), term.renews_id is None) for term in kept)
    assert sold.by_month == {month: Sold(by_month[month, True], by_month[month, False]) for month in MONTHS}


def test_the_turnover_of_a_month_is_the_sum_of_its_instalments(crowd, django_assert_num_queries):
    expected = dict.fromkeys(MONTHS, Turnover())
    for term in crowd.filter(archived_on=None, client__archived_on=None):
        for due in instalments(term):
            if (month := Month.of(due.due_on)) in expected:
                before = expected[month]
                expected[month] = Turnover(before.excl_tax + due.excl_tax, before.incl_tax + due.incl_tax)
    with django_assert_num_queries(1):
        found = statistics.turnover(crowd, MONTHS)
    assert found == expected
    assert sum(month.vat for month in found.values()) > 0


def test_the_lists_of_each_state_share_every_subscription(crowd):
    states = {
        "running": crowd.running_on(TODAY),
        "upcoming": crowd.upcoming_on(TODAY),
        "cancelled": crowd.cancelled_before(TODAY),
        "ended": crowd.ended_on(TODAY).exclude(cancelled_on__lt=TODAY),
        "archived": crowd.put_away(),
    }
    found = {pk: name for name, rows in states.items() for pk in rows.values_list("pk", flat=True)}
    said = {
        term.pk: term.state_on(TODAY, ending_soon_days=30).value.replace("ending", "running")
        for term in crowd.select_related("client", "renewed_by")
    }
    assert found == said
    assert sum(rows.count() for rows in states.values()) == 200
    assert set(found.values()) == set(states)


def test_what_ends_soon_is_the_same_for_the_list_and_for_each_row(crowd):
    said = {
        term.pk
        for term in crowd.select_related("client", "renewed_by")
        if term.state_on(TODAY, ending_soon_days=30) == Subscription.State.ENDING
    }
    assert set(crowd.ending_within(TODAY, 30).values_list("pk", flat=True)) == said != set()


def test_running_terms_are_counted_per_formule(crowd):
    expected = Counter(crowd.running_on(TODAY).values_list("plan_id", flat=True))
    assert statistics.running_by_plan(crowd, TODAY) == expected


def test_a_manager_has_the_figures_of_their_own_clients(subscribe, manager, plan):
    mine = manager()
    subscribe(client=new_client(manager=mine), subscribed_on=date(2026, 11, 1))
    subscribe(subscribed_on=date(2026, 11, 1))
    own = Subscription.objects.visible_to(mine)
    assert statistics.sales(own, MONTHS).by_plan == {plan.pk: Sold(1, 0)}
    assert statistics.turnover(own, MONTHS)[Month(2026, 11)] == Turnover(Decimal(10), Decimal(12))
    mine.user_permissions.add(Permission.objects.get(codename="see_every_client"))
    everyone = Subscription.objects.visible_to(type(mine).objects.get(pk=mine.pk))
    assert statistics.sales(everyone, MONTHS).by_plan == {plan.pk: Sold(2, 0)}
