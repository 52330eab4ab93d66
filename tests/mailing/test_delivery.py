"""What becomes of a mail that waits, before a real SMTP server."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.mailing.delivery import LOT, Courier, deliver, recover
from crm.mailing.models import Mail, MailAddress
from crm.mailing.models.mail import DELAYS
from tests.mailing.rows import waiting
from tests.mailing.smtp import DROP, DROP_AFTER_DATA, HANG, REFUSE_CONTENT


def status_of(mail: Mail) -> str:
    mail.refresh_from_db()
    return mail.status


def send(**options):
    return deliver(clock=timezone.now, **{"senders": 1, **options})


def test_a_waiting_mail_leaves_once_with_both_parts_and_its_own_message_id(db, box):
    mail = waiting()
    send()
    send()
    ((to, message),) = box.received
    assert (to, message["Message-ID"], message["Subject"]) == (
        mail.recipient,
        mail.message_id,
        mail.subject,
    )
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert status_of(mail) == "sent"
    assert mail.sent_at is not None


def test_many_mails_leave_over_one_connection(db, box):
    for number in range(LOT + 5):
        waiting(f"client{number}@example.org")
    assert send() == {"sent": LOT + 5}
    assert box.connections == 1


def test_a_mail_whose_time_has_not_come_waits(db, box):
    mail = waiting(not_before=timezone.now() + timedelta(minutes=5))
    send()
    assert status_of(mail) == "queued"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ("450 4.2.0 greylisted", "retry", "plus tard"),
        ("452 4.2.2 full", "retry", "pleine"),
        ("550 5.1.1 no such user", "failed", "n’existe pas"),
        ("554 5.7.1 blocked", "failed", "refuse nos e-mails"),
        (DROP, "retry", "coupé la ligne"),
        (DROP_AFTER_DATA, "retry", "peut-être arrivé"),
        (REFUSE_CONTENT, "failed", "refuse cet e-mail"),
    ],
)
def test_each_answer_of_the_server_has_its_state_and_its_sentence(db, box, answer, status, words):
    mail, other = waiting(), waiting("paul@example.org")
    box.plan[mail.recipient] = [answer, answer]
    send()
    assert (status_of(mail), status_of(other)) == (status, "sent")
    assert words in mail.trouble


def test_a_temporary_refusal_is_tried_again_after_a_delay_that_grows_then_given_up(db, box):
    mail = waiting()
    box.plan[mail.recipient] = ["450 later"] * 100
    clock, waits = [timezone.now()], []
    while status_of(mail) != "failed":
        deliver(clock=lambda: clock[0], senders=1)
        mail.refresh_from_db()
        waits.append(mail.not_before - clock[0])
        clock[0] = max(clock[0], mail.not_before)
    assert waits[: len(DELAYS)] == DELAYS
    assert mail.attempts == len(DELAYS) + 1


def test_a_line_cut_after_the_content_gives_one_more_copy_with_the_same_id_then_a_doubt(db, box):
    mail = waiting()
    box.plan[mail.recipient] = [DROP_AFTER_DATA, DROP_AFTER_DATA]
    send()
    Mail.objects.update(not_before=timezone.now())
    send()
    assert (status_of(mail), mail.attempts) == ("uncertain", 2)


def test_a_line_that_the_server_closed_while_idle_costs_no_try(db, box):
    first, second = waiting("one@example.org"), waiting("two@example.org")
    box.plan[second.recipient] = [DROP]
    send()
    assert (status_of(first), status_of(second), second.attempts) == ("sent", "sent", 1)
    assert box.connections == 2


def test_a_server_that_hangs_delays_nobody_else(db, box, settings):
    settings.EMAIL_TIMEOUT = 1
    slow = waiting("slow@example.org")
    box.plan[slow.recipient] = [HANG]
    others = [waiting(f"client{number}@example.org") for number in range(3)]
    send()
    assert [status_of(mail) for mail in others] == ["sent"] * 3
    assert status_of(slow) == "retry"


def test_without_a_server_the_queue_waits_and_no_try_is_spent(db, settings):
    settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    mails = [waiting(f"client{number}@example.org") for number in range(3)]
    send()
    assert {status_of(mail) for mail in mails} == {"retry", "queued"}
    assert {mail.attempts for mail in mails} == {0}


def test_nothing_is_sent_in_clear_when_encryption_is_refused(db, box, settings):
    settings.EMAIL_USE_TLS = True
    mail = waiting()
    send()
    assert status_of(mail) == "retry"
    assert "en clair" in mail.trouble
    assert box.received == []


def test_a_dead_address_is_marked_and_no_mail_goes_there_any_more(db, box):
    first = waiting("gone@example.org")
    box.plan[first.recipient] = ["550 5.1.1 no such user"]
    send()
    second = waiting("Gone@example.org")
    send()
    assert MailAddress.objects.get().is_refused
    assert (status_of(second), box.received) == ("cancelled", [])


def test_a_private_mail_is_erased_once_it_has_left(db, box):
    mail = waiting(is_private=True, text="https://example.org/secret")
    assert mail.text_to_read() == ""
    send()
    mail.refresh_from_db()
    assert (mail.status, mail.text, mail.html) == ("sent", "", "")
    assert "secret" in box.received[0][1].get_body(("plain",)).get_content()


def test_a_mail_held_by_a_dead_process_goes_after_its_claim_has_run_out(db, box, settings):
    settings.MAIL_CLAIM_SECONDS = 60
    mail = waiting()
    dead = Courier(clock=timezone.now, seconds=10)
    assert [claimed.pk for claimed in dead._claim()] == [mail.pk]
    send()
    assert status_of(mail) == "sending"
    now = timezone.now() + timedelta(seconds=61)
    assert recover(now=now) == 1
    deliver(clock=lambda: now, senders=1)
    assert status_of(mail) == "sent"


def test_a_process_that_slept_past_its_claim_sends_nothing(db, box, settings):
    settings.MAIL_CLAIM_SECONDS = 60
    mail = waiting()
    sleeper = Courier(clock=timezone.now, seconds=600)
    sleeper.pile.extend(sleeper._claim())
    later = timezone.now() + timedelta(seconds=61)
    deliver(clock=lambda: later, senders=1)
    assert status_of(mail) == "sent"
    sleeper.clock = lambda: later + timedelta(seconds=1)
    sleeper.work()
    assert len(box.received) == 1


def test_what_a_run_has_no_time_for_is_given_back(db, box):
    for number in range(3):
        waiting(f"client{number}@example.org")
    courier = Courier(clock=timezone.now, seconds=600)
    courier.pile.extend(courier._claim())
    courier.is_over = True
    courier.work()
    courier.give_back()
    assert set(Mail.objects.values_list("status", "claim")) == {("queued", "")}


def test_a_name_cannot_add_a_header_and_a_long_accented_subject_stays_whole(db, box):
    subject = "Réabonnement à l’été " * 12
    waiting(subject=subject + "\r\nBcc: spy@example.org")
    send()
    assert box.received == []
    waiting("zoe2@example.org", subject=subject.strip())
    send()
    ((_to, message),) = box.received
    assert message["Subject"] == subject.strip()
    assert message["Bcc"] is None
