import pytest
from django.core.exceptions import ValidationError

from crm.france.civility import parse_civility


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("M.", ("M", "")),
        ("M", ("M", "")),
        ("Mr", ("M", "")),
        ("Monsieur", ("M", "")),
        ("Mme", ("MME", "")),
        ("MME", ("MME", "")),
        ("Madame", ("MME", "")),
        ("Mlle", ("MME", "")),
        ("Mademoiselle", ("MME", "")),
        ("Dr", ("", "Dr")),
        ("Docteur", ("", "Dr")),
        ("Me", ("", "Me")),
        ("Maître", ("", "Me")),
        ("Pr.", ("", "Pr")),
        ("Mme le Dr", ("MME", "Dr")),
        ("", ("", "")),
    ],
)
def test_a_civility_is_m_or_mme_and_a_title_is_kept_apart(typed, expected):
    assert parse_civility(typed) == expected


@pytest.mark.parametrize("typed", ["M. et Mme", "Société", "x"])
def test_anything_else_is_refused(typed):
    with pytest.raises(ValidationError) as caught:
        parse_civility(typed)
    assert typed in caught.value.messages[0]
