"""The outbox on screen: what became of each mail, for those who may know."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.mailing.delivery import deliver
from crm.mailing.models import Mail
from crm.mailing.services import queue
from tests.factories import individual, staff
from tests.mailing.rows import waiting

LIST = "/admin/mailing/mail/"


def subjects(browser, query: str = "") -> list[str]:
    html = browser.get(f"{LIST}{query}", follow=True).content.decode()
    return [unescape(one) for one in re.findall(r'<th class="field-subject[^>]*><a[^>]*>(.*?)</a>', html)]


def shown(browser, mail: Mail) -> str:
    return unescape(browser.get(f"{LIST}{mail.pk}/change/").content.decode())


def act(browser, mail: Mail, verb: str):
    answer = browser.post(f"{LIST}{mail.pk}/{verb}/", follow=True)
    mail.refresh_from_db()
    return answer


def test_each_mail_is_listed_with_its_status_in_words_and_its_client(staff_client):
    zoe = individual(first_name="Zoé", last_name="Petit")
    waiting(client=zoe, status="failed", trouble="Cette adresse n’existe pas, ou plus.")
    html = unescape(staff_client.get(LIST).content.decode())
    assert '<span class="state mail-failed">Échec</span>' in html
    assert f"/admin/clients/client/{zoe.pk}/change/" in html
    assert "Cette adresse n’existe pas, ou plus." in html


def test_the_list_is_narrowed_by_status_kind_and_day(staff_client):
    old = timezone.now() - timedelta(days=10)
    waiting(subject="échec", status="failed")
    waiting(subject="revenu", status="bounced")
    waiting(subject="ancien", created_at=old)
    waiting(subject="relance", kind="reminder")
    today = timezone.localdate()
    assert subjects(staff_client, "?status=trouble") == ["revenu", "échec"]
    assert subjects(staff_client, "?status=failed") == ["échec"]
    assert subjects(staff_client, "?kind=reminder") == ["relance"]
    assert subjects(staff_client, f"?written_to={today - timedelta(days=9)}") == ["ancien"]
    assert "ancien" not in subjects(staff_client, f"?written_from={today}&written_to={today}")


@pytest.mark.parametrize(
    "query", ["?written_to=9999-12-31", "?written_from=0001-01-01", "?status=x&kind=y", "?written_from=x"]
)
def test_a_nonsense_filter_hides_nothing_and_fails_nothing(staff_client, query):
    waiting(subject="là")
    assert subjects(staff_client, query) == ["là"]


def test_a_mail_is_found_by_client_recipient_or_subject(staff_client):
    waiting(to="contact@example.org", subject="Un", client=individual(last_name="Zorglub"))
    waiting(to="autre@example.org", subject="Deux")
    for words, found in (("zorglub", ["Un"]), ("contact@", ["Un"]), ("deux", ["Deux"]), ("rien", [])):
        assert subjects(staff_client, f"?q={words}") == found


def test_a_manager_finds_only_the_mails_of_their_own_clients(client, manager):
    own, other = individual(manager=manager), individual(last_name="Zorglub")
    mine, theirs, ours = (
        waiting(subject="mien", client=own),
        waiting(subject="Zorglub", client=other),
        waiting(subject="bureau"),
    )
    client.force_login(manager)
    assert subjects(client) == ["mien"]
    assert subjects(client, "?q=zorglub") == []
    for mail in (theirs, ours):
        assert client.get(f"{LIST}{mail.pk}/change/").status_code == 302
        assert client.post(f"{LIST}{mail.pk}/stop/").status_code == 404
    assert act(client, mine, "stop").status_code == 200
    assert mine.status == "cancelled"
    assert list(Mail.objects.visible_to(staff("boss@example.org", "Administrator"))) == [ours, theirs, mine]


def test_who_only_reads_can_neither_stop_nor_send_again(client, db):
    client.force_login(staff("lecture@example.org", "Read-only"))
    mail = waiting()
    assert "Ne pas envoyer" not in shown(client, mail)
    for verb in ("again", "stop"):
        assert client.post(f"{LIST}{mail.pk}/{verb}/").status_code == 403


def test_a_mail_is_read_as_the_client_sees_it_without_its_personal_links(staff_client):
    mail = queue(
        "reminder",
        to="zoe@example.org",
        values={"formule": "Confort"},
        at=timezone.now(),
        client=individual(),
    )
    html = shown(staff_client, mail)
    assert re.search(r"<iframe[^>]* sandbox ", html)
    assert "Renouveler ma formule ([lien personnel])" in html
    # The head of every page leads to the reader’s own password: what is asked is what the page holds.
    assert "/espace/" not in html.partition("<main")[2]
    assert "\ue000" not in html


def test_a_private_mail_shows_nothing_of_its_content(staff_client):
    mail = waiting(is_private=True, html="<p>https://secret.example</p>", text="https://secret.example")
    html = shown(staff_client, mail)
    assert "secret.example" not in html
    assert "n’est montré à personne" in html


def test_content_that_would_leave_its_frame_stays_in_it(staff_client):
    mail = waiting(html='"></iframe><script>alert(1)</script>', text="</pre><script>alert(2)</script>")
    assert "<script>alert" not in staff_client.get(f"{LIST}{mail.pk}/change/").content.decode()


def test_a_failed_mail_leaves_again_under_the_same_message_id(staff_client, box):
    mail = waiting()
    box.plan[mail.recipient] = ["554 5.7.1 blocked"]
    deliver(clock=timezone.now, senders=1)
    assert "554 5.7.1 blocked" in shown(staff_client, mail)
    act(staff_client, mail, "again")
    assert (mail.status, mail.attempts) == ("queued", 0)
    deliver(clock=timezone.now, senders=1)
    assert box.ids == [mail.message_id]


def test_a_private_mail_of_text_alone_that_failed_can_be_sent_again_and_an_erased_one_cannot(staff_client):
    failed = waiting(is_private=True, html="", status="failed")
    sent = waiting(is_private=True, html="", text="", status="failed")
    act(staff_client, failed, "again")
    assert "ne peut plus être renvoyé" in unescape(act(staff_client, sent, "again").content.decode())
    assert (failed.status, sent.status) == ("queued", "failed")


def test_a_mail_that_waits_is_stopped_by_name_and_a_mail_that_left_is_not(staff_client, administrator, box):
    stopped, left = waiting(), waiting(status="sent")
    act(staff_client, stopped, "stop")
    act(staff_client, left, "stop")
    assert (stopped.status, stopped.trouble) == ("cancelled", "Arrêté par Ada Admin.")
    assert left.status == "sent"
    deliver(clock=timezone.now, senders=1)
    assert box.received == []


def test_a_verb_is_never_done_by_following_a_link(staff_client):
    mail = waiting()
    assert staff_client.get(f"{LIST}{mail.pk}/stop/").status_code == 403
    mail.refresh_from_db()
    assert mail.status == "queued"


def test_mails_on_disk_are_said_not_to_leave_and_their_content_is_read_here(staff_client, settings, tmp_path):
    settings.MAIL_TRANSPORT, settings.EMAIL_FILE_PATH = (
        "django.core.mail.backends.filebased.EmailBackend",
        str(tmp_path),
    )
    mail = waiting(text="Bonjour du disque")
    deliver(clock=timezone.now, senders=1)
    assert "Bonjour du disque" in next(tmp_path.iterdir()).read_text()
    assert "Bonjour du disque" in shown(staff_client, mail)
    assert "Aucun e-mail ne part" in unescape(staff_client.get(LIST).content.decode())


def test_the_list_says_why_nothing_leaves(staff_client, settings):
    settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    waiting()
    deliver(clock=timezone.now, senders=1)
    assert "Le serveur d’envoi ne répond pas. 1 e-mail attend" in unescape(
        staff_client.get(LIST).content.decode()
    )


@pytest.mark.parametrize("address", [LIST, "/admin/mailing/mailaddress/"])
def test_the_list_costs_the_same_for_one_and_for_three_mails(staff_client, address):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            staff_client.get(address)
        return len(queries)

    waiting(client=individual())
    cost()
    before = cost()
    for _mail in range(2):
        waiting(client=individual())
    assert cost() == before
