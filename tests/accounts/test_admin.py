import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.accounts.models import User
from crm.accounts.roles import role_name
from tests import factories

PASSWORD = "un-mot-de-passe-assez-long"


@pytest.fixture
def office_manager(db) -> User:
    """An administrator by role, who is not a superuser."""
    return factories.staff("bureau@example.org", "Administrator")


@pytest.fixture
def signed_in(client, office_manager):
    client.force_login(office_manager)
    return client


def change_url(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def password_url(user: User) -> str:
    return reverse("admin:auth_user_password_change", args=[user.pk])


def form_of(user: User, **changes) -> dict:
    fields = {
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_active": "on",
    }
    return fields | {"is_staff": "on"} | changes


def test_accounts_are_listed_with_their_roles(signed_in, office_manager):
    factories.staff("agent@example.org", "Manager")
    response = signed_in.get(reverse("admin:accounts_user_changelist"))
    shown = response.context["cl"].result_list
    assert [user.email for user in shown] == ["agent@example.org", "bureau@example.org"]
    assert role_name("Manager") in response.content.decode()


def test_the_list_costs_as_many_queries_for_one_row_as_for_many(signed_in):
    url = reverse("admin:accounts_user_changelist")
    alone = count_queries(signed_in, url)
    for number in range(20):
        factories.staff(f"agent{number}@example.org", "Manager")
    assert count_queries(signed_in, url) == alone


def test_someone_is_added_by_e_mail_and_signs_in(signed_in, client):
    fields = {
        "email": "Nouvelle@Example.org",
        "first_name": "Nina",
        "last_name": "Neuve",
        "is_staff": "on",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    response = signed_in.post(reverse("admin:accounts_user_add"), fields)
    assert response.status_code == 302, response.context["adminform"].form.errors
    added = User.objects.get(email="nouvelle@example.org")
    assert (added.is_staff, added.is_superuser) == (True, False)
    assert client.login(username="nouvelle@example.org", password=PASSWORD)


def test_a_short_password_is_refused_with_its_reason(signed_in):
    fields = {"email": "n@example.org", "usable_password": "true", "password1": "court", "password2": "court"}
    response = signed_in.post(reverse("admin:accounts_user_add"), fields)
    assert list(response.context["adminform"].form.errors) == ["password2"]
    assert not User.objects.filter(email="n@example.org").exists()


def test_an_administrator_who_is_no_superuser_cannot_make_one(signed_in):
    agent = factories.staff("agent@example.org", "Manager")
    response = signed_in.post(change_url(agent), form_of(agent, is_superuser="on", first_name="Léa"))
    assert response.status_code == 302, response.context["adminform"].form.errors
    agent.refresh_from_db()
    assert (agent.is_superuser, agent.first_name) == (False, "Léa")


def test_an_administrator_who_is_no_superuser_cannot_become_one(signed_in, office_manager):
    signed_in.post(change_url(office_manager), form_of(office_manager, is_superuser="on"))
    office_manager.refresh_from_db()
    assert not office_manager.is_superuser


def test_an_account_added_by_an_administrator_is_no_superuser(signed_in):
    fields = {"email": "n@example.org", "is_superuser": "on", "is_staff": "on", "usable_password": "true"}
    signed_in.post(
        reverse("admin:accounts_user_add"), fields | {"password1": PASSWORD, "password2": PASSWORD}
    )
    assert not User.objects.get(email="n@example.org").is_superuser


@pytest.mark.parametrize("url_of", [change_url, password_url])
def test_a_superuser_is_out_of_reach_of_the_others(signed_in, administrator, url_of):
    before = administrator.password
    fields = form_of(administrator, email="vole@example.org", password1=PASSWORD, password2=PASSWORD)
    response = signed_in.post(url_of(administrator), fields | {"usable_password": "true"})
    administrator.refresh_from_db()
    assert (response.status_code, administrator.email, administrator.password) == (
        403,
        "admin@example.org",
        before,
    )


def test_a_superuser_edits_a_superuser(staff_client, administrator):
    response = staff_client.post(
        change_url(administrator), form_of(administrator, is_superuser="on", first_name="Eve")
    )
    administrator.refresh_from_db()
    assert (response.status_code, administrator.first_name, administrator.is_superuser) == (302, "Eve", True)


def test_nobody_deletes_the_account_they_are_signed_in_with(signed_in, office_manager):
    url = reverse("admin:accounts_user_delete", args=[office_manager.pk])
    assert signed_in.post(url, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=office_manager.pk).exists()


def test_a_selection_with_a_superuser_in_it_is_not_deleted(signed_in, administrator):
    fields = {"action": "delete_selected", "_selected_action": [administrator.pk], "post": "yes"}
    signed_in.post(reverse("admin:accounts_user_changelist"), fields)
    assert User.objects.filter(pk=administrator.pk).exists()


@pytest.mark.parametrize("role", ["Manager", "Read-only"])
def test_the_other_roles_find_no_account(client, db, role):
    client.force_login(factories.staff("agent@example.org", role))
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403


def count_queries(http, url: str) -> int:
    http.get(url)  # the Settings row is then in the cache
    with CaptureQueriesContext(connection) as captured:
        assert http.get(url).status_code == 200
    return len(captured)


def test_someone_new_is_one_page_with_roles_to_tick_and_no_username(signed_in):
    response = signed_in.get(reverse("admin:accounts_user_add"))
    html = response.content.decode()
    form = response.context["adminform"].form
    assert html.count('name="groups"') == 3
    assert ("nav-tabs" in html, "nom d’utilisateur" in html.lower(), "groupe" in html.lower()) == (False,) * 3
    assert form["is_staff"].value() is True
    assert "usable_password" not in form.fields


def test_the_change_page_speaks_of_roles(signed_in, office_manager):
    html = signed_in.get(change_url(office_manager)).content.decode()
    assert ("Rôles" in html, "Groupes" in html) == (True, False)


def test_the_roles_screen_offers_no_plumbing(signed_in):
    html = signed_in.get(reverse("admin:auth_group_add")).content.decode().lower()
    assert [word for word in ("histori", "baux", "doublon", "session", "job") if f": {word}" in html] == []
    assert "voir\xa0: clients" in html
