"""A member of staff who forgot a password comes back in by a link that nobody else can read, make or use twice."""

import re

import pytest
from django.core.cache import cache
from django.utils import timezone

from crm.accounts.models import User
from crm.mailing.delivery import deliver
from crm.mailing.models import Mail
from settings import mail as mail_settings
from tests.factories import staff
from tests.mailing.smtp import smtp_server

ASK = "/admin/mot-de-passe-oublie/"
NEW = "une-phrase-bien-longue-42"


@pytest.fixture(autouse=True)
def _outbox(settings):
    """As it is outside of tests, where Django puts a backend of its own."""
    settings.EMAIL_BACKEND = mail_settings.EMAIL_BACKEND


@pytest.fixture
def box(settings):
    with smtp_server(settings) as box:
        yield box


@pytest.fixture
def paul(db) -> User:
    return staff("paul@example.org", "Manager", first_name="Paul")


def asked(client, email: str = "paul@example.org", **headers) -> None:
    answer = client.post(ASK, {"email": email}, **headers)
    assert (answer.status_code, answer.url) == (302, f"{ASK}envoye/")


def link_in(box) -> str:
    deliver(clock=timezone.now, senders=1)
    ((to, message),) = box.received
    assert to == "paul@example.org"
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    (link,) = re.findall(r"http\S+/admin/mot-de-passe/\S+", text)
    assert link in html
    assert "{{" not in text + html
    return link


def test_the_sign_in_page_leads_to_it(client, db):
    assert ASK in client.get("/admin/login/").content.decode()


def test_the_link_opens_a_page_where_one_chooses_a_password_once(client, paul, box, settings):
    settings.SITE_URL = "https://clients.example.org"
    asked(client)
    link = link_in(box)
    assert link.startswith("https://clients.example.org/admin/mot-de-passe/")
    path = link.removeprefix("https://clients.example.org")
    form = client.get(path, follow=True).redirect_chain[-1][0]
    assert client.post(form, {"new_password1": "court", "new_password2": "court"}).status_code == 200
    assert client.post(form, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert client.login(username="paul@example.org", password=NEW)
    assert "Ce lien ne fonctionne plus" in client.get(path, follow=True).content.decode()


def test_the_link_is_of_the_installation_whatever_host_is_asked(client, paul, box, settings):
    settings.SITE_URL = "https://clients.example.org"
    asked(client, headers={"host": "localhost", "x-forwarded-host": "evil.example"})
    assert link_in(box).startswith("https://clients.example.org/")


def test_the_mail_is_private_and_erased_once_it_has_left(client, paul, box):
    asked(client)
    mail = Mail.objects.get()
    assert (mail.is_private, mail.html_to_read(), mail.text_to_read()) == (True, "", "")
    link_in(box)
    mail.refresh_from_db()
    assert (mail.html, mail.text) == ("", "")


@pytest.mark.parametrize("email", ["nobody@example.org", "client@example.org", "left@example.org"])
def test_who_may_not_sign_in_gets_the_same_answer_and_no_mail(client, paul, email):
    User.objects.create_user("client@example.org", "correct-horse-battery")
    staff("left@example.org", is_active=False)
    asked(client, email)
    assert Mail.objects.count() == 0


def test_asking_again_and_again_sends_one_mail(client, paul):
    for email in ("paul@example.org", "PAUL@example.org", "paul@example.org"):
        asked(client, email)
    assert Mail.objects.count() == 1
    cache.clear()
    asked(client)
    assert Mail.objects.count() == 2


def test_every_page_of_the_way_is_in_french(client, db):
    for page in (ASK, f"{ASK}envoye/", "/admin/mot-de-passe/MQ/x-y/", "/admin/mot-de-passe/fait/"):
        html = client.get(page).content.decode()
        assert "sign-in-box" in html
        assert not re.search(r"password|Django|mailed", html, re.IGNORECASE)
