"""G9: whatever leaves in a file comes back unchanged, on the same base and on an empty one."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from crm.clients.models import Client, Tag
from crm.exchange.exports import ClientResource, PlanResource, SubscriptionResource
from crm.exchange.writing import write_csv, write_xlsx
from crm.products.models import Plan, Subscription
from tests.exchange.importing import applied, rehearsed, verdicts

pytestmark = pytest.mark.django_db

# What people put in a spreadsheet, formulas included; surrogates and controls are refused by the screens too.
ODD = st.sampled_from(
    ["=1+1", "'=cmd", "+33", "-5", "@x", "'t Hooft", 'É; "q" | ,', "œuvre", "1E5", "00012", "ﬁn"]
)
WORDS = st.text(
    st.characters(categories=["Lu", "Ll", "Nd", "Pd", "Po"], max_codepoint=0x17F), min_size=1, max_size=20
)
NAMES = st.one_of(WORDS, ODD).map(lambda text: " ".join(text.split())).filter(bool)
TEXTS = st.one_of(st.just(""), NAMES)
DAYS = st.dates(date(1930, 1, 1), date(2020, 12, 31))
TERMS = st.dates(date(1960, 1, 1), date(2020, 12, 31))
CENTS = st.decimals(min_value=0, max_value=99999, places=2, allow_nan=False)

COMMON = {
    "account_name": TEXTS,
    "created_on": DAYS,
    "last_name": NAMES,
    "first_name": NAMES,
    "civility": st.sampled_from(["", "M", "MME"]),
    "honorific": st.sampled_from(["", "Dr", "Pr"]),
    "gender": st.sampled_from(["", "F", "M", "X"]),
    "street": st.one_of(TEXTS, st.just("« Les Œillets »\n14 chemin des Écoliers")),
    "locality": TEXTS,
    "postcode": st.sampled_from(["", "01000", "69003", "20230", "97410"]),
    "city": TEXTS,
    "country": st.sampled_from(["FR", "FR", "BE", "MC"]),
    "email": st.sampled_from(["", "a.petit@example.org", "contact@asso.example"]),
    "mobile": st.sampled_from(["", "+33639980001", "+262692000118", "3631"]),
    "preferred_language": st.sampled_from(["fr", "en", "br"]),
    "notes": st.one_of(TEXTS, st.just("Client depuis 2019\nRappeler en septembre")),
}
OF_KIND = {
    "individual": {"birth_date": st.one_of(st.none(), DAYS), "birth_country": st.sampled_from(["", "FR", "VN"])},
    "professional": {"legal_name": NAMES, "legal_form": st.sampled_from(["", "5710"]), "activity_code": st.sampled_from(["", "6201Z", "6210Y"])},
    "association": {"association_name": NAMES, "notice_number": st.sampled_from(["", "n° 887", "Volume 72 folio 18"])},
}  # fmt: skip


def made(kind: str):
    fields = {**COMMON, **OF_KIND[kind]}
    return st.fixed_dictionaries(fields).map(lambda values: Client(kind=kind, **values))


CLIENTS = st.lists(st.sampled_from(sorted(OF_KIND)).flatmap(made), min_size=1, max_size=3)
UNTOUCHED = {"id", "region", "photo", "status", "archived_on", *Client.DERIVED}


def file_of(resource, queryset, extension: str) -> bytes:
    keys = list(resource.fields)
    columns, rows = resource.columns(keys), resource.rows(queryset, keys)
    if extension == "csv":
        return b"".join(write_csv(columns, rows))
    written = io.BytesIO()
    write_xlsx(columns, rows, written)
    return written.getvalue()


def state_of(client: Client) -> dict:
    fields = {field.attname: getattr(client, field.attname) for field in client._meta.concrete_fields}
    kept = {name: value for name, value in fields.items() if name not in UNTOUCHED}
    return {**kept, "tags": sorted(tag.name for tag in client.tags.all())}


def saved(clients: list[Client]) -> list[Client]:
    Client.objects.all().delete()
    for client in clients:
        client.pk = client.number = None
        try:
            client.full_clean(exclude=["number"])
        except ValidationError:
            reject()  # a short number abroad: the screens would not take it either
        client.save()
    return clients


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clients=CLIENTS)
def test_exported_clients_come_back_unchanged(extension, clients):
    saved(clients)
    clients[0].tags.set(
        [Tag.objects.get_or_create(name="VIP")[0], Tag.objects.get_or_create(name="Salon")[0]]
    )

    run = rehearsed(file_of(ClientResource(), Client.objects.by_number(), extension), name=f"x.{extension}")

    assert (run.target, set(verdicts(run).values())) == ("client", {"unchanged"})


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clients=st.sampled_from(sorted(OF_KIND)).flatmap(made))
def test_an_exported_client_fills_an_empty_base_with_the_same_record(extension, clients):
    (client,) = saved([clients])
    client.tags.set([Tag.objects.get_or_create(name="VIP")[0]])
    before = state_of(client)
    content = file_of(ClientResource(), Client.objects.all(), extension)
    Client.objects.all().delete()

    applied(content, name=f"x.{extension}")

    assert state_of(Client.objects.get()) == before


PLANS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "description": TEXTS,
        "price_excl_tax": CENTS,
        "vat_rate": st.sampled_from([Decimal(20), Decimal("5.5"), Decimal("2.1"), Decimal(0)]),
        "billing_period": st.sampled_from(["monthly", "quarterly", "half_yearly", "yearly"]),
        "duration_months": st.integers(1, 120),
        "renewal": st.sampled_from(["none", "on_request", "tacit"]),
        "notice_months": st.integers(0, 24),
        "is_on_sale": st.booleans(),
    }
)


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=PLANS, price=CENTS, start=TERMS, length=st.integers(0, 800))
def test_an_exported_formule_and_its_subscription_come_back_unchanged(
    extension, values, price, start, length
):
    Subscription.objects.all().delete()
    Plan.objects.all().delete()
    plan = Plan.objects.create(**values)
    (client,) = saved([Client(kind="individual", last_name="Petit", first_name="Chloé")])
    Subscription.objects.create(
        client=client,
        plan=plan,
        subscribed_on=start,
        ends_on=date.fromordinal(start.toordinal() + length),
        price_excl_tax=price,
        vat_rate=values["vat_rate"],
        billing_period=values["billing_period"],
        origin="Salon",
    )

    of_plans = rehearsed(file_of(PlanResource(), Plan.objects.all(), extension), name=f"x.{extension}")
    of_subscriptions = rehearsed(
        file_of(SubscriptionResource(), Subscription.objects.all(), extension), name=f"x.{extension}"
    )

    assert of_plans.lines.get().reasons == []
    assert (of_plans.target, verdicts(of_plans)) == ("plan", {1: "unchanged"})
    assert of_subscriptions.lines.get().reasons == []
    assert (of_subscriptions.target, verdicts(of_subscriptions)) == ("subscription", {1: "unchanged"})
