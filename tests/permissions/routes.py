"""Every address of the product, read from the URLconf itself: nobody has to remember to add one here."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """`name` is what `reverse` takes; of an address without a name, its pattern."""

    name: str
    pattern: str


def every_route() -> list[Route]:
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns, namespace: str = "", prefix: str = "") -> Iterator[Route]:
    for one in patterns:
        pattern = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(one.url_patterns, inner, pattern)
        elif isinstance(one, URLPattern):
            yield Route(namespace + one.name if one.name else pattern, pattern)


@dataclass(frozen=True)
class Action:
    """Something done to a selection of a list of the admin."""

    model: str
    name: str


def every_action(user) -> list[Action]:
    """As this person, who may do everything, finds them."""
    request = RequestFactory().get("/")
    request.user = user
    return [
        Action(model._meta.label_lower, name)
        for model, desk in admin.site._registry.items()
        for name in desk.get_actions(request)
    ]


def every_autocomplete() -> list[dict[str, str]]:
    """What each box that completes a name asks of the address they share."""
    asked = []
    for desk in admin.site._registry.values():
        inlines = [inline(desk.model, admin.site) for inline in desk.inlines]
        for one in (desk, *inlines):
            for field in one.autocomplete_fields:
                options = one.model._meta
                asked.append(
                    {"app_label": options.app_label, "model_name": options.model_name, "field_name": field}
                )
    return asked
