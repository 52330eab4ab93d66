import pytest
from django.core.exceptions import ValidationError

from crm.france.activity import activity_version, clean_activity_code, format_activity_code


@pytest.mark.parametrize(
    ("typed", "stored", "version", "shown"),
    [
        ("62.01Z", "6201Z", "NAFRev2", "62.01Z"),
        ("6201Z", "6201Z", "NAFRev2", "62.01Z"),
        ("70.22Z ", "7022Z", "NAFRev2", "70.22Z"),
        ("47.11F", "4711F", "NAFRev2", "47.11F"),
        ("62.10Y", "6210Y", "NAF2025", "62.10Y"),
        ("53.20h", "5320H", "NAF2025", "53.20H"),
        ("68.20G", "6820G", "NAF2025", "68.20G"),
    ],
)
def test_a_code_of_either_nomenclature_is_stored_without_its_dot(typed, stored, version, shown):
    assert clean_activity_code(typed) == stored
    assert clean_activity_code(stored) == stored
    assert activity_version(stored) == version
    assert format_activity_code(stored) == shown


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("722A", "old_nomenclature"),
        ("6201", "letter_missing"),
        ("APE", "activity_code"),
        ("62.O1Z", "activity_code"),
    ],
)
def test_another_code_is_refused_with_its_reason(typed, code):
    with pytest.raises(ValidationError) as caught:
        clean_activity_code(typed)
    assert caught.value.code == code
    assert typed in caught.value.messages[0]


def test_blank_stays_blank():
    assert clean_activity_code(" ") == ""
    assert format_activity_code("") == ""
