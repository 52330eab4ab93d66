"""What the sheet and the first page say of mails."""

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from crm.mailing.delivery import deliver
from crm.mailing.services import note_bounce, oppose, queue
from tests.factories import individual, staff
from tests.mailing.rows import waiting


def panel(browser, client, name: str) -> str:
    answer = browser.get(
        f"/admin/clients/client/{client.pk}/panel/{name}/", headers={"x-requested-with": "fetch"}
    )
    return unescape(answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def home(browser) -> str:
    return unescape(browser.get("/admin/").content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def test_the_sheet_lists_what_was_sent_to_the_client_and_to_no_other(staff_client):
    zoe, paul = individual(email="zoe@example.org"), individual()
    waiting(subject="Pour Zoé", client=zoe, status="bounced", trouble="Boîte pleine")
    waiting(subject="Pour Paul", client=paul)
    html = panel(staff_client, zoe, "mails")
    assert ("Pour Zoé" in html, "Boîte pleine" in html, "Pour Paul" in html) == (True, True, False)
    assert f"/admin/mailing/mailaddress/of-client/{zoe.pk}/" in html


def test_every_sheet_that_uses_a_refused_or_opposed_address_says_so(staff_client):
    first, second, other = (
        individual(email="Zoe@example.org"),
        individual(email="zoe@example.org"),
        individual(),
    )
    assert panel(staff_client, first, "mail_address").strip() == ""
    note_bounce("zoe@example.org", "Cette adresse n’existe pas.", at=timezone.now(), is_final=True)
    for client in (first, second):
        assert "zoe@example.org refuse nos e-mails" in panel(staff_client, client, "mail_address")
    oppose("zoe@example.org", at=timezone.now())
    assert "ne veut plus d’e-mail depuis le" in panel(staff_client, first, "mail_address")
    assert panel(staff_client, other, "mail_address").strip() == ""
    assert (
        "/panel/mail_address/"
        in staff_client.get(f"/admin/clients/client/{first.pk}/change/").content.decode()
    )


def test_the_first_page_counts_the_recent_mails_that_did_not_arrive(staff_client):
    assert "e-mail qui n’est pas arrivé" not in home(staff_client)
    waiting(status="failed")
    waiting(status="failed", created_at=timezone.now() - timedelta(days=40))
    html = home(staff_client)
    assert "<strong>1</strong> <span>e-mail qui n’est pas arrivé</span>" in html
    assert "status=trouble&written_from=" in html


def test_the_first_page_of_a_manager_counts_their_own_clients_only(client, manager):
    waiting(status="failed", client=individual(manager=manager))
    waiting(status="failed", client=individual())
    client.force_login(manager)
    assert "<strong>1</strong> <span>e-mail qui n’est pas arrivé</span>" in home(client)


def test_the_first_page_says_that_the_mail_server_does_not_answer(staff_client, settings):
    settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert "E-mails : aucun n’attend de partir." in home(staff_client)
    waiting()
    assert "E-mails : 1 attend de partir." in home(staff_client)
    deliver(clock=timezone.now, senders=1)
    assert "E-mails : Le serveur d’envoi ne répond pas. 1 e-mail attend" in home(staff_client)


@pytest.mark.parametrize(("role", "sees"), [("Manager", True), ("Read-only", True), (None, False)])
def test_the_queue_is_told_to_who_may_see_mails(client, db, role, sees):
    client.force_login(staff("x@example.org", role))
    assert ("E-mails :" in home(client)) is sees


def test_a_client_who_was_written_to_is_proof_and_is_kept(staff_client):
    zoe = individual(email="zoe@example.org")
    mail = queue("reminder", to=zoe.email, values={}, at=timezone.now(), client=zoe)
    mail.status = "sent"
    mail.save()
    html = unescape(staff_client.get(f"/admin/clients/client/{zoe.pk}/delete/").content.decode())
    assert "1 e-mail" in html
