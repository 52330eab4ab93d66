import pytest
from django.core.management import CommandError, call_command

from crm.timeline.models import Entry
from tests.factories import individual
from tests.mailing.rows import waiting


@pytest.fixture
def one_sender(settings):
    """Within the story's own transaction."""
    settings.MAIL_SENDERS = 1


def test_what_waits_leaves_now_and_is_counted_in_words(db, box, one_sender, capsys):
    for number in range(3):
        waiting(f"client{number}@example.org", client=individual())
    box.plan["client0@example.org"] = ["550 5.1.1 no such user"]
    call_command("deliver_mail")
    said = capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
    assert ("Envoyé : 2" in said, "Échec : 1" in said, "0 e-mail attend." in said) == (True, True, True)
    assert len(box.received) == 2
    assert Entry.objects.filter(kind__startswith="mail").count() == 3


def test_an_empty_queue_is_no_failure(db, box, one_sender, capsys):
    call_command("deliver_mail")
    assert "Aucun e-mail n’était à envoyer." in capsys.readouterr().out


def test_a_server_that_cannot_be_reached_is_a_failure_that_says_so(db, one_sender, settings):
    settings.MAIL_TRANSPORT = "crm.mailing.post.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    waiting()
    with pytest.raises(CommandError, match=r"ne répond pas\. 1 e-mail attend"):
        call_command("deliver_mail")
