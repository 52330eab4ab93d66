"""The history of a client: what each value was and became, in French, with who and why."""

from datetime import date

from crm.backoffice.changes import Change, versions
from crm.clients.models import Category
from tests.backoffice.conftest import LIST, sheet
from tests.factories import individual


def test_old_and_new_values_are_told_as_the_screen_writes_them(staff_client, administrator):
    client = individual(mobile="+33639980001", category=Category.objects.create(name="Fidèles"))
    data = sheet(
        last_name="Petit", first_name="Chloé", mobile="+33 6 39 98 00 02", birth_date="01/02/1990", civility="MME",
        preferred_language="en", country="BE", created_on=f"{client.created_on:%d/%m/%Y}",
    )  # fmt: skip
    assert staff_client.post(f"{LIST}{client.pk}/change/", data).status_code == 302
    latest, first = staff_client.get(f"{LIST}{client.pk}/history/").context["versions"]
    assert (latest.by, latest.action, first.action, first.changes) == (
        "Ada Admin",
        "Modification",
        "Création",
        [],
    )
    assert sorted(latest.changes, key=lambda change: change.label) == [
        Change("Catégorie", "Fidèles", "—"),
        Change("Civilité", "—", "Mme"),
        Change("Date de naissance", "—", "01/02/1990"),
        Change("Langue préférée", "Français", "Anglais"),
        Change("Pays", "France", "Belgique"),
        Change("Téléphone mobile", "06 39 98 00 01", "06 39 98 00 02"),
    ]


def test_a_reason_is_shown_and_a_deleted_row_is_said_to_be(db):
    category = Category.objects.create(name="Fidèles")
    client = individual(category=category)
    client.category = None
    client._change_reason = "Import n° 4"
    client.save()
    category.delete()
    latest = versions(list(client.history.all()))[0]
    assert (latest.reason, latest.changes) == ("Import n° 4", [Change("Catégorie", "(supprimé)", "—")])


def test_the_last_version_of_a_page_is_compared_with_the_first_of_the_next(db):
    client = individual()
    client.city = "Lyon"
    client.save()
    latest, first = client.history.all()
    assert versions([latest], older=first)[0].changes == [Change("Ville", "—", "Lyon")]
    assert versions([latest])[0].changes == []
    assert versions([]) == []


def test_the_history_costs_the_same_for_two_and_fifty_versions(staff_client, django_assert_num_queries):
    client = individual(created_on=date(2026, 1, 1))
    costs = []
    for wanted in (2, 50):
        while client.history.count() < wanted:
            client.city += "a"
            client.save()
        staff_client.get(f"{LIST}{client.pk}/history/")
        with django_assert_num_queries(costs[0] if costs else 7, exact=bool(costs)) as queries:
            staff_client.get(f"{LIST}{client.pk}/history/")
        costs.append(len(queries))
