"""A record as it would be with other values: checked by the same rules as the sheet, and saved by nobody yet."""

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from django.core.exceptions import ValidationError

from crm.clients.models import Client

Errors = dict[str, list[ValidationError]]


def corrected(client: Client, values: Mapping[str, Any]) -> Client:
    """An unsaved copy with these values put right. Raises ValidationError, by field.

    What was already wrong with the record and does not come from these values is not held against them: a telephone
    of another age must not keep a client from giving a new e-mail.
    """
    before = _errors_of(copy(client), ())
    proposed = copy(client)
    for name, value in values.items():
        setattr(proposed, name, _typed(name, value))
    errors = {
        name: found
        for name, found in _errors_of(proposed, values).items()
        if name in values or name not in before
    }
    if errors:
        raise ValidationError(errors)
    return proposed


def _typed(name: str, value: Any) -> Any:
    try:
        return Client._meta.get_field(name).to_python(value)
    except ValidationError as error:
        raise ValidationError({name: error}) from error


def _errors_of(client: Client, names: Iterable[str]) -> Errors:
    """What is wrong with the record as a whole, and with these fields one by one.

    Values are put right first, as people type them: a SIRET with its spaces is not too long.
    """
    others = {field.name for field in Client._meta.fields} - set(names)
    errors: Errors = {}
    for check in (
        client.clean,
        lambda: client.clean_fields(exclude=others),
        lambda: client.validate_constraints(exclude=others),
    ):
        try:
            check()
        except ValidationError as error:
            for name, found in error.error_dict.items():
                errors.setdefault(name, []).extend(found)
    return errors
