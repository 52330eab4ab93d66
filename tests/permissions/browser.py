"""What a browser sends of a page when nothing is touched."""

from html.parser import HTMLParser

# The buttons that stand on every page are no form of the page.
OF_EVERY_PAGE = ("/deconnexion/", "/logout/", "/acces-immediat/fin/")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self.inside: dict[str, list[str]] | None = None
        self.select: str = ""
        self.options: list[tuple[str, bool]] = []
        self.area: str = ""

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "form":
            is_ours = named.get("method", "").lower() == "post" and not (named.get("action") or "").endswith(
                OF_EVERY_PAGE
            )
            self.inside = {} if is_ours else None
        elif self.inside is None:
            return
        elif tag == "input":
            self._input(named)
        elif tag == "select":
            self.select, self.options = named.get("name", ""), []
        elif tag == "option":
            self.options.append((named.get("value", ""), "selected" in named))
        elif tag == "textarea":
            self.area = named.get("name", "")
            self.inside.setdefault(self.area, [""])

    def _input(self, named: dict) -> None:
        kind, name = (named.get("type") or "text").lower(), named.get("name")
        if (
            not name
            or kind in ("submit", "button", "image", "file", "reset")
            or name == "csrfmiddlewaretoken"
        ):
            return
        if kind not in ("checkbox", "radio") or "checked" in named:
            self.inside.setdefault(name, []).append(
                named.get("value") or ("on" if kind == "checkbox" else "")
            )

    def handle_data(self, data):
        if self.area and self.inside is not None:
            self.inside[self.area] = [self.inside[self.area][0] + data]

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = ""
        elif tag == "select" and self.inside is not None and self.select:
            chosen = [value for value, is_selected in self.options if is_selected]
            if chosen or self.options:
                self.inside[self.select] = chosen or [self.options[0][0]]
            self.select = ""
        elif tag == "form" and self.inside is not None:
            self.forms.append(self.inside)
            self.inside = None


def typed(html: str) -> dict[str, list[str]]:
    """The fields of the largest form of a page, as they stand."""
    reader = _Forms()
    reader.feed(html)
    return max(reader.forms, key=len, default={})
