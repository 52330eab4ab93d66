"""The client space seen from the desk: the panel and its buttons, the list, a selection."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.access.models import Access
from crm.access.services import grant
from crm.accounts.models import User
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.timeline.models import Entry
from tests.backoffice.conftest import LIST, sheet
from tests.factories import association, individual, opening, staff

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
VERBS = ["enable", "disable", "sign_out", "ask_confirmation", "send_credentials", "reset"]


@pytest.fixture
def own(manager) -> Client:
    return individual(email="chloe@example.org", manager=manager)


@pytest.fixture
def access(own) -> Access:
    return Access.objects.get(user=opening(own, email="chloe@example.org"))


def panel(browser, client: Client) -> str:
    return browser.get(f"{LIST}{client.pk}/panel/access/").content.decode()


def press(browser, access: Access, verb: str):
    return browser.post(f"{LIST}{access.client_id}/access/{access.pk}/{verb}/", follow=True)


def test_the_panel_tells_who_signs_in_since_when_and_on_which_device(manager_client, own, access):
    """S1-10, S1-12."""
    HttpClient().post(
        "/espace/connexion/",
        {"login": "chloe@example.org", "password": "correct-horse-battery"},
        headers={"user-agent": FIREFOX},
    )
    html = re.sub(r"\s+", " ", panel(manager_client, own))
    for word in ("chloe@example.org", "Se connecte", "confirmé", "Firefox sur Linux", "Fermer les sessions"):
        assert word in html, word


def test_the_panel_costs_the_same_for_1_and_3_people(manager_client, own, access):
    panel(manager_client, own)
    counts = []
    for others in (0, 2):
        for number in range(others):
            opening(own, email=f"other-{number}@example.org")
        with CaptureQueriesContext(connection) as queries:
            panel(manager_client, own)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("send_credentials", "access_credentials"), ("reset", "access_reset")],
)
def test_each_button_sends_its_mail(manager_client, access, verb, kind):
    press(manager_client, access, verb)
    assert Mail.objects.get().kind == kind


def test_one_click_closes_and_opens_again(manager_client, access):
    html = press(manager_client, access, "disable").content.decode()
    access.refresh_from_db()
    assert ("est fermé" in html, access.is_enabled) == (True, False)
    press(manager_client, access, "enable")
    access.refresh_from_db()
    assert access.is_enabled
    assert Entry.objects.filter(client=access.client, kind=Entry.Kind.ACCESS).count() == 2


def test_what_cannot_be_done_is_said(manager_client, access):
    assert "déjà confirmée" in press(manager_client, access, "ask_confirmation").content.decode()
    press(manager_client, access, "disable")
    assert "ouvrez-le d’abord" in press(manager_client, access, "send_credentials").content.decode()
    assert Mail.objects.count() == 0


def test_an_access_is_opened_to_the_client_s_own_address_or_to_another(manager_client, own):
    manager_client.post(f"{LIST}{own.pk}/access/add/")
    manager_client.post(
        f"{LIST}{own.pk}/access/add/", {"sign_in_email": "Mari@example.org", "email": "x@example.org"}
    )
    assert sorted(User.objects.filter(is_staff=False).values_list("email", flat=True)) == [
        "chloe@example.org",
        "mari@example.org",
    ]


@pytest.mark.parametrize("email", ["paul@example.org", "not-an-address", ""])
def test_an_address_that_will_not_do_is_refused_with_a_word(manager_client, manager, email):
    client = individual(manager=manager)
    answer = manager_client.post(f"{LIST}{client.pk}/access/add/", {"sign_in_email": email}, follow=True)
    assert ("alert-danger" in answer.content.decode(), Access.objects.count()) == (True, 0)


def test_a_password_is_typed_by_who_has_the_right_and_held_to_the_rules(manager_client, manager, access):
    page = f"{LIST}{access.client_id}/access/{access.pk}/password/"
    assert manager_client.get(page).status_code == 403
    manager.user_permissions.add(Permission.objects.get(codename="set_password"))
    short = manager_client.post(page, {"new_password1": "short", "new_password2": "short"})
    assert (short.status_code, b"field-error" in short.content) == (200, True)
    manager_client.post(
        page, {"new_password1": "typed-by-the-office", "new_password2": "typed-by-the-office"}
    )
    access.user.refresh_from_db()
    assert (access.user.check_password("typed-by-the-office"), access.user.must_change_password) == (
        True,
        True,
    )


# Own clients only, and rights of their own


@pytest.mark.parametrize("verb", VERBS)
def test_the_buttons_of_another_manager_s_client_do_not_exist(client, other_manager, access, verb):
    client.force_login(other_manager)
    before = list(Access.objects.values()), Mail.objects.count(), Entry.objects.count()
    assert client.post(f"{LIST}{access.client_id}/access/{access.pk}/{verb}/").status_code == 404
    assert (list(Access.objects.values()), Mail.objects.count(), Entry.objects.count()) == before


def test_neither_do_its_panel_and_its_pages(client, other_manager, access):
    other_manager.user_permissions.add(
        *Permission.objects.filter(codename__in=["impersonate", "set_password"])
    )
    client.force_login(other_manager)
    own = individual(manager=other_manager)
    base = f"{LIST}{access.client_id}/"
    slipped = f"{LIST}{own.pk}/access/{access.pk}/"
    pages = [
        f"{base}panel/access/",
        f"{base}access/{access.pk}/password/",
        f"{base}access/{access.pk}/impersonate/",
    ]
    pages += [f"{slipped}password/", f"{slipped}impersonate/"]
    assert {client.get(page).status_code for page in pages} == {404}
    assert client.post(f"{slipped}disable/").status_code == 404


@pytest.mark.parametrize("verb", VERBS)
def test_a_reader_presses_nothing(client, access, verb):
    client.force_login(staff("lucie@example.org", "Read-only"))
    assert client.post(f"{LIST}{access.client_id}/access/{access.pk}/{verb}/").status_code == 403
    assert "formaction" not in panel(client, access.client)


@pytest.mark.parametrize("verb", [*VERBS, "add"])
def test_nothing_is_done_by_reading_an_address(manager_client, access, verb):
    address = f"{LIST}{access.client_id}/access/" + (f"{access.pk}/{verb}/" if verb != "add" else "add/")
    assert manager_client.get(address).status_code == 403


def test_a_verb_that_is_none_is_refused(manager_client, access):
    assert manager_client.post(f"{LIST}{access.client_id}/access/{access.pk}/delete/").status_code == 403


def test_who_may_not_know_of_accesses_sees_neither_panel_nor_state_nor_filter(client, access):
    user = staff("bare@example.org")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_client", "see_every_client"]))
    client.force_login(user)
    html = client.get(LIST).content.decode()
    assert ("Jamais connecté" in html, 'name="sign_in"' in html) == (False, False)
    assert client.get(f"{LIST}{access.client_id}/panel/access/").status_code == 404
    user.user_permissions.add(Permission.objects.get(codename="view_access"))
    html = client.get(LIST).content.decode()
    assert ("Jamais connecté" in html, 'name="sign_in"' in html) == (True, True)


# The list


@pytest.fixture
def states(administrator) -> None:
    """One client in each state, named after it."""
    opening(individual(last_name="Désactivé"), email="a@example.org")
    Access.objects.update(is_enabled=False)
    opening(individual(last_name="À confirmer"), email="b@example.org", is_confirmed=False)
    opening(individual(last_name="Jamais"), email="c@example.org")
    opening(individual(last_name="Utilisé"), email="d@example.org", last_login=timezone.now())
    individual(last_name="Sans")


def named(browser, value: str) -> list[str]:
    html = browser.get(LIST, {"sign_in": value}).content.decode()
    return re.findall(r'<td class="field-name"><a [^>]*>(\S+(?: confirmer)?) Chloé', html)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("disabled", ["Désactivé"]),
        ("unconfirmed", ["À confirmer"]),
        ("never_used", ["Jamais"]),
        ("used", ["Utilisé"]),
        ("any", ["Utilisé", "Jamais", "À confirmer"]),
        ("none", ["Sans"]),
    ],
)
def test_the_list_is_filtered_by_sign_in(staff_client, states, value, names):
    """S1-01."""
    assert named(staff_client, value) == names


def test_the_list_says_the_state_of_each(staff_client, states):
    html = staff_client.get(LIST).content.decode()
    told = re.findall(r'<span class="state state-(?!active|inactive)(\w+)">', html)
    assert told == ["used", "never_used", "unconfirmed", "disabled"]


def test_of_several_people_the_best_state_is_told(staff_client, own, access):
    opening(own, email="d@example.org", last_login=timezone.now())
    assert re.findall(
        r'<span class="state state-(?!active|inactive)(\w+)">', staff_client.get(LIST).content.decode()
    ) == ["used"]


# A selection


def act(browser, action: str, clients, **more):
    data = {
        "action": action,
        "apply": "1",
        "index": "0",
        "_selected_action": [one.pk for one in clients],
        **more,
    }
    return browser.post(LIST, data, follow=True)


def test_credentials_go_to_a_selection_with_the_account_of_who_was_left_out(staff_client, administrator):
    """S1-23."""
    now = timezone.now()
    closed = individual(email="closed@example.org")
    access = grant(closed, email=closed.email, by=administrator, at=now)
    Access.objects.filter(pk=access.pk).update(is_enabled=False)
    clients = [
        individual(email="one@example.org"),
        association(email="two@example.org"),
        individual(last_name="Sansadresse"),
        individual(last_name="Dubureau", email="admin@example.org"),
        closed,
    ]
    html = act(staff_client, "send_credentials", clients).content.decode()
    for words in ("2 liens ont été envoyés.", "Sansadresse", "Dubureau", "Laissés fermés"):
        assert words in html, words
    sent = Mail.objects.filter(kind="access_credentials").values_list("recipient", flat=True)
    assert sorted(sent) == ["one@example.org", "two@example.org"]


def test_a_selection_reaches_only_the_clients_one_sees(manager_client, own, other_manager):
    hidden = individual(email="secret@example.org", manager=other_manager)
    act(manager_client, "send_credentials", [own, hidden])
    assert list(Access.objects.values_list("client", flat=True)) == [own.pk]


def test_a_selection_is_closed_at_once(manager_client, access):
    act(manager_client, "disable_access", [access.client])
    access.refresh_from_db()
    assert not access.is_enabled


def test_a_reader_is_offered_neither(client, access):
    client.force_login(staff("lucie@example.org", "Read-only"))
    html = client.get(LIST).content.decode()
    assert ("send_credentials" in html, "disable_access" in html) == (False, False)


def test_a_deleted_client_leaves_no_sign_in_behind(staff_client, access):
    shared = opening(access.client, individual(), email="both@example.org")
    staff_client.post(f"{LIST}{access.client_id}/delete/", {"post": "yes"})
    assert list(User.objects.filter(is_staff=False)) == [shared]


def test_the_clients_sign_ins_are_not_among_the_staff(staff_client, access):
    assert "chloe@example.org" not in staff_client.get("/admin/accounts/user/").content.decode()
    assert "chloe@example.org" in staff_client.get("/admin/accounts/user/?who=clients").content.decode()


def test_a_session_too_old_is_not_shown_as_open(staff_client, own, access):
    http = HttpClient()
    http.post("/espace/connexion/", {"login": "chloe@example.org", "password": "correct-horse-battery"})
    row = access.user.usersession_set.get()
    row.last_seen_at -= timedelta(hours=3)
    row.save()
    assert "Fermer les sessions" not in panel(staff_client, own)


@pytest.mark.parametrize("may_open", [True, False])
def test_an_address_corrected_on_the_sheet_moves_the_sign_in_only_by_who_may_open_a_space(
    manager_client, manager, own, access, may_open
):
    if not may_open:
        manager.groups.first().permissions.remove(Permission.objects.get(codename="change_access"))
    page = f"{LIST}{own.pk}/change/"
    typed = sheet(last_name="Petit", first_name="Chloé", email="nouvelle@example.org")
    manager_client.post(page, typed)
    own.refresh_from_db()
    asked = list(Mail.objects.filter(kind="access_confirmation").values_list("recipient", flat=True))
    assert (own.email, asked) == ("nouvelle@example.org", ["nouvelle@example.org"] if may_open else [])
    waits = "nouvelle@example.org attend d’être confirmée" in panel(manager_client, own)
    assert waits is may_open
