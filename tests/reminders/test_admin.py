"""What staff see and do: rules, pauses, the log, one-click verbs; each only with its rights and of its own clients."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.mailing.models import Mail
from crm.reminders.models import Pause, Reminder, Rule, Run
from tests import factories
from tests.reminders.playing import DAY, LONG_AGO, everything_leaves, noon, pass_on, service

TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def manager(db):
    return factories.staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion")


@pytest.fixture
def reader(db):
    return factories.staff("rita@example.org", "Read-only")


@pytest.fixture
def mine(manager):
    """A service of one of the manager's clients, that ends in eight days."""
    client = factories.individual(last_name="Àmoi", email="moi@example.org", manager=manager)
    return service(TODAY + 8 * DAY, client=client)


@pytest.fixture
def theirs(db):
    client = factories.individual(last_name="Ailleurs", email="autre@example.org")
    return service(TODAY + 8 * DAY, client=client)


def signed_in(client, user):
    client.force_login(user)
    return client


def page(name: str, *args) -> str:
    return reverse(f"admin:reminders_{name}", args=args)


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("\xa0", " ")


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


# Rules


def test_a_rule_is_added_and_says_nothing_of_the_days_that_passed(staff_client):
    staff_client.post(page("rule_add"), {"days": "20", "plan": "", "template": "", "is_active": "on"})
    assert Rule.objects.get(days=20).active_from == TODAY


def test_the_same_number_of_days_twice_is_refused(staff_client):
    answer = staff_client.post(page("rule_add"), {"days": "8", "plan": "", "template": "", "is_active": "on"})
    assert "Il y a déjà une relance à ce nombre de jours" in text(answer)
    assert Rule.objects.filter(days=8).count() == 1


def test_a_rule_stopped_then_put_in_force_again_starts_anew(staff_client):
    rule = Rule.objects.get(days=8)
    for action, active, since in (("stop", False, LONG_AGO), ("resume", True, TODAY)):
        staff_client.post(page("rule_changelist"), {"action": action, "_selected_action": [rule.pk]})
        rule.refresh_from_db()
        assert (rule.is_active, rule.active_from) == (active, since)


def test_putting_in_force_again_leaves_alone_the_rules_that_are(staff_client):
    rule = Rule.objects.get(days=8)
    staff_client.post(page("rule_changelist"), {"action": "resume", "_selected_action": [rule.pk]})
    rule.refresh_from_db()
    assert rule.active_from == LONG_AGO


@pytest.mark.parametrize(
    ("changed", "since"), [({}, LONG_AGO), ({"days": "9"}, TODAY), ({"is_active": ""}, LONG_AGO)]
)
def test_a_rule_starts_anew_when_it_says_something_else(staff_client, changed, since):
    rule = Rule.objects.get(days=8)
    sent = {"days": "8", "plan": "", "template": "", "is_active": "on", **changed}
    staff_client.post(
        page("rule_change", rule.pk),
        {name: value for name, value in sent.items() if value or name != "is_active"},
    )
    rule.refresh_from_db()
    assert rule.active_from == since


def test_a_formule_has_its_own_rules_on_its_page(staff_client):
    plan = factories.plan(name="Hebdo")
    url = reverse("admin:products_plan_change", args=[plan.pk])
    form = staff_client.get(url).context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    inline = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "0-days": "2", "0-is_active": "on", "0-plan": plan.pk}
    staff_client.post(url, {**data, **{f"reminder_rules-{name}": value for name, value in inline.items()}})
    assert [(rule.days, rule.active_from) for rule in plan.reminder_rules.all()] == [(2, TODAY)]


def test_a_manager_does_not_see_the_rules(client, manager):
    assert signed_in(client, manager).get(page("rule_changelist")).status_code == 403


# Pauses


def paused(browser, **fields):
    data = {
        "client": "",
        "subscription": "",
        "starts_on": "22/11/2026",
        "ends_on": "",
        "reason": "",
        **fields,
    }
    return browser.post(page("pause_add"), data, follow=True)


def test_a_manager_pauses_one_of_their_clients(client, manager, mine):
    paused(signed_in(client, manager), client=mine.client_id, ends_on="30/11/2026", reason="Litige")
    pause = Pause.objects.get()
    assert (pause.client, pause.ends_on, pause.by) == (mine.client, date(2026, 11, 30), manager)


def test_a_manager_cannot_pause_the_client_of_another(client, manager, theirs):
    answer = paused(signed_in(client, manager), client=theirs.client_id)
    assert not Pause.objects.exists()
    assert "Ailleurs" not in text(answer)


def test_two_blanks_pause_nobody(staff_client, client, manager):
    assert "Les relances de qui sont en pause" in text(paused(staff_client))
    assert "Les relances de qui sont en pause" in text(paused(signed_in(client, manager)))
    assert "Les relances de qui sont en pause" in text(paused(client, is_for_everybody="on"))
    assert not Pause.objects.exists()


def test_the_administrator_pauses_everybody(staff_client):
    paused(staff_client, is_for_everybody="on", ends_on="02/01/2027", reason="Congés")
    assert Pause.objects.get().is_general


def test_everybody_and_somebody_are_not_one(staff_client, mine):
    answer = paused(staff_client, is_for_everybody="on", client=mine.client_id)
    assert "pas les deux" in text(answer)
    assert not Pause.objects.exists()


def test_a_pause_that_ends_before_it_begins_is_refused(staff_client, mine):
    answer = paused(staff_client, client=mine.client_id, ends_on="01/11/2026")
    assert "La pause finit avant de commencer" in text(answer)


def test_a_manager_reads_the_general_pause_and_does_not_touch_it(client, manager, theirs):
    general = Pause.objects.create(starts_on=TODAY, reason="Congés")
    Pause.objects.create(client=theirs.client, starts_on=TODAY, reason="Secret")
    signed_in(client, manager)
    listed = text(client.get(page("pause_changelist")))
    assert ("Congés" in listed, "Secret" in listed) == (True, False)
    assert client.post(page("pause_change", general.pk), {"starts_on": "01/01/2026"}).status_code == 403
    assert client.post(page("pause_delete", general.pk), {"post": "yes"}).status_code == 403
    assert client.post(page("pause_resume", general.pk)).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [general.pk], "post": "yes"}
    client.post(page("pause_changelist"), chosen)
    assert Pause.objects.get(pk=general.pk).covers(TODAY)


def test_a_pause_is_ended_in_one_click_and_keeps_what_it_was(staff_client, mine):
    pause = Pause.objects.create(client=mine.client, starts_on=TODAY - 3 * DAY)
    staff_client.post(page("pause_resume", pause.pk))
    pause.refresh_from_db()
    assert pause.ends_on == TODAY - DAY


def test_a_pause_begun_today_leaves_nothing_behind(staff_client, mine):
    pause = Pause.objects.create(client=mine.client, starts_on=TODAY)
    staff_client.post(page("pause_resume", pause.pk))
    assert not Pause.objects.exists()


def test_the_choice_of_a_client_offers_their_own_only(client, manager, mine, theirs):
    signed_in(client, manager)
    for field, found in (("client", str(mine.client)), ("subscription", str(mine))):
        asked = {"app_label": "reminders", "model_name": "pause", "field_name": field, "term": ""}
        answer = client.get(reverse("admin:autocomplete"), asked)
        assert [one["text"] for one in answer.json()["results"]] == [found]


# The log


def test_the_log_tells_what_was_sent_and_what_became_of_the_mail(staff_client, mine):
    pass_on(TODAY)
    Mail.objects.update(status=Mail.Status.BOUNCED)
    listed = text(staff_client.get(page("reminder_changelist")))
    for word in ("Àmoi", "30/11/2026", "8 jours avant la fin", "Par e-mail", "Revenu", "Remplacée"):
        assert word in listed


def test_the_log_costs_the_same_for_one_row_and_for_three(staff_client):
    counts = []
    for services in (1, 2):
        for _number in range(services):
            service(TODAY + 30 * DAY)
        pass_on(TODAY)
        staff_client.get(page("reminder_changelist"))
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(page("reminder_changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Reminder.objects.count() == 3


def test_the_log_is_found_by_client_and_narrowed(staff_client, mine, theirs):
    pass_on(TODAY)
    address = page("reminder_changelist")

    def number(**asked) -> int:
        return staff_client.get(address, asked).context["cl"].result_count

    assert number() == 6
    assert number(q="Ailleurs") == 3
    assert number(status="mailed") == 2
    assert number(status="superseded", days="30") == 2
    assert number(purpose="notice") == 0
    assert number(day_from="2026-11-23") == 0
    assert number(ends_from="2026-11-30", ends_to="2026-11-30") == 6
    assert number(status="letter") == number(status="to_print") == 0
    assert number(status="nonsense", days="x", purpose="'") == 6


def test_mails_that_did_not_arrive_have_their_own_list(staff_client, mine, theirs):
    pass_on(TODAY)
    Mail.objects.filter(client=mine.client).update(status=Mail.Status.FAILED)
    everything_leaves(noon(TODAY))
    answer = staff_client.get(page("reminder_changelist"), {"status": "trouble"})
    assert [row.subscription for row in answer.context["cl"].result_list] == [mine]


def test_a_manager_reads_their_own_log_only(client, manager, mine, theirs):
    pass_on(TODAY)
    answer = signed_in(client, manager).get(page("reminder_changelist"))
    assert {row.subscription for row in answer.context["cl"].result_list} == {mine}
    other = Reminder.objects.filter(subscription=theirs).first()
    assert client.get(page("reminder_change", other.pk)).status_code == 302
    assert client.get(page("reminder_changelist"), {"q": "Ailleurs"}).context["cl"].result_count == 0


def test_nobody_writes_in_the_log(staff_client, mine):
    pass_on(TODAY)
    row = Reminder.objects.filter(status="mailed").get()
    assert staff_client.get(page("reminder_add")).status_code == 403
    assert staff_client.post(page("reminder_change", row.pk), {"status": "skipped"}).status_code == 403
    assert staff_client.post(page("reminder_delete", row.pk), {"post": "yes"}).status_code == 403


def test_the_passes_are_listed_with_their_numbers(staff_client, mine):
    pass_on(TODAY)
    Run.objects.update(is_unusual=True)
    listed = text(staff_client.get(page("run_changelist")))
    assert "dimanche 22 novembre 2026" in listed
    assert "Bien plus que d’habitude" in listed
    assert staff_client.get(page("run_add")).status_code == 403


# One click


def act(client, term, verb: str, days: int | None = None):
    args = [term.pk, verb] if days is None else [term.pk, verb, days]
    return client.post(page("reminder_term" if days is None else "reminder_verb", *args), follow=True)


def test_a_reminder_is_sent_now(client, manager, mine):
    answer = act(signed_in(client, manager), mine, "send", 5)
    assert said(answer)[0].startswith("La relance est préparée")
    row = Reminder.objects.get()
    assert (row.days, row.status, row.by, row.mails.get().recipient) == (
        5,
        "mailed",
        manager,
        "moi@example.org",
    )
    assert answer.redirect_chain[-1][0].endswith(f"/{mine.client_id}/change/#panel-reminders")


def test_a_second_one_the_same_day_is_refused_with_a_sentence(staff_client, mine):
    act(staff_client, mine, "send", 5)
    answer = act(staff_client, mine, "send", 3)
    assert said(answer) == ["Une relance est déjà partie aujourd’hui pour ce service."]
    assert Mail.objects.count() == 1


def test_a_reminder_is_kept_from_leaving(staff_client, mine):
    act(staff_client, mine, "withhold", 8)
    pass_on(TODAY)
    assert Reminder.objects.get(days=8).why == "by_hand"
    assert not Mail.objects.filter(reminders__days=8).exists()


def test_a_service_is_paused_and_nothing_is_sent_by_hand_meanwhile(staff_client, mine):
    act(staff_client, mine, "pause")
    act(staff_client, mine, "pause")
    pass_on(TODAY)
    assert (Pause.objects.count(), Mail.objects.count()) == (1, 0)
    answer = act(staff_client, mine, "send", 8)
    assert "en pause" in said(answer)[0]
    assert Mail.objects.count() == 0


def test_what_no_rule_knows_is_not_sent(staff_client, mine):
    for days in (7, 99_999_999):
        assert act(staff_client, mine, "send", days).status_code == 404
    assert act(staff_client, mine, "delete", 8).status_code == 404
    assert act(staff_client, mine, "send").status_code == 404


@pytest.mark.parametrize("verb", ["send", "withhold"])
def test_one_click_needs_the_right_and_the_client(client, manager, reader, mine, theirs, verb):
    assert act(signed_in(client, manager), theirs, verb, 8).status_code == 404
    assert act(signed_in(client, reader), mine, verb, 8).status_code == 403
    client.force_login(manager)
    assert client.get(page("reminder_verb", mine.pk, verb, 8)).status_code == 403
    assert not Reminder.objects.exists()


def test_a_reader_pauses_nothing(client, reader, mine):
    assert act(signed_in(client, reader), mine, "pause").status_code == 403
    assert not Pause.objects.exists()


def test_one_comes_back_to_the_page_of_the_client_and_nowhere_else(staff_client, mine):
    address = page("reminder_verb", mine.pk, "withhold", 8)
    sheet = reverse("admin:clients_client_change", args=[mine.client_id])
    consult = reverse("admin:clients_client_consult", args=[mine.client_id])
    for came_from, back in (
        (f"http://testserver{consult}", f"http://testserver{consult}#panel-reminders"),
        (f"https://evil.example{consult}", f"{sheet}#panel-reminders"),
        ("http://testserver/admin/", f"{sheet}#panel-reminders"),
    ):
        assert staff_client.post(address, HTTP_REFERER=came_from)["Location"] == back
