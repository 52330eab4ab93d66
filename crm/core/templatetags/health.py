from django import template

from crm.core.health import Complaint, recent_complaints

register = template.Library()


@register.simple_tag
def health_complaints() -> list[Complaint]:
    """What the staff must be told on every page."""
    return recent_complaints()
