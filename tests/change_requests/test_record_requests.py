"""A client asks to change their record; the staff decide, field by field (journey 1, rows B)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from crm.accounts.models import User
from crm.change_requests import fields
from crm.change_requests.models import AlreadyDecided, ChangedField, ChangeRequest
from crm.change_requests.services import (
    Moved,
    NothingToChange,
    accept_all,
    decide,
    open_fields,
    refuse_all,
    submit,
    withdraw,
)
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.organisation.models import Organisation
from crm.products.renewal import Refused
from crm.timeline.models import Entry
from tests import factories
from tests.change_requests.conftest import LATER, NOW

CHANGES = {"email": "Nouvelle@Example.org", "mobile": "06 39 98 12 34", "city": "Lyon"}


@pytest.fixture
def chloe(db) -> Client:
    return factories.individual(email="chloe@example.org", mobile="+33639980000", city="Paris")


@pytest.fixture
def user(chloe) -> User:
    return User.objects.create_user("chloe@example.org", first_name="Chloé", last_name="Petit")


@pytest.fixture
def request_(chloe, user) -> ChangeRequest:
    return submit(chloe, CHANGES, by=user, at=NOW)


def rows(request: ChangeRequest) -> dict[str, tuple[str, str, str]]:
    return {row.name: (row.old, row.new, row.status) for row in request.fields.all()}


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# Asking


def test_each_field_is_kept_with_the_value_it_replaces_and_the_record_is_untouched(chloe, request_):
    assert rows(request_) == {
        "email": ("chloe@example.org", "nouvelle@example.org", "open"),
        "mobile": ("+33639980000", "+33639981234", "open"),
        "city": ("Paris", "Lyon", "open"),
    }
    assert (fresh(chloe).email, fresh(chloe).city, chloe.history.count()) == ("chloe@example.org", "Paris", 1)


def test_sending_the_same_again_is_the_same_request_and_tells_nobody_twice(
    chloe, user, request_, administrator
):
    before = Mail.objects.count()
    for _time in range(5):
        assert submit(chloe, CHANGES, by=user, at=LATER).pk == request_.pk
    assert (ChangeRequest.objects.count(), ChangedField.objects.count(), Mail.objects.count()) == (
        1,
        3,
        before,
    )
    assert fresh(request_).amended_at is None


def test_sending_again_amends_the_request(chloe, user, request_):
    amended = submit(chloe, {"city": "Dijon", "mobile": "+33639980000", "website": ""}, by=user, at=LATER)
    assert (amended.pk, amended.amended_at) == (request_.pk, LATER)
    assert rows(amended) == {
        "email": ("chloe@example.org", "nouvelle@example.org", "open"),
        "city": ("Paris", "Dijon", "open"),
    }


def test_a_request_left_empty_is_withdrawn(chloe, user, request_):
    back = {"email": "chloe@example.org", "mobile": "+33639980000", "city": "Paris"}
    assert submit(chloe, back, by=user, at=LATER).status == "withdrawn"
    assert submit(chloe, {"city": "Lyon"}, by=user, at=LATER).pk != request_.pk


def test_asking_for_what_the_record_says_already_is_no_request(chloe, user):
    with pytest.raises(NothingToChange):
        submit(chloe, {"email": " CHLOE@example.org ", "city": "Paris"}, by=user, at=NOW)
    assert ChangeRequest.objects.count() == 0


def test_the_database_itself_keeps_one_open_request_per_client(chloe, request_):
    with pytest.raises(IntegrityError), transaction.atomic():
        ChangeRequest.objects.create(client=chloe, created_at=NOW)


NEVER_OPEN = sorted({field.name for field in Client._meta.get_fields()} - set(fields.OPENABLE))


@pytest.mark.parametrize("name", NEVER_OPEN)
def test_a_field_of_the_office_is_never_asked_for_even_if_the_settings_name_it(chloe, user, name):
    """B5."""
    organisation = Organisation.objects.current()
    organisation.open_fields = [*fields.SAFE, name]
    organisation.save()
    with pytest.raises(ValidationError):
        submit(chloe, {"city": "Lyon", name: "1"}, by=user, at=NOW)
    assert (ChangeRequest.objects.count(), fresh(chloe).city) == (0, "Paris")


def test_only_open_fields_of_one_s_kind_are_asked_for(chloe, user):
    organisation = Organisation.objects.current()
    assert {"siret", "last_name", "kind", "notes", "manager"} & set(open_fields(organisation)) == set()
    for name in ("last_name", "office_phone"):
        with pytest.raises(ValidationError, match=name):
            submit(chloe, {name: "06 39 98 12 34"}, by=user, at=NOW)
    organisation.open_fields = ["last_name", "siret"]
    organisation.save()
    assert open_fields(organisation, "individual") == ["last_name"]
    assert submit(chloe, {"last_name": "grand"}, by=user, at=NOW).fields.get().new == "Grand"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "pas une adresse"}, "email"),
        ({"mobile": "12"}, "mobile"),
        ({"postcode": "99"}, "postcode"),
        ({"country": "ZZ"}, "country"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"civility": "DR"}, "civility"),
        ({"city": "x" * 81}, "city"),
    ],
)
def test_a_value_that_the_sheet_would_refuse_is_refused_by_field(chloe, user, changes, field):
    with pytest.raises(ValidationError) as refusal:
        submit(chloe, {"street": "1 rue du Lac", **changes}, by=user, at=NOW)
    assert list(refusal.value.error_dict) == [field]
    assert ChangeRequest.objects.count() == 0


def test_what_was_wrong_before_keeps_nobody_from_asking_for_something_else(chloe, user):
    Client.objects.filter(pk=chloe.pk).update(landline="ancien numéro")
    assert submit(chloe, {"city": "Lyon"}, by=user, at=NOW).is_open


def test_values_are_judged_with_those_already_asked_for(chloe, user):
    submit(chloe, {"country": "DE"}, by=user, at=NOW)
    request = submit(chloe, {"postcode": "10115"}, by=user, at=LATER)
    assert rows(request)["postcode"][1] == "10115"


def test_an_archived_record_is_asked_nothing_of(chloe, user):
    chloe.archived_on = date(2026, 11, 1)
    chloe.save()
    with pytest.raises(Refused):
        submit(chloe, {"city": "Lyon"}, by=user, at=NOW)


# Deciding


def seen(request: ChangeRequest, *names: str) -> dict[str, str]:
    return {row.name: row.old for row in request.fields.filter(name__in=names)}


def test_accepting_all_writes_the_record_signs_its_history_and_tells_the_client(
    chloe, request_, administrator
):
    accept_all(request_, by=administrator, at=LATER)
    client, request = fresh(chloe), fresh(request_)
    assert (client.email, client.mobile, client.city) == ("nouvelle@example.org", "+33639981234", "Lyon")
    assert (request.status, request.decided_by, request.decided_at) == ("accepted", administrator, LATER)
    version = client.history.first()
    assert version.history_user == administrator
    assert version.history_change_reason == (
        f"{request.code}, demandée par Chloé Petit, acceptée par Ada Admin"
    )
    assert client.history.count() == 2
    kinds = Entry.objects.filter(client=client).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["requested", "changed", "request_closed"]
    mails = Mail.objects.filter(kind="change_request_decided").order_by("pk")
    assert [mail.recipient for mail in mails] == ["chloe@example.org", "nouvelle@example.org"]
    assert "Votre fiche est à jour" in mails[0].text


def test_the_search_follows_what_was_accepted(chloe, request_, administrator):
    accept_all(request_, by=administrator, at=LATER)
    assert Client.objects.matching("nouvelle@example.org").count() == 1


def test_fields_are_decided_one_by_one_and_the_client_is_told_at_the_end(chloe, request_, administrator):
    half = decide(request_, accept=seen(request_, "city"), refuse={}, by=administrator, at=LATER)
    assert (half.is_open, fresh(chloe).city, Mail.objects.filter(kind="change_request_decided").count()) == (
        True,
        "Lyon",
        0,
    )
    done = decide(
        request_,
        accept=seen(request_, "mobile"),
        refuse={"email": "Confirmez-la d’abord."},
        by=administrator,
        at=LATER,
    )
    assert (done.status, fresh(chloe).email, fresh(chloe).mobile) == (
        "partly",
        "chloe@example.org",
        "+33639981234",
    )
    mail = Mail.objects.get(kind="change_request_decided")
    assert "E-mail\xa0: refusé. Confirmez-la d’abord." in mail.text.replace(" :", "\xa0:")
    assert "nouvelle@example.org" not in mail.text


def test_refusing_all_needs_a_reason_and_changes_nothing(chloe, request_, administrator):
    with pytest.raises(Refused):
        refuse_all(request_, reason=" ", by=administrator, at=LATER)
    assert fresh(request_).is_open
    refuse_all(request_, reason="Venez avec une pièce d’identité.", by=administrator, at=LATER)
    request = fresh(request_)
    assert (request.status, request.decision_reason) == ("refused", "Venez avec une pièce d’identité.")
    assert (fresh(chloe).city, chloe.history.count()) == ("Paris", 1)
    assert "pièce d’identité" in Mail.objects.get(kind="change_request_decided").text


def test_a_field_that_moved_since_must_be_chosen(chloe, request_, administrator):
    """B1."""
    chloe.city = "Nantes"
    chloe.save()
    with pytest.raises(Moved) as moved:
        accept_all(request_, by=administrator, at=LATER)
    assert moved.value.names == ["city"]
    assert (fresh(chloe).email, fresh(request_).is_open) == ("chloe@example.org", True)
    decide(request_, accept={"city": "Nantes"}, refuse={}, by=administrator, at=LATER)
    assert fresh(chloe).city == "Lyon"


def test_a_field_that_became_what_is_asked_for_moved_nowhere(chloe, request_, administrator):
    chloe.city = "Lyon"
    chloe.save()
    assert accept_all(request_, by=administrator, at=LATER).status == "accepted"


def test_a_request_amended_since_it_was_shown_must_be_seen_again(chloe, user, request_, administrator):
    shown_at = request_.last_asked_at
    submit(chloe, {"city": "Dijon"}, by=user, at=LATER)
    with pytest.raises(Moved):
        decide(
            request_,
            accept=seen(request_, "city"),
            refuse={},
            by=administrator,
            at=LATER,
            seen_at=shown_at,
        )
    assert fresh(chloe).city == "Paris"


def test_a_field_closed_since_is_refused_and_the_rest_waits(chloe, request_, administrator):
    """B4."""
    organisation = Organisation.objects.current()
    organisation.open_fields = ["city", "email"]
    organisation.save()
    decide(request_, accept=seen(request_, "mobile"), refuse={}, by=administrator, at=LATER)
    states = {name: status for name, (_old, _new, status) in rows(request_).items()}
    assert states == {"email": "open", "mobile": "refused", "city": "open"}
    assert fresh(chloe).mobile == "+33639980000"


def test_a_value_that_breaks_a_rule_by_now_is_refused_whole(db, user, administrator):
    """B6: the SIRET no longer agrees with the VAT number that somebody wrote since."""
    organisation = Organisation.objects.current()
    organisation.open_fields = ["siret", "city"]
    organisation.save()
    company = factories.professional(city="Paris")
    request = submit(company, {"siret": "298 000 118 00018", "city": "Lyon"}, by=user, at=NOW)
    company.vat_number = "FR83404833048"
    company.save()
    with pytest.raises(ValidationError) as refusal:
        accept_all(request, by=administrator, at=LATER)
    assert "vat_number" in refusal.value.error_dict
    assert (fresh(company).city, fresh(company).siret, fresh(request).is_open) == ("Paris", "", True)
    assert {row.status for row in request.fields.all()} == {"open"}


@pytest.mark.parametrize("first", ["accept", "refuse", "withdraw"])
@pytest.mark.parametrize("second", ["accept", "refuse", "withdraw"])
def test_a_request_is_decided_once(request_, user, administrator, first, second):
    verbs = {
        "accept": lambda: accept_all(request_, by=administrator, at=LATER),
        "refuse": lambda: refuse_all(request_, reason="Non", by=administrator, at=LATER),
        "withdraw": lambda: withdraw(request_, by=user, at=LATER),
    }
    verbs[first]()
    before = (ChangeRequest.objects.values().get(), Client.history.count(), Mail.objects.count())
    with pytest.raises(AlreadyDecided):
        verbs[second]()
    assert (ChangeRequest.objects.values().get(), Client.history.count(), Mail.objects.count()) == before


def test_a_field_already_decided_is_not_decided_again(request_, administrator):
    decide(request_, accept={}, refuse={"city": "Non"}, by=administrator, at=LATER)
    with pytest.raises(AlreadyDecided, match="Ville"):
        decide(request_, accept=seen(request_, "city"), refuse={}, by=administrator, at=LATER)


def test_taking_back_the_last_open_field_closes_by_what_was_decided(chloe, user, request_, administrator):
    decide(request_, accept=seen(request_, "city", "mobile"), refuse={}, by=administrator, at=LATER)
    request = submit(chloe, {"email": "chloe@example.org"}, by=user, at=LATER)
    assert request.status == "accepted"
    assert Mail.objects.filter(kind="change_request_decided").count() == 1


def test_a_day_a_country_and_an_emptied_value_survive_the_way(db, user, administrator):
    organisation = Organisation.objects.current()
    organisation.open_fields = ["birth_date", "birth_country", "website"]
    organisation.save()
    client = factories.individual(birth_date=date(1980, 1, 2), website="https://exemple.example")
    changes = {"birth_date": date(1980, 2, 1), "birth_country": "MA", "website": ""}
    request = submit(client, changes, by=user, at=NOW)
    shown = {row.name: (row.old_shown, row.new_shown) for row in request.fields.all()}
    assert shown == {
        "birth_date": ("2 janvier 1980", "1 février 1980"),
        "birth_country": ("", "Maroc"),
        "website": ("https://exemple.example", ""),
    }
    accept_all(request, by=administrator, at=LATER)
    client = fresh(client)
    assert (client.birth_date, client.birth_country.code, client.website) == (date(1980, 2, 1), "MA", "")
    request = submit(client, {"birth_date": None}, by=user, at=LATER)
    accept_all(request, by=administrator, at=LATER + timedelta(hours=1))
    assert fresh(client).birth_date is None


def test_the_staff_hear_of_it_without_the_values(request_, administrator, chloe, user):
    submit(chloe, {"city": "Dijon"}, by=user, at=LATER)
    mail = Mail.objects.filter(kind="request_received").latest("pk")
    assert mail.recipient == "admin@example.org"
    assert ("E-mail" in mail.text, "nouvelle@example.org" in mail.text) == (True, False)
    assert f"/admin/change_requests/changerequest/{request_.pk}/change/" in mail.text
