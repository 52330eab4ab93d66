"""The warning while creating (S3-11): asked once, remembered for good."""

import re

from crm.clients.models import Client, NotDuplicate
from tests.backoffice.conftest import ADD, LIST, sheet
from tests.factories import individual

NEW = {"last_name": "Pétit", "first_name": "CHLOE", "postcode": "45000", "city": "Orléans"}
URL = f"{ADD}?kind=individual"


def confirmation(answer) -> str:
    return re.search(r'name="_not_a_duplicate" value="(\w+)"', answer.content.decode())[1]


def test_a_record_that_looks_like_another_is_not_written_at_first(staff_client):
    individual(postcode="45000")
    answer = staff_client.post(URL, sheet(**NEW))
    html = answer.content.decode()
    assert Client.objects.count() == 1
    assert ("CLT-001 Petit Chloé" in html, "mêmes nom et code postal" in html) == (True, True)


def test_a_record_like_no_other_is_written_at_once(staff_client):
    individual(postcode="44000")
    staff_client.post(URL, sheet(**NEW))
    assert Client.objects.count() == 2


def test_confirmed_it_is_written_and_the_pair_is_remembered(staff_client, administrator):
    other = individual(postcode="45000")
    answer = staff_client.post(URL, sheet(**NEW))
    staff_client.post(URL, sheet(**NEW, _not_a_duplicate=confirmation(answer)))
    created = Client.objects.exclude(pk=other.pk).get()
    pairs = NotDuplicate.objects.values_list("first", "second", "by")
    assert list(pairs) == [(other.pk, created.pk, administrator.pk)]
    assert staff_client.get(f"{LIST}{created.pk}/panel/lookalikes/").context["lookalikes"] == []


def test_a_confirmation_is_only_for_what_was_shown(staff_client):
    individual(postcode="45000")
    answer = staff_client.post(URL, sheet(**NEW))
    individual(last_name="Grand", first_name="Luc", email="luc@example.org")
    data = sheet(**NEW, email="luc@example.org", _not_a_duplicate=confirmation(answer))
    answer = staff_client.post(URL, data)
    assert Client.objects.count() == 2
    assert len(answer.context["adminform"].form.lookalikes) == 2


def test_a_made_up_confirmation_is_worth_nothing(staff_client):
    individual(postcode="45000")
    staff_client.post(URL, sheet(**NEW, _not_a_duplicate="0" * 64))
    assert Client.objects.count() == 1


def test_the_sheet_tells_existing_look_alikes_until_someone_says_otherwise(staff_client, administrator):
    one, two = individual(postcode="45000"), individual(postcode="45000")
    panel = f"{LIST}{one.pk}/panel/lookalikes/"
    assert [found.client for found, _visible in staff_client.get(panel).context["lookalikes"]] == [two]
    staff_client.post(f"{LIST}{one.pk}/not-duplicate/{two.pk}/")
    assert staff_client.get(panel).context["lookalikes"] == []
    assert list(NotDuplicate.objects.values_list("first", "second", "by")) == [
        (one.pk, two.pk, administrator.pk)
    ]


def test_only_a_post_tells_two_records_apart(staff_client):
    one, two = individual(postcode="45000"), individual(postcode="45000")
    assert staff_client.get(f"{LIST}{one.pk}/not-duplicate/{two.pk}/").status_code == 403
    assert NotDuplicate.objects.count() == 0


def test_records_that_do_not_look_alike_are_not_told_apart(staff_client):
    one, two = individual(), individual(last_name="Grand")
    assert staff_client.post(f"{LIST}{one.pk}/not-duplicate/{two.pk}/").status_code == 404
