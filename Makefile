# Two commands do everything on a fresh machine: make demo, make test.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MANIFEST := dbt_project/target/manifest.json
export QUARTERHOUR_HOME ?= $(CURDIR)/data
export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test tools prove fuzz soak faults audit bench ui lint format clean

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(READY) ## Generate two months of logs, run the nightly job on them, say where the reports are
	$(BIN)/quarterhour demo

test: $(READY) $(MANIFEST) ## All tests
	$(BIN)/pytest -n 2 --dist worksteal

tools: ## As root on Debian: the browser, Java, Pango and fonts that the tests of the pages use
	.ci/tools

bench: $(READY) $(MANIFEST) ## Measure every stage and its peers (BENCH="--events 10000000 --with-spark")
	$(BIN)/quarterhour bench $(BENCH)

prove: $(READY) ## The long search: 100,000 mean logs and every property, at most 90 minutes; goes on where it stopped
	$(BIN)/python -m tests.prove

fuzz: $(READY) $(MANIFEST) ## Hostile input for every reader, for an hour (FUZZ_MINUTES=5 for less); new input at each call
	$(BIN)/python -m tests.fuzz --minutes $${FUZZ_MINUTES:-60}

soak: $(READY) $(MANIFEST) ## A year of nights, each through the real job, then all of it rebuilt; goes on where it stopped
	$(BIN)/python -m tests.soak

faults: $(READY) $(MANIFEST) ## Nights killed at 50 instants, disks full, files damaged, …: the next run makes each whole (FAULTS="--kills 5")
	$(BIN)/python -m tests.faults $(FAULTS)

audit: $(READY) ## Whether what is installed is what the lock says, whole and with licences that are known; offline
	$(BIN)/python -m tests.audit

ui: $(READY) $(MANIFEST) ## The Dagster UI and daemon on loopback, over the same data
	@$(BIN)/python -c "from orchestration.home import dagster_home; from orchestration.settings.loading import load_settings; dagster_home(load_settings().home)"
	DAGSTER_HOME="$(QUARTERHOUR_HOME)/dagster" env --default-signal=INT $(BIN)/dg dev --host 127.0.0.1 --port $${PORT:-3000}

lint: $(READY) $(MANIFEST) ## ruff, mypy, sqlfluff, and whether Dagster can load it all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 dbt_project
	$(BIN)/dg check defs

format: $(READY) ## Put everything into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 2 dbt_project

clean: ## Remove what make and the demo made, but no data of yours
	rm -rf $(VENV) dbt_project/target build *.egg-info

# Exact versions by hash; the package itself is installed in place, without asking an index.
$(READY): requirements.lock pyproject.toml
	@echo "setting up $(VENV): python environment with locked dependencies (about a minute)"
	python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14) and "quarterhour needs Python 3.11, 3.12 or 3.13")'
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

$(MANIFEST): $(READY) $(shell find dbt_project -name target -prune -o -type f \( -name '*.sql' -o -name '*.yml' -o -name '*.csv' \) -print)
	$(BIN)/python -c "from orchestration.dbt import project; print(len(project().nodes), 'nodes of the dbt project compiled')"
	@touch $(MANIFEST)
