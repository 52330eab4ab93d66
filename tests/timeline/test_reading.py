"""A timeline of fifty thousand entries opens like one of ten."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from crm.timeline.models import Entry
from crm.timeline.reading import PER_PAGE, TimelineForm, page
from crm.timeline.services import entry, note_action, record, record_all
from tests.factories import action, action_kind, individual

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def client_record():
    return individual()


def fill(client, count: int, **fields) -> None:
    record_all(
        entry(client, Entry.Kind.CHANGED, f"n{number}", at=AT - timedelta(minutes=number // 3), **fields)
        for number in range(count)
    )


def asked(query: str):
    return TimelineForm(QueryDict(query)).asked


def read_all(entries) -> list[list[int]]:
    pages, before = [], ""
    while True:
        found = page(entries, before=before)
        pages.append([one.pk for one in found.entries])
        if not found.after:
            return pages
        before = found.after


@pytest.mark.parametrize("count", [0, 1, PER_PAGE - 1, PER_PAGE, PER_PAGE + 1, 2 * PER_PAGE, 137])
def test_page_after_page_everything_is_read_once_in_order(client_record, count):
    """Three entries share each minute: the order of the ties holds too."""
    fill(client_record, count)
    pages = read_all(Entry.objects.all())
    assert [pk for one in pages for pk in one] == list(Entry.objects.values_list("pk", flat=True))
    assert [len(one) for one in pages[:-1]] == [PER_PAGE] * (len(pages) - 1)


def test_what_happens_while_one_reads_neither_repeats_nor_hides_anything(client_record):
    fill(client_record, 80)
    before = list(Entry.objects.values_list("pk", flat=True))
    first = page(Entry.objects.all())
    record(client_record, Entry.Kind.CHANGED, "entre-temps", at=AT + timedelta(hours=1))
    second = page(Entry.objects.all(), before=first.after)
    assert [one.pk for one in (*first.entries, *second.entries)] == before


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE timeline_entry")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


def test_fifty_thousand_entries_open_with_the_same_queries_as_ten(client_record):
    few, many = individual(), client_record
    fill(few, 10)
    note_action(action(few), at=AT)
    fill(many, 50_000)
    note_action(action(many, at=AT + timedelta(days=1)), at=AT)
    deep = Entry.objects.filter(client=many).order_by("at", "pk")[200]
    costs = []
    for client, before in ((few, ""), (many, ""), (many, f"{deep.at.isoformat()},{deep.pk}")):
        with CaptureQueriesContext(connection) as queries:
            found = page(Entry.objects.filter(client=client), before=before)
            assert [(one.by, one.action and list(one.action.files.all())) for one in found.entries]
        costs.append(len(queries))
        if client == many:
            steps = plan_of(queries[0]["sql"])
            assert ("timeline_by_" in steps, "Sort" in steps, "TEMP B-TREE" in steps) == (True, False, False)
    assert costs[0] == costs[1] == 2
    assert costs[2] <= 2


@pytest.mark.parametrize(
    "before",
    [
        "",
        "x",
        "2026-11-22",
        "2026-11-22T10:00,5",
        "2026-13-45T00:00:00Z,1",
        f"{AT.isoformat()},abc",
        f"{AT.isoformat()},99999999999999999999",
    ],
)
def test_a_place_that_is_none_reads_from_the_top(client_record, before):
    fill(client_record, 3)
    assert len(page(Entry.objects.all(), before=before).entries) == 3


def test_a_period_holds_both_its_days(client_record):
    """In the days of here: 23:30 on the 22nd is still the 22nd."""
    for day, hour in ((21, 22), (21, 23), (22, 22), (22, 23)):
        record(
            client_record,
            Entry.Kind.CHANGED,
            f"{day} {hour}h",
            at=datetime(2026, 11, day, hour, 30, tzinfo=UTC),
        )
    found = asked("since=2026-11-22&until=2026-11-22").of(Entry.objects.all())
    assert [one.summary for one in found] == ["22 22h", "21 23h"]


def test_several_types_are_asked_at_once(client_record):
    """S1-17: purchases and the calls that were noted."""
    visit, other = action_kind(), action_kind(name="Salon")
    for kind in (Entry.Kind.CHANGED, Entry.Kind.SUBSCRIBED, Entry.Kind.RENEWED):
        record(client_record, kind, kind.value, at=AT)
    for kind in (visit, other):
        note_action(action(client_record, title=kind.name, kind=kind), at=AT)
    found = asked(f"type=subscribed&type=renewed&type=action-{visit.pk}").of(Entry.objects.all())
    assert {one.summary for one in found} == {"subscribed", "renewed", "Visite"}


@pytest.mark.parametrize(
    "query",
    ["since=hier", "type=nonsense", "type=action-abc", "type=action-999", "until=9999-99-99", "type=action"],
)
def test_what_makes_no_sense_asks_nothing(client_record, query):
    fill(client_record, 2)
    assert asked(query).of(Entry.objects.all()).count() == 2


def test_a_question_goes_on_to_the_next_page():
    form = TimelineForm(QueryDict("since=2026-11-01&until=&type=created&type=renewed&before=x&y=z"))
    assert form.query == "since=2026-11-01&type=created&type=renewed"
    assert form.asked.since == date(2026, 11, 1)
