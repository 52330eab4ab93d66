from django.http import HttpResponse, HttpResponseBadRequest
from django.utils.translation import gettext as _

TYPED = "application/x-www-form-urlencoded"


class NoNulMiddleware:
    """A NUL character is in nothing that a person types, and PostgreSQL stores none: such a request stops here."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request) -> HttpResponse:
        is_typed = request.method == "POST" and request.content_type == TYPED
        if (
            "\0" in request.path
            or "%00" in request.META.get("QUERY_STRING", "")
            or (is_typed and b"%00" in request.body)
        ):
            return HttpResponseBadRequest(_("This address was not understood."))
        return self.get_response(request)


class NoStoreMiddleware:
    """Pages of a signed-in person are never kept by a browser or a proxy: they hold personal data."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store, private"
        return response
