"""F4, F6: a hostile file at every door is refused with a sentence beside its field, or kept as nothing but a file."""

import io
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.test import Client as Browser
from django.utils.html import conditional_escape
from PIL import Image

from crm.exchange.models import ImportRun
from crm.timeline.files import FileType, recognised
from tests.doors import Door, doors, hand_in
from tests.factories import individual, opening
from tests.timeline.hostile import FILES, MARKUP

NAMES = ["action", "intervention", "office", "space", "support", "photo", "logo", "import"]
DRAWN = re.compile(r"[a-z]+(/\d{4}/\d\d)?/[0-9a-f]{32}(\.[a-z]{2,4})?")

# By door: every sentence that a file is refused with.
NOT_A_PICTURE = {
    "Ce fichier n’est pas une image lisible\xa0: choisissez un fichier JPEG, PNG ou WebP.",
    "Assurez-vous que ce nom de fichier comporte au plus 100 caractères (actuellement 255).",
    "Le fichier soumis est vide.",
}
NOT_TO_KEEP = {
    "… est vide.",
    "… ne peut pas être joint\xa0: choisissez un PDF, une image, un document sans macros ou un texte.",
}
NOT_A_TABLE = {
    (
        "C’est un ancien classeur Excel (.xls), ou un classeur protégé par un mot de passe\xa0: "
        "enregistrez-le en .xlsx, sans mot de passe."
    ),
    "C’est un fichier OpenDocument (.ods)\xa0: enregistrez-le en .xlsx ou en CSV.",
    "Ce n’est pas un tableau\xa0: envoyez un fichier CSV ou .xlsx.",
    "Cette archive n’est pas un classeur\xa0: enregistrez le tableau en .xlsx ou en CSV.",
    "Le classeur contient des macros (.xlsm)\xa0: enregistrez-le en .xlsx, sans macros.",
    "Le classeur est abîmé\xa0: ouvrez-le dans votre tableur, enregistrez-le à nouveau en .xlsx, puis renvoyez-le.",
    "Le fichier a des en-têtes de colonnes, mais aucune ligne en dessous.",
    "Le fichier soumis est vide.",
    (
        "Une fois décompressé, le classeur est bien plus gros que ce qu’il devrait contenir. Copiez seulement les "
        "lignes et les colonnes utiles dans un nouveau classeur, ou enregistrez-le en CSV."
    ),
}
SAID = {"photo": NOT_A_PICTURE, "logo": NOT_A_PICTURE, "import": NOT_A_TABLE}


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def chloe(db):
    return individual()


@pytest.fixture
def https(administrator, chloe) -> dict[bool, Browser]:
    """Who stands before the space, and before the other doors."""
    seen = {}
    for is_space, user in ((True, opening(chloe, email="chloe@example.org")), (False, administrator)):
        seen[is_space] = Browser()
        seen[is_space].force_login(user)
    return seen


def written(folder: Path) -> dict:
    """How many rows of each kind, and which files."""
    ours = [
        model
        for config in apps.get_app_configs()
        if config.name.startswith("crm.")
        for model in config.get_models()
    ]
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    return {model._meta.label: model._base_manager.count() for model in ours} | {"files": files}


def sentences(answer, field: str) -> list[str]:
    context = answer.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    assert set(form.errors) == {field}
    said = list(form.errors[field])
    assert [one for one in said if conditional_escape(one) not in answer.content.decode()] == []
    return said


def without_names(sentence: str) -> str:
    return re.sub(r"«\xa0.*?\xa0»", "…", sentence)


def fetched(http: Browser, url: str) -> tuple:
    answer = http.get(url)
    return answer, b"".join(answer.streaming_content)


def faults(http: Browser, door: Door, content: bytes) -> list[str]:
    """What is wrong in the way the last file is kept and sent."""
    file = list(door.files())[-1]
    answer, sent = fetched(http, door.url(file))
    checks = {
        "status": answer.status_code == 200,
        "name": DRAWN.fullmatch(file.name) is not None,
        "nosniff": answer["X-Content-Type-Options"] == "nosniff",
        **(of_picture(answer, sent) if door.is_picture else of_file(answer, sent, content, file.instance)),
    }
    return [name for name, is_well in checks.items() if not is_well]


def of_picture(answer, sent: bytes) -> dict[str, bool]:
    """Shown on pages: drawn again."""
    with Image.open(io.BytesIO(sent)) as picture:
        return {
            "metadata": not dict(picture.getexif()) and MARKUP not in sent,
            "type": answer["Content-Type"] == f"image/{picture.format.lower()}",
        }


def of_file(answer, sent: bytes, content: bytes, row) -> dict[str, bool]:
    """Kept as it is, and never opened by the browser."""
    known = recognised(ContentFile(content))
    is_table = isinstance(row, ImportRun)
    return {
        "content": sent == content,
        "type": answer["Content-Type"] == ("application/octet-stream" if is_table else known.media_type),
        "sandbox": answer["Content-Security-Policy"] == "default-src 'none'; sandbox",
        "attachment": re.match(r"attachment(; filename|$)", answer["Content-Disposition"]) is not None,
    }


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.drill), 4])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_refused_beside_its_field_or_kept_as_nothing_but_a_file(
    https, chloe, tmp_path, name, every
):
    """The whole corpus at each door, or a part of it that differs from one door to the next."""
    door, http = doors(chloe)[name], https[name in ("space", "support")]
    wrong, said, pages, before = {}, [], set(), written(tmp_path)
    for number, (called, content) in list(enumerate(FILES))[NAMES.index(name) % every :: every]:
        caches["default"].clear()
        answer = hand_in(http, door, (called, content))
        after = written(tmp_path)
        if answer.status_code == 200:
            said += sentences(answer, door.field)
            found = [] if after == before else ["written"]
        else:
            assert answer.status_code == 302
            pages.add(answer.url.partition("#")[0])
            found = faults(http, door, content)
        wrong |= {f"{number} {called}": found} if found else {}
        before = after
    assert wrong == {}
    assert [page for page in pages if http.get(page, follow=True).status_code != 200] == []
    sentences_seen, known = {without_names(one) for one in said}, SAID.get(name, NOT_TO_KEEP)
    assert sentences_seen <= known
    assert every > 1 or (len(FILES) >= 40, sentences_seen) == (True, known)


def test_a_door_that_believes_what_the_browser_says_is_found(https, chloe, tmp_path, monkeypatch):
    """Negative control."""
    monkeypatch.setattr("crm.timeline.forms.checked", lambda _upload: None)
    monkeypatch.setattr("crm.timeline.services.checked", lambda _upload: FileType("text/html", (".html",)))
    door = doors(chloe)["action"]
    assert hand_in(https[False], door, ("page.html", MARKUP)).status_code == 302
    with pytest.raises(AttributeError):
        faults(https[False], door, MARKUP)
