"""How mails leave is told by the environment: what is wrong in it is said at the start, without its password."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from settings import mail

KEYS = ["EMAIL_URL", *mail.PROVIDERS, *mail.NEEDED.values()]


@pytest.fixture
def chosen(monkeypatch, tmp_path):
    def of(**variables: str) -> dict:
        for key in KEYS:
            monkeypatch.delenv(key, raising=False)
        for key, value in variables.items():
            monkeypatch.setenv(key, value)
        return mail.transport(tmp_path)

    return of


def test_without_anything_mails_are_files_of_the_data_folder(chosen, tmp_path):
    for variables in ({}, {"EMAIL_URL": ""}):
        given = chosen(**variables)
        assert given["MAIL_TRANSPORT"].endswith("filebased.EmailBackend")
        assert given["EMAIL_FILE_PATH"] == str(tmp_path / "mail")


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp+tls://u%40x.org:p%3Aw@smtp.example.org:2525", 2525, True, None),
        ("smtp+tls://smtp.example.org", 587, True, None),
        ("smtp+ssl://smtp.example.org", 465, None, True),
        ("smtp://localhost", 25, None, None),
    ],
)
def test_an_address_chooses_the_port_and_the_encryption(chosen, url, port, tls, ssl):
    given = chosen(EMAIL_URL=url)
    assert given["MAIL_TRANSPORT"] == "crm.mailing.post.SmtpBackend"
    assert (given["EMAIL_PORT"], given.get("EMAIL_USE_TLS"), given.get("EMAIL_USE_SSL")) == (port, tls, ssl)


@pytest.mark.parametrize(
    "url",
    [
        "smtp.example.org",
        "smtp+tls://",
        "smtp+tls://user:s3cret@host:port",
        "http://host",
        "smtp+tls://u:s3cret@",
    ],
)
def test_a_wrong_address_is_told_with_an_example_and_without_its_password(chosen, url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as refusal:
        chosen(EMAIL_URL=url)
    assert "s3cret" not in str(refusal.value)
    assert "smtp+tls://user:password@smtp.example.org:587" in str(refusal.value)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"MAILJET_API_KEY": "k"}, "MAILJET_SECRET_KEY"),
        ({"MAILGUN_API_KEY": "k"}, "MAILGUN_SENDER_DOMAIN"),
        ({"AMAZON_SES_REGION": "eu-west-3"}, "boto3"),
    ],
)
def test_a_provider_says_what_it_lacks(chosen, variables, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        chosen(**variables)


def test_a_key_chooses_its_provider(chosen):
    assert chosen(BREVO_API_KEY="k") == {"MAIL_TRANSPORT": "anymail.backends.brevo.EmailBackend"}


def test_webhooks_open_only_with_a_secret_of_two_parts(monkeypatch):
    assert mail.webhooks("") == []
    assert mail.webhooks("name:password") == ["brevo", "mailjet"]
    monkeypatch.setitem(mail.ANYMAIL, "MAILGUN_API_KEY", "k")
    assert mail.webhooks("name:password") == ["brevo", "mailjet", "mailgun"]
    with pytest.raises(ImproperlyConfigured, match="name:password"):
        mail.webhooks("password")
