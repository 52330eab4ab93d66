"""Whatever a signed-in administrator's browser sends, the answer is a page that says something, never a failure."""

import pytest
from django.contrib import admin
from django.urls import reverse

from crm.accounts.models import User
from crm.clients.models import Client, Tag
from crm.core.admin import GuardedAdmin
from crm.core.rows import shortened
from tests.backoffice.conftest import LIST, sheet
from tests.factories import individual, plan, subscription

HUGE = "99999999999999999999"
ROOMS = "/admin/products/"
OURS = [model for model in admin.site._registry if model.__module__.startswith(("crm.", "django.contrib"))]
# What nobody may ask of a list is turned away, to the list itself.
REFUSED = [
    f"{LIST}?notes__regex=(",
    f"{LIST}?created_on__year=99999",
    f"{LIST}?id__in={HUGE},1",
    f"{LIST}?id__in=abc",
    f"{LIST}export/?foo=1",
    f"{LIST}export/?id__in=abc",
    f"{LIST}labels/?foo=1",
    f"{LIST}labels/?id__in=abc",
    f"{ROOMS}subscription/?plan__id__exact={HUGE}",
    f"{ROOMS}subscription/export/?archived=all",
    "/admin/timeline/entry/?at__gte=0001-01-01",
    "/admin/accounts/user/?groups__id__exact=" + HUGE,
]
WITH_NUL = [
    "/fichiers/photos/%00",
    "/admin/timeline/entry/?type=%00",
    f"{ROOMS}subscription/?origin=%00",
    "/admin/autocomplete/?app_label=products&model_name=subscription&field_name=client&term=%00",
]
AUTOCOMPLETE = "/admin/autocomplete/?app_label={}&model_name={}&field_name={}"


@pytest.mark.parametrize("address", REFUSED)
def test_what_a_list_does_not_offer_is_turned_away_to_the_list(staff_client, address):
    individual()
    answer = staff_client.get(address, follow=True)
    room = "/".join(address.split("/")[:4]) + "/"
    assert (answer.status_code, answer.redirect_chain) == (200, [(room, 302)])
    assert [str(one) for one in answer.context["messages"]] == [
        "Cette adresse n’a pas été comprise\N{NO-BREAK SPACE}: voici la liste entière."
    ]


@pytest.mark.parametrize("address", WITH_NUL)
def test_a_nul_character_stops_at_the_door(staff_client, address):
    assert staff_client.get(address).status_code == 400


def test_a_nul_character_in_a_typed_form_stops_at_the_door(staff_client):
    typed = "application/x-www-form-urlencoded"
    assert staff_client.post("/admin/clients/tag/add/", "name=a%00b", content_type=typed).status_code == 400


@pytest.mark.parametrize("model", ["plan", "subscription"])
@pytest.mark.parametrize("key", ["abc", HUGE])
def test_the_history_of_what_cannot_exist_is_not_found(staff_client, model, key):
    assert staff_client.get(f"{ROOMS}{model}/{key}/history/").status_code == 404


@pytest.mark.parametrize("room", [LIST, f"{ROOMS}plan/", f"{ROOMS}subscription/", "/admin/clients/tag/"])
def test_a_search_of_a_thousand_words_looks_for_the_first(staff_client, room):
    assert staff_client.get(room, {"q": "mot " * 1200}).status_code == 200


def test_a_search_keeps_ten_words_and_two_hundred_characters():
    assert shortened("un " * 20) == " ".join(["un"] * 10)
    assert shortened("a" * 300) == "a" * 200


@pytest.mark.parametrize("key", ["abc", HUGE, "1,2", "-1"])
@pytest.mark.parametrize("action", ["export_selection", "label_selection", "add_tag", "delete_selected"])
def test_an_action_on_what_cannot_exist_does_nothing(staff_client, key, action):
    client = individual()
    answer = staff_client.post(LIST, {"action": action, "index": "0", "_selected_action": [key]})
    assert (answer.status_code, answer.headers.get("Location")) == (302, LIST)
    assert list(Client.objects.all()) == [client]


@pytest.mark.parametrize("key", ["abc", HUGE])
def test_a_tag_that_cannot_exist_is_refused_on_the_sheet(staff_client, key):
    client = individual()
    data = sheet(last_name="Petit", first_name="Chloé", tags=[key])
    answer = staff_client.post(f"{LIST}{client.pk}/change/", data)
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, ["tags"])


@pytest.mark.parametrize("field", ["subscriptions", "history", "timeline", "tags", "nothing"])
def test_a_relation_read_from_its_other_end_completes_nothing(staff_client, field):
    answer = staff_client.get(AUTOCOMPLETE.format("clients", "client", field))
    assert (answer.status_code == 200, answer.status_code < 500) == (field == "tags", True)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_number_of_four_thousand_digits_is_no_row(staff_client, model):
    options = model._meta
    page = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=["9" * 4500])
    assert staff_client.get(page).status_code in (302, 404)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_list_takes_only_the_parameters_of_its_filters(rf, administrator, model):
    """Walks all that is registered: a new one without the guard fails here."""
    model_admin = admin.site._registry[model]
    request = rf.get("/")
    request.user = administrator
    assert isinstance(model_admin, GuardedAdmin)
    accepted = {name for one in model_admin.get_list_filter(request) for name in model_admin._parameters(one)}
    tried = {field.name for field in model._meta.get_fields(include_hidden=True)}
    tried |= {f"{name}{lookup}" for name in tried for lookup in ("__exact", "__id__exact", "__in", "__gte")}
    allowed = {name for name in tried if model_admin.lookup_allowed(name, "1", request)}
    # A conversation has the key of its client.
    assert allowed - accepted == {"id__in"} & tried


def test_the_addresses_of_its_own_filters_are_still_understood(staff_client):
    of = plan()
    subscription(individual(), of)
    for address in (
        f"{ROOMS}subscription/?plan__id__exact={of.pk}",
        f"{ROOMS}subscription/?ends_from=2026-01-01&subscribed_to=2027-01-01",
        f"{ROOMS}plan/?is_on_sale__exact=1",
        f"{LIST}?plan={of.pk}&ends_from=2026-01-01&archived=all",
        f"{LIST}?id__in={Client.objects.get().pk}",
        "/admin/timeline/entry/?type=created&type=action-1&at_from=2026-01-01",
        "/admin/activity/intervention/?status__exact=planned&planned_to=2026-12-31",
        "/admin/accounts/user/?who=clients",
    ):
        assert staff_client.get(address).status_code == 200, address


def test_names_are_completed_in_their_order(staff_client):
    for name in ("Zèbre", "Abeille", "Mouton"):
        Tag.objects.create(name=name)
    answer = staff_client.get(AUTOCOMPLETE.format("clients", "client", "tags")).json()
    assert [one["text"] for one in answer["results"]] == ["Abeille", "Mouton", "Zèbre"]
    assert admin.site._registry[Tag].get_queryset(answer_request(User.objects.get())).ordered


def answer_request(user):
    class Asked:
        GET: dict = {}

    Asked.user = user
    return Asked
