# A newcomer needs two commands: `make demo` and `make test`. Both set up what they need, in .venv, from Python 3.11.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help kills full demo test unit laws golden damage docs lint fix types floors rooms texts bench lock newest readers integrations clean

# The third-party cases that tests/external runs against; those tests skip when the folder is absent.
export RIGHTFUL_CASES ?= ../shared/data
# Hundreds of processes that tests start import the same modules: what is compiled once is kept.
unexport PYTHONDONTWRITEBYTECODE

# What these commands install stands in LOCK. Another environment (`make newest`) takes the newest of everything.
VENV    := .venv
LOCK    := requirements.lock
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.rightful-installed
PYTEST  := $(BIN)/python -m pytest -q --durations=15
WORKERS := -n 2 --dist loadgroup --no-loadscope-reorder
PYTHON  ?= python3.11 python3 python3.12 python3.13 python3.14 python
# Of torch the release with which torchvision is built; a CPU build of it is taken where pip finds one.
TRAINERS := "torch==2.13.*" "torchvision==0.28.*" "megatron-core==0.16.*" "mosaicml-streaming==0.13.*" \
    "litdata==0.2.*" "polars>=2.1" "pyarrow>=19" "torchdata>=0.11"
RECENT  := import sys; sys.exit(sys.version_info < (3, 11))

demo: $(STAMP) ## the whole story on sample_data/, in under a minute
	@$(BIN)/rightful demo

test: lint types floors unit ## everything that must hold: lint, types, floors, all tests

unit: $(STAMP) ## the tests alone; ARGS="tests/unit -k name" chooses
	@$(BIN)/python -m tests.kernels # once, before every process of the tests compiles them for itself
	@$(PYTEST) $(WORKERS) $(ARGS)

laws: $(STAMP) ## the laws alone, as property tests; the law and its short form on 100,000 cases
	@RIGHTFUL_LAW_CASES=100000 $(PYTEST) $(WORKERS) tests/laws

golden: $(STAMP) ## rewrite the golden cases, or those that ARGS="-k name" chooses; the diff is the review
	@$(PYTEST) tests/golden --rewrite-golden $(ARGS)

damage: $(STAMP) ## 20,000 flipped bits and edited rows: none may permit what was refused (hours)
	@$(BIN)/python -m tests.damage.harness

docs: $(STAMP) ## rewrite schemas/ and the generated parts of docs/ from the code
	@$(BIN)/python -m rightful.schema --write
	@$(BIN)/python docs/make.py

lint: $(STAMP) ## ruff: rules and format
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

fix: $(STAMP) ## what ruff can mend by itself
	@$(BIN)/python -m ruff check --fix .
	@$(BIN)/python -m ruff format .

types: $(STAMP) ## mypy --strict on pipeline/
	@$(BIN)/python -m mypy

floors: $(STAMP) ## imports point only downwards, and what is pure stays pure
	@$(BIN)/lint-imports --no-logo

rooms: $(STAMP) ## the rooms of the package with their floors, sizes and arrows, from the imports
	@$(BIN)/python docs/rooms.py

texts: $(STAMP) ## licence texts: 20,000 restricting edits without a false claim, 6,000 benign ones, 50,000 files
	@$(BIN)/python benchmarks/license_texts.py

bench: $(STAMP) ## every benchmark, one after the other: ours, the peer's, the ratio
	@set -e; for script in $(filter-out benchmarks/corpora.py,$(wildcard benchmarks/[a-z]*.py)); do echo "== $$script"; $(BIN)/python "$$script"; done

lock: $(STAMP) ## renew requirements.lock: the newest of everything that pyproject.toml allows, for every platform
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	@$(BIN)/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev \
	    --custom-compile-command "make lock" --output-file $(LOCK) pyproject.toml

newest: ## the tests against the newest of everything, in an environment of their own, so that drift is met here first
	@rm -f .venv-newest/$(notdir $(STAMP))
	@$(MAKE) --no-print-directory VENV=.venv-newest unit

readers: $(STAMP) ## what was exported, read by trainers' own readers, in two environments of their own (torch: gigabytes)
	@test -x .venv-readers/bin/python || $(BIN)/python -m venv .venv-readers
	@.venv-readers/bin/python -m pip install --quiet --disable-pip-version-check "datasets>=5.2" "polars>=2.1"
	@test -x .venv-trainers/bin/python || $(BIN)/python -m venv .venv-trainers
	@.venv-trainers/bin/python -m pip install --quiet --disable-pip-version-check $(TRAINERS)
	@RIGHTFUL_READERS=$(CURDIR)/.venv-readers/bin/python RIGHTFUL_TRAINERS=$(CURDIR)/.venv-trainers/bin/python \
	    $(PYTEST) tests/external/test_readers_of_texts.py tests/external/test_readers_of_shards.py \
	    tests/external/test_loader_in_torch.py tests/external/test_megatron_cache.py $(ARGS)

integrations: $(STAMP) ## the ways into datatrove, datasets, dolma and Ray Data, run by these (Ray alone is 200 MB; WITH_RAY=1)
	@for name in integrations dolma $(if $(WITH_RAY),ray); do \
	    test -x .venv-$$name/bin/python || $(BIN)/python -m venv .venv-$$name; done
	@.venv-integrations/bin/python -m pip install --quiet --disable-pip-version-check -e ".[datatrove,hf,polars,pandas]"
	@.venv-dolma/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv-dolma/bin/python -m uv pip install --quiet --python .venv-dolma/bin/python "dolma>=1.2"
	@$(if $(WITH_RAY),.venv-ray/bin/python -m pip install --quiet --disable-pip-version-check -e ".[ray]")
	@RIGHTFUL_INTEGRATIONS=$(CURDIR)/.venv-integrations/bin/python RIGHTFUL_DOLMA=$(CURDIR)/.venv-dolma/bin/python \
	    RIGHTFUL_RAY=$(if $(WITH_RAY),$(CURDIR)/.venv-ray/bin/python) $(PYTEST) tests/external/test_integrations.py

kills: $(STAMP) ## random SIGKILLs at everything that writes, and at loaders; TRIALS=200 SEED=1
	@$(BIN)/python -m tests.crash.kills --trials $(or $(TRIALS),40) --seed $(or $(SEED),0)
	@$(BIN)/python -m tests.crash.repairs --trials $(or $(TRIALS),40) --seed $(or $(SEED),0)
	@$(BIN)/python -m tests.crash.loader --trials $(or $(TRIALS),40) --seed $(or $(SEED),0)

full: $(STAMP) ## a disk that fills up under everything that writes; TRIALS=12 for each verb, SEED=1
	@$(BIN)/python -m tests.crash.full --trials $(or $(TRIALS),12) --seed $(or $(SEED),0)

clean: ## remove what the tools left behind; .venv and stores stay
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . \( -path ./$(VENV) -o -path ./.git \) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# The stamp holds the folder it was made in: a virtual environment does not survive a move of its checkout.
ifneq ($(wildcard $(STAMP)),)
ifneq ($(shell cat $(STAMP)),$(CURDIR))
.PHONY: $(STAMP)
MOVED := yes
endif
endif

$(STAMP): pyproject.toml $(LOCK)
	@set -e; \
	if [ -n "$(MOVED)" ] || ! $(BIN)/python -c '$(RECENT)' 2>/dev/null; then \
	    found=; \
	    for candidate in $(PYTHON); do \
	        if "$$candidate" -c '$(RECENT)' 2>/dev/null; then found=$$candidate; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo "error: Python 3.11 or newer is needed; tried: $(PYTHON)" >&2; \
	        echo "  hint: install it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
	        exit 2; \
	    fi; \
	    echo "making $(VENV) with $$($$found -V)"; \
	    "$$found" -m venv --clear $(VENV); \
	fi; \
	echo "installing rightful and its tools into $(VENV)"; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	pip="$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check"; \
	if [ "$(VENV)" = .venv ]; then \
	    $$pip -r $(LOCK); \
	    $$pip --no-deps --no-build-isolation -e .; \
	else \
	    $$pip --upgrade --upgrade-strategy eager -e ".[dev]"; \
	fi; \
	printf '%s\n' "$(CURDIR)" > $(STAMP)
