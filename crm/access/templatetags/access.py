from datetime import timedelta

from django import template
from django.conf import settings

from crm.access.devices import device as told
from crm.access.models import Impersonation
from crm.access.takeover import impersonation_of

register = template.Library()


@register.filter
def device(user_agent: str) -> str:
    return told(user_agent)


@register.simple_tag(takes_context=True)
def impersonation(context) -> Impersonation | None:
    """The one under way; `ends_at` is set beside it."""
    found = impersonation_of(context["request"])
    if found is not None:
        context["ends_at"] = found.began_at + timedelta(seconds=settings.IMPERSONATION_SECONDS)
    return found
