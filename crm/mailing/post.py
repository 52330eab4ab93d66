"""The line to the outside world: a connection kept open, and what the other side said of each message."""

import logging
import re
import smtplib
from functools import lru_cache

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from crm.mailing.answers import Answer, Verdict, understand, unreachable

logger = logging.getLogger(__name__)


class _Doubt:
    """Remembers that content is on its way: a line cut from then on leaves a doubt."""

    is_in_doubt = False

    def data(self, msg):
        self.is_in_doubt = True
        reply = super().data(msg)
        self.is_in_doubt = False
        return reply


class _Smtp(_Doubt, smtplib.SMTP):
    pass


class _SmtpOverTls(_Doubt, smtplib.SMTP_SSL):
    pass


PLAIN = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


def _bare(address: str, encoding: str) -> str:
    """As it goes on the envelope. What is bare already, as nearly all are, is not parsed to come out the same."""
    return address if PLAIN.fullmatch(address) else _parsed(address, encoding)


# A night's mails share a sender.
_parsed = lru_cache(maxsize=1000)(sanitize_address)


class SmtpBackend(EmailBackend):
    """Django's, which can tell whether a message may have arrived when the line is cut, and says every failure."""

    @property
    def connection_class(self):
        return _SmtpOverTls if self.use_ssl else _Smtp

    def _send(self, message: EmailMessage) -> bool:
        encoding = message.encoding or settings.DEFAULT_CHARSET
        sender, *recipients = (
            _bare(address, encoding) for address in (message.from_email, *message.recipients())
        )
        self.connection.sendmail(sender, recipients, message.message().as_bytes(linesep="\r\n"))
        return True


class Post:
    """One sender's line to settings.MAIL_TRANSPORT: opened with the first message, opened again after a cut."""

    def __init__(self) -> None:
        self.backend = get_connection(settings.MAIL_TRANSPORT)
        self.is_open = False

    def send(self, message: EmailMessage) -> Answer:
        was_open = self.is_open
        answer = self._try(message)
        # A server hangs up on a line that was idle: that says nothing of this message.
        if was_open and not self.is_open and answer.verdict is Verdict.LATER:
            answer = self._try(message)
        return answer

    def close(self) -> None:
        self.is_open = False
        try:
            self.backend.close()
        except OSError:
            logger.info("The mail server had already hung up.")

    def _try(self, message: EmailMessage) -> Answer:
        if not self.is_open:
            try:
                self.backend.open()
            except (OSError, smtplib.SMTPException) as error:
                self.close()
                return unreachable(error)
            self.is_open = True
        try:
            self.backend.send_messages([message])
        except Exception as error:  # noqa: BLE001 -- each transport raises its own, and one mail must not stop the rest
            return self._failed(error)
        status = getattr(message, "anymail_status", None)
        return Answer(Verdict.SENT, provider_id=(status.message_id or "") if status else "")

    def _failed(self, error: Exception) -> Answer:
        smtp = getattr(self.backend, "connection", None)
        answer = understand(error, is_in_doubt=bool(smtp and getattr(smtp, "is_in_doubt", False)))
        if _ends_the_line(error):
            self.close()
        return answer


def _ends_the_line(error: Exception) -> bool:
    """Every exception of smtplib is an OSError: those that carry an answer leave the line open, but for 421."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == 421
    return isinstance(error, smtplib.SMTPServerDisconnected) or (
        isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    )
