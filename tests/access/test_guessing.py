"""Those who guess: slowed down everywhere, and nobody is locked out by them. Same words whether an account exists."""

import itertools
import re
import statistics
import time

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import caches
from django.test import Client as HttpClient
from django.urls import resolve

from crm.access.urls import DOORS
from crm.mailing.models import Mail
from settings import security
from tests.access.conftest import SIGN_IN, is_in, sign_in

KNOWN, UNKNOWN = "alice@example.org", "nobody@example.org"


@pytest.fixture
def shared_cache(settings, db):
    """The cache of an installation: a table, which every process shares."""
    settings.CACHES = {
        **settings.CACHES,
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "shared_cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
    }
    return caches["default"]


def addresses():
    """Another place for each: a network of machines that guess together."""
    return (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in itertools.count())


def ways_in(victim: str, number: int) -> list[tuple[str, dict[str, str]]]:
    """Every way in, and what one guess sends there: the sign-in twice, as it is what is guessed most."""
    key, wrong = f"abcdef-{number:032x}", f"guess-number-{number}"
    return [
        (SIGN_IN, {"login": victim, "password": wrong}),
        (SIGN_IN, {"login": victim, "password": wrong}),
        ("/espace/connexion/code/", {"email": victim}),
        ("/espace/connexion/code/saisie/", {"code": f"BCDF-{number:04d}"}),
        (f"/espace/mot-de-passe/nouveau/1-{key}/", {"password1": wrong, "password2": wrong}),
        (f"/espace/adresse/confirmation/{key}:x/", {}),
        ("/espace/mot-de-passe/oublie/", {"email": victim}),
        ("/espace/connexion/second-facteur/", {"code": f"{number:06d}"}),
        ("/admin/login/", {"username": victim, "password": wrong}),
        ("/espace/inscription/", {"email": victim}),
        (f"/espace/inscription/confirmation/{key}:x:y/", {}),
        ("/espace/verification/", {"password": wrong}),
        ("/espace/verification/second-facteur/", {"code": f"{number:06d}"}),
        ("/espace/mot-de-passe/", {"oldpassword": wrong, "password1": wrong, "password2": wrong}),
    ]


# Doors at which there is nothing to guess: they show, they close, or they ask first to be signed in.
NOTHING_TO_GUESS = {
    "account_logout", "account_inactive", "account_email", "account_email_verification_sent", "account_set_password",
    "account_reset_password_done", "account_reset_password_from_key_done", "mfa_index", "mfa_activate_totp",
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
    "usersessions_list", "access:registered",
}  # fmt: skip


def test_every_door_is_guessed_at():
    """A new door is a new way to guess, or is said to have nothing to guess."""
    guessed = {resolve(address).view_name for address, _data in ways_in(KNOWN, 1)}
    assert sorted(DOORS - guessed - NOTHING_TO_GUESS) == []
    assert sorted(guessed & NOTHING_TO_GUESS) == []


@pytest.mark.parametrize("way", range(1, len(ways_in(KNOWN, 0))))
def test_each_way_in_is_slowed_down(alice, way):
    """D5: a hundred guesses from one place, the links of mails included."""
    http, seen = HttpClient(), []
    for number in range(100):
        address, data = ways_in(KNOWN, number)[way]
        seen.append(http.post(address, data, REMOTE_ADDR="192.0.2.9").status_code)
    # The admin's own form hears nothing: it sends to the one door.
    assert seen[-1] == (302 if address == "/admin/login/" else 429)


def routes(victim: str, number: int, http: HttpClient, ip: str) -> int:
    """One guess by one of the ways in; returns the status of the answer."""
    ways = ways_in(victim, number)
    address, data = ways[number % len(ways)]
    return http.post(address, data, REMOTE_ADDR=ip).status_code


def attack(victims: list[str], guesses: int, *, places: int) -> tuple[list[HttpClient], dict[int, int]]:
    """Guess from as many places; (their browsers, how many answers of each status)."""
    ips = list(itertools.islice(addresses(), places))
    browsers = [HttpClient() for _place in ips]
    seen: dict[int, int] = {}
    for number in range(guesses):
        place = number % places
        status = routes(victims[number % len(victims)], number // 2, browsers[place], ips[place])
        seen[status] = seen.get(status, 0) + 1
    return browsers, seen


def test_guesses_on_every_route_open_nothing_and_lock_nobody_out(alice, administrator, shared_cache):
    owner, _answer = sign_in("admin@example.org", REMOTE_ADDR="192.0.2.7")
    owner.post("/espace/deconnexion/")
    browsers, seen = attack([KNOWN, "admin@example.org"], 800, places=5)
    assert [http for http in browsers if is_in(http) or http.get("/admin/").status_code == 200] == []
    assert seen[429] > 250
    _http, answer = sign_in("admin@example.org", http=owner, REMOTE_ADDR="192.0.2.7")
    assert answer.url == "/admin/"


@pytest.mark.drill
def test_ten_thousand_guesses_open_nothing_and_lock_nobody_out(alice, administrator):
    owner, _answer = sign_in("admin@example.org", REMOTE_ADDR="192.0.2.7")
    owner.post("/espace/deconnexion/")
    browsers, _seen = attack([KNOWN, "admin@example.org"], 10_000, places=50)
    assert [http for http in browsers if is_in(http) or http.get("/admin/").status_code == 200] == []
    _http, answer = sign_in("admin@example.org", http=owner, REMOTE_ADDR="192.0.2.7")
    assert answer.url == "/admin/"
    assert Mail.objects.filter(recipient=KNOWN).count() <= 12 + 12


def test_the_right_password_still_opens_from_another_place(alice):
    """D1: guessing is no weapon against the owner of the account."""
    for number in range(40):
        sign_in(KNOWN, f"wrong-{number}", REMOTE_ADDR="10.0.0.1")
    _http, blocked = sign_in(KNOWN, REMOTE_ADDR="10.0.0.1")
    _http, answer = sign_in(KNOWN, REMOTE_ADDR="192.0.2.7")
    assert (blocked.status_code, answer.status_code) == (429, 302)


def test_many_places_on_one_account_are_stopped_and_its_known_device_is_not(alice):
    """D2."""
    home, _answer = sign_in(KNOWN, REMOTE_ADDR="192.0.2.7")
    home.post("/espace/deconnexion/")
    for ip in itertools.islice(addresses(), 100):
        sign_in(KNOWN, "wrong", REMOTE_ADDR=ip)
    stranger, _answer = sign_in(KNOWN, REMOTE_ADDR="198.51.100.9")
    owner, _answer = sign_in(KNOWN, http=home, REMOTE_ADDR="203.0.113.5")
    assert (is_in(stranger), is_in(owner)) == (False, True)


def test_one_place_on_many_accounts_is_stopped(alice):
    """D2: spraying."""
    for number in range(30):
        sign_in(f"someone-{number}@example.org", "Azerty12345!", REMOTE_ADDR="10.0.0.1")
    _http, answer = sign_in("someone-else@example.org", "Azerty12345!", REMOTE_ADDR="10.0.0.1")
    assert answer.status_code == 429


def test_a_forged_forwarding_header_gives_no_other_place(alice):
    """D3: without a proxy of ours, nobody believes where a request says it comes from."""
    statuses = [
        sign_in(KNOWN, "wrong", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=ip)[1].status_code
        for ip in itertools.islice(addresses(), 60)
    ]
    assert 429 in statuses


def test_behind_our_proxy_only_what_it_adds_is_believed(alice, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(40):
        sign_in(KNOWN, "wrong", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=f"1.2.3.{number}, 10.0.0.1")
    _http, blocked = sign_in(KNOWN, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.1")
    _http, answer = sign_in(KNOWN, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.7")
    assert (blocked.status_code, answer.status_code) == (429, 302)


def test_without_the_limits_the_same_guesses_are_all_heard(alice, settings):
    """The negative control of the stories above."""
    settings.ACCOUNT_RATE_LIMITS = False
    statuses = {
        sign_in(KNOWN, f"wrong-{number}", REMOTE_ADDR="10.0.0.1")[1].status_code for number in range(60)
    }
    assert statuses == {200}


def without_what_changes(html: str, email: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html).replace(email, "")


def answers(address: str, field: str, email: str, **more) -> tuple:
    http = HttpClient()
    answer = http.post(address, {field: email, **more})
    page = http.get(answer.url) if answer.status_code == 302 else answer
    return answer.status_code, answer.get("Location"), without_what_changes(page.content.decode(), email)


@pytest.mark.parametrize(
    ("address", "field", "more"),
    [
        (SIGN_IN, "login", {"password": "wrong-password"}),
        ("/espace/connexion/code/", "email", {}),
        ("/espace/mot-de-passe/oublie/", "email", {}),
    ],
)
def test_the_answer_is_the_same_whether_an_account_exists_or_not(alice, address, field, more):
    """D4: words."""
    known, unknown = answers(address, field, KNOWN, **more), answers(address, field, UNKNOWN, **more)
    assert known == unknown


@pytest.mark.parametrize("code", ["BCDF-GHJK", "x"])
def test_a_wrong_code_says_the_same_whether_an_account_exists_or_not(alice, code):
    told = []
    for email in (KNOWN, UNKNOWN):
        http = HttpClient()
        http.post("/espace/connexion/code/", {"email": email})
        answer = http.post("/espace/connexion/code/saisie/", {"code": code})
        told.append((answer.status_code, without_what_changes(answer.content.decode(), email)))
    assert told[0] == told[1]


@pytest.mark.drill
@pytest.mark.parametrize(
    ("address", "field", "more"),
    [
        (SIGN_IN, "login", {"password": "wrong-password"}),
        ("/espace/connexion/code/", "email", {}),
        ("/espace/mot-de-passe/oublie/", "email", {}),
    ],
)
def test_the_answer_takes_the_same_time_whether_an_account_exists_or_not(
    alice, settings, transactional_db, address, field, more
):
    """D4: time. With the hashing of an installation, whose cost would tell; taken in turn, as the machine's load moves."""
    settings.ACCOUNT_RATE_LIMITS = False
    settings.PASSWORD_HASHERS = security.PASSWORD_HASHERS
    alice.set_password("correct-horse-battery")
    alice.save()
    times: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for _turn in range(25):
        for email, taken in times.items():
            http = HttpClient()
            start = time.perf_counter()
            http.post(address, {field: email, **more})
            taken.append(time.perf_counter() - start)
    known, unknown = (statistics.median(taken) for taken in times.values())
    spread = statistics.stdev(sorted(times[KNOWN])[2:-2])
    assert abs(known - unknown) < max(0.008, 2 * spread, 0.25 * unknown)


def test_an_address_that_waits_to_be_confirmed_does_not_take_the_account_of_another(alice, charlie):
    http, _answer = sign_in("charlie@example.org")
    http.post("/espace/verification/", {"password": "correct-horse-battery"})
    http.post("/espace/adresse/", {"email": KNOWN, "action_add": ""})
    waiting = EmailAddress.objects.filter(user=charlie, email=KNOWN).first()
    assert waiting is None or not waiting.can_set_verified()
    assert is_in(sign_in(KNOWN)[0])


def test_a_password_as_long_as_a_book_is_refused_before_it_is_hashed(alice):
    """D11."""
    _http, answer = sign_in(KNOWN, "x" * 2_000)
    assert (answer.status_code, answer.context["form"].errors.get("password") is not None) == (200, True)
