"""D11: a password costs time and memory on purpose; nobody makes a process pay without end."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from crm.accounts.hashing import LONGEST, CappedArgon2PasswordHasher

OURS = "crm.accounts.hashing.CappedArgon2PasswordHasher"


@pytest.fixture
def most_at_once(monkeypatch):
    """How many hashes were under way together, at most."""
    seen, lock = {"now": 0, "most": 0}, Lock()

    def slowly(self, *args):
        with lock:
            seen["now"] += 1
            seen["most"] = max(seen["most"], seen["now"])
        time.sleep(0.02)
        with lock:
            seen["now"] -= 1
        return "argon2$hash"

    monkeypatch.setattr(Argon2PasswordHasher, "encode", slowly)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", slowly)
    return seen


def hash_by_many(hasher) -> None:
    def work(number: int) -> None:
        hasher.encode("x", "salt") if number % 2 else hasher.verify("x", "argon2$hash")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(40)))


def test_a_process_hashes_a_few_passwords_at_a_time(most_at_once, settings):
    hash_by_many(CappedArgon2PasswordHasher())
    assert most_at_once["most"] == settings.SIMULTANEOUS_HASHES


def test_without_the_cap_as_many_as_ask(most_at_once, settings):
    """The negative control."""
    hash_by_many(Argon2PasswordHasher())
    assert most_at_once["most"] > settings.SIMULTANEOUS_HASHES


def test_the_hashes_made_before_the_cap_still_open(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    old = make_password("correct-horse-battery")
    settings.PASSWORD_HASHERS = [OURS]
    assert (check_password("correct-horse-battery", old), check_password("wrong", old)) == (True, False)


def test_what_is_too_long_is_wrong_without_being_hashed(settings, monkeypatch):
    settings.PASSWORD_HASHERS = [OURS]
    kept = make_password("correct-horse-battery")
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: pytest.fail("hashed"))
    assert check_password("x" * (LONGEST + 1), kept) is False


def test_nobody_chooses_a_password_that_could_not_be_typed_again():
    validate_password("Zy" * (LONGEST // 2))
    with pytest.raises(ValidationError) as refused:
        validate_password("Zy" * LONGEST)
    assert refused.value.messages == [
        "Ce mot de passe est trop long\N{NO-BREAK SPACE}: 1000 caractères au plus."
    ]
