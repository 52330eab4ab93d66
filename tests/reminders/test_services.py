"""Which reminders leave, which do not, and why."""

from datetime import date, timedelta

import pytest
import time_machine

from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.mailing.rendering import marks_in
from crm.mailing.services import note_bounce, oppose
from crm.organisation.models import Organisation
from crm.products import services as products
from crm.products.models import Plan
from crm.reminders.choosing import chosen
from crm.reminders.models import Pause, Reminder, Rule, Run
from crm.reminders.services import NotNow, do_not_send, note_printed, send_now
from tests import factories
from tests.reminders.playing import (
    DAY,
    LONG_AGO,
    days_go_by,
    everything_leaves,
    noon,
    pass_on,
    sent_on,
    service,
    told,
)

END = date(2026, 11, 30)
pytestmark = pytest.mark.usefixtures("rules")


def before(days: int) -> date:
    return END - timedelta(days=days)


def test_a_service_is_reminded_of_six_times_and_never_after_its_end():
    service(END)
    days_go_by(before(40), END + 5 * DAY)
    assert sent_on() == [before(days) for days in (30, 15, 8, 5, 3, 1)]
    assert told() == [(days, "mailed") for days in (30, 15, 8, 5, 3, 1)]


def test_a_second_pass_on_the_same_day_adds_nothing():
    service(END)
    pass_on(before(8))
    pass_on(before(8))
    assert Mail.objects.count() == 1
    assert Run.objects.get().mailed == 1


def test_after_a_halt_only_the_most_urgent_one_leaves_with_the_true_number_of_days():
    service(END)
    days_go_by(before(40), END, without={before(days) for days in range(4, 31)})
    assert told() == [
        (30, "superseded"),
        (15, "superseded"),
        (8, "superseded"),
        (5, "superseded"),
        (3, "mailed"),
        (1, "mailed"),
    ]


def test_the_text_of_a_late_reminder_says_the_days_that_are_left():
    service(END)
    pass_on(before(6))
    mail = Mail.objects.get()
    assert "dans 6 jours" in mail.text
    assert told() == [(30, "superseded"), (15, "superseded"), (8, "mailed")]


def test_on_the_last_day_a_missed_reminder_still_leaves_and_says_today():
    service(END)
    pass_on(END)
    assert "aujourd’hui" in Mail.objects.get().text


@time_machine.travel(noon(before(10)))
def test_what_had_passed_when_the_end_became_known_is_skipped_with_a_trace():
    service(END, end_known_on=before(10))
    days_go_by(before(10), END)
    assert told() == [
        (30, "skipped"),
        (15, "skipped"),
        (8, "mailed"),
        (5, "mailed"),
        (3, "mailed"),
        (1, "mailed"),
    ]
    assert Reminder.objects.get(days=30).why == "known_late"


def test_a_moved_end_opens_a_new_series_and_the_old_one_stops():
    term = service(END)
    days_go_by(before(40), before(8))
    with time_machine.travel(noon(before(7))):
        products.move_end(term, ends_on=END + 20 * DAY, at=noon(before(7)))
    days_go_by(before(7), END + 20 * DAY)
    assert told(ends_on=END) == [(30, "mailed"), (15, "mailed"), (8, "mailed")]
    assert told(ends_on=END + 20 * DAY) == [
        (30, "skipped"),
        (15, "mailed"),
        (8, "mailed"),
        (5, "mailed"),
        (3, "mailed"),
        (1, "mailed"),
    ]


def test_an_end_moved_away_and_back_repeats_nothing():
    term = service(END)
    days_go_by(before(40), before(8))
    with time_machine.travel(noon(before(8))):
        products.move_end(term, ends_on=END + 200 * DAY, at=noon(before(8)))
        products.move_end(term, ends_on=END, at=noon(before(8)))
    days_go_by(before(8), END)
    assert sent_on() == [before(days) for days in (30, 15, 8, 5, 3, 1)]


def test_never_two_reminders_of_a_service_in_a_day():
    term = service(END)
    pass_on(before(8))
    everything_leaves(noon(before(8)))
    with time_machine.travel(noon(before(8))):
        products.move_end(term, ends_on=before(3), at=noon(before(8)))
    pass_on(before(8))
    assert len(sent_on()) == 1
    days_go_by(before(7), END)
    assert sent_on() == [before(8), before(7), before(6), before(4)]


@pytest.mark.parametrize(
    "ending",
    [
        lambda term, day: products.renew(term, at=noon(day)),
        lambda term, day: products.stop(term, day=day, at=noon(day)),
        lambda term, day: products.cancel(term, day=END - DAY, at=noon(day)),
        lambda term, day: products.archive(term, day=day, at=noon(day)),
        lambda term, day: Client.objects.filter(pk=term.client_id).update(archived_on=day),
        lambda term, day: Pause.objects.create(subscription=term, starts_on=day),
        lambda term, day: Pause.objects.create(client=term.client, starts_on=day),
        lambda term, day: Pause.objects.create(starts_on=day),
    ],
    ids=[
        "renewed",
        "stopped",
        "cancelled",
        "archived",
        "client archived",
        "paused",
        "client paused",
        "holidays",
    ],
)
def test_nothing_leaves_once_the_service_needs_no_reminder(ending):
    ending(service(END), before(20))
    days_go_by(before(20), END)
    assert Mail.objects.count() == 0


def test_without_an_ending_the_same_days_bring_reminders():
    """The control of the story above."""
    service(END)
    days_go_by(before(20), END)
    assert Mail.objects.count() == 6


def test_after_the_holidays_only_the_most_urgent_one_leaves():
    service(END)
    Pause.objects.create(starts_on=before(31), ends_on=before(6))
    days_go_by(before(40), END)
    assert sent_on() == [before(days) for days in (5, 3, 1)]


def test_a_formule_may_have_its_own_days():
    plan = factories.plan(name="Hebdo")
    Rule.objects.create(plan=plan, days=2, active_from=LONG_AGO)
    service(END, plan=plan)
    days_go_by(before(40), END)
    assert sent_on() == [before(2)]


def test_a_stopped_rule_says_nothing():
    Rule.objects.exclude(days=8).update(is_active=False)
    service(END)
    days_go_by(before(40), END)
    assert sent_on() == [before(8)]


def test_a_new_rule_says_nothing_of_days_that_had_passed():
    service(END)
    days_go_by(before(40), before(8))
    Rule.objects.create(days=10, active_from=before(7))
    Rule.objects.create(days=6, active_from=before(7))
    days_go_by(before(7), END)
    assert (10, "skipped") in told()
    assert sent_on() == [before(days) for days in (30, 15, 8, 6, 5, 3, 1)]


def test_two_services_that_end_together_make_two_mails():
    client = factories.individual(email="zoe@example.org")
    service(END, client=client)
    service(END, client=client)
    pass_on(before(8))
    assert Mail.objects.count() == 2


def test_or_one_when_the_office_chose_so():
    organisation = Organisation.objects.current()
    organisation.joins_reminders = True
    organisation.save()
    client = factories.individual(email="zoe@example.org")
    terms = [service(END, client=client), service(END, client=client)]
    pass_on(before(8))
    mail = Mail.objects.get()
    assert all(term.plan.name in mail.text for term in terms)
    assert Reminder.objects.filter(mails=mail, days=8).count() == 2


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (lambda client: Client.objects.filter(pk=client.pk).update(email=""), "no_address"),
        (lambda client: note_bounce(client.email, "no", at=noon(END), is_final=True), "refused"),
        (lambda client: oppose(client.email, at=noon(END)), "opposed"),
    ],
)
def test_who_cannot_be_mailed_joins_the_letters_to_print(trouble, why, administrator):
    term = service(END)
    trouble(term.client)
    pass_on(before(8))
    (letter,) = Reminder.objects.letters_to_print()
    assert (letter.days, letter.why, Mail.objects.count()) == (8, why, 0)
    assert note_printed([letter], at=noon(END), by=administrator) == 1
    assert Reminder.objects.letters_to_print().count() == 0
    assert "8 jours" in term.client.timeline.latest("pk").summary


def test_a_mail_that_comes_back_becomes_a_letter():
    service(END)
    pass_on(before(8))
    mail = Mail.objects.get()
    note_bounce(mail.recipient, "gone", at=noon(before(8)), is_final=True, mail=mail)
    pass_on(before(7))
    assert Reminder.objects.letters_to_print().get().why == "refused"


def test_a_mail_that_waited_over_night_is_written_anew_with_the_days_that_are_left():
    service(END)
    pass_on(before(8))
    pass_on(before(7))
    first, second = Mail.objects.order_by("pk")
    assert (first.status, second.status) == ("cancelled", "queued")
    assert "dans 7 jours" in second.text
    assert told()[-1] == (8, "mailed")


def test_a_mail_that_waited_until_a_closer_day_gives_way_to_it():
    service(END)
    pass_on(before(8))
    pass_on(before(5))
    assert told()[-2:] == [(8, "superseded"), (5, "mailed")]
    assert sorted(Mail.objects.values_list("status", flat=True)) == ["cancelled", "queued"]


def test_one_may_be_sent_now_and_is_not_sent_again_on_its_day(administrator):
    term = service(END)
    send_now(term, days=8, day=before(12), at=noon(before(12)), by=administrator)
    everything_leaves(noon(before(12)))
    days_go_by(before(11), END)
    assert sent_on() == [before(12), before(5), before(3), before(1)]


def test_one_may_be_kept_from_leaving(administrator):
    term = service(END)
    do_not_send(term, days=8, day=before(12), at=noon(before(12)), by=administrator)
    days_go_by(before(9), END)
    assert sent_on() == [before(9), before(5), before(3), before(1)]


def test_what_waits_can_still_be_stopped_and_what_has_left_cannot(administrator):
    term = service(END)
    pass_on(before(8))
    do_not_send(term, days=8, day=before(8), at=noon(before(8)), by=administrator)
    assert Mail.objects.get().status == "cancelled"
    days_go_by(before(7), before(5))
    with pytest.raises(NotNow):
        do_not_send(term, days=5, day=before(5), at=noon(before(5)), by=administrator)


def test_a_service_already_over_is_not_reminded_of_by_hand(administrator):
    with pytest.raises(NotNow):
        send_now(service(END), days=1, day=END + DAY, at=noon(END), by=administrator)


def test_a_crowd_is_flagged_and_still_served():
    for day in range(1, 11):
        Run.objects.create(day=before(8) - day * DAY, finished_at=noon(END), mailed=10)
    plan = factories.plan()
    client = factories.individual(email="zoe@example.org")
    for _number in range(51):
        service(END, plan=plan, client=client)
    run = pass_on(before(8))
    assert (run.mailed, run.is_unusual) == (51, True)


def test_choosing_takes_three_statements_however_many_there_are(django_assert_num_queries):
    client = factories.individual(email="zoe@example.org")
    for number in range(5):
        service(END + number * DAY, client=client)
    with django_assert_num_queries(3):
        assert len(chosen(before(8))) == 5


# Tacit renewal


@pytest.fixture
def tacit(rules) -> Plan:
    return factories.plan(name="Entretien", renewal=Plan.Renewal.TACIT, notice_months=1)


def notices() -> list[tuple[date, str]]:
    rows = Reminder.objects.filter(purpose=Reminder.Purpose.NOTICE)
    return [(row.day, row.status) for row in rows]


def test_the_notice_of_renewal_leaves_as_soon_as_the_law_allows(tacit):
    service(date(2026, 12, 31), plan=tacit)
    days_go_by(date(2026, 8, 25), date(2026, 9, 10))
    assert notices() == [(date(2026, 8, 30), "mailed")]
    mail = Mail.objects.get()
    assert "========" in mail.text
    assert "30 novembre 2026" in mail.text
    assert "31 décembre 2027" in mail.text


@pytest.mark.parametrize(
    ("make", "is_told"), [(factories.association, True), (factories.professional, False)]
)
def test_the_notice_is_chosen_by_kind_of_client(tacit, make, is_told):
    service(date(2026, 12, 31), plan=tacit, client=make(email="bureau@example.org"))
    pass_on(date(2026, 9, 1))
    assert bool(notices()) is is_told


def test_a_tacit_service_is_renewed_once_on_its_last_day(tacit):
    term = service(END, plan=tacit, subscribed_on=date(2025, 12, 1))
    days_go_by(END - DAY, END + 3 * DAY)
    assert term.client.subscriptions.count() == 2
    term.refresh_from_db()
    assert term.renewed_by.ends_on == date(2027, 11, 30)


def test_a_tacit_service_that_was_stopped_is_not_renewed(tacit):
    term = service(END, plan=tacit, subscribed_on=date(2025, 12, 1))
    products.stop(term, day=before(20), at=noon(before(20)))
    days_go_by(END - DAY, END + 3 * DAY)
    assert term.client.subscriptions.count() == 1


def test_an_old_tacit_service_entered_afterwards_is_not_revived(tacit):
    term = service(END, plan=tacit, end_known_on=END + DAY)
    pass_on(END + DAY)
    assert term.client.subscriptions.count() == 1


def test_a_service_that_is_not_renewed_is_told_its_end_and_offered_no_renewal():
    service(END, plan=factories.plan(name="Formation", renewal=Plan.Renewal.NONE))
    pass_on(before(8))
    mail = Mail.objects.get(kind="final_reminder")
    assert "Elle ne se renouvelle pas : le service s’arrête à cette date" in mail.text
    assert marks_in(mail.html) == {"lien_rappel"}


def test_joined_reminders_offer_a_renewal_only_of_what_is_renewed():
    organisation = Organisation.objects.current()
    organisation.joins_reminders = True
    organisation.save()
    client = factories.individual(email="zoe@example.org")
    plans = [factories.plan(name=name, renewal=name) for name in ("none", "on_request")]
    for plan in plans * 2:
        service(END, client=client, plan=plan)
    pass_on(before(8))
    joined = {
        mail.kind: set(mail.reminders.values_list("subscription__plan__renewal"))
        for mail in Mail.objects.all()
    }
    assert joined == {"reminder": {("on_request",)}, "final_reminder": {("none",)}}
    assert Reminder.objects.filter(days=8, mails__isnull=False).count() == 4


def test_a_tacit_service_has_its_own_text(tacit):
    service(END, plan=tacit)
    pass_on(before(8))
    assert Mail.objects.get(kind="tacit_reminder").text.count("2027") >= 1
