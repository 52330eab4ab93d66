"""Who comes in, on which side of the house, and for how long."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client as HttpClient
from django.utils import timezone

from crm.access.models import Access
from crm.access.services import disable, enable
from crm.clients.services import archive
from crm.organisation.models import Organisation
from settings import security
from tests.access.conftest import PASSWORD, SIGN_IN, SPACE, is_in, sign_in
from tests.factories import individual, opening


def test_a_client_signs_in_and_sees_their_own_account(alice, charlie):
    """S0-12."""
    http, answer = sign_in("Alice@Example.org")
    assert (answer.status_code, answer.url) == (302, SPACE)
    html = http.get(SPACE).content.decode()
    assert ("Les Amis du Livre Imaginaire" in html, "Durand" in html) == (True, False)


def test_the_administrator_signs_in_by_the_same_door_and_comes_to_the_back_office(administrator):
    """S0-11."""
    http, answer = sign_in("admin@example.org")
    assert (answer.url, http.get("/admin/").status_code) == ("/admin/", 200)


def test_passwords_are_kept_hashed_by_argon2():
    assert security.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


@pytest.mark.parametrize("page", ["/admin/", "/admin/login/", "/admin/clients/client/", "/admin/jsi18n/"])
def test_a_client_gets_nothing_of_the_back_office(alice, page):
    http, _answer = sign_in("alice@example.org")
    answer = http.get(page)
    assert (answer.status_code, b"Amis du Livre" in answer.content) == (403, False)
    assert http.post(page).status_code == 403


@pytest.mark.parametrize("page", [SPACE, "/espace/choix/"])
def test_staff_get_nothing_of_the_client_space(administrator, alice, page):
    http, _answer = sign_in("admin@example.org")
    assert (http.get(page).status_code, http.post(page).status_code) == (403, 403)


@pytest.mark.parametrize("asked", ["/admin/", "https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_a_client_is_not_sent_elsewhere_than_to_their_space(alice, asked):
    http = HttpClient()
    answer = http.post(
        f"{SIGN_IN}?next={asked}", {"login": "alice@example.org", "password": PASSWORD, "next": asked}
    )
    assert (answer.status_code, answer.url) == (302, SPACE)


def test_the_key_of_the_session_changes_at_sign_in(alice):
    """D6: who planted a session in a browser does not get in with its owner."""
    http = HttpClient()
    session = http.session
    session["planted"] = True
    session.save()
    before = session.session_key
    http.cookies["sessionid"] = before
    sign_in("alice@example.org", http=http)
    assert http.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize("email", ["dora@example.org", "nobody@example.org"])
def test_who_has_no_open_access_does_not_come_in(dora, email):
    http, _answer = sign_in(email)
    assert not is_in(http)


def test_disabling_ends_the_open_sessions_at_once(alice, administrator, shop):
    """C3: S1-10."""
    http, _answer = sign_in("alice@example.org")
    assert is_in(http)
    disable(Access.objects.get(user=alice), by=administrator, at=timezone.now())
    assert UserSession.objects.filter(user=alice).count() == 0
    assert Session.objects.count() == 0
    assert not is_in(http)


def test_a_session_that_survives_is_refused_at_its_next_request(alice):
    """Not only deleted: whatever kept the session, each request asks again."""
    http, _answer = sign_in("alice@example.org")
    Access.objects.filter(user=alice).update(is_enabled=False)
    answer = http.get(SPACE)
    assert (answer.status_code, answer.url) == (302, "/espace/acces-ferme/")
    assert http.get(SPACE).url.startswith(SIGN_IN)


def test_the_door_lets_in_again_once_enabled(alice, administrator):
    access = Access.objects.get(user=alice)
    disable(access, by=administrator, at=timezone.now())
    enable(access, by=administrator, at=timezone.now())
    assert is_in(sign_in("alice@example.org")[0])


def test_an_archived_client_is_not_opened(alice, shop, administrator):
    http, _answer = sign_in("alice@example.org")
    archive(shop, day=timezone.localdate(), by=administrator)
    assert not is_in(http)


def test_a_user_who_is_no_longer_active_does_not_come_in(alice):
    http, _answer = sign_in("alice@example.org")
    alice.is_active = False
    alice.save()
    assert not is_in(http)


def test_who_opens_several_clients_chooses_one_and_may_change(bob):
    http, _answer = sign_in("bob@example.org")
    assert http.get(SPACE).url == "/espace/choix/"
    clients = [access.client for access in Access.objects.filter(user=bob).order_by("pk")]
    for client in clients:
        http.post("/espace/choix/", {"client": client.pk})
        assert client.display_name in http.get(SPACE).content.decode()


@pytest.mark.parametrize("asked", ["charlie", "x", "999999999999999999999", ""])
def test_a_client_of_somebody_else_cannot_be_chosen(bob, charlie, asked):
    http, _answer = sign_in("bob@example.org")
    other = Access.objects.get(user=charlie).client
    answer = http.post("/espace/choix/", {"client": other.pk if asked == "charlie" else asked})
    assert answer.status_code == 403
    assert http.get(SPACE).url == "/espace/choix/"


def test_the_chosen_client_is_asked_about_again_at_each_request(bob, shop):
    http, _answer = sign_in("bob@example.org")
    http.post("/espace/choix/", {"client": shop.pk})
    Access.objects.filter(user=bob, client=shop).update(is_enabled=False)
    html = http.get(SPACE).content.decode()
    assert ("Martin" in html, "Amis du Livre" in html) == (True, False)


def test_losing_one_of_two_clients_does_not_sign_out(bob, shop, administrator):
    http, _answer = sign_in("bob@example.org")
    disable(Access.objects.get(user=bob, client=shop), by=administrator, at=timezone.now())
    assert "Martin" in http.get(SPACE).content.decode()


@pytest.mark.parametrize(
    ("who", "minutes", "still"),
    [("alice", 119, True), ("alice", 121, False), ("admin", 119, True), ("admin", 121, False)],
)
def test_a_session_without_a_request_ends(alice, administrator, who, minutes, still):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        http, _answer = sign_in(f"{who}@example.org")
        clock.shift(timedelta(minutes=minutes))
        page = SPACE if who == "alice" else "/admin/"
        assert (http.get(page).status_code == 200) is still


@pytest.mark.parametrize(("who", "hours"), [("alice", 12), ("admin", 8)])
def test_a_session_ends_however_much_it_is_used(alice, administrator, who, hours):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        http, _answer = sign_in(f"{who}@example.org")
        page = SPACE if who == "alice" else "/admin/"
        seen = []
        for _hour in range(hours):
            seen.append(http.get(page).status_code)
            clock.shift(timedelta(hours=1))
        assert seen == [200] * hours
        assert http.get(page).status_code == 302


def test_a_session_that_does_not_say_when_it_began_is_worth_nothing(alice):
    http, _answer = sign_in("alice@example.org")
    session = http.session
    del session["signed_in_at"]
    session.save()
    assert not is_in(http)


def test_changing_the_password_ends_the_other_sessions(alice):
    """C4."""
    here, there = sign_in("alice@example.org")[0], sign_in("alice@example.org")[0]
    new = "another-correct-horse"
    here.post("/espace/mot-de-passe/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (is_in(here), is_in(there)) == (True, False)


def test_signing_out_kills_the_session_on_the_server(alice):
    http, _answer = sign_in("alice@example.org")
    cookie = http.cookies["sessionid"].value
    http.post("/espace/deconnexion/")
    thief = HttpClient()
    thief.cookies["sessionid"] = cookie
    assert not is_in(thief)


def test_pages_of_the_space_are_not_kept_and_run_nothing_from_elsewhere(alice):
    http, _answer = sign_in("alice@example.org")
    for page in (SPACE, "/espace/mot-de-passe/", "/espace/appareils/", "/espace/adresse/"):
        answer = http.get(page)
        policy = answer["Content-Security-Policy"]
        assert ("no-store" in answer["Cache-Control"], "unsafe" in policy) == (True, False)
        assert "default-src 'none'" in policy
    assert "no-store" in HttpClient().get(SIGN_IN)["Cache-Control"]


def test_no_page_of_the_space_holds_a_script_or_a_style_of_its_own(alice):
    http, _answer = sign_in("alice@example.org")
    pages = [
        SPACE,
        "/espace/mot-de-passe/",
        "/espace/appareils/",
        "/espace/adresse/",
        "/espace/double-authentification/",
    ]
    for page in pages:
        html = http.get(page).content.decode()
        assert [mark for mark in ("<script", "<style", " style=", "onclick") if mark in html] == [], page


def test_the_space_speaks_the_language_of_its_client(db):
    opening(individual(preferred_language="en"), email="zoe@example.org")
    http, _answer = sign_in("zoe@example.org")
    assert "Client number" in http.get(SPACE).content.decode()
    assert "<h1>Sign in</h1>" in HttpClient().get(SIGN_IN, headers={"accept-language": "en"}).content.decode()
    assert "<h1>Connexion</h1>" in HttpClient().get(SIGN_IN).content.decode()


def test_the_second_step_can_be_made_mandatory_for_the_staff(administrator, alice):
    organisation = Organisation.objects.current()
    organisation.is_second_step_required = True
    organisation.save()
    http, _answer = sign_in("admin@example.org")
    assert http.get("/admin/").url == "/espace/double-authentification/activer/"
    assert http.get("/admin/clients/client/").status_code == 302
    assert is_in(sign_in("alice@example.org")[0])


def test_the_space_costs_the_same_however_many_clients_one_opens(bob, django_assert_num_queries):
    http, _answer = sign_in("bob@example.org")
    http.post("/espace/choix/", {"client": Access.objects.filter(user=bob).first().client_id})
    with django_assert_num_queries(13):
        http.get(SPACE)
    for _other in range(3):
        Access.objects.create(user=bob, client=individual(), since=timezone.now())
    with django_assert_num_queries(13):
        http.get(SPACE)


def test_an_address_changed_by_an_administrator_is_confirmed_again_and_the_former_one_opens_nothing(
    alice, administrator
):
    admin, _answer = sign_in("admin@example.org")
    page = f"/admin/accounts/user/{alice.pk}/change/"
    admin.post(page, {"email": "new@example.org", "is_active": "on", "first_name": "Alice", "last_name": ""})
    assert not is_in(sign_in("alice@example.org")[0])
    assert sign_in("new@example.org")[1].url == "/espace/adresse/a-confirmer/"


def test_a_password_typed_for_a_member_of_staff_is_changed_at_the_first_sign_in(paul, administrator):
    admin, _answer = sign_in("admin@example.org")
    typed = "typed-by-somebody-else"
    admin.post(f"/admin/accounts/user/{paul.pk}/password/", {"password1": typed, "password2": typed})
    http, _answer = sign_in("paul@example.org", typed)
    assert http.get("/admin/").url == "/espace/mot-de-passe/"
    http.post(
        "/espace/mot-de-passe/",
        {"oldpassword": typed, "password1": "chosen-by-paul", "password2": "chosen-by-paul"},
    )
    assert http.get("/admin/").status_code == 200
