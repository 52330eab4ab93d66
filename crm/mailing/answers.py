"""What a mail server's answer means for the mail, and the French sentence for the person who reads it."""

import re
import smtplib
from dataclasses import dataclass
from enum import Enum

from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.utils.translation import gettext as _
from requests import ConnectionError as RequestsConnectionError


class Verdict(Enum):
    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    # It may have arrived: the line was cut after the content had left.
    DOUBTFUL = "doubtful"
    # Nothing can be sent at all: no server, no password, no encryption.
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    trouble: str = ""
    reply: str = ""
    provider_id: str = ""
    # What it says of the address: True refused for good, False for now, None nothing.
    is_address_dead: bool | None = None


_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
FULL, ALSO_FULL = ("2", "2"), ("3", "1")


def understand(error: Exception, *, is_in_doubt: bool) -> Answer:
    """`is_in_doubt`: the content was on its way when this happened."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _refusal_of_recipient(code, _read(words))
    if isinstance(error, smtplib.SMTPAuthenticationError):
        trouble = _("The mail server refuses our name or password: see the mail settings.")
        return Answer(Verdict.UNREACHABLE, trouble, _said(error))
    if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code >= 500 and error.smtp_code != 552:
        trouble = _("The mail server refuses the sender’s address: see the Settings screen.")
        return Answer(Verdict.UNREACHABLE, trouble, _said(error))
    if isinstance(error, smtplib.SMTPResponseException):
        return _refusal_of_content(error.smtp_code, _said(error))
    if isinstance(error, AnymailError):
        return _refusal_of_provider(error)
    if isinstance(error, (UnicodeError, ValueError, smtplib.SMTPNotSupportedError)):
        return Answer(Verdict.REFUSED, _("This mail cannot be written as the server wants it."), str(error))
    if is_in_doubt:
        trouble = _("The line was cut while the mail was leaving: it may have arrived.")
        return Answer(Verdict.DOUBTFUL, trouble, str(error))
    return Answer(Verdict.LATER, _("The mail server cut the line."), str(error))


def unreachable(error: Exception) -> Answer:
    """The connection itself could not be opened."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return understand(error, is_in_doubt=False)
    if isinstance(error, smtplib.SMTPNotSupportedError) or "TLS" in f"{error!r}".upper():
        trouble = _("The mail server refuses an encrypted line: nothing is sent in clear.")
    else:
        trouble = _("The mail server does not answer.")
    return Answer(Verdict.UNREACHABLE, trouble, _said(error) if hasattr(error, "smtp_code") else str(error))


def _refusal_of_recipient(code: int, words: str) -> Answer:
    reply = f"{code} {words}"
    kind = _detail(words)
    if code < 500:
        is_full = kind in (FULL, ALSO_FULL) or code == 452
        trouble = _("The recipient’s mailbox is full.") if is_full else _("The server asks to try later.")
        return Answer(Verdict.LATER, trouble, reply)
    if kind in (FULL, ALSO_FULL) or code == 552:
        return Answer(Verdict.REFUSED, _("The recipient’s mailbox is full."), reply, is_address_dead=False)
    if kind and kind[0] == "7":
        return Answer(Verdict.REFUSED, _("The recipient’s server refuses our mails."), reply)
    if code in (550, 551, 553) or (kind and kind[0] in ("1", "2")):
        return Answer(
            Verdict.REFUSED, _("This address does not exist, or no longer."), reply, is_address_dead=True
        )
    return Answer(Verdict.REFUSED, _("The server refuses this recipient."), reply)


def _refusal_of_content(code: int, reply: str) -> Answer:
    if code < 500:
        return Answer(Verdict.LATER, _("The server asks to try later."), reply)
    if code == 552:
        return Answer(Verdict.REFUSED, _("The server finds this mail too large."), reply)
    return Answer(Verdict.REFUSED, _("The server refuses this mail."), reply)


def _refusal_of_provider(error: AnymailError) -> Answer:
    if isinstance(error, AnymailRecipientsRefused):
        trouble = _("The mail provider refuses this address.")
        return Answer(Verdict.REFUSED, trouble, str(error), is_address_dead=True)
    status = getattr(error, "status_code", None) if isinstance(error, AnymailRequestsAPIError) else None
    if status in (401, 403) or isinstance(error.__cause__, RequestsConnectionError):
        return Answer(
            Verdict.UNREACHABLE, _("The mail provider refuses our key or does not answer."), str(error)
        )
    if status == 429:
        return Answer(Verdict.LATER, _("The mail provider asks to slow down."), str(error))
    if status is None or status >= 500:
        trouble = _("The mail provider did not answer clearly: the mail may have left.")
        return Answer(Verdict.DOUBTFUL, trouble, str(error))
    return Answer(Verdict.REFUSED, _("The mail provider refuses this mail."), str(error))


def _detail(words: str) -> tuple[str, str] | None:
    """Subject and detail of an enhanced status code (RFC 3463): 5.1.1 is ("1", "1")."""
    match = _ENHANCED.search(words)
    return (match.group(2), match.group(3)) if match else None


def _said(error: Exception) -> str:
    return f"{getattr(error, 'smtp_code', '')} {_read(getattr(error, 'smtp_error', error))}".strip()


def _read(words: object) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
