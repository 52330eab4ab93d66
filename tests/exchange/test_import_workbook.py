"""S0-08: the same import from an Excel workbook, with its typed cells."""

from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from crm.clients.models import Client
from crm.exchange import services
from crm.products.models import Subscription
from tests import factories
from tests.exchange.importing import NOW, applied, lines_of, make_plans, verdicts

pytestmark = pytest.mark.django_db


def workbook(*rows: list, title: str = "Clients") -> bytes:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def test_numbers_and_dates_of_a_workbook_are_put_right_or_refused():
    content = workbook(
        ["Nom", "Prénom", "Code postal", "Date de naissance", "Mobile"],
        ["Petit", "Chloé", 1000, date(1990, 3, 12), 639980004],
        ["Durand", "Marc", "01000", datetime(1984, 3, 12), "06 39 98 00 05"],
        ["Noir", "Zoé", 1.5, 30753, None],
    )

    run = applied(content, name="clients.xlsx")

    first, second = Client.objects.order_by("number")
    assert (first.postcode, first.birth_date, first.mobile) == ("01000", date(1990, 3, 12), "+33639980004")
    assert (second.postcode, second.birth_date) == ("01000", date(1984, 3, 12))
    assert verdicts(run) == {1: "new", 2: "new", 3: "refused"}
    assert (run.kind, run.sheet, run.encoding) == ("xlsx", "Clients", "")


def test_a_siret_that_excel_has_rounded_is_refused():
    run = services.send(
        BytesIO(workbook(["Raison sociale", "SIRET"], ["Le Pain", "2,98E+13"], ["La Mie", 29800011800018])),
        "pro.xlsx",
        by=None,
        now=NOW,
    )
    services.rehearse(run, now=NOW)
    services.advance(run, now=NOW, budget_seconds=30)

    assert verdicts(run) == {1: "refused", 2: "new"}
    assert lines_of(run)[2].values["siret"] == "29800011800018"


def test_amounts_and_rates_of_a_workbook_are_read_as_they_are():
    make_plans()
    client = factories.individual()
    content = workbook(
        ["N° client", "Formule", "Date de souscription", "Date de fin", "Prix HT", "Taux TVA", "Prix TTC"],
        [client.code, "Confort", date(2026, 2, 1), date(2026, 2, 28), 19.99, 20, 23.99],
        [client.code, "Confort", date(2026, 3, 1), date(2026, 3, 31), 19.99, 0.2, 23.99],
    )

    applied(content, name="abonnements.xlsx")

    first, second = Subscription.objects.order_by("subscribed_on")
    assert [str(term.price_incl_tax) for term in (first, second)] == ["23.99", "23.99"]
    assert second.renews == first
