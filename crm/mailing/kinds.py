"""The kinds of mail. Each is declared by the room that writes it and named in settings.MAIL_KINDS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from crm.clients.models import Client

# The kind of what Django and other libraries write by themselves.
SYSTEM = "system"

if TYPE_CHECKING:
    from crm.mailing.models import Mail


@dataclass(frozen=True)
class Kind:
    """What one kind of mail is, and the questions that mailing asks the room that writes it.

    The default text is `templates/mails/<code>.<language>.html`: a <title>, the subject, then the body.
    """

    code: str
    title: str | Promise
    # When it is sent, in a sentence: shown beside the text that the administrator edits.
    sent_when: str | Promise
    # Names allowed besides those of every mail to a client (variables.CLIENT and variables.OFFICE).
    variables: tuple[str, ...] = ()
    # Variables made when the mail leaves, from the mail: a one-time link is in no table and on no screen of staff.
    # A test that staff send themselves is about nothing (`about_id` is empty): the link is then the plain address of
    # the page it would open.
    links: Mapping[str, Callable[["Mail"], str]] = field(default_factory=dict)
    # Which of these mails are no longer wanted at that instant, and why: primary key -> sentence.
    unwanted: Callable[[Sequence["Mail"], datetime], dict[int, str]] | None = None
    # The values of `variables` for the preview on a client; what the client lacks is invented.
    example: Callable[[Client, date, str], dict[str, str]] | None = None
    # After a crash, one that may have left is sent again under the same Message-ID. A campaign never is.
    is_repeatable: bool = True
    # A service that the person asked for (a password…) goes even to who wants no more mail.
    respects_opposition: bool = True
    is_for_staff: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.variables, *self.links)


@cache
def kinds() -> dict[str, Kind]:
    """Every declared kind by its code, in the order of settings.MAIL_KINDS."""
    declared: list[Kind] = [import_string(path) for path in settings.MAIL_KINDS]
    return {kind.code: kind for kind in declared}


def kind_of(code: str) -> Kind | None:
    """None for a mail that a library wrote, or of a kind that no longer exists."""
    return kinds().get(code)


def kind_choices() -> list[tuple[str, str | Promise]]:
    """Every kind of mail, and what libraries write by themselves."""
    return [
        *((kind.code, kind.title) for kind in kinds().values()),
        (SYSTEM, _("Password or system message")),
    ]
