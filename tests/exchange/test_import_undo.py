"""An import taken back: only while nothing later has touched what it wrote."""

from datetime import timedelta

import pytest

from crm.clients.models import Client, NumberCounter
from crm.exchange import services
from crm.mailing.models import Mail
from crm.products.models import Subscription
from crm.reminders.models import Pause, Reminder
from crm.timeline.models import Entry
from tests import factories
from tests.exchange.importing import DATA, FILES, NOW, applied, finish, make_plans, rehearsed

pytestmark = pytest.mark.django_db
PEOPLE = "N° client;Nom;Prénom;Ville;Étiquettes\r\n"


def undone(run, by=None):
    return finish(services.undo(run, by=by, now=NOW))


def test_what_an_import_created_goes_and_what_it_changed_is_as_before(administrator):
    known = factories.individual(last_name="Petit", first_name="Chloé", city="Lyon")
    run = applied(PEOPLE + f"{known.code};PETIT;Chloé;Paris;VIP\r\n;Durand;Marc;;VIP\r\n")
    assert Client.objects.count() == 2

    undone(run, by=administrator)

    known.refresh_from_db()
    assert Client.objects.get() == known
    assert (known.last_name, known.city, list(known.tags.all())) == ("Petit", "Lyon", [])
    assert "lyon" not in known.search_text
    last = known.history.first()
    assert (last.history_type, last.history_user, last.last_name) == ("~", administrator, "Petit")
    gone = Client.history.filter(history_type="-").get()
    assert (gone.last_name, gone.history_user) == ("Durand", administrator)
    assert not Entry.objects.exclude(client=known).exists()


def test_a_change_saved_while_an_import_is_written_stays_before_it_in_the_history():
    """A lot is dated by when the work began; somebody saved the record a minute later, before the lot came to it."""
    known = factories.individual(last_name="Petit", first_name="Chloé", city="Lyon")
    run = rehearsed(PEOPLE + f"{known.code};PETIT;Chloé;Paris;\r\n")
    services.confirm(run, now=NOW)
    known._history_date = NOW + timedelta(minutes=1)
    known.save()

    finish(run)

    assert list(known.history.values_list("city", flat=True)[:2]) == ["Paris", "Lyon"]


def test_numbers_given_by_an_undone_import_are_not_given_again():
    undone(applied(PEOPLE + ";Durand;Marc;;\r\n"))

    assert factories.individual().number == 2
    assert NumberCounter.objects.get().last == 2


def test_an_undone_import_can_be_imported_again():
    content = PEOPLE + "CLT-004;Durand;Marc;;\r\n"
    undone(applied(content))

    assert applied(content).count_of("created") == 1


def test_a_record_changed_since_keeps_the_import(administrator):
    run = applied(PEOPLE + ";Durand;Marc;;\r\n;Petit;Chloé;;\r\n")
    Client.objects.get(last_name="Durand").save()

    assert services.undo_obstacles(run, now=NOW) == ["1 enregistrements modifiés ou supprimés depuis"]
    with pytest.raises(services.NotPossible):
        services.undo(run, by=administrator, now=NOW)
    assert Client.objects.count() == 2


def test_a_deleted_record_keeps_the_import():
    run = applied(PEOPLE + ";Durand;Marc;;\r\n")
    Client.objects.get().delete()

    assert services.undo_obstacles(run, now=NOW)


def test_a_subscription_taken_since_keeps_the_import():
    run = applied(PEOPLE + ";Durand;Marc;;\r\n")
    factories.subscription(Client.objects.get(), factories.plan())

    assert services.undo_obstacles(run, now=NOW)


def imported_term():
    client, plan = factories.individual(), factories.plan()
    heading = "N° client;Formule;Date de souscription;Date de fin;Prix HT\r\n"
    run = applied(f"{heading}{client.code};{plan.name};01/02/2026;28/02/2026;19,99\r\n")
    return run, Subscription.objects.get()


def reminder(term, status, days, **fields) -> Reminder:
    return Reminder.objects.create(
        subscription=term, ends_on=term.ends_on, days=days, status=status, day=NOW, written_at=NOW, **fields
    )


def mailed(status: str) -> Mail:
    return Mail.objects.create(
        kind="reminder", recipient="a@example.org", status=status, created_at=NOW, not_before=NOW
    )


def test_reminders_that_say_that_nothing_was_sent_go_away_with_their_subscription():
    """The scheduler writes them by itself: an import of subscriptions could soon not be undone any more."""
    run, term = imported_term()
    mail = mailed("cancelled")
    for days, status in enumerate(["skipped", "superseded", "owed", "letter"]):
        reminder(term, status, days).mails.add(mail)
    Pause.objects.create(subscription=term, starts_on=NOW)

    assert services.undo_obstacles(run, now=NOW) == []
    undone(run)

    assert run.state == "undone"
    assert (Subscription.objects.count(), Reminder.objects.count(), Pause.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("status", "fields", "mail"),
    [("mailed", {}, ""), ("letter", {"printed_at": NOW}, ""), ("owed", {}, "sent")],
)
def test_a_reminder_that_was_sent_or_printed_keeps_the_import(status, fields, mail):
    run, term = imported_term()
    row = reminder(term, status, 8, **fields)
    if mail:
        row.mails.add(mailed(mail))
    reminder(term, "skipped", 15)

    assert services.undo_obstacles(run, now=NOW) == ["1 relances"]


def test_an_import_cannot_be_undone_after_the_delay():
    run = applied(PEOPLE + ";Durand;Marc;;\r\n")

    assert services.undo_obstacles(run, now=NOW + timedelta(days=31))
    assert services.undo_obstacles(run, now=NOW + timedelta(days=29)) == []


def test_the_four_trial_files_are_undone_in_reverse_order():
    make_plans()
    runs = [applied((DATA / name).read_bytes(), name=name) for name in FILES.values()]
    assert (Client.objects.count(), Subscription.objects.count()) == (55, 27)

    for run in reversed(runs):
        undone(run)
        assert run.state == "undone"

    assert (Client.objects.count(), Subscription.objects.count(), Entry.objects.count()) == (0, 0, 0)


def test_a_change_of_a_record_created_by_the_same_import_is_undone_with_it():
    run = applied("Code client;Nom;Prénom;Ville\r\nX-1;Petit;Chloé;Lyon\r\nX-1;Petit;Chloé;Paris\r\n")

    undone(run)

    assert Client.objects.count() == 0


def test_the_file_and_the_lines_are_erased_after_the_delay_and_the_record_stays():
    run = applied(PEOPLE + ";Durand;Marc;;\r\n")
    path = run.file.path

    assert services.forget_old(now=NOW + timedelta(days=29)) == 0
    assert services.forget_old(now=NOW + timedelta(days=31)) == 1

    run.refresh_from_db()
    assert (run.lines.count(), run.effects.count(), bool(run.file)) == (0, 0, False)
    assert run.count_of("created") == 1
    with pytest.raises(FileNotFoundError):
        open(path)  # noqa: PTH123, SIM115
