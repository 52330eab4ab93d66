"""S3-10: one box finds a client by what one remembers."""

import re

import pytest
from django.db import connection

from crm.clients.models import Client
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def helene():
    factories.individual()
    return factories.individual(
        last_name="Œuvrard",
        first_name="Hélène",
        email="helene.oeuvrard@example.org",
        mobile="+33639980029",
        external_reference="A-29",
    )


@pytest.mark.parametrize(
    "query",
    [
        "hélène",
        "HELENE",
        "helene oeuv",
        "Œuvrard Hélène",
        "06 39 98 00 29",
        "06.39.98.00.29",
        "+33 6 39 98 00 29",
        "0639980029",
        "98 00 29",
        "helene.oeuvrard@example.org",
        "oeuvrard@",
        "clt-2",
        "CLT-002",
        "2",
        "a-29",
    ],
)
def test_she_is_found_however_she_is_looked_for(helene, query):
    assert list(Client.objects.matching(query)) == [helene]


@pytest.mark.parametrize(
    "query", ["%", "_", "§ !", "clt-99999999", "06 39 98 99 99", "9" * 40, "hélène petit"]
)
def test_what_names_nobody_finds_nobody(helene, query):
    assert list(Client.objects.matching(query)) == []


@pytest.mark.parametrize(
    ("stored", "query"),
    [
        ("+596696012345", "0696 01 23 45"),
        ("+262639980029", "06 39 98 00 29"),
        ("+32470000010", "0470 00 00 10"),
        ("+390600000010", "06 0000 0010"),
        ("+33639980029", "(+33) 06.39.98.00.29"),
        ("+33639980029", "0033 639980029"),
    ],
)
def test_a_whole_number_finds_the_telephone_that_is_dialled_so(stored, query):
    client = factories.professional(office_phone=stored)
    factories.professional(office_phone="+33199000001")
    assert list(Client.objects.matching(query)) == [client]


def test_ten_digits_may_also_be_a_number_the_client_had_elsewhere():
    client = factories.individual(external_reference="0123456789")
    assert list(Client.objects.matching(" 0123456789 ")) == [client]


def test_a_whole_telephone_is_found_by_an_index_and_not_by_reading_every_client():
    """PostgreSQL chooses by the number of rows, so that only whether it may is asked of it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        plan = Client.objects.matching("06 39 98 00 29").order_by().explain()
    scanned = re.findall(r"client_end_of_\w+", plan)
    assert sorted(set(scanned)) == [
        "client_end_of_landline",
        "client_end_of_manager_mobile",
        "client_end_of_mobile",
        "client_end_of_office_phone",
    ]


def test_an_empty_search_keeps_the_whole_list(helene):
    assert Client.objects.matching("  ").count() == 2
