"""S3-10: one box finds a client by what one remembers."""

import pytest

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


def test_an_empty_search_keeps_the_whole_list(helene):
    assert Client.objects.matching("  ").count() == 2
