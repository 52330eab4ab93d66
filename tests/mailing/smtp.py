"""A real SMTP server that answers each recipient as the story wants."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller

# What the server does of a recipient: an answer at RCPT ("550 5.1.1 no such user"), or one of these.
DROP, DROP_AFTER_DATA, HANG, REFUSE_CONTENT = "drop", "drop after data", "hang", "refuse content"


@dataclass
class Box:
    """What arrived, and how."""

    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    plan: dict[str, list[str]] = field(default_factory=dict)
    on_phase: Callable[[str, str], None] = lambda phase, recipient: None

    def answer(self, recipient: str) -> str:
        """The next of the answers planned for this recipient; then all is well."""
        answers = self.plan.get(recipient, [])
        return answers.pop(0) if answers else ""

    @property
    def ids(self) -> list[str]:
        return [message["Message-ID"] for _to, message in self.received]

    def to(self, recipient: str) -> list[EmailMessage]:
        return [message for to, message in self.received if to == recipient]


class _Handler:
    def __init__(self, box: Box) -> None:
        self.box = box
        self.verdicts: dict[str, str] = {}

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.box.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.box.on_phase("MAIL", address)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.box.on_phase("RCPT", address)
        verdict = self.box.answer(address)
        if verdict == DROP:
            server.transport.close()
            return "421 gone"
        if verdict[:1].isdigit():
            return verdict
        self.verdicts[address] = verdict
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        (recipient,) = envelope.rcpt_tos
        verdict = self.verdicts.pop(recipient, "")
        self.box.on_phase("DATA", recipient)
        if verdict == HANG:
            await asyncio.sleep(3600)
        if verdict == DROP_AFTER_DATA:
            server.transport.close()
            return "421 gone"
        if verdict == REFUSE_CONTENT:
            return "554 5.7.1 looks like spam"
        self.box.received.append((recipient, message_from_bytes(envelope.content, policy=default)))
        self.box.on_phase("250", recipient)
        return "250 OK"


class _Server(Controller):
    """On a port that the machine chooses: the controller would call back the port it was given, 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp_server(settings, box: Box | None = None) -> Iterator[Box]:
    """The server on a free port of this machine, with the settings that lead to it."""
    box = box or Box()
    controller = _Server(_Handler(box), hostname="127.0.0.1", port=0, ready_timeout=10)
    controller.start()
    try:
        settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield box
    finally:
        controller.stop()
