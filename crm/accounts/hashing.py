"""Hashing a password is costly on purpose, in time and in memory: nobody makes a process do it without end."""

from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 1_000
# Of the whole process: each hash takes 100 MB as long as it lasts, and who comes next waits.
_places = BoundedSemaphore(settings.SIMULTANEOUS_HASHES)


class CappedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's, a few at a time; what is too long to be a password is not one."""

    def encode(self, password: str, salt: str) -> str:
        with _places:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        if len(password) > LONGEST:
            return False
        with _places:
            return super().verify(password, encoded)


class LongestPasswordValidator:
    """Asked, as the others of AUTH_PASSWORD_VALIDATORS, before anything is hashed."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("This password is too long: %(most)d characters at most."),
                code="password_too_long",
                params={"most": LONGEST},
            )

    def get_help_text(self) -> str:
        return _("At most %(most)d characters.") % {"most": LONGEST}
