"""Who receives a paper mailing: addresses ready to print, and what was left out, with why."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from crm.clients.models import Address, Client
from crm.exchange.labels import LabelSheet, is_too_long, unprintable
from crm.france.names import normalise
from crm.france.postal import postal_problems


@dataclass
class Recipient:
    """One envelope: its lines, and the clients it is for."""

    lines: list[str]
    clients: list[Client]


@dataclass
class LeftOut:
    client: Client
    reasons: list[str]


@dataclass
class MailingList:
    recipients: list[Recipient] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def joined(self) -> int:
        """How many clients share the envelope of another."""
        return sum(len(recipient.clients) - 1 for recipient in self.recipients)


def mailing_list(
    clients: Iterable[Client], *, sheet: LabelSheet, purpose: str = "", is_one_per_household: bool = False
) -> MailingList:
    """The envelopes for these clients, in their order.

    `purpose`: an Address.Purpose, to write there when the client has such an address; else to the main one.
    `is_one_per_household`: persons of one family name at one address, or one organisation, share an envelope.
    """
    made = MailingList()
    seen: dict[tuple[str, ...], Recipient] = {}
    for client in clients:
        lines = _lines(client, purpose)
        if reasons := _reasons(lines, sheet):
            made.left_out.append(LeftOut(client, reasons))
            continue
        key = _household(client, lines) if is_one_per_household else (str(client.pk),)
        if shared := seen.get(key):
            shared.clients.append(client)
            if client.kind == Client.Kind.INDIVIDUAL and shared.lines[0] != lines[0]:
                shared.lines[0] = _("The %(name)s family") % {"name": client.last_name}
        else:
            seen[key] = Recipient(lines, [client])
            made.recipients.append(seen[key])
    return made


def _lines(client: Client, purpose: str) -> list[str]:
    """The lines of the address of that purpose. `addresses` must be prefetched."""
    for address in client.addresses.all() if purpose else ():
        if address.purpose == purpose:
            return address.lines_for(address.recipient or _addressee(client, purpose))
    return client.postal_lines()


def _addressee(client: Client, purpose: str) -> str:
    return (client.billed_to if purpose == Address.Purpose.BILLING else "") or client.postal_name


def _reasons(lines: list[str], sheet: LabelSheet) -> list[str]:
    reasons = [str(problem) for problem in postal_problems(lines)]
    if strange := unprintable(lines):
        reasons.append(_("These characters cannot be printed: %(characters)s") % {"characters": strange})
    if is_too_long(lines, sheet):
        reasons.append(_("A line is too long for this label."))
    return reasons


def _household(client: Client, lines: list[str]) -> tuple[str, ...]:
    name = client.last_name if client.kind == Client.Kind.INDIVIDUAL else client.official_name
    return (client.kind, normalise(name), *map(normalise, lines[1:]))
