from typing import Any

from django import template

from crm.backoffice.changes import Version, versions

register = template.Library()


@register.simple_tag
def told(page) -> list[Version]:
    """The versions of a page of a record's history, each with what it changed."""
    records: list[Any] = list(page.object_list)
    following = page.paginator.object_list[page.end_index() : page.end_index() + 1]
    return versions(records, older=next(iter(following), None))
