import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.france.names import comparable_company, comparable_person, normalise


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Hélène", "helene"),
        ("Œuvrard", "oeuvrard"),
        ("L’Haÿ-les-Roses", "l hay les roses"),
        ("  MARTIN ", "martin"),
        ("Teststraße", "teststrasse"),
        ("Ærø", "aero"),
        ("A_B", "a b"),
        ("", ""),
    ],
)
def test_a_text_is_reduced_to_plain_words(typed, normal):
    assert normalise(typed) == normal


@given(st.text(max_size=40))
def test_a_normal_text_is_left_as_it_is(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Studio Chimère SAS", "Studio Chimere"),
        ("Les Amis du Livre Imaginaire", "Amis du Livre Imaginaire (Les)"),
        ("Ciné-club du Mardi", "Ciné club du mardi"),
        ("S.A.R.L. L’Étoile", "l'etoile sarl"),
    ],
)
def test_two_spellings_of_one_organisation_are_alike(one, other):
    assert comparable_company(one) == comparable_company(other)


def test_two_organisations_are_not_alike():
    assert comparable_company("Studio Chimère") != comparable_company("Studio Chimère - agence de Lyon")


def test_swapped_names_are_one_person_but_other_names_are_not():
    assert comparable_person("Étienne", "Durand") == comparable_person("DURAND", "Etienne")
    assert comparable_person("Lefèvre", "Amélie") == comparable_person("LEFEVRE", "Amelie ")
    assert comparable_person("Durand", "Étienne") != comparable_person("Durand", "Estelle")
