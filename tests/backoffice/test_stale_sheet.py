"""A sheet opened before somebody else decided something writes what it shows, and undoes nothing."""

from datetime import date

import pytest
from django.utils import timezone

from crm.clients import services as clients
from crm.clients.models import Client
from crm.products import services
from crm.products.models import Subscription
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 1)


def test_saving_a_sheet_opened_before_does_not_take_the_record_out_of_the_archive(staff_client):
    client = factories.individual()
    page = staff_client.get(f"/admin/clients/client/{client.pk}/change/").context["adminform"].form
    form = {
        name: value for name, value in page.initial.items() if value not in (None, "") and name != "photo"
    }
    clients.archive(client, day=DAY)
    before_save = Client.save

    def save_as_if_opened_before(self, *args, **kwargs):
        self.archived_on = None
        before_save(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Client, "save", save_as_if_opened_before)
        answer = staff_client.post(
            f"/admin/clients/client/{client.pk}/change/",
            {
                **form,
                "city": "Lyon",
                "preferred_language": "fr",
                "created_on": "05/01/2026",
                "subscriptions-TOTAL_FORMS": 0,
                "subscriptions-INITIAL_FORMS": 0,
                "addresses-TOTAL_FORMS": 0,
                "addresses-INITIAL_FORMS": 0,
            },
        )

    assert answer.status_code == 302
    client.refresh_from_db()
    assert (client.city, client.archived_on) == ("Lyon", DAY)


def test_changing_a_term_opened_before_does_not_resume_it():
    term = factories.subscription(factories.individual(), factories.plan())
    opened = Subscription.objects.get(pk=term.pk)
    services.cancel(term, day=DAY, at=timezone.now())

    opened.origin = "Salon"
    services.change(opened, fields=["origin"], at=timezone.now())

    term.refresh_from_db()
    assert (term.origin, term.cancelled_on) == ("Salon", DAY)
