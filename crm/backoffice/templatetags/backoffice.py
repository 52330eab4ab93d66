"""What the admin's templates need besides Django's and the skin's own tags."""

from dataclasses import dataclass, field
from typing import Any

from django import template
from django.apps import apps
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.views.main import PAGE_VAR
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.backoffice.forms import FORMATS
from crm.change_requests import waiting as change_requests
from crm.clients.rules import TELEPHONES
from crm.conversations import waiting as conversations

register = template.Library()


@dataclass
class Tab:
    slug: str
    title: str
    sections: list[Any] = field(default_factory=list)
    has_errors: bool = False


@register.simple_tag
def tabs(adminform, inline_formsets) -> list[Tab]:
    """The tabs of a form: what is edited in place comes second, each inline a tab.

    A fieldset of class `section` continues the tab before it.
    """
    made: list[Tab] = []
    for fieldset in adminform:
        if not made or "section" not in (fieldset.classes or "").split():
            made.append(Tab(f"tab-{len(made)}", fieldset.name or _("General")))
        made[-1].sections.append(fieldset)
        made[-1].has_errors |= any(line.errors() for line in fieldset)
    inlines = []
    for inline in inline_formsets:
        tab = Tab(f"tab-{inline.formset.prefix}", capfirst(inline.opts.verbose_name_plural), [inline])
        inline.is_inline = True
        tab.has_errors = bool(inline.formset.total_error_count()) if inline.formset.is_bound else False
        inlines.append(tab)
    return [*made[:1], *inlines, *made[1:]]


@register.simple_tag
def reading(field) -> str:
    """A value that is only read, as people write it: what can be dialled or written to is a link."""
    name = field.field["field"]
    value = getattr(field.form.instance, name, None) if isinstance(name, str) else None
    if not value or not isinstance(value, str):
        return field.contents()
    if name == "email":
        return format_html('<a href="mailto:{0}">{0}</a>', value)
    if name in TELEPHONES:
        return format_html('<a href="tel:{}">{}</a>', value, FORMATS[name](value))
    return FORMATS[name](value) if name in FORMATS else field.contents()


@register.simple_tag
def counted(model_count) -> list[tuple[str, int]]:
    """What a deletion takes along, named in the singular where there is one; links between tables are not told."""
    models = {str(model._meta.verbose_name_plural): model._meta for model in apps.get_models()}
    return [
        (str(models[name].verbose_name if count < 2 else name).lower(), count)
        for name, count in model_count
        if name in models
    ]


BOX = (
    '<td class="action-checkbox"><input type="checkbox" name="{}" value="{{pk}}" class="action-select" '
    'aria-label="{}"></td>'
)
# Addresses are told from the list's own, and words said once: a hundred rows are a heavy page.
FIRST = '<th class="field-code" scope="row"><a href="{{pk}}/view/{}">{{code}}</a>{}</th>'
NAME = '<td class="field-name"><a href="{{pk}}/view/{}">{{name}}</a>{{}}</td>'
LINK = (
    '<a class="row-action" href="{{pk}}/{}{}" aria-label="{} {{code}}" title="{}">'
    '<i class="fas fa-{}" aria-hidden="true"></i></a>'
)


@register.simple_tag(takes_context=True)
def client_rows(context, cl) -> list[str]:
    """The rows of the list of clients as HTML.

    The admin's own way, a format for each cell, costs more than everything else on the page: here is one for a row.
    """
    names = [name for name in cl.list_display if name not in ("action_checkbox", "code")]
    columns = [getattr(cl.model_admin, name) for name in names]
    row = _row_format(context["request"], cl, names)
    return [
        format_html(
            row,
            *(column(client) for column in columns),
            pk=client.pk,
            code=client.code,
            name=client.display_name,
        )
        for client in cl.result_list
    ]


def _row_format(request, cl, names: list[str]) -> str:
    kept = f"?{cl.preserved_filters}" if cl.preserved_filters else ""
    links = [("view/", _("View"), "eye")]
    if cl.model_admin.has_change_permission(request):
        links.append(("change/", _("Edit"), "pen"))
    box = format_html(BOX, ACTION_CHECKBOX_NAME, _("Select %(client)s") % {"client": "{code}"})
    named = format_html(NAME, kept)
    cells = "".join(named if name == "name" else f'<td class="field-{name}">{{}}</td>' for name in names)
    actions = format_html_join("", LINK, ((way, kept, word, word, icon) for way, word, icon in links))
    first = format_html(FIRST, kept, format_html('<span class="row-actions">{}</span>', actions))
    return f"{box if 'action_checkbox' in cl.list_display else ''}{first}{cells}"


@register.simple_tag
def client_headers(cl) -> list[dict]:
    return list(result_headers(cl))


@register.filter
def labelled(cells: list[str], headers: list[dict]) -> list[str]:
    """The cells of a row with the names of their columns, which a narrow screen shows beside the values."""
    label = '<td data-label="{}" class="field-'
    return [
        # Both are the admin's own HTML already.
        mark_safe(cell.replace('<td class="field-', format_html(label, capfirst(header["text"])), 1))  # noqa: S308
        for cell, header in zip(cells, headers, strict=False)
    ]


@register.simple_tag(takes_context=True)
def menu_badges(context) -> dict[str, int]:
    """Address of a list -> how many of its requests wait for this person."""
    return _waiting(context)[0]


@register.simple_tag(takes_context=True)
def unread_conversations(context) -> int:
    """For the title, the bar and the menu."""
    return _waiting(context)[1]


def _waiting(context) -> tuple[dict[str, int], int]:
    """(requests by the address of their list, unread conversations): one statement a page."""
    request = context.get("request")
    if request is None or not request.user.is_staff:
        return {}, 0
    if not hasattr(request, "_waiting"):
        rooms = [*change_requests.counts(request.user), *conversations.counts(request.user)]
        counts = [room.values_list("address", "number") for room in rooms]
        numbers = dict(counts[0].union(*counts[1:], all=True)) if counts else {}
        request._waiting = numbers, numbers.pop(conversations.inbox(), 0)
    return request._waiting


@register.filter
def at(mapping: dict, key: Any) -> Any:
    return mapping.get(key)


@register.simple_tag
def page_url(cl, number: int) -> str:
    return cl.get_query_string({PAGE_VAR: number})


@register.simple_tag
def active_filters(cl) -> str:
    """What the list is restricted to, in words: “Kind: Association, City: Orléans”."""
    chosen = [(spec.title, spec.chosen()) for spec in cl.filter_specs if hasattr(spec, "chosen")]
    return ", ".join(
        _("%(filter)s: %(value)s") % {"filter": title, "value": value} for title, value in chosen if value
    )
