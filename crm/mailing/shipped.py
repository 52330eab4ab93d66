"""The texts that come with the product, and the rows that let an administrator change them."""

import re
from functools import cache

from django.apps import apps as current_apps
from django.conf import settings

FOLDER = settings.BASE_DIR / "templates" / "mails"
_TITLE = re.compile(r"\s*<title>(.*?)</title>\s*(.*)", re.DOTALL)


@cache
def shipped_text(kind: str, language: str) -> tuple[str, str]:
    """Subject and body of a kind in a language, or in French where there is no such translation."""
    path = FOLDER / f"{kind}.{language}.html"
    if not path.exists():
        path = FOLDER / f"{kind}.fr.html"
    match = _TITLE.fullmatch(path.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{path.name} must begin with a <title>")
    return match.group(1), match.group(2).strip()


def complete_templates(app_config=None, *, apps=current_apps, using: str = "default", **kwargs) -> None:
    """After each migration: a row for each declared kind and language, without a text: the shipped one is meant.

    So a later version improves what nobody has changed, and touches nothing that somebody has.
    """
    try:
        template_model = apps.get_model("mailing", "Template")
        text_model = apps.get_model("mailing", "TemplateText")
    except LookupError:
        return
    for kind in _codes():
        template, _created = template_model.objects.using(using).get_or_create(kind=kind, name="")
        for language, _name in settings.LANGUAGES:
            text_model.objects.using(using).get_or_create(template=template, language=language)


def _codes() -> list[str]:
    """The kinds that have a text of their own, told by the files: migrations run before rooms can be asked."""
    return sorted({path.name.split(".")[0] for path in FOLDER.glob("*.fr.html")})
