"""A1 to A5: a sender that is killed, and two that work at the same time."""

import os
import signal
from collections import Counter
from datetime import timedelta
from itertools import cycle

import pytest
from django.db import connections
from django.utils import timezone

from crm.mailing.models import Mail
from crm.mailing.services import new_message_id
from tests.mailing.smtp import DROP, HANG, Box, smtp_server
from tests.processes import finished, start, wait_until

pytestmark = [pytest.mark.django_db(transaction=True)]

DELIVERY = """
from django.conf import settings
from django.utils import timezone
from crm.mailing.delivery import deliver
settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", {port}
settings.EMAIL_TIMEOUT, settings.MAIL_CLAIM_SECONDS = 10, 1
"""
OURS = (
    DELIVERY
    + """
print(dict(deliver(clock=timezone.now, seconds=60, senders={senders})))
"""
)
# Two ways not to do it, to see that this test would tell.
MARKED_BEFORE = (
    DELIVERY
    + """
from crm.mailing.models import Mail
from crm.mailing.post import Post
from crm.mailing.sender import message_of
post = Post()
for mail in Mail.objects.filter(status="queued").order_by("pk"):
    Mail.objects.filter(pk=mail.pk).update(status="sent")
    post.send(message_of(mail))
"""
)
ONE_TRANSACTION = (
    DELIVERY
    + """
from django.db import transaction
from crm.mailing.models import Mail
from crm.mailing.post import Post
from crm.mailing.sender import message_of
post = Post()
with transaction.atomic():
    for mail in Mail.objects.filter(status="queued").order_by("pk"):
        post.send(message_of(mail))
        Mail.objects.filter(pk=mail.pk).update(status="sent")
"""
)
LEFT = ("sent", "failed", "uncertain", "cancelled")


def queue(count: int) -> list[Mail]:
    now = timezone.now()
    return Mail.objects.bulk_create(
        Mail(
            kind="system",
            recipient=f"client{number}@example.org",
            subject="Votre formule se termine",
            html="<p>Bonjour</p>",
            text="Bonjour",
            message_id=new_message_id(),
            created_at=now,
            not_before=now,
        )
        for number in range(count)
    )


class Killer:
    """Kills the sender in the middle of its work, at phases that follow one another, every so many mails."""

    def __init__(self, kills: int, every: int) -> None:
        self.phases, self.every = cycle(["MAIL", "RCPT", "DATA", "250"]), every
        self.left, self.phase, self.seen = kills, next(self.phases), 0
        self.process, self.done = None, Counter()

    def __call__(self, phase: str, recipient: str) -> None:
        self.seen += phase == self.phase
        if self.left and phase == self.phase and self.seen >= self.every and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.done[phase] += 1
            self.left, self.phase, self.seen = self.left - 1, next(self.phases), 0


def send_and_kill(settings, code: str, *, count: int, kills: int, **options) -> tuple[Box, Killer]:
    killer = Killer(kills, every=max(1, count // (kills + 3)))
    queue(count)
    with smtp_server(settings, Box(on_phase=killer)) as box:
        for _life in range(kills + 5):
            killer.process = start(code.format(port=settings.EMAIL_PORT, **options))
            killer.process.wait(120)
            killer.process.communicate()
            if not Mail.objects.exclude(status__in=LEFT).exists():
                break
            wait_until(lambda: True)
            _let_claims_run_out()
    return box, killer


def _let_claims_run_out() -> None:
    Mail.objects.filter(status="sending").update(claimed_at=timezone.now() - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("count", "kills"), [(60, 4), pytest.param(600, 20, marks=pytest.mark.drill)], ids=["60", "600"]
)
def test_a_killed_sender_loses_nothing_and_repeats_at_most_the_mail_on_its_way(settings, count, kills):
    box, killer = send_and_kill(settings, OURS, count=count, kills=kills, senders=1)
    assert killer.left == 0
    assert set(Mail.objects.values_list("status", flat=True)) == {"sent"}
    assert len(set(box.ids)) == count
    # The server has the content from the end of DATA on: only a kill after it can repeat a mail.
    assert len(box.ids) - count <= killer.done["DATA"] + killer.done["250"]


@pytest.mark.drill
def test_four_senders_repeat_at_most_one_mail_each(settings):
    box, _killer = send_and_kill(settings, OURS, count=600, kills=20, senders=4)
    assert set(Mail.objects.values_list("status", flat=True)) == {"sent"}
    assert len(set(box.ids)) == 600
    assert len(box.ids) - 600 <= 4 * 20


@pytest.mark.drill
def test_marking_before_sending_loses_mails(settings):
    """A control: the drill can tell."""
    box, _killer = send_and_kill(settings, MARKED_BEFORE, count=60, kills=4)
    assert len(set(box.ids)) < 60


@pytest.mark.drill
def test_one_transaction_round_the_batch_repeats_many(settings):
    """A control: the drill can tell."""
    box, killer = send_and_kill(settings, ONE_TRANSACTION, count=60, kills=4)
    assert len(box.ids) - len(set(box.ids)) > 2 * (killer.done["DATA"] + killer.done["250"])


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.drill)])
def test_two_senders_at_the_same_time_send_each_mail_once(settings, count):
    queue(count)
    with smtp_server(settings) as box:
        both = [start(OURS.format(port=settings.EMAIL_PORT, senders=2)) for _sender in range(2)]
        for process in both:
            finished(process)
    assert len(box.ids) == len(set(box.ids)) == count


@pytest.mark.drill
def test_without_the_claim_two_senders_send_more(settings):
    """The control: both send what waits, and say so afterwards."""
    queue(200)
    naive = ONE_TRANSACTION.replace("with transaction.atomic():", "if True:")
    with smtp_server(settings) as box:
        both = [start(naive.format(port=settings.EMAIL_PORT)) for _sender in range(2)]
        for process in both:
            finished(process)
    assert len(box.ids) > 200


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.drill)])
def test_faults_of_some_delay_no_other_and_each_ends_in_its_state(settings, count):
    """Of a hundred recipients: five later, one never, one cut off; of two hundred, one hangs."""
    queue(count)
    plan = {}
    for number in range(count):
        fault = {
            3: "450 later",
            23: "450 later",
            43: "450 later",
            63: "450 later",
            83: "450 later",
            7: "550 5.1.1 no",
        }
        answer = fault.get(number % 100) or (
            DROP if number % 100 == 11 else HANG if number % 200 == 150 else ""
        )
        if answer:
            plan[f"client{number}@example.org"] = [answer, answer]
    with smtp_server(settings, Box(plan=plan)) as box:
        finished(start(OURS.format(port=settings.EMAIL_PORT, senders=4).replace("= 10, 1", "= 2, 600")))
    connections.close_all()
    states = Counter(Mail.objects.values_list("status", flat=True))
    hundreds = count // 100
    assert states == {
        "sent": count - 7 * hundreds - count // 200,
        "retry": 6 * hundreds + count // 200,
        "failed": hundreds,
    }
    assert len(box.ids) == states["sent"]
