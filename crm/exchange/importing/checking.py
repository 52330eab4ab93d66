"""What the column of a value allows, asked of the field itself: its width, its digits, its validators."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


@cache
def _fields(model: type[models.Model]) -> dict[str, models.Field]:
    return {field.name: field for field in model._meta.concrete_fields if not field.is_relation}


def breaches(model: type[models.Model], values: Mapping[str, Any]) -> Iterator[tuple[str, ValidationError]]:
    """(attribute, why) for each value that the database, or a form, would refuse."""
    fields = _fields(model)
    for name, value in values.items():
        if (field := fields.get(name)) is None:
            continue
        try:
            # 5.500 and 5.5 are one value: digits that say nothing are not counted.
            field.run_validators(value.normalize() if isinstance(value, Decimal) else value)
        except ValidationError as error:
            yield name, error
