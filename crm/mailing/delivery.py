"""Sending what waits. Each mail is claimed, asked about, sent outside any transaction, and its outcome committed
before the same sender takes the next one: a crash sends again at most the one mail that was on its way."""

import logging
import os
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import groupby
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.mailing.answers import Answer, Verdict
from crm.mailing.kinds import kind_of
from crm.mailing.models import Mail, MailAddress
from crm.mailing.post import Post
from crm.mailing.sender import message_of
from crm.mailing.services import note_bounce

logger = logging.getLogger(__name__)
LOT = 120
# The next lot is claimed while the other senders still have these.
LOW = 20
# A sender that took longer than this since its claim (a suspended machine) no longer trusts it, and asks again.
FRESH = timedelta(seconds=2)

Clock = Callable[[], datetime]


def deliver(*, clock: Clock, seconds: float = 10, senders: int | None = None) -> Counter[str]:
    """Send what is due until nothing is left or the time is over. Returns how many mails ended in each status."""
    courier = Courier(clock=clock, seconds=seconds)
    recover(now=clock())
    number = settings.MAIL_SENDERS if senders is None else senders
    if number == 1:
        courier.work()
    else:
        with ThreadPoolExecutor(number, thread_name_prefix="sender") as pool:
            for work in [pool.submit(courier.work_apart) for _sender in range(number)]:
                work.result()
    courier.give_back()
    return courier.tally


@transaction.atomic
def recover(*, now: datetime) -> int:
    """Put back the mails of a process that died with them; those never repeated that had begun are left to a person."""
    dead = Mail.objects.abandoned(now - timedelta(seconds=settings.MAIL_CLAIM_SECONDS)).select_for_update(
        skip_locked=True
    )
    rows = list(dead)
    for mail in rows:
        mail.claim = ""
        trouble = _("The sender stopped while it held this mail.")
        if mail.began_at and not mail.is_repeatable:
            fields = mail.doubt(at=now, trouble=trouble, reply="")
        else:
            mail.status, mail.not_before = Mail.Status.QUEUED, now
            fields = ["status", "not_before"]
        mail.save(update_fields=[*fields, "claim"])
    return len(rows)


class Courier:
    """One run of the delivery: a pile of claimed mails that its senders share, so that one that hangs delays nobody."""

    def __init__(self, *, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.ends_at = clock() + timedelta(seconds=seconds)
        self.token = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid4().hex[:12]}"
        self.pile: deque[Mail] = deque()
        self.claiming = threading.Lock()
        self.low = LOW
        self.is_over = False
        self.tally: Counter[str] = Counter()

    def work_apart(self) -> None:
        """`work` in a thread of its own, which has its own line to the database."""
        try:
            self.work()
        finally:
            connection.close()

    def work(self) -> None:
        post = Post()
        try:
            while mail := self._next():
                self._carry(mail, post)
        finally:
            post.close()

    def give_back(self) -> None:
        """What was claimed and not sent waits again, untouched."""
        Mail.objects.filter(claim=self.token, status=Mail.Status.SENDING).update(
            status=Mail.Status.QUEUED, claim="", claimed_at=None
        )

    def _next(self) -> Mail | None:
        if self.is_over or self.clock() >= self.ends_at:
            return None
        # One sender claims; the others wait for it only when they have nothing left to carry.
        if len(self.pile) < self.low and self.claiming.acquire(blocking=not self.pile):
            try:
                if len(self.pile) < self.low:
                    self.pile.extend(self._claim())
            finally:
                self.claiming.release()
        try:
            return self.pile.popleft()
        except IndexError:
            return None

    @transaction.atomic
    def _claim(self) -> list[Mail]:
        """Take the oldest waiting mails for this run alone; those no longer wanted are cancelled."""
        now = self.clock()
        lot = list(Mail.objects.due(now).select_for_update(skip_locked=True)[:LOT])
        # A lot that is not full was the last: what is due since then waits for the end of it.
        self.low = LOW if len(lot) == LOT else 1
        wanted = self._without_unwanted(lot, now)
        Mail.objects.filter(pk__in=[mail.pk for mail in wanted]).update(
            status=Mail.Status.SENDING, claim=self.token, claimed_at=now, began_at=None
        )
        for mail in wanted:
            mail.status, mail.claim, mail.claimed_at = Mail.Status.SENDING, self.token, now
        Mail.read_about(wanted)
        return wanted

    def _without_unwanted(self, mails: Sequence[Mail], now: datetime) -> list[Mail]:
        reasons = unwanted(mails, now=now)
        for mail in mails:
            if mail.pk in reasons:
                mail.save(update_fields=mail.cancel(reasons[mail.pk]))
                self.tally[Mail.Status.CANCELLED] += 1
        return [mail for mail in mails if mail.pk not in reasons]

    def _carry(self, mail: Mail, post: Post) -> None:
        now = self.clock()
        is_stale = mail.claimed_at is None or now - mail.claimed_at > FRESH
        if (is_stale or not mail.is_repeatable) and not self._is_still_ours(mail, now):
            return
        try:
            message = message_of(mail)
        except Exception:
            # A mail that cannot be written must not stop the others, nor come back for ever.
            logger.exception("Mail %s cannot be composed", mail.pk)
            answer = Answer(
                Verdict.REFUSED, _("This mail could not be composed: its links could not be made.")
            )
        else:
            answer = post.send(message)
        self._conclude(mail, answer)

    @transaction.atomic
    def _is_still_ours(self, mail: Mail, now: datetime) -> bool:
        """Confirm the claim under lock, ask once more whether it is wanted, and note that it begins."""
        row = Mail.objects.select_for_update().filter(
            pk=mail.pk, claim=self.token, status=Mail.Status.SENDING
        )
        if not row.exists() or not self._without_unwanted([mail], now):
            return False
        row.update(began_at=now, claimed_at=now)
        return True

    def _conclude(self, mail: Mail, answer: Answer) -> None:
        now = self.clock()
        before = {**mail.__dict__}
        mail.attempts += 1
        fields = _conclusion(mail, answer, now)
        # Only what changed, as this is written once for every mail.
        values = {name: value for name in fields if (value := getattr(mail, name)) != before[name]}
        # Only while the claim is ours: someone else may have taken over from a process that slept.
        Mail.objects.filter(pk=mail.pk, claim=self.token).update(
            claim="", **{"attempts": mail.attempts, **values}
        )
        self.tally[mail.status] += 1
        if answer.is_address_dead is not None:
            note_bounce(mail.recipient, answer.trouble, at=now, is_final=answer.is_address_dead)
        if answer.verdict is Verdict.UNREACHABLE:
            logger.warning("No mail can be sent: %s (%s)", answer.trouble, answer.reply)
            self.is_over = True


def _conclusion(mail: Mail, answer: Answer, now: datetime) -> list[str]:
    told = {"trouble": answer.trouble, "reply": answer.reply}
    match answer.verdict:
        case Verdict.SENT:
            return mail.leave(at=now, provider_id=answer.provider_id, reply=answer.reply)
        case Verdict.LATER:
            return mail.try_again(at=now, **told)
        case Verdict.DOUBTFUL:
            return mail.doubt(at=now, **told)
        case Verdict.UNREACHABLE:
            return mail.put_back(at=now, **told)
        case Verdict.REFUSED:
            return mail.fail(**told)


def unwanted(mails: Sequence[Mail], *, now: datetime) -> dict[int, str]:
    """Why some of these must not leave after all: the room that wrote them is asked, and what addresses said."""
    reasons: dict[int, str] = {}
    for code, group in groupby(sorted(mails, key=lambda mail: mail.kind), key=lambda mail: mail.kind):
        kind, some = kind_of(code), list(group)
        if kind is not None and kind.unwanted is not None:
            reasons |= kind.unwanted([mail for mail in some if mail.about_id], now)
    emails = [mail.recipient for mail in mails]
    refused, opposed = MailAddress.objects.refused_among(emails), MailAddress.objects.opposed_among(emails)
    for mail in mails:
        address, kind = mail.recipient.lower(), kind_of(mail.kind)
        if address in refused:
            reasons.setdefault(mail.pk, _("This address refuses our mails."))
        elif address in opposed and kind is not None and kind.respects_opposition and not kind.is_for_staff:
            reasons.setdefault(mail.pk, _("The owner of this address wants no more mail."))
    return reasons
