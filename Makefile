# Kizuna: what people and CI run. A fresh machine needs python3 (3.11 or later) and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= .kizuna-demo
SCALE ?= 0.01 0.1
# The locks are complete, so pip need not resolve; Python compiles what is imported when it is, which is a small part.
PIP := --quiet --disable-pip-version-check --no-deps --no-compile
# sqlfluff, looking for cyclic garbage less often: that is a quarter of its time, and few cycles die before it ends.
SQLFLUFF := 'import gc; gc.set_threshold(200_000); from sqlfluff.cli.commands import cli; cli()'

# Where it is set, as images of containers do, every command would compile 4,900 modules anew: half of a small run.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := setup
.PHONY: setup demo test lint bench ui clean

setup: $(VENV)/.installed  ## Set up .venv with the locked dependencies, and show these targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# Set-up is reused until the locks or the project file change.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kizuna needs Python 3.11 or later")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV) (once, about two minutes)"
	@$(BIN)/python -m pip install $(PIP) -r requirements.lock
	@$(BIN)/python -m pip install $(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock requirements-data.lock
	@echo "installing the locked development dependencies"
	@$(BIN)/python -m pip install $(PIP) -r requirements-dev.lock -r requirements-data.lock
	@touch $@

demo: $(VENV)/.installed  ## Simulate a small shop, run the whole line, show the results
	@$(BIN)/kizuna demo --home $(HOME_DIR)

test: $(VENV)/.installed-dev  ## Run every test
	@bash .ci/packages
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder  # the long files come first

lint: $(VENV)/.installed-dev  ## Lint Python, types and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy dagster_project & types=$$!; \
	  KIZUNA_WAREHOUSE=:memory: $(BIN)/python -c $(SQLFLUFF) lint --processes 2 dbt_project/models dbt_project/tests; \
	  sql=$$?; \
	  wait $$types && exit $$sql

bench: $(VENV)/.installed-dev  ## Measure against the yardstick: make bench SCALE="0.01 0.1"
	@$(BIN)/python -m tests.bench $(SCALE)

ui: $(VENV)/.installed  ## Serve the Dagster UI on loopback: make ui HOME_DIR=.kizuna
	@$(BIN)/kizuna ui --home $(HOME_DIR)

clean:  ## Remove the set-up and the demo's home
	rm -rf $(VENV) .kizuna-demo
