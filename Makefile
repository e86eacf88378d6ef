# `make help` lists the targets. They need nothing but Python 3.11, make and bash.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

HOST ?= 127.0.0.1
PORT ?= 8000
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$python; break; }; done)

TEST_BROWSER ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

VENV := .venv
# Run modules, not the scripts in bin: their first line breaks if the path has a space or changes.
PY := $(VENV)/bin/python
# Checks must not depend on a developer's .env or database.
DEV := ENV_FILE=/dev/null DEBUG=True DATABASE_URL=sqlite:///$(VENV)/lint.sqlite3 $(PY)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	--no-emit-find-links --generate-hashes --custom-compile-command "make lock"

.PHONY: help run test fulltest browser bench lint format schema lock clean

help: ## List the targets.
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

run: $(VENV)/server.stamp .env ## Serve the system with demo data; PORT=8000.
	@$(PY) -c 'import socket, sys; sys.exit(not socket.socket().connect_ex(("$(HOST)", $(PORT))))' || {
		echo "Port $(PORT) is in use: stop the server there, or use 'make run PORT=8001'." >&2
		exit 1
	}
	# Links in mails lead to this server, unless .env names a front end.
	grep -q '^FRONTEND_URL=http://127.0.0.1:8000$$' .env && export FRONTEND_URL=http://$(HOST):$(PORT)
	$(PY) manage.py migrate --no-input --verbosity 0
	$(PY) manage.py load_demo
	echo
	echo "  Shows and seat picker   http://$(HOST):$(PORT)/"
	echo "  The API, to try out     http://$(HOST):$(PORT)/api/docs/"
	echo "  The API, to read        http://$(HOST):$(PORT)/api/redoc/"
	echo "  Admin site              http://$(HOST):$(PORT)/admin/"
	echo "  Ticket scanner          http://$(HOST):$(PORT)/check-in/"
	echo "  Till of the box office  http://$(HOST):$(PORT)/box-office/"
	echo "  Mails are printed to    worker.log"
	echo "  Ctrl-C stops the server."
	echo
	$(PY) manage.py worker > worker.log 2>&1 & worker=$$!
	$(PY) -m granian eventbooking_system.wsgi:application --interface wsgi --http 1 --blocking-threads 320 \
		--workers-kill-timeout 3 --host $(HOST) --port $(PORT) --log-level error & server=$$!
	trap 'kill $$server $$worker 2>/dev/null || true; wait || true' EXIT
	trap 'exit 0' INT TERM
	wait $$server

test: $(VENV)/dev.stamp ## Run every test on PostgreSQL (it comes with the packages), and on SQLite those marked `sqlite`.
	@$(PY) -m pytest -q -n auto --dist worksteal --postgres
	$(PY) -m pytest -q -n auto --dist worksteal -m sqlite

fulltest: $(VENV)/dev.stamp ## Run every test on both databases.
	@$(PY) -m pytest -q -n auto --dist worksteal --postgres
	$(PY) -m pytest -q -n auto --dist worksteal

browser: $(VENV)/dev.stamp ## Test the pages in Chromium; TEST_BROWSER=/path/to/chromium.
	@if [ -z "$(TEST_BROWSER)" ]; then
		echo "Chromium is needed; name yours with 'make browser TEST_BROWSER=/path/to/chromium'." >&2
		exit 1
	fi
	TEST_BROWSER="$(TEST_BROWSER)" $(PY) -m pytest -q shows/tests/browser box_office/tests/browser

bench: $(VENV)/dev.stamp ## Measure the speed of the production setup; QUICK=1, ONLY=hold.
	@$(PY) -m benchmarks $(if $(QUICK),--quick) $(if $(ONLY),--only "$(ONLY)")

lint: $(VENV)/dev.stamp ## Check style, imports, migrations, the API document and the settings.
	@$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -c 'from importlinter.cli import lint_imports_command as c; c()'
	$(DEV) manage.py makemigrations --check --dry-run
	$(DEV) manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	diff -u docs/openapi.yaml $(VENV)/openapi.yaml || { echo "Run 'make schema'."; exit 1; }
	ENV_FILE=/dev/null DEBUG=False SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	ALLOWED_HOSTS=tickets.example.org DATABASE_URL=postgres://nobody@127.0.0.1/nothing \
	CACHE_URL=redis://127.0.0.1:6379/0 PAYMENT_PROVIDER=none TRUSTED_PROXIES=1 \
	$(PY) manage.py check --deploy --fail-level WARNING

format: $(VENV)/dev.stamp ## Format the code and fix what can be fixed.
	@$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

schema: $(VENV)/dev.stamp ## Write docs/openapi.yaml from the code.
	@$(DEV) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

lock: $(VENV)/dev.stamp ## Pin the packages of requirements*.in again.
	@$(PY) -m $(LOCK) requirements.in --output-file requirements.txt >/dev/null
	$(PY) -m $(LOCK) requirements-dev.in --output-file requirements-dev.txt >/dev/null

clean: ## Delete the demo's database, posters and the installed packages; .env stays.
	@rm -rf $(VENV) staticfiles media db.sqlite3 db.sqlite3-shm db.sqlite3-wal

# A secret of its own, so that the tokens of one demo are worth nothing in another.
.env: .env.example | $(PY)
	@test -e .env && { touch .env; exit 0; }
	umask 077
	secret=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(48))')
	sed "s/^SECRET_KEY=.*/SECRET_KEY=$$secret/" .env.example > .env

$(PY):
	@if [ -z "$(PYTHON)" ]; then
		echo "Python 3.11 or newer is needed; name yours with 'make PYTHON=/path/to/python3.11 …'." >&2
		exit 1
	fi
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/server.stamp: requirements.txt | $(PY)
	@echo "Installing requirements.txt …"
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt | $(PY)
	@echo "Installing requirements-dev.txt …"
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
