from decimal import Decimal

from django import template

from crm.portal.navigation import Item, menu, unread
from crm.products import wording

register = template.Library()


@register.filter
def euros(amount: Decimal) -> str:
    return wording.euros(amount)


@register.filter
def percent(rate: Decimal) -> str:
    return wording.percent(rate)


@register.simple_tag(takes_context=True)
def space_menu(context) -> list[Item]:
    return menu(context["request"])


@register.simple_tag(takes_context=True)
def unread_messages(context) -> int:
    request = context.get("request")
    return unread(request) if hasattr(request, "user") else 0
