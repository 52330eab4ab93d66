"""Codes to sign in with, worked out from the moment they were asked at: no mail that waits to leave holds one."""

from datetime import UTC, datetime

from django.utils.crypto import salted_hmac

# Without vowels, nor what is taken for something else.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def code_of(asked_at: datetime) -> str:
    """Eight letters in two groups: BCDF-GHJK. It opens only the browser session that asked for it."""
    moment = asked_at.astimezone(UTC).isoformat(timespec="microseconds")
    number = int.from_bytes(salted_hmac("crm.access.codes", moment, algorithm="sha256").digest())
    letters = ""
    for _place in range(LENGTH):
        number, letter = divmod(number, len(LETTERS))
        letters += LETTERS[letter]
    return f"{letters[:4]}-{letters[4:]}"
