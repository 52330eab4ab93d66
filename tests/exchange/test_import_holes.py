"""G5, S0-08: one line, one file or one account never stops an import for ever, nor lets it pass a right."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.urls import reverse

from crm.clients.models import Client, NumberCounter, Tag
from crm.exchange import services
from crm.exchange.importing import client_writing
from crm.exchange.importing.draft import LOT
from crm.exchange.models import ImportRun
from crm.products.models import Plan, Subscription
from tests import factories
from tests.exchange.importing import NOW, applied, finish, lines_of, make_plans, rehearsed, verdicts

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
SUBSCRIPTIONS = "N° client;Formule;Date de souscription;Date de fin;Prix HT;Taux TVA;Facturation\r\n"


def headings_refused(run: ImportRun, line: int) -> list[str]:
    found = lines_of(run)[line]
    assert found.verdict == "refused"
    return [heading for heading, _message in found.reasons]


def person(codename: str, *others: str):
    user = factories.staff(f"{codename}@example.org")
    user.user_permissions.add(*Permission.objects.filter(codename__in=[codename, *others]))
    return user


def people(*rows: str) -> str:
    return "N° client;Nom;Prénom;E-mail;Code postal;Pays\r\n" + "".join(f"{row}\r\n" for row in rows)


# What a column cannot hold


@pytest.mark.parametrize(
    ("row", "heading"),
    [
        (f";Petit;Zoé;{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 13}.fr;;", "E-mail"),
        (";Petit;Zoé;;12345678901234567890;Allemagne", "Code postal"),
        (f";{'ß' * 80};Zoé;;;", "Nom"),
    ],
)
def test_a_value_too_long_for_its_column_refuses_its_line_under_its_heading(row, heading):
    run = rehearsed(people(row, ";Grand;Léa;;;"))

    assert headings_refused(run, 1) == [heading]
    assert finish(services.confirm(run, now=NOW)).state == "applied"
    assert Client.objects.get().last_name == "Grand"


def test_a_value_too_long_is_refused_on_a_client_that_is_changed_too():
    known = factories.individual(last_name="Petit", first_name="Zoé")

    run = rehearsed(people(f"{known.code};Petit;Zoé;;12345678901234567890;Allemagne"))

    assert headings_refused(run, 1) == ["Code postal"]


def test_a_price_of_more_digits_than_the_column_is_refused():
    make_plans()
    client = factories.individual()

    plans = rehearsed("Formule;Prix HT;Durée (mois)\r\nOr;999999999,00;12\r\nArgent;99999999,99;12\r\n")
    terms = rehearsed(
        SUBSCRIPTIONS + f"{client.code};Confort;01/01/2026;31/12/2026;999999999,00;20;annuelle\r\n"
    )

    assert headings_refused(plans, 1) == ["Prix HT"]
    assert verdicts(plans)[2] == "new"
    assert headings_refused(terms, 1) == ["Prix HT"]


def test_digits_that_say_nothing_are_not_counted():
    run = rehearsed("Formule;Prix HT;Taux TVA;Durée (mois)\r\nOr;10,00;5,500;12\r\n")

    assert verdicts(run) == {1: "new"}


def test_a_line_that_the_database_refuses_does_not_stop_the_others():
    run = rehearsed(people(";Petit;Zoé;;;", ";Grand;Léa;;;"))
    line = lines_of(run)[1]
    line.values |= {"created_on": None, "first_name": ""}  # breaks a constraint of the table
    line.save()

    finish(services.confirm(run, now=NOW))

    assert (run.state, run.count_of("created"), run.count_of("refused")) == ("applied", 1, 1)
    assert Client.objects.get().last_name == "Grand"
    assert headings_refused(run, 1) == [""]


# Names that only the database holds for the same


def test_a_tag_that_is_the_same_to_the_database_is_not_made_twice():
    Tag.objects.create(name="istanbul")
    is_same = client_writing.named(Tag, "İstanbul").exists()

    run = applied("Nom;Prénom;Étiquettes\r\nPetit;Zoé;İstanbul\r\nGrand;Léa;İzmir, izmir\r\n")

    assert (run.state, run.count_of("refused")) == ("applied", 0)
    assert Tag.objects.count() == (2 if is_same else 4)
    assert is_same == (connection.vendor == "postgresql")


def test_a_formule_that_is_the_same_to_the_database_is_refused():
    factories.plan(name="istanbul")

    run = applied("Formule;Prix HT;Durée (mois)\r\nİstanbul;10,00;12\r\nAutre;10,00;12\r\n")

    assert run.state == "applied"
    assert Plan.objects.filter(name="Autre").exists()


# An import that cannot go on


def started(name: str) -> ImportRun:
    run = rehearsed(people(f";{name};Zoé;;;"))
    return services.rehearse(run, now=NOW)


def test_an_import_whose_file_is_gone_says_so_and_the_next_goes_on():
    gone, next_one = started("Petit"), started("Grand")
    gone.file.storage.delete(gone.file.name)

    assert services.carry_on(now=LATER) == 2

    gone.refresh_from_db()
    next_one.refresh_from_db()
    assert (gone.state, next_one.state) == ("failed", "rehearsed")
    assert gone.failure == "Le fichier n’est plus là\u00a0: envoyez-le à nouveau."


def test_an_import_that_breaks_goes_to_the_back_and_is_logged(monkeypatch, caplog):
    broken, next_one = started("Petit"), started("Grand")
    rehearse = services.rehearse_lot

    def break_one(run, *args, **options):
        if run.pk == broken.pk:
            raise KeyError("boom")
        return rehearse(run, *args, **options)

    monkeypatch.setattr(services, "rehearse_lot", break_one)
    with caplog.at_level(logging.ERROR, "crm.exchange.services"):
        services.carry_on(now=LATER)

    broken.refresh_from_db()
    next_one.refresh_from_db()
    assert (broken.state, broken.moved_at, next_one.state) == ("rehearsing", LATER, "rehearsed")
    assert [record.message for record in caplog.records] == [f"Import {broken.pk} cannot go on"]


# Whose import it is


def test_the_import_of_an_account_that_is_gone_is_not_confirmed():
    manager = person("import_client")
    run = rehearsed(people(";Petit;Zoé;;;"), by=manager)
    manager.delete()
    run = ImportRun.objects.get(pk=run.pk)

    with pytest.raises(services.NotPossible, match="n’a plus de compte"):
        services.confirm(run, now=NOW)

    run.refresh_from_db()
    assert (run.state, Client.objects.count()) == ("rehearsed", 0)


def test_an_import_whose_account_goes_while_it_writes_stops():
    manager = person("import_client")
    run = rehearsed(people(";Petit;Zoé;;;"), by=manager)
    services.confirm(run, now=NOW)
    manager.delete()

    finish(ImportRun.objects.get(pk=run.pk))

    run.refresh_from_db()
    assert (run.state, Client.objects.count()) == ("applied", 0)


def test_nobody_takes_over_the_import_of_an_account_that_is_gone(client):
    manager = person("import_client")
    run = rehearsed(people(";Petit;Zoé;;;"), by=manager)
    manager.delete()
    client.force_login(factories.staff("admin@example.org", "Administrator"))

    answer = client.post(reverse("admin:exchange_importrun_confirm", args=[run.pk]))

    assert (answer.status_code, Client.objects.count()) == (403, 0)


def test_who_imports_formules_only_neither_reads_nor_confirms_an_import_of_clients(client):
    run = rehearsed(people(";Petit;Zoé;;;", ";;;;;"))
    client.force_login(person("import_plan", "see_every_client"))

    read = [
        client.get(reverse(f"admin:exchange_importrun_{page}", args=[run.pk])).status_code
        for page in ("change", "file", "refused", "undo")
    ]
    done = [
        client.post(reverse(f"admin:exchange_importrun_{page}", args=[run.pk])).status_code
        for page in ("settings", "rehearse", "advance", "decide", "plan", "confirm", "undo")
    ]

    assert (read, done) == ([403] * 4, [403] * 7)
    run.refresh_from_db()
    assert run.state == "rehearsed"


def test_who_sees_clients_reads_their_imports_without_moving_them_on(client):
    run = rehearsed(people(";Petit;Zoé;;;"))
    client.force_login(person("import_plan", "see_every_client", "view_client"))

    assert client.get(reverse("admin:exchange_importrun_change", args=[run.pk])).status_code == 200
    assert client.post(reverse("admin:exchange_importrun_confirm", args=[run.pk])).status_code == 403


def test_a_client_that_has_left_the_portfolio_takes_no_subscription():
    make_plans()
    manager = person("import_subscription", "import_client")
    mine = factories.individual(manager=manager)
    run = rehearsed(
        SUBSCRIPTIONS + f"{mine.code};Confort;01/01/2026;31/12/2026;10,00;20;annuelle\r\n", by=manager
    )
    Client.objects.update(manager=factories.staff("other@example.org"))

    finish(services.confirm(run, now=NOW))

    assert (run.state, Subscription.objects.count()) == ("applied", 0)
    assert lines_of(run)[1].reasons == [["", "Ce client n’est plus l’un des vôtres."]]


# What goes while the import is at work


def test_a_client_deleted_between_two_lots_of_the_undoing_is_passed_over():
    known = [factories.individual(last_name=f"Nom{n}", first_name="Zoé") for n in range(LOT + 1)]
    run = applied(
        "N° client;Nom;Prénom;Ville\r\n"
        + "".join(f"{one.code};{one.last_name};Zoé;Paris\r\n" for one in known)
    )
    services.undo(run, by=None, now=NOW)
    known[0].delete()

    finish(run)

    assert run.state == "undone"
    assert set(Client.objects.values_list("city", flat=True)) == {""}


def test_the_records_a_lot_changes_are_held_until_it_is_written():
    with connection.execute_wrapper(seen := Seen()):
        known = factories.individual(last_name="Petit", first_name="Zoé")
        seen.statements.clear()
        applied(f"N° client;Nom;Prénom;Ville\r\n{known.code};Petit;Zoé;Paris\r\n")

    held = [sql for sql in seen.statements if "FOR NO KEY UPDATE" in sql and "clients_client" in sql]
    assert len(held) == (1 if connection.vendor == "postgresql" else 0)


class Seen:
    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        self.statements.append(sql)
        return execute(sql, params, many, context)


# Forgetting


def test_a_file_that_cannot_be_deleted_is_tried_again(monkeypatch):
    run = applied(people(";Petit;Zoé;;;"))
    storage, name = run.file.storage, run.file.name

    def refuse(self, name):
        raise PermissionError(name)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "delete", refuse)
        assert services.forget_old(now=NOW + timedelta(days=400)) == 0
    assert services.forget_old(now=NOW + timedelta(days=401)) == 1

    assert not storage.exists(name)
    run.refresh_from_db()
    assert (run.file.name, run.lines.count()) == ("", 0)


# Days and numbers that are slips


def test_the_days_of_a_subscription_are_checked_by_its_model():
    make_plans()
    client = factories.individual()
    rows = [
        f"{client.code};Confort;02/06/1949;31/12/2026;10,00;20;annuelle",
        f"{client.code};Confort;01/01/2026;31/12/2200;10,00;20;annuelle",
        f"{client.code};Confort;01/01/2026;31/12/2025;10,00;20;annuelle",
    ]

    run = rehearsed(SUBSCRIPTIONS + "\r\n".join(rows) + "\r\n")

    assert [headings_refused(run, line) for line in (1, 2, 3)] == [
        ["Date de souscription"],
        ["Date de fin"],
        ["Date de fin"],
    ]


def test_a_number_far_above_the_last_given_is_a_slip():
    factories.individual(number=12)
    run = rehearsed(
        people("CLT-99999999;Petit;Zoé;;;", "CLT-1000012;Grand;Léa;;;", "CLT-1000013;Moyen;Ida;;;")
    )

    assert verdicts(run) == {1: "refused", 2: "new", 3: "refused"}
    assert lines_of(run)[1].reasons == [
        [
            "N° client",
            "CLT-99999999 est bien trop loin du dernier numéro donné, CLT-012\u00a0: est-ce une faute de frappe\u00a0?",
        ]
    ]
    finish(services.confirm(run, now=NOW))
    assert NumberCounter.objects.get().last == 1_000_012
