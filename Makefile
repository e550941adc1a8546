# What a person runs, each target with all of its own set-up. Asks for GNU make and a Python >= 3.11 with venv; uses uv
# when it is there. `make PYTHON=/path/to/python3.12 …` names the interpreter; otherwise the newest that runs is taken.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

# Nothing is compiled when it is installed (see `install`), so what is imported has to be kept.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
RUNTIME_INSTALLED := $(VENV)/.runtime-installed
DEV_INSTALLED := $(VENV)/.dev-installed

DEMO_TARGET := out/demo
DEMO_COMMAND := $(BIN)/depicta batch run examples/storyboards $(DEMO_TARGET) --studio --no-cap
TESTS := tests
KILLS := 300
SEED := 1
SEEDS := 2000
# Three on two cores: while one test waits for a server or a clock, another one computes.
PYTEST_OPTIONS := -n 3 --dist loadscope --no-loadscope-reorder

# A uv that is on PATH but does not run counts as none.
UV := $(shell uv --version 2>/dev/null)
ifneq ($(UV),)
INSTALLER := uv
INSTALL := uv pip install --quiet --python $(BIN)/python
CONFIRM := uv pip check --quiet --python $(BIN)/python
else
INSTALLER := pip
# Errors only: pip warns once for every package that a second index does not hold, and shows its bars when it logs.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-compile
CONFIRM := $(BIN)/python -m pip check --disable-pip-version-check >/dev/null
endif

.PHONY: help setup demo pictures test check fix lock clean failpoints kills studiokills simulate badnetwork settings structure

help: ## Show these targets
	@sed -n 's/^\([a-z]*\):.* ## \(.*\)/  make \1@\2/p' Makefile | awk -F@ '{ printf "%-20s%s\n", $$1, $$2 }'

setup: $(DEV_INSTALLED) ## Make .venv with everything that development and the tests need
	@echo "Ready: $(BIN)/depicta, $(BIN)/pytest"

demo: $(RUNTIME_INSTALLED) ## Make a small illustrated dataset in out/demo, offline and without an API key
	@$(DEMO_COMMAND)

pictures: $(RUNTIME_INSTALLED) ## Draw docs/pictures anew; look at them before they are committed
	@$(BIN)/python -m benchmarks.contact_sheet docs/pictures

test: $(DEV_INSTALLED) ## Run all tests; TESTS=tests/stories runs some
	@$(BIN)/pytest $(PYTEST_OPTIONS) $(TESTS)

check: $(DEV_INSTALLED) ## Check format, lint, types, architecture and the repository's own files
	@echo "ruff format --check" && $(BIN)/ruff format --check --quiet .
	@echo "ruff check" && $(BIN)/ruff check --quiet .
	@echo "mypy" && $(BIN)/mypy
	@$(BIN)/pytest --quiet tests/architecture tests/repository

failpoints: $(DEV_INSTALLED) ## Kill a run at every hit of every failpoint, and check what the next runs make of it (minutes)
	@$(BIN)/python -m tests.kills.failpoint_sweep

kills: $(DEV_INSTALLED) ## KILLS=300 kill -9 at random instants over overlapping runs, half of them on S3
	@$(BIN)/python -m tests.kills.random_kills --kills $(KILLS) --seed $(SEED)

studiokills: $(DEV_INSTALLED) ## Kill the studio a hundred times under load and check its books (minutes)
	@STUDIO_KILLS=100 $(BIN)/pytest --quiet -s tests/studio/test_kills.py

simulate: $(DEV_INSTALLED) ## Simulate the submit protocol under faults: SEEDS=20000, or one with its history: SEED=123
	@$(BIN)/python -m tests.simulation \
		$(if $(findstring command,$(origin SEED)),--seed $(SEED) $(if $(MUTANT),--mutant $(MUTANT)),--seeds $(SEEDS))

badnetwork: $(DEV_INSTALLED) ## Break 1 % of all requests of a batch, then every fifth submit, and count the doubts (minutes)
	@$(BIN)/python -m tests.faults.network_faults --stories 400 --share 0.01 2>/dev/null
	@$(BIN)/python -m tests.faults.network_faults --stories 400 --share 0.2 --methods POST 2>/dev/null

structure: $(DEV_INSTALLED) ## Print lines, files and imports between packages
	@$(BIN)/python -m tests.architecture.structure

settings: $(DEV_INSTALLED) ## Write the tables of docs/settings.md anew, from stories/config.py
	@$(BIN)/python -m configs.reference

fix: $(DEV_INSTALLED) ## Repair format and lint where a tool can
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

# An existing lock is kept to as far as pyproject.toml allows; UPGRADE=1 forgets it.
LOCK := uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --quiet $(if $(UPGRADE),--upgrade)

lock: ## Resolve requirements*.txt again after a change of pyproject.toml (needs uv); UPGRADE=1 takes newer versions
	@test -n "$(UV)" || { echo "make lock needs uv on PATH: it alone locks for every platform at once." >&2; exit 1; }
	@echo "Locking the runtime packages" && $(LOCK) --extra studio -o requirements.txt
	@echo "Locking the development packages" && $(LOCK) --all-extras --group dev -c requirements.txt -o requirements-dev.txt

clean: ## Remove .venv, the demo's dataset and caches; other datasets in out/ stay
	rm -rf $(VENV) $(DEMO_TARGET) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The probe is run, not looked up: a pyenv shim may exist and fail. pip comes by ensurepip, which Debian packs apart.
$(BIN)/python:
	@found=; \
	for candidate in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
		if $$candidate -c 'import sys, venv$(if $(UV),,, ensurepip); sys.exit(sys.version_info < (3, 11))' \
			>/dev/null 2>&1; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "No Python >= 3.11 with venv that runs: tried $(or $(PYTHON),python3.13 python3.12 python3.11 python3)." >&2; \
		echo "On Debian: apt install python3-venv. Elsewhere: make PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$found --version) and $(INSTALLER)"; \
	rm -rf $(VENV); \
	if [ -n "$(UV)" ]; then uv venv --quiet --python "$$($$found -c 'import sys; print(sys.executable)')" $(VENV); \
	else $$found -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; fi

# $(call install,LOCK): the locked packages, then the project itself from the checkout. A .venv that uv made has no pip.
# A lock names every package that any other needs, so nothing is resolved (an old pip fails at it: it does not match
# `sqlalchemy[asyncio]` with the pin of `sqlalchemy`); the check at the end confirms that none is missing.
# pip and setuptools come first: an old pip reads an index half as fast, and pyspark is built from its source. Its wheel
# holds 400 MB of jars, which are compressed already.
# Python compiles what is imported when it is imported first, in a third of the time that compiling everything takes.
UNCOMPRESSED := -C--build-option=--compression=stored
define install
	@$(if $(UV),,$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null)
	@echo "Installing $(1) with $(INSTALLER) (a minute the first time)"
	@awk '/^[^ ]/ { wanted = /^(pip|setuptools)==/ } wanted' $(1) > $(VENV)/.installers.txt
	@$(INSTALL) --require-hashes --no-deps -r $(VENV)/.installers.txt
	@$(INSTALL) --require-hashes --no-deps --no-build-isolation $(UNCOMPRESSED) -r $(1)
	@echo "Installing depicta-stories from this checkout"
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(CONFIRM)
endef

$(RUNTIME_INSTALLED): requirements.txt pyproject.toml | $(BIN)/python
	$(call install,requirements.txt)
	@touch $@

$(DEV_INSTALLED): requirements-dev.txt requirements.txt pyproject.toml | $(BIN)/python
	$(call install,requirements-dev.txt)
	@touch $(RUNTIME_INSTALLED) $@
