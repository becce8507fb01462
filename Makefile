# `make` alone prints the targets. Options go in ARGS: make tune ARGS="--dataset wine --max-trials 50"

PYTHON ?= python3
ARGS ?=
# Optional packages to install, too, by the names of their requirements: EXTRAS="parquet"
EXTRAS ?=
# How many tests run at once; each may take two gigabytes of memory.
JOBS ?= 2

VENV := .venv
RUN := $(VENV)/bin/python
PYTEST := -m pytest --numprocesses $(JOBS) --dist
IMAGE := keras-tuning-template
INSTALLED := $(VENV)/.installed $(EXTRAS:%=$(VENV)/.installed-%)
ALL_EXTRAS := $(filter-out dev,$(patsubst requirements-%.txt,%,$(wildcard requirements-*.txt)))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help tune train predict tensorboard test test-slow test-extras lint benchmark docker lock clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo 'Options go in ARGS: make tune ARGS="--dataset wine --max-trials 50"'

tune: $(INSTALLED) ## Search for the best hyperparameters (python tune.py)
	$(RUN) tune.py $(ARGS)

train: $(INSTALLED) ## Train the best of the latest search and save the model (python train.py)
	$(RUN) train.py $(ARGS)

predict: $(INSTALLED) ## Predict new examples with the saved model: ARGS=new.csv (python predict.py)
	$(RUN) predict.py $(ARGS)

tensorboard: $(INSTALLED) ## Show all runs in the browser
	$(RUN) -m tensorboard.main --logdir runs $(ARGS)

test: $(VENV)/.installed-dev ## Run the fast tests
	$(RUN) $(PYTEST) worksteal $(ARGS)

test-slow: $(VENV)/.installed-dev ## Run the slow tests: whole searches as real processes
	$(RUN) $(PYTEST) worksteal -m slow $(ARGS)

test-extras: ## Run the tests of optional packages, all of them in an environment of their own
	$(MAKE) VENV=.venv-extras .venv-extras/.installed-dev $(ALL_EXTRAS:%=.venv-extras/.installed-%)
	.venv-extras/bin/python $(PYTEST) loadgroup -m extras $(ARGS)

lint: $(VENV)/.installed-dev ## Check style and types (ruff, mypy)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

benchmark: $(VENV)/.installed ## Measure: epochs, workers; ARGS="survival --kills 20" for another of benchmarks/
	$(RUN) -m benchmarks.$(or $(ARGS),survival)

docker: ## Build the image
	docker build -t $(IMAGE) $(ARGS) .

# The lock holds for people, CI and Docker, so it covers the linters and the GPU build too. It is not
# taken from the installed packages: uv resolves for every system and Python that the project supports.
lock: $(VENV)/bin/pip ## Renew constraints.txt after a change in the requirements (ARGS=--upgrade: all newer)
	$(RUN) -m pip install --quiet uv
	{ grep -hv '^-' requirements*.txt; echo 'tensorflow[and-cuda]'; } | \
	$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
	  --custom-compile-command 'make lock' --output-file constraints.txt $(ARGS) -

clean: ## Remove the virtual environment and the caches; runs/ stays
	rm -rf $(VENV) .venv-extras .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip is the last thing that venv makes: where it is, the environment is whole.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; \
	  sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed, but $(PYTHON) is " \
	  + v + ". Name another one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear $(VENV)

# What the stamps depend on decides when the environment is brought up to date.
$(VENV)/.installed: requirements.txt constraints.txt | $(VENV)/bin/pip
	$(RUN) -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements-parquet.txt $(VENV)/.installed
	$(RUN) -m pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-%: requirements-%.txt constraints.txt $(VENV)/.installed
	$(RUN) -m pip install --disable-pip-version-check -r $<
	@touch $@
