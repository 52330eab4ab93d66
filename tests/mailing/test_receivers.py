"""What Brevo, Mailjet and Mailgun tell of a mail, as they tell it: signed, unsigned, twice, or of somebody else."""

import hashlib
import hmac
import json
import sys
from base64 import b64encode
from importlib import reload

import pytest
from django.urls import clear_url_caches

from crm.mailing.models import Mail, MailAddress
from tests.mailing.rows import waiting

SECRET = "anymail:correct-horse"
KEY = "mailgun-signing-key"


def _reloaded() -> None:
    clear_url_caches()
    for name in ("crm.mailing.urls", "crm.urls"):
        if name in sys.modules:
            reload(sys.modules[name])


@pytest.fixture
def hooks(settings):
    """The addresses of the providers, which are read once, when the server starts."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
    settings.MAIL_WEBHOOKS = ["brevo", "mailjet", "mailgun"]
    _reloaded()
    yield
    settings.MAIL_WEBHOOKS = []
    _reloaded()


def brevo(event: str, **fields) -> dict:
    return {
        "event": event, "email": "zoe@example.org", "id": 26224, "date": "2026-11-25 10:00:00", "ts": 1795597200,
        "message-id": "<202611251000.1@smtp-relay.mailin.fr>", "ts_event": 1795597200, "ts_epoch": 1795597200000,
        "subject": "Votre formule", "sending_ip": "198.51.100.7", "reason": "550 5.1.1 no such user", **fields,
    }  # fmt: skip


def mailjet(event: str, **fields) -> list[dict]:
    return [
        {
            "event": event, "time": 1795597200, "MessageID": 576460752303434, "Message_GUID": "1ab23cd4", "email":
            "zoe@example.org", "mj_campaign_id": 1, "mj_contact_id": 2, "customcampaign": "", "CustomID": "", "Payload": "",
            "blocked": False, **fields,
        }
    ]  # fmt: skip


def mailgun(event: str, *, key: str = KEY, **fields) -> dict:
    stamp, token = "1795597200", "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": signature},
        "event-data": {
            "event": event, "timestamp": 1795597200.1, "id": "DACSsAdVSeGpLid7TN03WA", "recipient": "zoe@example.org",
            "message": {"headers": {"to": "zoe@example.org", "message-id": "20261125.1@mg.example.org"}},
            "delivery-status": {"code": 550, "message": "no such user", "description": ""}, **fields,
        },
    }  # fmt: skip


def tell(client, name: str, payload, secret: str = SECRET) -> int:
    headers = {"authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}
    return client.post(
        f"/anymail/{name}/tracking/", json.dumps(payload), content_type="application/json", headers=headers
    ).status_code


def sent(provider_id: str, **fields) -> Mail:
    return waiting(status="sent", provider_id=provider_id, is_on_timeline=True, **fields)


BREVO_ID, MAILJET_ID, MAILGUN_ID = (
    "<202611251000.1@smtp-relay.mailin.fr>",
    "576460752303434",
    "<20261125.1@mg.example.org>",
)
DEAD = [
    ("brevo", BREVO_ID, brevo("hard_bounce")),
    ("brevo", BREVO_ID, brevo("invalid_email")),
    (
        "mailjet",
        MAILJET_ID,
        mailjet("bounce", error_related_to="recipient", error="user unknown", hard_bounce=True),
    ),
    ("mailgun", MAILGUN_ID, mailgun("failed", severity="permanent", reason="bounce")),
]
FULL = [
    ("brevo", BREVO_ID, brevo("soft_bounce")),
    (
        "mailjet",
        MAILJET_ID,
        mailjet("bounce", error_related_to="recipient", error="quota exceeded", hard_bounce=False),
    ),
    ("mailgun", MAILGUN_ID, mailgun("failed", severity="permanent", reason="generic")),
]


@pytest.mark.parametrize(("name", "provider_id", "payload"), DEAD)
def test_a_dead_address_is_marked_and_its_mail_is_returned(client, db, hooks, name, provider_id, payload):
    mail = sent(provider_id)
    assert tell(client, name, payload) == 200
    mail.refresh_from_db()
    assert (mail.status, mail.is_on_timeline) == ("bounced", False)
    assert MailAddress.objects.get().is_refused


@pytest.mark.parametrize(("name", "provider_id", "payload"), FULL)
def test_a_full_mailbox_counts_once_however_often_it_is_told_and_the_third_mail_closes(
    client, db, hooks, name, provider_id, payload
):
    for number in range(3):
        Mail.objects.all().delete()
        sent(provider_id)
        for _again in range(2):
            assert tell(client, name, payload) == 200
        address = MailAddress.objects.get()
        assert (address.soft_bounces, address.is_refused) == (number + 1, number == 2)


def test_a_mail_that_arrives_ends_the_count(client, db, hooks):
    sent(BREVO_ID)
    tell(client, "brevo", brevo("soft_bounce"))
    tell(client, "brevo", brevo("delivered"))
    assert MailAddress.objects.get().soft_bounces == 0


@pytest.mark.parametrize(("name", "provider_id", "payload"), [*DEAD, *FULL])
def test_what_is_not_signed_changes_nothing(client, db, hooks, name, provider_id, payload):
    mail = sent(provider_id)
    for secret in ("", "anymail:guess", "other"):
        assert tell(client, name, payload, secret) == 400
    mail.refresh_from_db()
    assert (mail.status, MailAddress.objects.count()) == ("sent", 0)


def test_a_mailgun_event_signed_with_another_key_changes_nothing(client, db, hooks):
    mail = sent(MAILGUN_ID)
    assert (
        tell(client, "mailgun", mailgun("failed", key="guess", severity="permanent", reason="bounce")) == 400
    )
    mail.refresh_from_db()
    assert mail.status == "sent"


@pytest.mark.parametrize(("name", "provider_id", "payload"), DEAD)
def test_a_mail_that_is_not_ours_marks_no_address(client, db, hooks, name, provider_id, payload):
    sent("another")
    assert tell(client, name, payload) == 200
    assert MailAddress.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "provider_id", "payload"),
    [
        ("brevo", BREVO_ID, brevo("deferred")),
        ("brevo", BREVO_ID, brevo("opened")),
        ("mailjet", MAILJET_ID, mailjet("sent")),
        ("mailjet", MAILJET_ID, mailjet("bounce", error="greylisted", hard_bounce=False)),
        ("mailgun", MAILGUN_ID, mailgun("failed", severity="temporary", reason="generic")),
        ("mailgun", MAILGUN_ID, mailgun("opened")),
    ],
)
def test_what_is_no_refusal_leaves_the_mail_sent(client, db, hooks, name, provider_id, payload):
    mail = sent(provider_id)
    assert tell(client, name, payload) == 200
    mail.refresh_from_db()
    assert (mail.status, MailAddress.objects.count()) == ("sent", 0)


def test_this_is_spam_is_an_opposition(client, db, hooks):
    sent(BREVO_ID)
    tell(client, "brevo", brevo("spam"))
    address = MailAddress.objects.get()
    assert (address.is_refused, address.opposed_at is None) == (False, False)


def test_a_mail_that_the_provider_lost_has_failed_and_its_address_is_not_to_blame(client, db, hooks):
    mail = sent(BREVO_ID)
    tell(client, "brevo", brevo("error"))
    mail.refresh_from_db()
    assert (mail.status, MailAddress.objects.count()) == ("failed", 0)


def test_a_mail_sent_by_the_smtp_of_a_provider_is_known_by_our_own_message_id(client, db, hooks):
    mail = waiting(status="sent")
    tell(client, "brevo", {**brevo("hard_bounce"), "message-id": mail.message_id})
    mail.refresh_from_db()
    assert mail.status == "bounced"


def test_without_a_secret_nobody_is_listened_to(client, db):
    assert tell(client, "brevo", brevo("hard_bounce")) == 404
