from collections.abc import Mapping

from babel import Locale
from django.utils.translation import get_language


def language_choices() -> list[tuple[str, str]]:
    """Every ISO 639-1 language, in the reader's language, the usual ones first."""
    names: Mapping[str, str] = Locale.parse(get_language() or "fr", sep="-").languages  # type: ignore[assignment]
    first = ["fr", "en", "de", "es", "it", "pt"]
    others = sorted(
        (code for code in names if len(code) == 2 and code not in first), key=lambda code: names[code]
    )
    return [(code, names[code].capitalize()) for code in [*first, *others]]
