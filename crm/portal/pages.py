"""What every page of the clients' face has in common: nothing runs in it, nobody keeps it, it speaks their language."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_from_request, override
from django.views.decorators.cache import never_cache

# Style sheets, pictures and forms of ours, and nothing else: there is no script to allow.
NOTHING_RUNS = {
    "default-src": ["'none'"],
    "script-src": None,
    "object-src": None,
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


def private_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of one client's affairs: never stored, never indexed, and no script in it ever runs."""

    @wraps(view)
    def private(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return csp_replace(NOTHING_RUNS)(never_cache(private))


def shown(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str = "", status: int = 200
) -> HttpResponse:
    """The page in the client's language; in the browser's where nobody knows who reads."""
    with override(language or get_language_from_request(request)):
        return render(request, f"portal/{template}", context, status=status)
