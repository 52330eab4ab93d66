"""What a person, or someone who toys with an address, may send us to name rows or look for them."""

import re

from django import forms
from django.core.exceptions import ValidationError

# Past eighteen digits a number no longer fits the databases' widest key, and asking for it is an error to them.
KEY = re.compile(r"\d{1,18}", re.ASCII)
MOST_WORDS = 10
MOST_CHARACTERS = 200


def is_key(text: object) -> bool:
    """Whether a row could have this key."""
    return KEY.fullmatch(str(text)) is not None


def shortened(query: str) -> str:
    """As much of a search as is worth a condition each: SQLite refuses a thousand of them."""
    return " ".join(query[:MOST_CHARACTERS].split()[:MOST_WORDS])


class RowsField(forms.ModelMultipleChoiceField):
    """A choice of several rows, that refuses what cannot be the key of one before the database is asked."""

    def clean(self, value):
        for key in value if isinstance(value, (list, tuple)) else []:
            if not is_key(key):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": key}
                )
        return super().clean(value)
