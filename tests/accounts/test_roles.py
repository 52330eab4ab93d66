from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from crm.accounts.roles import grant_new_permissions, role_name
from tests import factories

pytestmark = pytest.mark.django_db


def names(role: str) -> set[str]:
    rows = Group.objects.get(name=role_name(role)).permissions.values_list(
        "content_type__app_label", "codename"
    )
    return {f"{label}.{codename}" for label, codename in rows}


def test_the_three_roles_exist_after_the_migrations():
    roles = {role_name(role) for role in ("Administrator", "Manager", "Read-only")}
    assert set(Group.objects.values_list("name", flat=True)) == roles


def test_the_administrator_has_every_permission():
    assert len(names("Administrator")) == Permission.objects.count()


def test_reading_is_all_that_a_reader_may():
    verbs = {name.partition(".")[2].partition("_")[0] for name in names("Read-only")}
    assert verbs == {"view", "see"}


def test_a_manager_sees_only_their_own_clients_and_deletes_none():
    granted = names("Manager")
    assert {
        "clients.see_every_client",
        "clients.delete_client",
        "products.delete_subscription",
    } & granted == set()
    assert {"clients.add_client", "clients.change_client", "products.add_subscription"} - granted == set()


def test_import_and_export_are_permissions_of_their_own():
    """A manager exports and does not import; a reader does neither."""
    files = {f"clients.{verb}_client" for verb in ("import", "export")}
    found = {role: names(role) & files for role in ("Administrator", "Manager", "Read-only")}
    assert found == {"Administrator": files, "Manager": {"clients.export_client"}, "Read-only": set()}


def test_nobody_but_the_administrator_touches_accounts():
    for role in ("Manager", "Read-only"):
        assert [name for name in names(role) if name.startswith(("accounts.", "auth."))] == []


def test_a_permission_taken_away_stays_away_after_the_next_migrate():
    group = Group.objects.get(name=role_name("Manager"))
    taken = group.permissions.get(codename="add_client")
    group.permissions.remove(taken)
    call_command("migrate", interactive=False, verbosity=0, stdout=StringIO())
    assert taken not in group.permissions.all()


def test_a_permission_that_is_new_is_given_to_the_roles_entitled_to_it():
    Permission.objects.get(codename="change_client").delete()
    grant_new_permissions(apps.get_app_config("clients"))
    assert "clients.change_client" in names("Manager")
    assert "clients.change_client" in names("Administrator")
    assert "clients.change_client" not in names("Read-only")


def test_a_member_of_staff_has_the_permissions_of_the_role():
    manager = factories.staff("gestion@example.org", "Manager")
    allowed = ["clients.change_client", "clients.delete_client", "organisation.change_organisation"]
    assert [manager.has_perm(name) for name in allowed] == [True, False, False]
