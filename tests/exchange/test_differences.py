"""A value before and after that look the same: what tells them apart is said."""

import pytest

from crm.exchange.differences import Difference


@pytest.mark.parametrize(
    ("before", "after", "remark"),
    [
        ("Lyon", "Paris", ""),
        ("", "Lyon", ""),
        ("Amélie ", "Amélie", "espaces ou caractères invisibles rectifiés"),
        ("Du\xa0Bois", "Du Bois", "espaces ou caractères invisibles rectifiés"),
        ("Du\u200bBois", "DuBois", "espaces ou caractères invisibles rectifiés"),
        ("=1+1", "=1+1", "gardé tel quel\xa0: jamais exécuté, et précédé d’une apostrophe dans les exports"),
        ("x" * 300 + "…", "x" * 300 + "…", "la différence est plus loin dans le texte"),
    ],
)
def test_two_values_that_look_the_same_are_told_apart_in_words(before, after, remark):
    assert Difference("Nom", before, after).remark == remark
