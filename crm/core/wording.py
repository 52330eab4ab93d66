"""Moments, durations and results of the scheduler's runs, as its screens show them."""

from datetime import datetime
from decimal import Decimal

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html

from crm.core.models import Execution

NO_BREAK = "\u00a0"
SHORTEST = Decimal("0.1")


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y H:i:s")


def when(at: datetime | None) -> str:
    """How long ago or in how long, and the exact moment under the pointer."""
    if at is None:
        return "—"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), moment(at), naturaltime(at)
    )


def seconds(duration: Decimal | None) -> str:
    if duration is None:
        return "—"
    shown = number_format(duration, 1) if duration >= SHORTEST else f"<{NO_BREAK}{number_format(SHORTEST)}"
    return format_html('<span class="number">{}{}s</span>', shown, NO_BREAK)


def badge(status: str) -> str:
    try:
        state = Execution.State(status)
    except ValueError:
        return status
    return format_html('<span class="state run-{}">{}</span>', state.name.lower(), state.label)


def last_line(exception: str | None) -> str:
    lines = (exception or "").strip().splitlines()
    return lines[-1] if lines else ""
