import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from crm.accounts.models import User

PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize("typed", ["ada@example.org", "Ada@Example.org", "ADA@EXAMPLE.ORG"])
def test_an_e_mail_opens_the_account_in_any_case(db, typed):
    user = User.objects.create_user("Ada@Example.Org", PASSWORD)
    assert authenticate(username=typed, password=PASSWORD) == user


def test_a_wrong_password_opens_nothing(db):
    User.objects.create_user("ada@example.org", PASSWORD)
    assert authenticate(username="ada@example.org", password=PASSWORD.upper()) is None


def test_a_closed_account_opens_nothing(db):
    User.objects.create_user("ada@example.org", PASSWORD, is_active=False)
    assert authenticate(username="ada@example.org", password=PASSWORD) is None


def test_an_account_without_a_password_opens_with_none(db):
    User.objects.create_user("ada@example.org")
    assert authenticate(username="ada@example.org", password="") is None


def test_the_database_refuses_the_same_e_mail_in_another_case(db):
    User.objects.create_user("ada@example.org")
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email="ADA@example.org")])


def test_a_form_refuses_the_same_e_mail_in_another_case_with_a_sentence(db):
    User.objects.create_user("ada@example.org")
    with pytest.raises(ValidationError) as refused:
        User(email="ADA@example.org", password="x").full_clean()
    assert list(refused.value.message_dict) == ["email"]


def test_a_person_is_called_by_name_or_by_e_mail():
    named = User(email="ada@example.org", first_name="Ada", last_name="Lovelace")
    assert [str(named), str(User(email="ada@example.org"))] == ["Ada Lovelace", "ada@example.org"]


def test_a_superuser_may_enter_the_back_office(db):
    user = User.objects.create_superuser("chef@example.org", PASSWORD)
    assert (user.is_staff, user.is_superuser) == (True, True)


def test_an_ordinary_account_may_not(db):
    user = User.objects.create_user("ada@example.org", PASSWORD)
    assert (user.is_staff, user.is_superuser) == (False, False)
