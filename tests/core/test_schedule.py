from datetime import timedelta

import pytest

from crm.core import schedule


def test_every_job_of_the_settings_has_a_name_in_french(settings):
    titles = {path: schedule.title(path) for path in settings.SCHEDULE}
    assert {path for path, title in titles.items() if title == path or not title} == set()
    assert titles["crm.core.jobs.purge_executions"] == "Oublier les anciennes exécutions de l’automate"


@pytest.mark.parametrize("path", ["crm.core.jobs.gone", "crm.nowhere.job", "tests.core.scheduled.fail"])
def test_a_job_without_a_name_is_called_by_its_path(path):
    assert schedule.title(path) == path


@pytest.mark.parametrize(
    ("every", "words"),
    [
        ({"hours": 24}, "tous les jours"),
        ({"days": 2}, "tous les 2 jours"),
        ({"hours": 1}, "toutes les heures"),
        ({"minutes": 1}, "toutes les minutes"),
        ({"minutes": 15}, "toutes les 15 minutes"),
        ({"minutes": 90}, "toutes les 90 minutes"),
        ({"seconds": 10}, "toutes les 10 secondes"),
    ],
)
def test_how_often_is_said_in_the_largest_whole_unit(every, words):
    assert schedule.often(timedelta(**every)) == words


def test_a_job_that_the_settings_no_longer_have_runs_no_more():
    assert schedule.often(schedule.interval("crm.core.jobs.gone")) == "plus jamais"
