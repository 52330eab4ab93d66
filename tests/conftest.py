"""What every story starts from, and the account of what a run left out."""

import os

import pytest
from django.core.cache import caches
from django.db import connection

from crm.accounts.models import User


@pytest.fixture(autouse=True)
def _fresh_cache():
    """Neither the Settings row nor the guesses of one story are remembered by the next."""
    for name in ("default", "memory"):
        caches[name].clear()


@pytest.fixture
def administrator(db) -> User:
    return User.objects.create_superuser(
        "admin@example.org", "correct-horse-battery", first_name="Ada", last_name="Admin"
    )


@pytest.fixture
def staff_client(client, administrator):
    """A browser signed in as the administrator."""
    client.force_login(administrator)
    return client


def left_out(reporter) -> list[str]:
    """The reasons of the skipped tests, without those that the other database of the same CI run covers."""
    reasons = {report.longrepr[2].removeprefix("Skipped: ") for report in reporter.stats.get("skipped", [])}
    return sorted(reason for reason in reasons if not ("PostgreSQL" in reason or "SQLite" in reason))


def pytest_terminal_summary(terminalreporter, config) -> None:
    if os.environ.get("CI") or config.option.collectonly:
        return
    reasons = left_out(terminalreporter)
    if connection.vendor == "sqlite":
        reasons.append(
            "PostgreSQL: to test on it, DATABASE_URL=postgres://user:password@host:5432/name make test"
        )
    if reasons:
        terminalreporter.section("THIS RUN LEFT OUT", yellow=True, bold=True)
        for reason in reasons:
            terminalreporter.write_line(f"  {reason}", yellow=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session) -> None:
    """CI leaves nothing out: a test that skips itself is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and left_out(reporter):
        reporter.write_line(f"\nLeft out, which CI refuses: {'; '.join(left_out(reporter))}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
