import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from crm.organisation.models import Organisation

pytestmark = pytest.mark.django_db


def test_the_settings_exist_before_anybody_opened_them():
    assert Organisation.objects.current().pk == 1
    assert Organisation.objects.count() == 1


def test_saving_a_second_one_changes_the_first():
    Organisation.objects.current()
    Organisation(name="Autre").save()
    assert [row.name for row in Organisation.objects.all()] == ["Autre"]


def test_the_database_holds_one_row_whatever_the_code_does():
    with pytest.raises(IntegrityError):
        Organisation.objects.bulk_create([Organisation(pk=2)])


def test_the_settings_are_read_once_and_then_remembered(django_assert_num_queries):
    Organisation.objects.current()
    with django_assert_num_queries(0):
        Organisation.objects.current()


def test_a_change_is_seen_at_once():
    organisation = Organisation.objects.current()
    organisation.name = "Maison Tilleul"
    organisation.save()
    assert Organisation.objects.current().name == "Maison Tilleul"


@pytest.mark.parametrize("color", ["rouge", "#12345", "#1234567", "#12345g", "red;}body{display:none"])
def test_a_colour_that_is_no_colour_is_refused(color):
    """It is written in a style sheet."""
    with pytest.raises(ValidationError) as refused:
        Organisation(accent_color=color).full_clean()
    assert list(refused.value.message_dict) == ["accent_color"]


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("ending_soon_days", 1, 365),
        ("import_max_rows", 1, 1_000_000),
        ("import_max_megabytes", 1, 500),
        ("import_max_unpacked_megabytes", 10, 2_000),
        ("import_max_ratio", 10, 1_000),
        ("import_undo_days", 1, 365),
    ],
)
def test_each_delay_and_limit_has_its_bounds(field, least, most):
    def refused(value: int) -> bool:
        try:
            Organisation(**{field: value}).full_clean(validate_constraints=False)
        except ValidationError as error:
            return list(error.message_dict) == [field]
        return False

    assert [refused(value) for value in (least - 1, least, most, most + 1)] == [True, False, False, True]


def test_every_setting_explains_its_effect():
    """The name needs no more than itself."""
    fields = [field for field in Organisation._meta.fields if not field.primary_key]
    assert [field.name for field in fields if not field.help_text] == []
