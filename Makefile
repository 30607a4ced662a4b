# The front door. `make` installs what is needed, runs every notebook and builds the HTML.

.DEFAULT_GOAL := html
.DELETE_ON_ERROR:
.PHONY: help html pdf test smoke peers lab data changes refresh full bench lint lock clean

VENV := .venv
RUN := $(VENV)/bin/python
# Python compiles a module when it is first imported; compiling all of them would take longer than installing.
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --no-compile
INSTALL := $(PIP) --use-pep517 --no-deps
BOOK := _build/html

# The first interpreter that MXNet can run on; `make PYTHON=/path/to/python` chooses another.
CANDIDATES := python3.11 python3.10 python3.9 python3.12 python3 python
ACCEPTED = $(shell for p in $(CANDIDATES); do $$p d2l_utils/runtime.py 2>/dev/null && echo $$p && break; done)
PYTHON ?= $(or $(ACCEPTED),python3)

# The folders stand for what is added or taken away; `data` alone is the target of that name.
INPUTS := notebooks data/ requirements.lock \
    $(wildcard notebooks/*.ipynb notebooks/*.csv d2l_utils/*.py d2l_utils/playground/* book/*.py book/*.bib book/template/* book/template/*/* data/*.dat data/mnist data/mnist/*.gz $(VENV)/.peers)
STAMP := $(BOOK)/.built-$(if $(filter 1,$(D2L_OFFLINE)),stand-in,with-data)$(addprefix -for-,$(subst /,-,$(D2L_REPOSITORY)))

html: $(STAMP)  ## install what is needed, run every chapter that changed, build the HTML (the default)
	@echo "The book is in $(BOOK)/index.html"

test: lint html  ## run all tests, lint included, on the book as it is now
	$(RUN) -m pytest -n 2

pdf: $(STAMP)  ## print the whole book into one PDF (needs Chromium)
	$(RUN) -m book pdf

smoke: $(VENV)/.developers  ## try another Python: make smoke PYTHON=python3.12 VENV=_build/venv-3.12
	$(RUN) -m pytest -n 2 tests/test_runtime.py tests/test_rules.py tests/test_train.py tests/test_unroll.py

peers: $(VENV)/.peers  ## install PyTorch, Keras and Numba, to compare with (optional)

lab: $(VENV)/.readers  ## open JupyterLab in notebooks/
	$(VENV)/bin/jupyter lab --notebook-dir=notebooks

data: $(VENV)/.readers  ## fetch and verify every data file
	$(RUN) -m book data

changes: $(STAMP)  ## show, to the letter, which outputs differ from the stored ones on this machine
	$(RUN) -m book changes

refresh: $(VENV)/.readers  ## run every chapter and store its outputs in notebooks/
	$(RUN) -m book refresh

full: $(VENV)/.readers  ## run chapter 14's comparison on MNIST to its end and store its table (half an hour)
	$(RUN) -m benchmarks.mnist_full

bench: $(VENV)/.developers $(STAMP)  ## measure our ways of running a rule beside everybody else's (see `make peers`)
	$(RUN) -m benchmarks.bench
	$(RUN) -m benchmarks.pages
	$(RUN) -m benchmarks.building

lint: $(VENV)/.developers  ## check the style of modules and notebooks
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check

lock: $(VENV)/.developers  ## resolve pyproject.toml anew: the lock files and environment.yml
	$(RUN) -m book.lock

clean:  ## remove everything that was built or installed
	rm -rf $(VENV) _build *.egg-info

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

$(STAMP): $(INPUTS) | $(VENV)/.readers
	$(RUN) -m book html $@

# The lock names every file that pip may install, by its hash; our own package is installed in place.
$(VENV)/.readers: requirements.lock
	$(PYTHON) d2l_utils/runtime.py
	@echo "Installing the pinned packages into $(VENV) with $(PYTHON): a minute or two"
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation -e .
	@touch $@

$(VENV)/.developers: requirements-dev.lock $(VENV)/.readers
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# No hashes: the CPU builds of PyTorch differ from index to index. Naming our own package, too, holds NumPy where it is.
$(VENV)/.peers: requirements-peers.txt | $(VENV)/.readers
	$(PIP) --no-build-isolation -r requirements-peers.txt -e .
	$(PIP) --no-deps --upgrade --target $(VENV)/d2l-1.0.3 d2l==1.0.3
	@touch $@
