import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from crm.organisation.models import Organisation
from crm.timeline.files import checked, name_for, recognised, safe_name
from tests.timeline.hostile import DOCX, PDF, REFUSED, RENAMED, WELCOME, picture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("name", "content", "extension"), WELCOME)
def test_what_an_office_sends_is_welcome(name, content, extension):
    found = checked(ContentFile(content, name))
    assert (extension.lower() in found.extensions, name_for(name, found)) == (True, name)


@pytest.mark.parametrize(("name", "content", "renamed"), RENAMED, ids=range(len(RENAMED)))
def test_a_file_is_named_for_what_it_holds(name, content, renamed):
    file = ContentFile(content, name)
    file.name = name
    assert name_for(name, checked(file)) == renamed


@pytest.mark.parametrize(("name", "content"), REFUSED, ids=range(len(REFUSED)))
def test_what_could_act_is_refused_with_a_sentence_that_names_it(name, content):
    with pytest.raises(ValidationError) as refused:
        checked(ContentFile(content, name))
    assert safe_name(name) in refused.value.messages[0]


def test_a_file_past_the_limit_is_refused_before_it_is_read(monkeypatch):
    organisation = Organisation.objects.current()
    organisation.attachment_max_megabytes = 1
    organisation.save()
    monkeypatch.setattr("crm.timeline.files.recognised", lambda _file: pytest.fail("read"))
    with pytest.raises(ValidationError) as refused:
        checked(ContentFile(PDF + b"x" * 1024 * 1024, "gros.pdf"))
    assert refused.value.code == "too_large"


def test_a_picture_is_not_unpacked_to_be_recognised(monkeypatch):
    large = picture("PNG", size=(3000, 3000))
    monkeypatch.setattr("PIL.Image.Image.load", lambda _picture: pytest.fail("unpacked"))
    assert recognised(ContentFile(large)).media_type == "image/png"


def test_a_file_that_was_looked_at_is_read_from_its_start():
    file = ContentFile(DOCX, "x.docx")
    recognised(file)
    assert file.read() == DOCX
