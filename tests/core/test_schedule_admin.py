import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_apscheduler.models import DjangoJob, DjangoJobExecution

from crm.accounts.models import User
from crm.core import services
from crm.core.models import Execution, Hold, Lease, RunRequest

PURGE, IMPORTS = "crm.core.jobs.purge_executions", "crm.exchange.jobs.carry_on_imports"
JOBS, EXECUTIONS = "/admin/core/job/", "/admin/core/execution/"
CONFIRM = "/admin/core/job/clock/confirm/"


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\xa0", " ").split())


@pytest.fixture
def job(db) -> DjangoJob:
    now = timezone.now()
    Lease.objects.create(name="scheduler", owner="x", expires_at=now, beat_at=now)
    return DjangoJob.objects.create(id=PURGE, job_state=b"", next_run_time=now + timedelta(hours=3))


@pytest.fixture
def manager(client, db) -> User:
    user = User.objects.create_user("manager@example.org", "correct-horse-battery", is_staff=True)
    user.groups.add(Group.objects.get(name="Gestionnaire"))
    client.force_login(user)
    return user


def ran(job: DjangoJob, status: str, **fields) -> Execution:
    at = timezone.now() - timedelta(minutes=len(Execution.objects.all()) + 3)
    return Execution.objects.create(job=job, status=status, run_time=at, **fields)


def row(client) -> str:
    """The one line of the list of jobs, in words."""
    table = client.get(JOBS).content.decode().split("<tbody>")[1].split("</tbody>")[0]
    return text(table)


# The jobs


def test_a_job_is_shown_by_what_it_does_and_how_often(staff_client, job):
    assert row(staff_client) == (
        "Oublier les anciennes exécutions de l’automate tous les jours Pas encore — dans 2 heures Lancer"
    )


def test_the_last_run_shows_its_result_and_the_last_line_of_its_error(staff_client, job):
    ran(job, "Error!", duration="1.25", exception="RuntimeError: no\nthe printer is on fire")
    shown = row(staff_client)
    assert "Échec il y a 3 minutes the printer is on fire 1,2 s" in shown.replace("1,3 s", "1,2 s")
    assert "RuntimeError" not in shown


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("Executed", "Réussie"),
        ("Missed!", "Manquée"),
        ("Started execution", "En cours"),
        ("Interrupted", "Interrompue"),
    ],
)
def test_each_result_has_its_word(staff_client, job, status, word):
    ran(job, status)
    assert f"{word} il y a 3 minutes" in row(staff_client)


def test_a_list_of_jobs_costs_the_same_for_one_and_for_three(staff_client, job):
    def cost() -> int:
        staff_client.get(JOBS)
        with CaptureQueriesContext(connection) as captured:
            staff_client.get(JOBS)
        return len(captured)

    one = cost()
    for path in (IMPORTS, "crm.exchange.jobs.forget_old_imports"):
        ran(DjangoJob.objects.create(id=path, job_state=b""), "Executed")
    services.ask_run(IMPORTS, by="Ada", at=timezone.now())
    assert cost() == one


def test_the_page_of_a_job_is_the_list_of_its_runs(staff_client, job):
    answer = staff_client.get(f"{JOBS}{PURGE.replace('_', '_5F')}/change/")
    assert (answer.status_code, answer.url) == (302, f"{EXECUTIONS}?job={PURGE}")


def test_a_job_that_does_not_exist_has_no_page(staff_client, job):
    assert staff_client.get(f"{JOBS}gone/change/").status_code == 404
    assert staff_client.post(f"{JOBS}gone/run/").status_code == 404


# Run now


def test_run_now_leaves_word_and_runs_nothing_in_the_request(staff_client, job):
    page = staff_client.post(reverse("admin:core_job_run", args=[PURGE]), follow=True)
    asked = RunRequest.objects.get()
    assert (asked.job_id, asked.asked_by) == (PURGE, "Ada Admin")
    assert not Execution.objects.exists()
    words = text(page.content.decode())
    assert "« Oublier les anciennes exécutions de l’automate » va démarrer dans quelques secondes." in words
    at = timezone.localtime(asked.asked_at)
    assert f"Demandée à {at:%H:%M} par Ada Admin" in words
    assert "Lancer </button>" not in page.content.decode()
    assert LogEntry.objects.get().object_id == PURGE


def test_a_run_that_the_scheduler_missed_is_said_so(staff_client, job):
    services.ask_run(PURGE, by="", at=timezone.now())
    assert re.search(r"Manquée à \d\d:\d\d, redemandée", row(staff_client))


def test_run_now_is_a_button_and_never_a_link(staff_client, job):
    address = reverse("admin:core_job_run", args=[PURGE])
    assert staff_client.get(address).status_code == 403
    assert not RunRequest.objects.exists()
    assert f'formaction="{address}"' in staff_client.get(JOBS).content.decode()


def test_who_may_only_look_has_no_button_and_is_refused(client, manager, job):
    manager.user_permissions.add(Permission.objects.get(content_type__app_label="core", codename="view_job"))
    assert "Lancer" not in client.get(JOBS).content.decode()
    assert client.post(reverse("admin:core_job_run", args=[PURGE])).status_code == 403
    assert not RunRequest.objects.exists()


def test_a_manager_sees_nothing_of_the_scheduler(client, manager, job):
    run = ran(job, "Executed")
    pages = [JOBS, EXECUTIONS, f"{JOBS}{PURGE}/change/", f"{EXECUTIONS}{run.pk}/change/"]
    assert [client.get(page).status_code for page in pages] == [403, 403, 403, 403]
    assert "Automate" not in text(client.get("/admin/clients/client/").content.decode())


def test_the_role_of_administrators_has_it_all_and_the_menu_shows_it(client, db, job):
    user = User.objects.create_user("boss@example.org", "correct-horse-battery", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrateur"))
    client.force_login(user)
    assert user.has_perms(["core.view_job", "core.view_execution", "core.run_job", "core.confirm_clock"])
    html = client.get(JOBS).content.decode()
    assert re.findall(r'href="(/admin/core/\w+/)" class="nav-link', html) == [JOBS, EXECUTIONS]


# The runs


def test_runs_are_listed_and_filtered_by_job_and_result(staff_client, job):
    other = DjangoJob.objects.create(id=IMPORTS, job_state=b"")
    for status in ("Executed", "Error!", "Max instances!"):
        ran(job, status)
    ran(other, "Executed")

    def shown(query: str) -> int:
        return len(staff_client.get(f"{EXECUTIONS}?{query}").context["cl"].result_list)

    queries = ["", f"job={PURGE}", "status=Error!", f"job={IMPORTS}&status=Executed", "status=nonsense"]
    assert [shown(query) for query in queries] == [4, 3, 1, 1, 0]


def test_the_runs_cost_the_same_queries_whatever_their_number(staff_client, job):
    def cost() -> int:
        staff_client.get(EXECUTIONS)
        with CaptureQueriesContext(connection) as captured:
            staff_client.get(EXECUTIONS)
        return len(captured)

    ran(job, "Executed")
    one = cost()
    ran(job, "Error!", exception="no")
    ran(job, "Missed!")
    assert cost() == one


def test_the_page_of_a_run_shows_its_error_and_edits_nothing(staff_client, job):
    run = ran(
        job, "Error!", duration="0.5", exception="RuntimeError: <b>no</b>", traceback="File x, line 1\n"
    )
    html = staff_client.get(f"{EXECUTIONS}{run.pk}/change/").content.decode()
    assert "File x, line 1\nRuntimeError: &lt;b&gt;no&lt;/b&gt;" in html
    assert 'name="_save"' not in html
    assert staff_client.post(f"{EXECUTIONS}{run.pk}/change/", {"status": "Executed"}).status_code == 403
    assert staff_client.post(f"{EXECUTIONS}{run.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Execution.objects.get().status == "Error!"


def test_the_screens_of_the_library_are_gone(staff_client, db):
    assert not any(admin.site.is_registered(model) for model in (DjangoJob, DjangoJobExecution))
    assert staff_client.get("/admin/django_apscheduler/djangojob/").status_code == 404


# The clock


def test_an_administrator_confirms_the_clock_by_one_button(staff_client, job):
    now = timezone.now()
    services.hold(expected_at=now, read_at=now + timedelta(days=365))
    html = staff_client.get(JOBS).content.decode()
    assert f'action="{CONFIRM}"' in html
    page = staff_client.post(CONFIRM, follow=True)
    assert Hold.objects.get().confirmed_by == "Ada Admin"
    assert "L’horloge est confirmée" in page.content.decode()
    assert "L’horloge de l’ordinateur a sauté" not in page.content.decode()


def test_the_clock_is_not_confirmed_by_a_link_or_by_a_manager(staff_client, client, job, manager):
    now = timezone.now()
    services.hold(expected_at=now, read_at=now + timedelta(days=365))
    html = client.get("/admin/").content.decode()
    assert ("L’horloge de l’ordinateur a sauté" in html, CONFIRM in html) == (True, False)
    assert client.post(CONFIRM).status_code == 403
    assert staff_client.get(CONFIRM).status_code == 403
    assert Hold.objects.open().exists()
