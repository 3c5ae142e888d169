# Everything a clone needs: the steps that were done leave a stamp in .venv or node_modules,
# so that a second `make run` starts at once and a changed lock is installed again.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
UV := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

SOURCES := $(wildcard server.py handlers hub tests benchmarks docs)
JS_TESTS := $(wildcard tests/js/*.test.js)

.DELETE_ON_ERROR:
.PHONY: help setup run dev test test-long check check-python check-page format lock screenshot screenshots bench bench-quick

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1#/p' $(MAKEFILE_LIST) | while IFS='#' read -r name does; do \
		printf '  make %-14s%s\n' "$$name" "$$does"; done

run: setup ## install what the server needs and start it on http://127.0.0.1:3030
	@exec $(BIN)/python server.py

setup: .venv/setup.stamp ## install what the server needs into .venv

dev: .venv/dev.stamp node_modules/npm.stamp .venv/chromium.stamp ## install what tests and checks need too

test: dev ## run the tests, but for the long ones (PYTEST_ARGS='-k stream' for some)
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 $(PYTEST_ARGS)
	$(if $(JS_TESTS),node --test $(JS_TESTS))

test-long: dev ## run the long ones: what takes minutes, or judges timings
	$(BIN)/python -m pytest -m long --timeout=600 $(PYTEST_ARGS)

check: check-python check-page ## lint, format and types: what CI runs

check-python: .venv/dev.stamp
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(SOURCES)

check-page: node_modules/npm.stamp
	node_modules/.bin/biome check --error-on-warnings
	$(if $(wildcard static),node_modules/.bin/tsc --project tsconfig.json)
	$(if $(JS_TESTS),node_modules/.bin/tsc --project tests/js/tsconfig.json)

format: .venv/dev.stamp node_modules/npm.stamp ## format everything and mend what can be mended
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	node_modules/.bin/biome check --write

screenshot: dev ## take docs/wall.png again
	$(BIN)/python -m docs.screenshot

screenshots: dev ## a picture of each state of the page, to look at (STATES='lost who' for some)
	$(BIN)/python -m docs.screens $(STATES)

bench: .venv/dev.stamp ## measure beside nchan and others, some 12 minutes (BENCH_ARGS='--only A,C --against ../other')
	$(BIN)/python -m benchmarks.run $(BENCH_ARGS)

bench-quick: .venv/dev.stamp ## a quick look at the same, 2 minutes
	$(BIN)/python -m benchmarks.run --quick $(BENCH_ARGS)

lock: .venv/dev.stamp ## rebuild the locks from requirements*.in and package.json
	$(UV) requirements.in --output-file requirements.txt
	$(UV) requirements-dev.in --constraints requirements.txt --output-file requirements-dev.txt
	rm -rf package-lock.json node_modules
	npm install --package-lock-only

.venv/setup.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Eyewall needs Python 3.11 or newer as '$(PYTHON)'. Name another: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) --requirement requirements.txt
	@touch $@

.venv/dev.stamp: .venv/setup.stamp requirements-dev.txt
	$(PIP) --requirement requirements-dev.txt
	@touch $@

node_modules/npm.stamp: package-lock.json .npmrc
	@command -v npm >/dev/null || { \
		echo "Tests and checks need Node 20 or newer with npm; the server itself does not." >&2; exit 1; }
	npm ci --loglevel=error
	@touch $@

# The Chromium that is there; else Debian's, where we may install it; else Playwright's own.
.venv/chromium.stamp: .venv/dev.stamp
	@command -v chromium || command -v google-chrome || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } || \
		$(BIN)/playwright install chromium
	@touch $@
