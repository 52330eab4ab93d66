"""Photographs and the logo: redrawn when they arrive, sent only to who may see them."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from crm.clients.models import Client
from crm.core import pictures
from crm.core.pictures import redrawn
from crm.organisation.colors import READABLE, contrast_with_white, ink, text_on
from crm.organisation.models import Organisation
from tests.backoffice.conftest import ADD, LIST, sheet
from tests.factories import individual, staff


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(size=(1200, 600), *, form="JPEG", mode="RGB", **options) -> ContentFile:
    out = BytesIO()
    Image.new(mode, size, "red").save(out, form, **options)
    return ContentFile(out.getvalue(), name="vacances.jpg")


def upload(form="PNG") -> SimpleUploadedFile:
    return SimpleUploadedFile("moi à la plage.png", picture(form=form).read(), content_type="image/png")


def status(answer) -> int:
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


def test_a_picture_is_made_small_and_loses_its_metadata_and_its_name():
    exif = Image.Exif()
    exif[0x010E] = "prise chez Chloé"
    exif[0x0112] = 6
    small = redrawn(picture(exif=exif))
    again = Image.open(small)
    assert (again.size, again.format, dict(again.getexif())) == ((256, 512), "JPEG", {})
    assert small.name.removesuffix(".jpg").isalnum()
    assert b"Chlo" not in small.open().read()


def test_a_transparent_picture_stays_so():
    assert Image.open(redrawn(picture(form="PNG", mode="RGBA"))).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40],
)
def test_what_is_not_a_picture_is_refused(content):
    with pytest.raises(ValidationError):
        redrawn(ContentFile(content, name="x.png"))


def test_a_picture_too_large_to_unpack_is_refused_before_it_is(monkeypatch):
    large = picture((11, 10))
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100)
    monkeypatch.setattr(Image.Image, "load", lambda _picture: pytest.fail("unpacked"))
    with pytest.raises(ValidationError) as refused:
        redrawn(large)
    assert refused.value.code == "too_many_pixels"


def test_a_photo_is_sent_to_who_may_see_the_client_and_to_no_one_else(client, manager, other_manager):
    client.force_login(manager)
    client.post(f"{ADD}?kind=individual", sheet(last_name="Petit", first_name="Chloé") | {"photo": upload()})
    url = Client.objects.get().photo.url
    answers = {}
    for user in (manager, other_manager, staff("nobody@example.org")):
        client.force_login(user)
        answers[user.email] = status(client.get(url))
    client.logout()
    answers["no one"] = status(client.get(url))
    assert answers == {
        "paul@example.org": 200,
        "olga@example.org": 404,
        "nobody@example.org": 404,
        "no one": 302,
    }


def test_a_replaced_or_erased_photo_leaves_the_disk(
    staff_client, tmp_path, django_capture_on_commit_callbacks
):
    own = individual()
    data = sheet(last_name="Petit", first_name="Chloé")
    for _time in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            staff_client.post(f"{LIST}{own.pk}/change/", data | {"photo": upload()})
        assert len(list((tmp_path / "photos").iterdir())) == 1
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(f"{LIST}{own.pk}/delete/", {"post": "yes"})
    assert list((tmp_path / "photos").iterdir()) == []


def test_a_file_that_is_not_a_picture_is_said_beside_its_field(staff_client):
    data = sheet(last_name="Petit", first_name="Chloé")
    data["photo"] = SimpleUploadedFile("x.png", b"<html>", content_type="image/png")
    answer = staff_client.post(f"{ADD}?kind=individual", data)
    assert list(answer.context["adminform"].form.errors) == ["photo"]


def test_everyone_sees_the_present_logo_and_nothing_else(client, db, tmp_path):
    organisation = Organisation.objects.current()
    organisation.logo.save("logo.png", redrawn(picture(form="PNG")))
    (tmp_path / "logo" / "old.png").write_bytes(b"old")
    shown = [status(client.get(url)) for url in (organisation.logo.url, "/fichiers/logo/old.png")]
    assert shown == [200, 404]


@pytest.mark.parametrize("url", ["/fichiers/photos/../secret", "/fichiers/photos/x", "/fichiers/logo/x"])
def test_a_file_that_is_nobodys_is_not_found(staff_client, url):
    assert staff_client.get(url).status_code == 404


@pytest.mark.parametrize("color", ["#1f5f8b", "#ffd54f", "#ffffff", "#000000", "#00ff00"])
def test_any_accent_stays_readable(client, db, color):
    organisation = Organisation.objects.current()
    organisation.accent_color = color
    organisation.save()
    style = client.get("/fichiers/accent.css").content.decode()
    assert f"--accent: {color}; --accent-text: {text_on(color)}; --accent-ink: {ink(color)};" in style
    assert contrast_with_white(ink(color)) >= READABLE
