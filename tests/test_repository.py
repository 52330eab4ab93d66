"""What a clone of the repository must hold: a complete catalogue, an honest lock, no trace of a workshop."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import polib
import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "crm" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


@pytest.fixture(scope="module")
def french() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_the_french_catalogue_is_complete(french):
    wanting = [entry.msgid for entry in french if "fuzzy" in entry.flags or not all(translations(entry))]
    assert wanting == []


def test_the_compiled_catalogue_says_what_the_source_says(french):
    compiled = {
        (e.msgctxt, e.msgid): translations(e) for e in polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    }
    assert compiled == {(entry.msgctxt, entry.msgid): translations(entry) for entry in french}


def test_every_translation_keeps_its_placeholders(french):
    """But where the code says that our French leaves one out."""

    def names(text: str) -> set:
        return set(PLACEHOLDER.findall(text))

    broken = [
        entry.msgid
        for entry in french
        for text in translations(entry)
        if not {"no-python-format", "no-python-brace-format"}.intersection(entry.flags)
        if text and names(text) not in (names(entry.msgid), names(entry.msgid_plural or entry.msgid))
    ]
    assert broken == []


def test_placeholders_are_named(french):
    """Words move from one language to another: %s would not follow."""
    assert [entry.msgid for entry in french if re.search(r"(?<!%)%[sd]", entry.msgid)] == []


def test_french_typography_is_kept(french):
    """Curly apostrophes, and a space that does not break before : ; ? ! »."""
    poor = [
        text
        for entry in french
        for text in translations(entry)
        if re.search(r"\w'\w| [:;?!»](?!\S)|« ", text)
    ]
    assert poor == []


def test_every_sentence_of_the_code_is_in_the_catalogue(french, tmp_path, settings, monkeypatch):
    if not shutil.which("xgettext"):
        if os.environ.get("CI"):
            pytest.fail("xgettext is missing: apt-get install gettext")
        pytest.skip(
            "xgettext is not installed (package gettext): the sentences of the code were not collected"
        )
    (tmp_path / "locale").mkdir()
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    monkeypatch.chdir(ROOT)
    ignored = [".venv", "data", "tests", "crm/locale"]
    call_command("makemessages", locale=["fr"], ignore_patterns=ignored, no_wrap=True, verbosity=0)
    code = polib.pofile(str(tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po"))
    known = {(entry.msgctxt, entry.msgid) for entry in french}
    assert [entry.msgid for entry in code if (entry.msgctxt, entry.msgid) not in known] == []


def requirements(text: str) -> set[str]:
    """`name==version` of each line, in canonical spelling, without extras, markers and hashes."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, flags=re.MULTILINE)
    return {f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}" for name, version in found}


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.txt", []), ("tests/requirements.txt", ["dev"])], ids=["run", "dev"]
)
def test_the_lock_pins_what_the_project_declares(lock, extras):
    declared = [
        *PROJECT["dependencies"],
        *(line for extra in extras for line in PROJECT["optional-dependencies"][extra]),
    ]
    assert (
        requirements("\n".join(declared)) - requirements((ROOT / lock).read_text(encoding="utf-8")) == set()
    )


def test_every_dependency_is_hashed():
    for lock in ("requirements.txt", "tests/requirements.txt"):
        blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert [
            block.splitlines()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block
        ] == []


def test_every_dependency_has_its_reason_in_contributing():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").lower()
    names = [re.split(r"[\[= ]", line)[0].lower() for line in PROJECT["dependencies"]]
    assert [name for name in names if name not in text] == []


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: the list of committed files is unknown")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def test_nothing_that_is_made_is_committed():
    made = re.compile(r"\.(pyc|sqlite3|log|orig|rej|swp)$|/__pycache__/|^\.venv/|^data/|\.secret-key$")
    assert [name for path in tracked() if made.search(name := str(path.relative_to(ROOT)))] == []


def test_no_committed_text_names_a_path_of_somebody_s_machine():
    personal = re.compile(rb"/(?:home|Users)/\w+/|/[r]oot/|C:\\[U]sers\\")
    texts = [path for path in tracked() if path.suffix not in {".png", ".mo", ".jpg"} and path.is_file()]
    assert [str(path.relative_to(ROOT)) for path in texts if personal.search(path.read_bytes())] == []


def test_contributing_can_be_read_in_one_sitting():
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 120
