"""A manager of some clients finds no trace of another manager's clients in an import (S3-11)."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from crm.clients.models import Client
from crm.exchange import services
from tests import factories
from tests.exchange.importing import NOW, finish, lines_of, make_plans, rehearsed, verdicts

pytestmark = pytest.mark.django_db
PEOPLE = "N° client;Code client externe;Nom;Prénom;E-mail;Ville\r\n"


@pytest.fixture
def manager():
    user = factories.staff("manager@example.org", "Manager")
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["import_client", "import_subscription", "import_plan"])
    )
    return user


@pytest.fixture
def theirs():
    other = factories.staff("other@example.org", "Manager")
    return factories.individual(
        last_name="Secrète",
        first_name="Zoé",
        email="zoe@example.org",
        external_reference="X-1",
        manager=other,
    )


def people(*rows: str) -> str:
    return "N° client;Référence externe;Nom;Prénom;E-mail;Ville\r\n" + "".join(f"{row}\r\n" for row in rows)


def test_what_a_manager_imports_is_theirs(manager):
    run = rehearsed(people(";;Petit;Chloé;;"), by=manager)
    finish(services.confirm(run, now=NOW))

    assert Client.objects.get().manager == manager


def test_a_manager_changes_only_their_own_clients(manager, theirs):
    mine = factories.individual(last_name="Petit", first_name="Chloé", manager=manager)

    run = rehearsed(
        people(
            f"{mine.code};;Petit;Chloé;;Paris",
            f"{theirs.code};;Secrète;Zoé;;Paris",
            ";X-1;Secrète;Zoé;;Paris",
        ),
        by=manager,
    )

    assert verdicts(run) == {1: "changed", 2: "refused", 3: "refused"}


def test_the_look_alike_of_another_manager_is_announced_without_its_identity(client, manager, theirs):
    run = rehearsed(people(";;Autre;Nom;zoe@example.org;"), by=manager)

    (line,) = lines_of(run).values()
    assert line.lookalikes == [{"client": None, "reasons": ["email"]}]
    client.force_login(manager)
    page = client.get(reverse("admin:exchange_importrun_change", args=[run.pk])).content.decode()
    assert "un client d’un autre gestionnaire" in page
    assert "Secrète" not in page
    assert theirs.code not in page


def test_the_look_alike_of_another_manager_is_never_updated(manager, theirs):
    run = rehearsed(people(";;Autre;Nom;zoe@example.org;Paris"), by=manager)

    assert services.decide(run, lines=[1], decision="update", now=NOW) == 0
    theirs.refresh_from_db()
    assert theirs.city == ""


def test_a_manager_gives_no_client_to_another_manager(manager, theirs):
    run = rehearsed("Nom;Prénom;Gestionnaire\r\nPetit;Chloé;other@example.org\r\n", by=manager)

    assert verdicts(run) == {1: "refused"}


def test_the_subscription_of_a_client_of_another_manager_finds_nobody(manager, theirs):
    make_plans()
    run = rehearsed(
        "N° client;E-mail client;Formule;Date de souscription;Date de fin;Prix HT\r\n"
        f"{theirs.code};;Confort;01/02/2026;28/02/2026;19,99\r\n"
        ";zoe@example.org;Confort;01/02/2026;28/02/2026;19,99\r\n",
        by=manager,
    )

    assert verdicts(run) == {1: "refused", 2: "refused"}
    assert "Secrète" not in str([line.reasons for line in run.lines.all()])


@pytest.mark.parametrize("page", ["change", "undo", "refused", "file"])
def test_an_import_of_somebody_else_does_not_exist(client, manager, administrator, page):
    run = rehearsed(people(";;Petit;Chloé;;", ";;;Zoé;;"), by=administrator)

    client.force_login(manager)

    assert client.get(reverse(f"admin:exchange_importrun_{page}", args=[run.pk])).status_code == 404
    assert client.post(reverse("admin:exchange_importrun_advance", args=[run.pk])).status_code == 404


@pytest.mark.parametrize("verb", ["settings", "rehearse", "advance", "decide", "plan", "confirm"])
def test_a_supervisor_reads_the_import_of_another_and_does_not_move_it_on(
    client, manager, administrator, verb
):
    run = rehearsed(people(";;Petit;Chloé;;"), by=manager)
    before = {field.name: getattr(run, field.attname) for field in run._meta.concrete_fields}
    client.force_login(administrator)

    assert client.get(reverse("admin:exchange_importrun_change", args=[run.pk])).status_code == 200
    assert client.post(reverse(f"admin:exchange_importrun_{verb}", args=[run.pk])).status_code == 403

    run.refresh_from_db()
    assert {field.name: getattr(run, field.attname) for field in run._meta.concrete_fields} == before


def test_staff_without_the_permission_neither_see_nor_send_files(client):
    client.force_login(factories.staff("reader@example.org", "Read-only"))

    assert client.get(reverse("admin:exchange_importrun_changelist")).status_code == 403
    assert client.get(reverse("admin:exchange_importrun_add")).status_code == 403


def test_who_may_only_import_subscriptions_is_not_offered_clients(client):
    user = factories.staff("terms@example.org")
    user.user_permissions.add(Permission.objects.get(codename="import_subscription"))
    run = rehearsed(people(";;Petit;Chloé;;"), target="individual")
    run.by = user
    run.state = "uploaded"
    run.save()

    with pytest.raises(services.PermissionDenied):
        services.rehearse(run, now=NOW)
