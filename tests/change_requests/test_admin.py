"""The desk where the staff decide, and what each member of staff may see of it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from crm.accounts.models import User
from crm.change_requests.models import ChangeRequest, ServiceRequest
from crm.change_requests.services import ask, submit
from crm.clients.models import Client
from crm.mailing.models import Mail
from crm.products import services as products
from crm.products.models import Subscription
from tests import factories
from tests.change_requests.conftest import END

SERVICES = "/admin/change_requests/servicerequest/"
RECORDS = "/admin/change_requests/changerequest/"


def ago(days: int):
    return timezone.now() - timedelta(days=days)


def to_renew(days: int = 0, kind: str = "renew", **client) -> ServiceRequest:
    plan = Subscription.objects.first().plan if Subscription.objects.exists() else factories.plan()
    owner = factories.individual(**{"email": "chloe@example.org", **client})
    term = factories.subscription(owner, plan, ends_on=END.replace(year=2090))
    return ask(term, kind, origin="mail", at=ago(days))


def to_change(days: int = 0, changes: dict | None = None, **client) -> ChangeRequest:
    owner = factories.individual(**{"email": "chloe@example.org", "city": "Paris", **client})
    return submit(owner, changes or {"city": "Lyon"}, by=None, at=ago(days))


def text(response) -> str:
    return response.content.decode().replace("\xa0", " ").replace("&#x27;", "’")


def page(row, *verb: str) -> str:
    name = "decide" if verb else "change"
    return reverse(f"admin:change_requests_{row._meta.model_name}_{name}", args=[row.pk, *verb])


def choices(request: ChangeRequest, **decisions: str) -> dict[str, str]:
    """What the page sends: `city="accept"`, or `city="Non"` to refuse it for that reason."""
    sent = {"seen_at": request.last_asked_at.isoformat()}
    for row in request.fields.all():
        said = decisions.get(row.name, "later")
        sent[f"{row.name}-choice"] = said if said in ("accept", "later") else "refuse"
        sent[f"{row.name}-reason"] = "" if said in ("accept", "later") else said
        sent[f"{row.name}-seen"] = row.old
    return sent


# The lists


def test_the_oldest_comes_first_with_its_age_and_what_is_decided_is_out_of_sight(staff_client):
    to_renew(days=1, last_name="Hier")
    to_renew(days=6, last_name="Ancien")
    done = to_renew(days=9, last_name="Fini")
    staff_client.post(page(done, "accept"), follow=True)
    html = text(staff_client.get(SERVICES))
    assert html.index("Ancien") < html.index("Hier")
    assert ("il y a 6 jours" in html, "hier" in html, "Fini" in html) == (True, True, False)
    assert "Fini" in text(staff_client.get(f"{SERVICES}?status=all"))


@pytest.mark.parametrize("url", [SERVICES, RECORDS])
def test_a_list_costs_the_same_for_1_and_3_rows(staff_client, url, django_assert_max_num_queries):
    make = to_renew if url == SERVICES else to_change
    costs = []
    for number in (1, 2):
        for place in range(number):
            make(last_name=f"Client{number}{place}")
        staff_client.get(url)
        with django_assert_max_num_queries(20) as asked:
            staff_client.get(url)
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_a_search_finds_the_client(staff_client):
    to_renew(last_name="Durand")
    to_renew(last_name="Martin")
    html = text(staff_client.get(f"{SERVICES}?q=durand"))
    assert ("Durand" in html, "Martin" in html) == (True, False)


# Deciding about a service


def test_a_renewal_is_accepted_in_one_click_from_the_list(staff_client, administrator):
    request = to_renew()
    assert f'formaction="{page(request, "accept")}"' in text(staff_client.get(SERVICES))
    response = staff_client.post(page(request, "accept"), follow=True)
    request.refresh_from_db()
    assert (request.status, request.decided_by, request.subscription.is_renewed) == (
        "accepted",
        administrator,
        True,
    )
    assert "acceptée" in text(response)


def test_a_change_that_the_staff_carry_out_is_read_before_it_is_accepted(staff_client):
    term = factories.subscription(factories.individual(), factories.plan(), ends_on=END)
    request = ask(term, "change", origin="space", at=timezone.now(), message="Payer par mois")
    html = text(staff_client.get(SERVICES))
    assert (f'href="{page(request)}"' in html, page(request, "accept") in html) == (True, False)


def test_the_second_administrator_is_told_that_it_is_already_decided(staff_client):
    request = to_renew()
    staff_client.post(page(request, "accept"))
    response = staff_client.post(page(request, "refuse"), {"reason": "Non"}, follow=True)
    assert "déjà traitée : acceptée par Ada Admin" in text(response)
    assert Mail.objects.filter(kind="service_request_decided").count() == 1


def test_why_it_cannot_be_accepted_is_shown_and_it_stays_open(staff_client):
    request = to_renew()
    products.cancel(request.subscription, day=timezone.localdate(), at=timezone.now())
    assert "ne se renouvelle pas" in text(staff_client.get(page(request)))
    response = staff_client.post(page(request, "accept"), follow=True)
    assert "ne se renouvelle pas" in text(response)
    assert ServiceRequest.objects.get().is_open


def test_what_was_done_by_hand_is_closed_in_one_click(staff_client):
    request = to_renew()
    products.renew(request.subscription, at=timezone.now())
    assert f'formaction="{page(request, "settle")}"' in text(staff_client.get(SERVICES))
    staff_client.post(page(request, "settle"))
    assert ServiceRequest.objects.get().status == "accepted"


def test_a_refusal_without_its_reason_is_asked_again(staff_client):
    request = to_renew()
    response = staff_client.post(page(request, "refuse"), {"reason": " "})
    assert (response.status_code, "errorlist" in text(response)) == (200, True)
    assert ServiceRequest.objects.get().is_open


def test_a_request_to_be_called_shows_the_telephones(staff_client):
    request = to_renew(kind="call_back", mobile="+33639981234")
    assert "06 39 98 12 34" in text(staff_client.get(page(request)))


@pytest.mark.parametrize("verb", ["accept", "refuse", "settle"])
def test_nothing_is_decided_by_following_a_link(staff_client, verb):
    assert staff_client.get(page(to_renew(), verb)).status_code == 405
    assert ServiceRequest.objects.get().is_open


# Deciding about a record


def test_the_page_shows_the_old_the_present_and_the_value_asked_for(staff_client):
    request = to_change(changes={"city": "Lyon", "email": "neuf@example.org"})
    html = text(staff_client.get(page(request)))
    for words in ("Paris", "Lyon", "chloe@example.org", "neuf@example.org", "Sensible", "Tout accepter"):
        assert words in html


def test_fields_are_decided_one_by_one_on_the_page(staff_client):
    request = to_change(changes={"city": "Lyon", "email": "neuf@example.org"})
    staff_client.post(page(request, "fields"), choices(request, city="accept"))
    assert Client.objects.get().city == "Lyon"
    assert ChangeRequest.objects.get().is_open
    staff_client.post(page(request, "fields"), choices(request, email="Venez nous voir."))
    request.refresh_from_db()
    assert (request.status, Client.objects.get().email) == ("partly", "chloe@example.org")


def test_all_is_accepted_or_refused_at_once(staff_client):
    one, other = to_change(), to_change(last_name="Grand")
    staff_client.post(page(one, "accept"))
    staff_client.post(page(other, "refuse"), {"reason": "Non"})
    assert list(ChangeRequest.objects.order_by("pk").values_list("status", flat=True)) == [
        "accepted",
        "refused",
    ]


def test_a_record_that_moved_shows_three_values_and_must_be_chosen(staff_client):
    request = to_change()
    client = request.client
    client.city = "Nantes"
    client.save()
    html = text(staff_client.get(page(request)))
    assert "modifié depuis" in html
    assert ("Garder la valeur actuelle" in html, "Tout accepter" in html) == (True, False)
    response = staff_client.post(page(request, "fields"), choices(request, city="accept"), follow=True)
    assert "La fiche a changé depuis : Ville" in text(response)
    assert Client.objects.get().city == "Nantes"
    staff_client.post(page(request, "fields"), choices(request, city="accept") | {"city-seen": "Nantes"})
    assert Client.objects.get().city == "Lyon"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"city-choice": "refuse"},
        {"city-choice": "nonsense"},
        {"seen_at": "hier"},
        {"city-choice": "accept", "seen_at": ""},
    ],
)
def test_an_incomplete_page_is_shown_again_and_nothing_is_decided(staff_client, change):
    request = to_change()
    response = staff_client.post(page(request, "fields"), choices(request) | change)
    assert response.status_code == 200
    assert ChangeRequest.objects.get().is_open


def test_a_rule_broken_by_now_is_told_with_the_name_of_its_field(staff_client):
    request = to_change(changes={"postcode": "SW1A 1AA"}, country="GB")
    client = request.client
    client.country = "FR"
    client.save()
    response = staff_client.post(page(request, "accept"), follow=True)
    assert "Code postal" in text(response)
    assert (ChangeRequest.objects.get().is_open, Client.objects.get().postcode) == (True, "")


# A selection


@pytest.mark.parametrize(("url", "make"), [(SERVICES, to_renew), (RECORDS, to_change)])
def test_a_selection_is_accepted_or_refused_after_a_page_that_says_how_many(staff_client, url, make):
    rows = [make(last_name=f"Client{number}") for number in range(3)]
    chosen = {"action": "accept_selected", "_selected_action": [row.pk for row in rows[:2]]}
    assert "2 demandes" in text(staff_client.post(url, chosen))
    assert type(rows[0]).objects.open().count() == 3
    assert "2 demandes traitées" in text(staff_client.post(url, chosen | {"confirmed": "yes"}, follow=True))
    refused = {"action": "refuse_selected", "_selected_action": [rows[2].pk], "confirmed": "yes"}
    assert "errorlist" in text(staff_client.post(url, refused))
    staff_client.post(url, refused | {"reason": "Non"})
    statuses = type(rows[0]).objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["accepted", "accepted", "refused"]


def test_what_a_selection_cannot_decide_is_told_one_by_one(staff_client):
    good, moved = to_change(), to_change(last_name="Grand")
    client = moved.client
    client.city = "Nantes"
    client.save()
    sent = {"action": "accept_selected", "_selected_action": [good.pk, moved.pk], "confirmed": "yes"}
    html = text(staff_client.post(RECORDS, sent, follow=True))
    assert ("1 demande traitée" in html, f"{moved.code} : La fiche a changé" in html) == (True, True)


# Who sees what


@pytest.mark.parametrize("make", [to_renew, to_change])
def test_the_clients_of_another_manager_do_not_exist(client, manager, make):
    mine, other = make(manager=manager, last_name="Mien"), make(last_name="Autre")
    client.force_login(manager)
    url = SERVICES if make is to_renew else RECORDS
    html = text(client.get(url))
    assert ("Mien" in html, "Autre" in html) == (True, False)
    assert client.get(page(mine)).status_code == 200
    assert client.get(page(other)).status_code == 302
    assert {
        client.post(page(other, verb), {"reason": "Non"}).status_code for verb in ("accept", "refuse")
    } == {404}
    sent = {"action": "accept_selected", "_selected_action": [other.pk], "confirmed": "yes"}
    client.post(url, sent)
    other.refresh_from_db()
    assert other.is_open


@pytest.mark.parametrize("make", [to_renew, to_change])
def test_who_only_reads_decides_nothing(client, db, make):
    request = make()
    reader = factories.staff("lucie@example.org", "Read-only")
    client.force_login(reader)
    html = text(client.get(page(request)))
    assert ("Refuser" in html, "Accepter" in html) == (False, False)
    assert {
        client.post(page(request, verb), {"reason": "Non"}).status_code for verb in ("accept", "refuse")
    } == {403}
    request.refresh_from_db()
    assert request.is_open


@pytest.mark.parametrize(
    ("make", "lacking"),
    [(to_renew, "change_subscription"), (to_change, "change_client"), (to_renew, "change_servicerequest")],
)
def test_deciding_needs_the_right_to_do_what_is_asked(client, manager, make, lacking):
    request = make(manager=manager)
    manager.groups.clear()
    names = [
        "view_client",
        "change_client",
        "view_servicerequest",
        "change_servicerequest",
        "view_changerequest",
    ]
    names += ["change_changerequest", "change_subscription", "view_subscription"]
    manager.user_permissions.set(Permission.objects.filter(codename__in=set(names) - {lacking}))
    client.force_login(User.objects.get(pk=manager.pk))
    assert client.post(page(request, "accept")).status_code == 403
    request.refresh_from_db()
    assert request.is_open


def test_who_may_not_read_clients_reads_no_request(client, manager):
    request = to_renew(manager=manager)
    manager.groups.clear()
    manager.user_permissions.set(Permission.objects.filter(codename="view_servicerequest"))
    client.force_login(User.objects.get(pk=manager.pk))
    assert "Chloé" not in text(client.get(SERVICES))
    assert client.get(page(request)).status_code == 302


# Where it shows


def test_the_menu_and_the_dashboard_say_how_many_wait_and_since_when(staff_client):
    to_renew(days=6)
    to_change(days=2, last_name="Grand")
    to_change(days=1, last_name="Long")
    html = text(staff_client.get("/admin/"))
    assert "demande sur un service, reçue il y a 6 jours" in html
    assert "demandes de modification de fiche, la plus ancienne reçue il y a 2 jours" in html
    assert re.findall(r'menu-badge">(\d+)<', html) == ["1", "2"]


def test_a_manager_counts_their_own(client, manager):
    to_renew(manager=manager)
    to_renew(last_name="Autre")
    client.force_login(manager)
    html = text(client.get("/admin/"))
    assert 'menu-badge">1<' in html


def test_the_sheet_tells_what_the_client_asked(staff_client):
    request = to_renew()
    html = text(staff_client.get(f"/admin/clients/client/{request.client_id}/panel/requests/"))
    assert (request.code in html, "Renouveler Confort" in html, "À traiter" in html) == (True, True, True)


def test_a_subscription_with_an_accepted_request_is_kept(staff_client):
    request = to_renew(kind="stop")
    staff_client.post(page(request, "accept"))
    assert any("acceptée" in reason for reason in products.obstacles_to_deletion(request.subscription))
