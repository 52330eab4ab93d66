"""A hostile corpus in every field, then pages in Chromium: nothing runs (F1 to F3).

On SQLite, which keeps what is longer than a column, every field holds the whole corpus, each beginning with another of
its texts; on PostgreSQL, as much of it as the column takes. `make test` opens the lists, the sheet and the space;
`make drill` every page that a link leads to.
"""

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.cache import caches
from django.db import DatabaseError, connection, models, transaction
from django.urls import reverse
from django.utils.safestring import mark_safe
from playwright.sync_api import Error

from crm.accounts.models import User
from crm.clients.models import Category, Establishment, Tag
from crm.reminders.models import Rule
from tests.factories import opening, staff
from tests.test_admin_pages import rows  # noqa: F401 -- a fixture
from tests.timeline.hostile import TEXTS

# Written by the product alone and read by programs: no person ever types it, and another value is a broken row.
TECHNICAL = {
    "accounts.User": {"password"},
    "change_requests.ChangedField": {"name"},
    "clients.Client": {"activity_version"},
    "exchange.HeadingChoice": {"field"},
    "exchange.ImportRun": {"encoding", "separator"},
    "mailing.Mail": {"about_type", "about_id", "claim", "language", "message_id"},
    "access.Registration": {"language"},
    "timeline.Entry": {"target_type", "target_id"},
    "core.Lease": {"name"},
    "backoffice.DemonstrationRow": {"model"},
    "devices.ServerKey": {"enciphered"},
}
OURS = [config for config in apps.get_app_configs() if config.name.startswith("crm.")]
# What is fetched beside a page, or ends the visit.
LEFT_OUT = re.compile(r"/deconnexion/|/logout/|/jsi18n/|\.(csv|pdf|xlsx|txt)$|^/fichiers/")


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def alice(transactional_db, administrator, rows) -> User:  # noqa: F811
    """She opens the space of the client in whom everything meets."""
    client = rows["clients.client"]
    client.category, client.establishment = Category.objects.get(), Establishment.objects.get()
    client.manager = staff("paul@example.org", "Manager", first_name="Paul", last_name="Petit")
    client.save()
    client.tags.add(Tag.objects.get())
    if not Rule.objects.exists():
        Rule.objects.create(days=8)
    return opening(client, email="alice@example.org", first_name="Alice", last_name="Petit")


# Texts


def text_fields(model) -> Iterator[models.Field]:
    for field in model._meta.local_concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField)
        if is_text and not field.choices and field.name not in TECHNICAL.get(model._meta.label, ()):
            yield field


def hostile_for(field: models.Field, number: int) -> str:
    first = number % len(TEXTS)
    every = "\n".join([*TEXTS[first:], *TEXTS[:first]]).replace("\0", "")
    if field.max_length is None or connection.vendor == "sqlite":
        return every
    return every[: field.max_length] if field.max_length > 20 else "\"><b>'x"[: field.max_length]


def stored(model, key, values: dict[str, str]) -> bool:
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=key).update(**values)
    except DatabaseError:
        return False
    return True


def poison(number: int) -> tuple[int, list[str]]:
    """Write the corpus where no form was asked; returns how many fields hold it, and which the database refused."""
    written, refused = 0, []
    for model in [model for config in OURS for model in config.get_models() if any(text_fields(model))]:
        kept = {"email": "admin@example.org"} if model is User else {}
        keys = model._base_manager.exclude(**kept).values_list("pk", flat=True)
        for turn, key in enumerate(keys):
            # Two rows never hold the same, but for their case: some names are unique.
            values = {
                one.name: hostile_for(one, number + 3 * turn + at)
                for at, one in enumerate(text_fields(model))
            }
            # Some columns hold small letters alone.
            small = {name: text.lower() for name, text in values.items()}
            if stored(model, key, values) or stored(model, key, small):
                written += len(values)
            else:
                refused.append(model._meta.label)
    # Read again by everyone.
    caches["memory"].clear()
    return written, refused


# Pages


def kind_of(address: str) -> str:
    """What pages of one template have in common."""
    parts = urlsplit(address)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")})
    return re.sub(r"\d+", "#", parts.path) + "?" + ",".join(names)


def office(rows: dict) -> list[str]:  # noqa: F811
    found = ["/admin/", "/admin/notifications/"]
    for model in admin.site._registry:
        label, name = model._meta.label_lower, f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if row := rows.get(label) or model._base_manager.first():
            found += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    client = rows["clients.client"].pk
    panels = ["subscriptions", "timeline", "history", "lookalikes", "side", "access", "mails", "requests"]
    panels += ["reminders", "interventions", "mail_address"]
    return [*found, *(f"/admin/clients/client/{client}/panel/{panel}/" for panel in panels)]


def visit(page, starts: list[str], side: str, *, most: int = 400, follows: bool = True) -> list[str]:
    """Open these, and one page of each kind that they lead to on this side of the house."""
    queue, seen, visited = deque(starts), set(), []
    while queue and len(visited) < most:
        address = queue.popleft()
        if (kind := kind_of(address)) in seen or not address.startswith(side) or LEFT_OUT.search(kind[:-1]):
            continue
        seen.add(kind)
        try:
            page.goto(address, wait_until="domcontentloaded")
        except Error as error:
            assert "Download is starting" in str(error)  # noqa: PT017
            continue
        visited.append(address)
        assert page.evaluate("window.hacked") is None
        if not follows:
            continue
        links = page.eval_on_selector_all(
            "a[href]", "all => all.map(one => [one.origin, one.pathname + one.search])"
        )
        home = page.evaluate("location.origin")
        queue.extend(link for origin, link in links if origin == home)
    return visited


def asking(starts: list[str]) -> list[str]:
    """The same lists, searched for something hostile."""
    return [f"{one}?q=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E" for one in starts if one.count("/") == 4]


def _forget_blocked(asked, troubles: list[str]) -> None:
    told = f"foreign request: {asked.url}"
    if asked.failure == "csp" and told in troubles:
        troubles.remove(told)


@pytest.fixture
def watched(page, troubles):
    """A page that also notes each dialog, and forgets the refusals that its own visits are answered with."""
    page.on("dialog", lambda dialog: (troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    # Told before the policy of the page is asked, which then keeps it from leaving.
    page.on("requestfailed", lambda asked: _forget_blocked(asked, troubles))
    yield page
    # A page that is closed to this person, or a row that may not be deleted: an answer, not a script. And what is shown
    # of a stored mail or text, which never was cleaned here: its frame, which has no address of its own, and the policy
    # of the page refuse it, and say so.
    answered = re.compile(
        r"Failed to load resource: the server responded with a status of (403|404|405)"
        r"|\(about:srcdoc\)$|Framing 'https://evil\.example/' violates .*\(\)$"
        r"|base URI .* The action has been blocked.*/editor\.js\)$",
        re.DOTALL,
    )
    troubles[:] = [one for one in troubles if not answered.search(one) or "src=x" in one]


def test_nothing_of_the_corpus_runs_on_any_page(watched, sign_in, administrator, alice, rows, troubles):  # noqa: F811
    """One text in each field; the back office, then the space of the client."""
    written, refused = poison(0)
    assert (len(TEXTS) >= 60, written > 150, refused) == (True, True, [])
    sign_in(administrator)
    sample = [one for one in office(rows) if one.count("/") == 4 or re.search(r"/client/\d+/|^/admin/$", one)]
    desk = visit(watched, sample, "/admin/", most=len(sample), follows=False)
    sign_in(alice)
    space = visit(watched, ["/espace/"], "/espace/", most=12)
    assert (len(desk) > 30, len(space) > 5) == (True, True)


@pytest.mark.drill
def test_nothing_of_the_whole_corpus_runs_on_the_pages_of_a_client(
    watched,
    sign_in,
    administrator,
    alice,
    rows,  # noqa: F811
):
    """Each text in its turn in each field of the pages that show the most of a client."""
    client, thread = rows["clients.client"].pk, rows["conversations.thread"].pk
    desk = [f"/admin/clients/client/{client}/change/", f"/admin/conversations/thread/{thread}/change/"]
    for number in range(len(TEXTS)):
        poison(number)
        sign_in(administrator)
        assert len(visit(watched, desk, "/admin/", follows=False)) == len(desk)
        sign_in(alice)
        assert len(visit(watched, ["/espace/", "/espace/messages/"], "/espace/", follows=False)) == 2


@pytest.mark.drill
@pytest.mark.parametrize("number", range(0, len(TEXTS), 21))
def test_nothing_of_the_corpus_runs_on_any_page_that_a_link_leads_to(
    watched,
    sign_in,
    administrator,
    alice,
    rows,  # noqa: F811
    number,
):
    _written, refused = poison(number)
    sign_in(administrator)
    starts = office(rows)
    desk = visit(watched, [*starts, *asking(starts)], "/admin/")
    sign_in(alice)
    space = visit(watched, ["/espace/"], "/espace/")
    assert (refused, len(desk) > 150, len(space) > 10) == ([], True, True)


@pytest.mark.parametrize(
    ("hole", "first"),
    [
        ("{}", TEXTS[0]),
        ('<b title="{}">', '"><script>alert(1)</script>'),
        ("<b title='{}'>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>"),
        ("<b title={}>", TEXTS[0]),
        ("<b>", TEXTS[0]),
    ],
)
def test_a_corpus_that_is_shown_without_care_is_found(
    watched, sign_in, administrator, alice, monkeypatch, troubles, hole, first
):
    """Negative control: one page of the back office where names are taken for markup; the last hole shows none."""
    Category.objects.update(name=hostile_for(Category._meta.get_field("name"), TEXTS.index(first)))
    shown = "django.contrib.admin.templatetags.admin_list.display_for_field"
    monkeypatch.setattr(shown, lambda value, *_how, **_more: mark_safe(hole.format(value)))
    sign_in(administrator)
    watched.goto("/admin/clients/category/")
    assert (troubles != []) == ("{}" in hole)
    troubles.clear()
