# Five commands: run, test, lint, check, bench.   make run PYTHON=python3.12   make test ARGS="tests/vitals -k news2"

PYTHON := $(or $(PYTHON),$(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done))
ARGS ?=
BIN := .venv/bin

.PHONY: run test lint check bench setup setup-dev types locks
.DEFAULT_GOAL := run

run: setup  ## Start a hospital network on http://127.0.0.1:8000; the first time with demo people. Ctrl-C stops it.
	@exec $(BIN)/wardline up $(ARGS)

test: setup-dev  ## Every test, on a real PostgreSQL; browser tests where there is a Chromium.
	$(BIN)/pytest $(or $(ARGS),-n auto --dist loadfile)

lint: setup-dev  ## Style, layout and the direction of imports.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

check: lint types test  ## What must be green before a change lands: lint, types and tests.

bench: setup-dev  ## CPU per request beside the budgets, on seeded people.
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-bench.lock
	$(BIN)/python -m bench $(ARGS)

# --- helpers, called by the five ---------------------------------------------------------------------------------------

setup: python
	@$(PYTHON) tools/setup.py

setup-dev: python
	@$(PYTHON) tools/setup.py --dev

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "Wardline needs Python 3.11 or newer (python3 on PATH, or make run PYTHON=...)"; exit 1; }

types: setup-dev
	$(BIN)/pyright

# Write the locks anew; neither index nor host gets into them.
UV_COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal \
	--python-version 3.11 --custom-compile-command "make locks" --upgrade

locks: setup-dev
	$(UV_COMPILE) requirements.in -o requirements.lock
	$(UV_COMPILE) requirements-dev.in -o requirements-dev.lock
	$(UV_COMPILE) requirements-bench.in -o requirements-bench.lock
	$(UV_COMPILE) requirements-node.in -o requirements-node.lock
	$(UV_COMPILE) requirements-installer.in -o requirements-installer.lock
	npm install --package-lock-only --silent

