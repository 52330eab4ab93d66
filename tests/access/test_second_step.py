"""The second step of the sign-in: a telephone, or a recovery code; each code once."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client as HttpClient

from crm.access.adapter import SecondStepAdapter
from crm.accounts.models import User
from crm.organisation.models import Organisation
from tests.access.conftest import PASSWORD, links_in, sign_in

ACTIVATE = "/espace/double-authentification/activer/"
SECOND = "/espace/connexion/second-facteur/"


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-25 08:00+01:00", tick=False) as clock:
        yield clock


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def secured(clock, administrator, django_capture_on_commit_callbacks) -> tuple[User, str]:
    """The administrator with a telephone, and its secret."""
    http, _answer = sign_in(administrator.email)
    http.post(f"/espace/verification/?next={ACTIVATE}", {"password": PASSWORD})
    secret = http.get(ACTIVATE).context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        http.post(ACTIVATE, {"code": code(secret)})
    clock.shift(60)
    return administrator, secret


def test_a_password_alone_no_longer_signs_in(secured):
    """6.3.3: S0-11."""
    user, secret = secured
    http, answer = sign_in(user.email)
    assert (answer.url, http.get("/admin/").status_code) == (SECOND, 302)
    assert http.post(SECOND, {"code": code(secret)}).url == "/admin/"
    assert http.get("/admin/").status_code == 200


def test_a_code_is_good_once(secured):
    """D10: replayed within its half minute."""
    user, secret = secured
    first, second = sign_in(user.email)[0], sign_in(user.email)[0]
    first.post(SECOND, {"code": code(secret)})
    second.post(SECOND, {"code": code(secret)})
    assert (first.get("/admin/").status_code, second.get("/admin/").status_code) == (200, 302)


def test_a_recovery_code_is_good_once(secured):
    user, _secret = secured
    spare = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    inside = []
    for _twice in "12":
        http, _answer = sign_in(user.email)
        http.post(SECOND, {"code": spare})
        inside.append(http.get("/admin/").status_code == 200)
    assert inside == [True, False]


def test_guesses_of_the_second_step_are_counted(secured):
    user, secret = secured
    http, _answer = sign_in(user.email)
    for number in range(15):
        http.post(SECOND, {"code": f"{number:06d}"})
    http.post(SECOND, {"code": code(secret)})
    assert http.get("/admin/").status_code == 302


def test_a_new_password_does_not_go_round_the_second_step(secured, sent):
    """6.4.3."""
    user, _secret = secured
    HttpClient().post("/espace/mot-de-passe/oublie/", {"email": user.email})
    mails = [mail for mail in sent().to(user.email) if "mot de passe" in mail["Subject"]]
    http = HttpClient()
    form = http.get(links_in(mails[0])[0], follow=True)
    new = "a-new-correct-horse"
    http.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert http.get("/admin/").status_code == 302
    assert sign_in(user.email, new)[1].url == SECOND


def test_nor_does_a_code_by_mail(secured, sent):
    user, _secret = secured
    http = HttpClient()
    http.post("/espace/connexion/code/", {"email": user.email})
    link = next(one for mail in sent().to(user.email) for one in links_in(mail) if "code=" in one)
    answer = http.post("/espace/connexion/code/saisie/", {"code": link.partition("code=")[2]})
    assert answer.url == SECOND


def test_secrets_are_enciphered_in_the_database(secured):
    _user, secret = secured
    stored = "".join(str(row.data) for row in Authenticator.objects.all())
    assert secret not in stored
    assert SecondStepAdapter().decrypt(SecondStepAdapter().encrypt(secret)) == secret


def test_a_new_key_of_the_installation_still_reads_what_the_former_one_enciphered(settings):
    hidden = SecondStepAdapter().encrypt("JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-the-installation"
    assert SecondStepAdapter().decrypt(hidden) == "JBSWY3DPEHPK3PXP"


def test_it_cannot_be_turned_off_where_it_is_mandatory(secured):
    user, secret = secured
    organisation = Organisation.objects.current()
    organisation.is_second_step_required = True
    organisation.save()
    http, _answer = sign_in(user.email)
    http.post(SECOND, {"code": code(secret)})
    http.post("/espace/verification/?next=/espace/", {"password": PASSWORD})
    http.post("/espace/double-authentification/desactiver/")
    assert Authenticator.objects.filter(type="totp").exists()
    assert http.get("/admin/").status_code == 200


def test_its_owner_is_told_that_it_was_turned_on(secured, sent):
    user, _secret = secured
    (mail,) = sent().to(user.email)
    assert mail["Subject"] == "La sécurité de votre compte a changé"
