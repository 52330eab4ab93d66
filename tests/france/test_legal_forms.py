import pytest

from crm.france.legal_forms import LEGAL_FORMS, parse_legal_form, strip_legal_forms


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("EI", "1000"),
        ("Micro-entreprise", "1000"),
        ("EURL", "5498"),
        ("SARL", "5499"),
        ("sarl", "5499"),
        ("S.A.R.L.", "5499"),
        ("SELARL", "5485"),
        ("SNC", "5202"),
        ("SCS", "5306"),
        ("SCA", "5308"),
        ("SA", "5599"),
        ("SA à directoire", "5699"),
        ("S.A.S.", "5710"),
        ("SAS ", "5710"),
        ("S A S", "5710"),
        ("SASU", "5720"),
        ("SELAS", "5785"),
        ("SCI", "6540"),
        ("SCM", "6589"),
        ("SCP", "6585"),
        ("EARL", "6598"),
        ("GAEC", "6533"),
        ("GIE", "6220"),
        ("Syndicat de copropriétaires", "9110"),
        ("Association non déclarée", "9210"),
        ("Association loi 1901", "9220"),
        ("association reconnue d'utilité publique", "9230"),
        ("Association de droit local", "9260"),
        ("Fondation", "9300"),
        ("Commune", "7210"),
        ("5710", "5710"),
        ("GmbH", ""),
        ("SRL", ""),
        ("Ltd", ""),
        ("", ""),
    ],
)
def test_a_french_form_is_known_by_its_code_and_a_foreign_one_is_not(typed, code):
    assert parse_legal_form(typed) == code


def test_every_label_is_read_back_as_its_own_code():
    assert {parse_legal_form(label): label for label in LEGAL_FORMS.values()} == LEGAL_FORMS


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Studio Chimère SAS", "Studio Chimère"),
        ("S.A.R.L. Menuiserie du Pont", "Menuiserie du Pont"),
        ("Muster Fiktiv GmbH", "Muster Fiktiv"),
        ("Ancien Code, SARL", "Ancien Code"),
        ("SCI Les Hirondelles Fictives", "Les Hirondelles Fictives"),
        ("AB Conseil", "AB Conseil"),
        ("Saga", "Saga"),
        ("SA", "SA"),
        ("", ""),
    ],
)
def test_the_form_is_taken_off_the_ends_of_a_name_but_never_the_whole_name(name, bare):
    assert strip_legal_forms(name) == bare
