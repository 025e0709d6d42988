# make run    start the app at http://127.0.0.1:8501   (PORT=8502, HEADLESS=1, HOST=0.0.0.0, LITE=1 without PyTorch)
# make test   linters, types, all tests
# make bench  measurements beside peers, into benchmarks/results.json
# make lint   linters and types alone
# Each makes .venv itself when it is missing or a requirements file has changed. Needs Python 3.11 or newer.

PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python,$(if $(shell \
	$(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
APP := $(if $(LITE),requirements-lite.txt,requirements.txt)

.PHONY: run test bench lint
.DELETE_ON_ERROR:

run: .venv/$(APP).stamp
	@$(BIN)/python serve.py

test: lint
	@$(BIN)/python -m pytest

bench: .venv/requirements-dev.txt.stamp
	@$(BIN)/python -m benchmarks

lint: .venv/requirements-dev.txt.stamp
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy engine lessons

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Nabla needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"; rm -rf .venv; exit 1; }

.venv/%.stamp: % $(wildcard requirements*.txt) | $(BIN)/python
	@echo "Installing $* into .venv (once)"
	@$(PIP) install --quiet -r $*
	@touch $@
