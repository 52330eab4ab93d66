# Clientèle. `make run` starts it, `make test` tests it; README.md says the rest.
# Only Python 3.11 or later with its venv module, and make, are needed beforehand.

HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= 1
PYTHON ?= python3

PY := .venv/bin/python
MANAGE := $(PY) manage.py
INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes
USABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
TYPED := $(sort $(wildcard crm/*/services.py crm/*/services/*.py crm/*/models.py crm/*/models/*.py crm/*/jobs.py crm/france/*.py))
# pytest-xdist: one process per core, four at most, as each one makes its own database.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(min(4, os.cpu_count() or 1))" 2>/dev/null || echo 2)
# Which drills: a part of them is, say, "drill and browser".
DRILL ?= drill
# The production settings are checked with the least that an installation must give.
PRODUCTION := DJANGO_SETTINGS_MODULE=settings.prod SITE_URL=https://clientele.example.org \
	SECRET_KEY=0123456789-only-to-check-the-settings-abcdefghijklmnopqrstuvwxyz

# What is printed, the first password above all, shows at once in a log too.
export PYTHONUNBUFFERED := 1

.PHONY: run demo demo-remove test check format drill bench lock messages clean
.DEFAULT_GOAL := run

run: .venv/.run
ifneq (,$(filter 0 no non false,$(DEMO)))
	@$(MANAGE) serve --host "$(HOST)" --port "$(PORT)"
else
	@$(MANAGE) demo --host "$(HOST)" --port "$(PORT)"
endif

demo-remove: .venv/.run
	@$(MANAGE) demo --remove

test: .venv/.dev
	$(PY) -m pytest -n $(WORKERS) --dist worksteal -m "not drill"

check: .venv/.dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy $(TYPED)
	.venv/bin/lint-imports
	DJANGO_SETTINGS_MODULE=settings.test $(MANAGE) makemigrations --check --dry-run
	$(PY) -m pytest -p no:randomly tests/test_repository.py tests/test_architecture.py
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

drill: .venv/.dev
	$(PY) -m pytest -n $(WORKERS) --dist worksteal -m "$(DRILL)"

bench: .venv/.dev
	$(PY) bench/run.py

format: .venv/.dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Needs gettext. Then translate what is new in crm/locale/fr and run it once more.
messages: .venv/.dev
	$(MANAGE) makemessages --locale fr --add-location file --no-obsolete --no-wrap \
		--ignore .venv --ignore data --ignore tests
	$(MANAGE) compilemessages --locale fr --ignore .venv

# Needs uv. After a change of the dependencies in pyproject.toml.
lock:
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 \
		pyproject.toml --output-file requirements.txt
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 \
		--extra dev pyproject.toml --output-file tests/requirements.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/.run: requirements.txt | .venv/bin/python
	@echo "Installation des bibliothèques (une minute, la première fois)…"
	@$(INSTALL) --requirement requirements.txt
	@touch $@

.venv/.dev: tests/requirements.txt | .venv/bin/python
	@echo "Installation des bibliothèques et des outils de test (une minute, la première fois)…"
	@$(INSTALL) --requirement tests/requirements.txt
	@touch $@

.venv/bin/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if $$python -c "$(USABLE)" 2>/dev/null; then exec $$python -m venv --clear .venv; fi; \
	done; \
	echo "Clientèle demande Python 3.11, 3.12 ou 3.13 avec son module venv, et ne les trouve pas." >&2; \
	echo "  Debian, Ubuntu : sudo apt install python3 python3-venv" >&2; \
	echo "  macOS          : brew install python@3.13" >&2; \
	echo "  ailleurs       : https://www.python.org/downloads/" >&2; \
	echo "Un autre Python : make run PYTHON=/chemin/de/python3.13" >&2; \
	exit 1
