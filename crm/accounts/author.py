"""Who acts: the person signed in, or the member of staff who opened a client's space in their place."""

from django.http import HttpRequest

from crm.accounts.models import User


def author_of(request: HttpRequest | None = None, **kwargs) -> User | None:
    """The hand that signs what this request writes; None for a passer-by or outside any request."""
    user = getattr(request, "author", None) or getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None
