"""Services drawn from a seed, in every situation that reminders meet."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from crm.clients.models import Client
from crm.mailing.models import MailAddress
from crm.products.models import Plan, Subscription
from crm.reminders.models import Pause, Reminder, Rule
from tests import factories
from tests.reminders.playing import DAY, LONG_AGO, days_go_by, noon, service


def populate(seed: int, today: date, *, number: int = 40) -> list[Subscription]:
    """Services around `today`, after a week in which the passes were done, but on one day; then what people did."""
    draw = random.Random(seed)
    plans = _plans()
    clients = [_client(draw, number) for number in range(8)]
    terms = [_term(draw, draw.choice(plans), draw.choice(clients), today) for _number in range(number)]
    days_go_by(today - 7 * DAY, today - DAY, without={today - draw.randint(2, 6) * DAY})
    for term in terms:
        _something_happens(draw, term, today)
    return list(Subscription.objects.all())


def _plans() -> list[Plan]:
    own = factories.plan(name="Hebdo")
    Rule.objects.bulk_create(Rule(plan=own, days=days, active_from=LONG_AGO) for days in (10, 2))
    tacit = {"renewal": Plan.Renewal.TACIT}
    return [
        factories.plan(name="Sur demande"),
        own,
        factories.plan(name="Tacite", notice_months=1, **tacit),
        factories.plan(name="Tacite sans préavis", notice_months=0, **tacit),
    ]


def _client(draw: random.Random, number: int) -> Client:
    email = draw.choice([f"client{number}@example.org", f"client{number}@example.org", ""])
    make: Callable[..., Client] = draw.choice(
        [factories.individual, factories.professional, factories.association]
    )
    client = make(email=email)
    if email and draw.random() < 0.2:
        MailAddress.objects.create(email=email, refused_at=noon(LONG_AGO))
    return client


def _term(draw: random.Random, plan: Plan, client: Client, today: date) -> Subscription:
    far = draw.choice([draw.randint(-3, 45), draw.randint(-3, 45), draw.randint(45, 200)])
    known = draw.choice([LONG_AGO, LONG_AGO, today - draw.randint(0, 12) * DAY])
    return service(today + far * DAY, plan=plan, client=client, end_known_on=known)


def _something_happens(draw: random.Random, term: Subscription, today: date) -> None:
    what, day = draw.random(), today - draw.randint(0, 5) * DAY
    if what < 0.08:
        starts = today + draw.randint(-5, 10) * DAY
        whom = draw.choice([{"subscription": term}, {"client": term.client}])
        ends = draw.choice([None, starts + timedelta(days=draw.randint(0, 12))])
        Pause.objects.create(starts_on=starts, ends_on=ends, **whom)
    elif what < 0.14:
        Subscription.objects.filter(pk=term.pk).update(not_renewed_on=day)
    elif what < 0.18:
        Subscription.objects.filter(pk=term.pk).update(archived_on=day)
    elif what < 0.30 and term.ends_on > today:
        _by_hand(draw, term, today)


def _by_hand(draw: random.Random, term: Subscription, today: date) -> None:
    staff = factories.staff(f"staff{term.pk}@example.org")
    Reminder.objects.get_or_create(
        subscription=term,
        ends_on=term.ends_on,
        days=draw.choice([8, 5, 3, 2]),
        defaults={
            "status": draw.choice([Reminder.Status.LETTER, Reminder.Status.SKIPPED]),
            "day": today - DAY,
            "written_at": noon(today - DAY),
            "by": staff,
        },
    )
