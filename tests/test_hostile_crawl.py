"""F1: with a hostile text in every field, no page of the back office fails."""

import pytest

from tests.browser.test_hostile_pages import OURS, office, poison
from tests.test_admin_pages import rows  # noqa: F401 -- a fixture
from tests.timeline.hostile import TEXTS


@pytest.mark.parametrize(
    "number",
    [0, *(pytest.param(number, marks=pytest.mark.drill) for number in range(4, len(TEXTS), 4))],
)
def test_no_page_fails_for_what_its_rows_hold(staff_client, rows, settings, tmp_path, number):  # noqa: F811
    settings.MEDIA_ROOT = tmp_path
    _written, refused = poison(number)
    failed = {}
    for address in office(rows):
        try:
            answer = staff_client.get(address)
            if answer.status_code >= 500:
                failed[address] = answer.status_code
        except Exception as error:  # noqa: BLE001 -- whatever it is, it would be a 500
            failed[address] = repr(error)[:200]
    assert (refused, failed, len(OURS) > 10) == ([], {}, True)
