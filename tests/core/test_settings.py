import re
import secrets

import pytest
from django.core.management import call_command
from django.test import Client as HttpClient

PRODUCTION = {"SECRET_KEY": secrets.token_urlsafe(60), "SITE_URL": "https://clients.example.org"}
SHOW = "import django; django.setup(); from django.conf import settings; print({})"


def output(process) -> tuple[int, str]:
    said, _nothing = process.communicate(timeout=60)
    return process.returncode, said


def test_production_settings_pass_the_deployment_check_without_a_warning(start):
    process = start(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", settings="settings.prod", **PRODUCTION
    )
    code, said = output(process)
    assert code == 0, said


@pytest.mark.parametrize("missing", ["SECRET_KEY", "SITE_URL"])
def test_production_does_not_start_without_what_it_needs(start, missing):
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}
    code, said = output(start("manage.py", "check", settings="settings.prod", **environment))
    assert (code, missing in said) == (1, True)


def test_production_answers_to_the_host_of_its_address_only(start):
    process = start(
        "-c", SHOW.format("settings.ALLOWED_HOSTS, settings.DEBUG"), settings="settings.prod", **PRODUCTION
    )
    assert output(process) == (0, "['clients.example.org'] False\n")


def test_production_refuses_to_answer_to_any_host(start):
    code, said = output(
        start("manage.py", "check", settings="settings.prod", ALLOWED_HOSTS="*", **PRODUCTION)
    )
    assert (code, "ALLOWED_HOSTS" in said) == (1, True)


def test_a_laptop_starts_without_debug_and_keeps_its_own_key(start, tmp_path):
    shown = [
        output(start("-c", SHOW.format("settings.DEBUG, settings.SECRET_KEY"), settings="settings.dev"))
        for _ in "12"
    ]
    assert shown[0] == shown[1]
    code, said = shown[0]
    assert code == 0, said
    assert said.startswith("False ")
    assert (tmp_path / ".secret-key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", ["$$$-a-random-key", "$SECRET_KEY"])
@pytest.mark.parametrize("module", ["settings.dev", "settings.prod"])
def test_a_key_that_begins_with_a_dollar_is_taken_as_it_is(start, module, key):
    given = PRODUCTION | {"SECRET_KEY": key}
    assert output(start("-c", SHOW.format("settings.SECRET_KEY"), settings=module, **given)) == (
        0,
        f"{key}\n",
    )


def test_a_laptop_whose_random_key_begins_with_a_dollar_starts(start, tmp_path):
    (tmp_path / ".secret-key").write_text("$a-random-key")
    said = output(start("-c", SHOW.format("settings.SECRET_KEY"), settings="settings.dev"))
    assert said == (0, "$a-random-key\n")


def test_a_database_address_left_as_the_name_of_a_variable_does_not_become_sqlite(start):
    given = PRODUCTION | {"DATABASE_URL": "$POSTGRES_URL"}
    code, said = output(start("manage.py", "check", settings="settings.prod", **given))
    assert (code, "DATABASE_URL is the address itself" in said) == (1, True)


def test_a_password_of_the_database_may_begin_with_a_dollar(start):
    given = PRODUCTION | {"DATABASE_URL": "postgres://clientele:$ecret@db.example.org:5432/clientele"}
    shown = SHOW.format("settings.DATABASES['default']['PASSWORD']")
    assert output(start("-c", shown, settings="settings.prod", **given)) == (0, "$ecret\n")


@pytest.fixture
def collected(settings, tmp_path):
    """Hashed static files, as in service, in a folder of their own."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "crm.core.storage.StaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)


def test_admin_pages_and_their_files_come_with_hashed_names(collected, administrator):
    """J1: the skin once answered 500 with a manifest and DEBUG off."""
    http = HttpClient()
    http.force_login(administrator)
    pages = [http.get(path) for path in ("/admin/", "/admin/clients/client/", "/admin/accounts/user/add/")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    named = r'(?:href|src)="(/static/[^"?#]+\.(?:css|js|svg|png))'
    files = {file for page in pages for file in re.findall(named, page.content.decode())}
    assert len(files) > 3
    assert {file: status for file in files if (status := status_of(http, file)) != 200} == {}
    assert [file for file in files if not re.search(r"\.[0-9a-f]{12}\.\w+$", file)] == []


def status_of(http: HttpClient, file: str) -> int:
    response = http.get(file)
    response.close()
    return response.status_code
