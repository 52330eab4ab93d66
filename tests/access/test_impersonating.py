"""Immediate access: who may, onto whom, what is then closed, and the trace that stays."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client as HttpClient
from django.utils import timezone

from crm.access.impersonating import may_impersonate
from crm.access.models import Access, Impersonation
from crm.access.urls import DOORS
from crm.accounts.author import author_of
from crm.accounts.models import User
from crm.timeline.models import Entry
from tests.access.conftest import PASSWORD, SPACE, sign_in
from tests.factories import individual, opening, staff


def may(user: User, *codenames: str) -> User:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def helper(shop) -> User:
    """A member of staff with the right, and no other than to see the clients."""
    return may(staff("helper@example.org"), "view_client", "see_every_client", "impersonate")


def page_of(access: Access) -> str:
    return f"/admin/clients/client/{access.client_id}/access/{access.pk}/impersonate/"


def open_space(by: User, of: User, **data) -> HttpClient:
    http, _answer = sign_in(by.email)
    access = Access.objects.filter(user=of).order_by("pk").first()
    http.post(page_of(access), {"user_pk": of.pk, "reason": "Aider au téléphone", **data})
    return http


def is_inside(http: HttpClient) -> bool:
    answer = http.get(SPACE)
    return answer.status_code == 200 and b"impersonation" in answer.content


def test_a_member_of_staff_sees_what_the_client_sees(helper, alice):
    """S1-21."""
    http = open_space(helper, alice)
    html = http.get(SPACE).content.decode()
    assert ("Les Amis du Livre" in html, "à sa place, en lecture seule" in html) == (True, True)


def test_it_is_written_down_and_the_client_reads_who_when_and_why(helper, alice, shop):
    open_space(helper, alice)
    row = Impersonation.objects.get()
    assert (row.by, row.user, row.client, row.reason, row.may_write) == (
        helper,
        alice,
        shop,
        "Aider au téléphone",
        False,
    )
    entry = Entry.objects.get(kind=Entry.Kind.IMPERSONATED)
    assert (entry.is_visible_to_client, entry.by, "Aider au téléphone" in entry.summary) == (
        True,
        helper,
        True,
    )


def test_without_a_reason_nothing_is_opened(helper, alice):
    http = open_space(helper, alice, reason=" ")
    assert (http.get(SPACE).status_code, Impersonation.objects.count()) == (403, 0)


def test_the_member_of_staff_comes_back_to_the_sheet_as_themselves(helper, alice, shop):
    http = open_space(helper, alice)
    answer = http.post("/espace/acces-immediat/fin/")
    assert answer.url == f"/admin/clients/client/{shop.pk}/view/"
    assert (http.get(answer.url).status_code, http.get(SPACE).status_code) == (200, 403)
    assert Impersonation.objects.get().ended_at is not None


def test_nothing_of_the_client_s_own_sign_in_moves(helper, alice):
    """E4."""
    here, _answer = sign_in("alice@example.org")
    alice.refresh_from_db()
    before = alice.last_login
    open_space(helper, alice).post("/espace/acces-immediat/fin/")
    alice.refresh_from_db()
    assert (alice.last_login, here.get(SPACE).status_code) == (before, 200)


def test_the_key_of_the_session_changes_both_ways(helper, alice):
    """D6."""
    http, _answer = sign_in(helper.email)
    keys = [http.session.session_key]
    access = Access.objects.get(user=alice)
    http.post(page_of(access), {"user_pk": alice.pk, "reason": "Aider"})
    keys.append(http.session.session_key)
    http.post("/espace/acces-immediat/fin/")
    keys.append(http.session.session_key)
    assert len(set(keys)) == 3


def test_it_does_not_make_the_staff_s_own_session_younger(helper, alice):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        http, _answer = sign_in(helper.email)
        for _hour in range(7):
            clock.shift(timedelta(hours=1))
            http.get("/admin/")
        http.post(page_of(Access.objects.get(user=alice)), {"user_pk": alice.pk, "reason": "Aider"})
        http.post("/espace/acces-immediat/fin/")
        assert http.get("/admin/").status_code == 200
        clock.shift(timedelta(hours=1))
        assert http.get("/admin/").status_code == 302


@pytest.mark.parametrize(("minutes", "still"), [(29, True), (31, False)])
def test_it_lasts_half_an_hour_at_most(helper, alice, shop, minutes, still):
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        http = open_space(helper, alice)
        clock.shift(timedelta(minutes=minutes))
        assert is_inside(http) is still
        if not still:
            assert http.get(f"/admin/clients/client/{shop.pk}/view/").status_code == 200


def test_it_ends_when_the_right_is_taken_away(helper, alice):
    http = open_space(helper, alice)
    assert is_inside(http)
    helper.user_permissions.clear()
    assert not is_inside(http)


def test_it_ends_altogether_when_the_member_of_staff_leaves(helper, alice):
    http = open_space(helper, alice)
    User.objects.filter(pk=helper.pk).update(is_active=False)
    assert not is_inside(http)
    assert http.get("/admin/").status_code == 302


# Onto whom


@pytest.mark.parametrize("hijacked", ["administrator", "helper", "paul"])
@pytest.mark.parametrize("hijacker", ["administrator", "helper", "paul", "alice"])
def test_nobody_is_put_in_the_place_of_staff(request, administrator, helper, paul, alice, hijacker, hijacked):
    """E1: not even a superuser, in the place of a superuser."""
    pair = {"hijacker": request.getfixturevalue(hijacker), "hijacked": request.getfixturevalue(hijacked)}
    assert not may_impersonate(**pair)


@pytest.mark.parametrize(
    ("who", "allowed"),
    [("administrator", True), ("helper", True), ("paul", False), ("bob", False), ("charlie", False)],
)
def test_only_who_has_the_right_and_may_know_of_the_client(
    request, administrator, helper, paul, alice, bob, charlie, who, allowed
):
    assert may_impersonate(hijacker=request.getfixturevalue(who), hijacked=alice) is allowed


def test_a_manager_with_the_right_opens_only_their_own_clients(paul, alice, shop):
    may(paul, "impersonate")
    http = open_space(paul, alice)
    assert (Impersonation.objects.count(), http.get("/admin/").status_code) == (0, 200)
    shop.manager = paul
    shop.save()
    assert is_inside(open_space(paul, alice))


def test_without_the_right_the_page_is_refused_and_nothing_is_written(paul, alice, shop):
    shop.manager = paul
    shop.save()
    http, _answer = sign_in(paul.email)
    access = Access.objects.get(user=alice)
    assert http.post(page_of(access), {"user_pk": alice.pk, "reason": "Aider"}).status_code == 403
    assert Impersonation.objects.count() == 0


def test_somebody_else_cannot_be_slipped_in_by_the_form(helper, alice, administrator, charlie):
    http, _answer = sign_in(helper.email)
    page = page_of(Access.objects.get(user=alice))
    for other in (administrator, charlie):
        http.post(page, {"user_pk": other.pk, "reason": "Aider"})
        assert http.get(SPACE).status_code == 403
    assert Impersonation.objects.count() == 0


def test_hijack_s_own_address_is_not_there(helper, alice):
    http, _answer = sign_in(helper.email)
    for address in ("/hijack/acquire/", "/espace/acquire/", "/espace/hijack/acquire/"):
        assert http.post(address, {"user_pk": alice.pk}).status_code in (403, 404)


def test_a_disabled_access_is_still_seen_for_support(helper, dora):
    """E5."""
    assert is_inside(open_space(helper, dora))


def test_only_the_client_of_the_sheet_is_seen_whatever_else_the_person_opens(helper, shop):
    user = opening(shop, individual(last_name="Secret"), email="zoe@example.org")
    http = open_space(helper, user)
    html = http.get(SPACE).content.decode() + http.get("/espace/choix/").content.decode()
    assert ("Les Amis du Livre" in html, "Secret" in html) == (True, False)


# What is closed meanwhile


def test_nothing_can_be_sent_and_nothing_of_the_sign_in_is_open(helper, alice):
    """E3."""
    http = open_space(helper, alice)
    pages = [
        "mot-de-passe/",
        "adresse/",
        "double-authentification/",
        "appareils/",
        "deconnexion/",
        "verification/",
        "inscription/",
    ]
    assert {http.get(SPACE + page).status_code for page in pages} == {403}
    assert {http.post(SPACE + page).status_code for page in [*pages, "", "choix/"]} == {403}
    assert {
        http.get(page).status_code for page in ("/admin/", "/admin/clients/client/", "/fichiers/photos/x.jpg")
    } == {403}


def test_every_door_is_named_among_those_that_are_closed():
    """A door added to the addresses and not to DOORS would stay open."""
    assert {"account_change_password", "account_email", "mfa_activate_totp", "usersessions_list"} <= DOORS


def test_another_one_cannot_be_begun_inside(administrator, alice, charlie):
    http = open_space(administrator, alice)
    http.post(page_of(Access.objects.get(user=charlie)), {"user_pk": charlie.pk, "reason": "Aider"})
    assert (Impersonation.objects.count(), "Durand" in http.get(SPACE).content.decode()) == (1, False)


def test_writing_is_a_right_of_its_own(helper, alice):
    http = open_space(helper, alice, may_write="on")
    assert not Impersonation.objects.get().may_write
    assert http.post(SPACE).status_code == 403


def test_who_may_write_does_so_under_their_own_name(helper, alice, shop, rf):
    may(helper, "act_for_client")
    http = open_space(helper, alice, may_write="on")
    answer = http.post("/espace/modifier/")
    assert (Impersonation.objects.get().may_write, answer.status_code) == (True, 200)
    assert author_of(answer.wsgi_request) == helper
    assert answer.wsgi_request.user == alice


def test_what_the_client_writes_is_signed_by_the_client(alice):
    """The negative control of the story above."""
    http, _answer = sign_in("alice@example.org")
    assert author_of(http.get(SPACE).wsgi_request) == alice


def test_the_log_shows_a_manager_only_what_concerns_their_clients(
    administrator, helper, alice, charlie, paul
):
    open_space(helper, alice)
    open_space(helper, charlie)
    client = Access.objects.get(user=charlie).client
    client.manager = paul
    client.save()
    http, _answer = sign_in(paul.email)
    html = http.get("/admin/access/impersonation/").content.decode()
    assert ("Durand" in html, "Les Amis du Livre" in html) == (True, False)


def test_the_password_of_the_staff_is_never_asked_by_the_client_s_side(helper, alice):
    http = open_space(helper, alice)
    assert (
        http.post("/espace/connexion/", {"login": "charlie@example.org", "password": PASSWORD}).status_code
        == 403
    )
    assert timezone.now() > Impersonation.objects.get().began_at
