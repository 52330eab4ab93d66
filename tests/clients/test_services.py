"""The verbs of a client: what must be kept, who follows it, what it is tagged with."""

from datetime import date

from crm.clients import services
from crm.clients.models import Tag
from tests.factories import individual, plan, staff, subscription


def test_what_was_billed_is_an_obstacle_to_deletion(db):
    free, bound = individual(), individual()
    subscription(bound, plan(), subscribed_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))
    assert services.obstacles_to_deletion(free) == []
    assert len(services.obstacles_to_deletion(bound)) == 1


def test_archiving_and_restoring_are_signed(administrator):
    client = individual()
    services.archive(client, day=date(2026, 11, 22), by=administrator)
    services.restore(client, by=administrator)
    versions = client.history.values_list("archived_on", "history_user")
    assert list(versions) == [(None, administrator.pk), (date(2026, 11, 22), administrator.pk), (None, None)]


def test_only_those_who_change_hands_get_a_history_row(administrator):
    manager = staff("paul@example.org")
    moved, settled = individual(), individual(manager=manager)
    assert services.assign_manager([moved, settled], manager=manager, by=administrator) == 1
    assert [moved.history.count(), settled.history.count()] == [2, 1]


def test_a_tag_is_put_on_those_that_lack_it_and_taken_off_those_that_have_it(db):
    tag = Tag.objects.create(name="VIP")
    one, two = individual(), individual()
    assert services.add_tag([one], tag=tag) == [one]
    assert services.add_tag([one, two], tag=tag) == [two]
    assert services.remove_tag([one, two], tag=tag) == [one, two]
    assert services.remove_tag([one, two], tag=tag) == []
