# The front door. `make` installs what is needed, runs every notebook and builds the HTML.

.DEFAULT_GOAL := html
.DELETE_ON_ERROR:
.PHONY: help html test pdf smoke arm colab peers cluster lab data changes refresh words chinese address full faults \
    bench lint sizes audit lock clean missing

VENV := .venv
RUN := $(VENV)/bin/python
# Python compiles a module when it is first imported; compiling all of them would take longer than installing.
# What it does it shows in a terminal (make knows whether it writes to one), and keeps out of logs.
PIP := $(RUN) -m pip install $(if $(MAKE_TERMOUT),,--quiet) --disable-pip-version-check --no-compile \
    --no-user --target= --no-binary=:none:
INSTALL := $(PIP) --use-pep517 --no-deps
BOOK := _build/html

# The user's environment does not leak in. Of pip's settings those go on that say how to reach an index. (Its file
# may ask for --user, --target or --no-binary, which are overruled.)
REACH := $(addprefix PIP_,CACHE_DIR CERT CLIENT_CERT CONFIG_FILE DEFAULT_TIMEOUT EXTRA_INDEX_URL FIND_LINKS INDEX_URL \
    KEYRING_PROVIDER NO_CACHE_DIR NO_INDEX PROXY RETRIES TIMEOUT TRUSTED_HOST)
unexport $(filter-out $(REACH),$(filter PIP_%,$(.VARIABLES)))
unexport $(filter PYTHON%,$(.VARIABLES)) VIRTUAL_ENV CONDA_PREFIX JUPYTER_PATH MPLBACKEND
export PYTHONUTF8 := 1
export JUPYTER_PREFER_ENV_PATH := 1
# What the user chooses, in the environment or behind `make`, is text: without this, make would expand a $ in it.
CHOICES := D2L_DATA_MIRROR D2L_OFFLINE D2L_REPOSITORY
$(foreach name,$(CHOICES) PYTHON,$(eval override $(name) := $$(value $(name))))
export PYTHON $(foreach name,$(CHOICES),$(if $(value $(name)),$(name)))

SOURCES := requirements.lock \
    $(wildcard notebooks/*.ipynb notebooks/zh/*.ipynb notebooks/*.csv notebooks/*.npz) \
    $(wildcard $(addprefix d2l_utils/,*.py */*.py */*.js */*.css */*.json */*/*.js locale/*/*/*)) \
    $(wildcard book/*.py book/*.bib book/template/* book/template/*/*)
# What arrives while the book is built. The folder stands for what is added or taken away; `data` alone is a target.
DATA := data/ $(wildcard data/*.dat data/mnist data/mnist/*.gz) $(wildcard $(VENV)/.peers $(VENV)/.cluster)
# The stamp is named after what the pages were built from and for: a clock that was set back, an older file laid in the
# place of a newer one, a file that is gone give it another name, where dates alone would say that nothing has changed.
# A repository goes in as it is: it may be any text, until book/choices.py refuses it.
STAMP := $(BOOK)/.built-$(firstword $(shell \
    { printf '%s\n' '$(subst ','\'',$(D2L_REPOSITORY))' '$(filter 1,$(D2L_OFFLINE))'; \
    LC_ALL=C TIME_STYLE=full-iso ls -lnd $(SOURCES); } | cksum))
# The stamp lists what was written. What is gone of it is a reason to build.
WRITTEN := $(shell cat $(STAMP) 2>/dev/null)
GONE := $(filter-out $(wildcard $(WRITTEN)),$(WRITTEN))

html: $(STAMP)  ## install what is needed, run every chapter that changed, build the HTML (the default)
	@echo "The book is in $(BOOK)/index.html"

test: lint html  ## run all tests, lint included, on the book as it is now
	$(RUN) -m pytest -n 2

pdf: $(STAMP)  ## print the whole book, a PDF for each language (needs Chromium)
	$(RUN) -m book pdf

smoke: $(VENV)/.developers  ## try another Python: make smoke PYTHON=python3.13 VENV=_build/venv-3.13
	$(RUN) -m pytest -n 2 -m core tests/d2l_utils tests/chapters

arm:  ## try Linux on ARM64, on any Linux: needs root, mmdebstrap and qemu
	tests/arm.sh

colab: $(VENV)/.developers  ## try the notebooks' first cell as on Colab; needs Python 3.13 and 3.11 on the path
	$(RUN) -m pytest tests/colab.py

peers: $(VENV)/.peers  ## install PyTorch, Keras, Optax and others, to compare with (optional)

cluster: $(VENV)/.cluster  ## install Dask, to run sweeps on many machines (optional)

lab: $(VENV)/.readers  ## open JupyterLab in notebooks/
	$(RUN) -m jupyterlab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_OPTIONS)

data: $(VENV)/.readers  ## fetch and verify every data file
	$(RUN) -m book data

changes: $(STAMP)  ## show, to the letter, which outputs differ from the stored ones on this machine
	$(RUN) -m book changes

refresh: $(VENV)/.readers  ## run every chapter and store its outputs in notebooks/
	$(RUN) -m tools.refresh

words: $(VENV)/.readers  ## bring the catalogues of translations up to date with code, templates and scripts
	$(RUN) -m tools.words

chinese: $(VENV)/.readers  ## give the Chinese notebooks the code and outputs of the English; list what is not translated
	$(RUN) -m tools.chinese

address: $(VENV)/.readers  ## write the repository's address into the notebooks: D2L_REPOSITORY=owner/name make address
	$(RUN) -m tools.address

full: $(VENV)/.cluster  ## run what chapters 16, 18 and 20 show in part to its end, and store it (45 minutes)
	$(RUN) -m tools.contest
	$(RUN) -m tools.mnist_full
	$(RUN) -m tools.million

faults: $(VENV)/.developers  ## kill and fill, at random moments: at least 200 of them
	$(RUN) -m tools.faults

bench: $(VENV)/.developers $(STAMP)  ## measure our ways of running a rule beside everybody else's (see `make peers`)
	$(RUN) -m benchmarks.bench
	$(RUN) -m benchmarks.pages
	$(RUN) -m benchmarks.building
	$(RUN) -m benchmarks.cluster
	$(RUN) -m benchmarks.kvstore

lint: $(VENV)/.developers  ## check the style of modules and notebooks, and the types of modules
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

sizes: $(VENV)/.readers  ## count the code lines of d2l_utils, by file and floor
	$(RUN) -m tools.sizes

audit: $(VENV)/.developers  ## ask whether anything that is pinned has a known advisory
	$(RUN) -m tools.audit

lock: $(VENV)/.developers  ## resolve anew what is asked for: the lock files
	$(RUN) -m tools.lock

clean:  ## remove everything that was built or installed
	rm -rf $(VENV) _build *.egg-info

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

$(STAMP): $(SOURCES) $(DATA) $(if $(GONE),missing) | $(VENV)/.readers
	$(RUN) -m book html $@

# The lock names every file that pip may install, by its hash; our own package is installed in place.
# It is made anew where its Python is gone, with an upgrade, say.
$(VENV)/.readers: requirements.lock $(if $(realpath $(RUN)),,missing)
	@python=$$(sh book/python.sh "$$PYTHON") && \
	echo "Installing the pinned packages into $(VENV) with $$python: a minute or two" && \
	"$$python" -m venv --clear $(VENV)
	$(INSTALL) --require-hashes -r requirements.lock
	$(RUN) d2l_utils/arm.py
	$(INSTALL) --no-build-isolation -e .
	@touch $@

$(VENV)/.developers: requirements-dev.lock $(VENV)/.readers
	@echo "Installing what tests and lint need: half a minute"
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.cluster: requirements-scale.lock | $(VENV)/.readers
	@echo "Installing Dask"
	$(INSTALL) --require-hashes -r requirements-scale.lock
	@touch $@

# The versions are those of the other locks wherever these have one: NumPy above all stays as it is. Of PyTorch it is the
# small build where an index has it. (pip, asked for both at once, would take the one whose index tells its hash.)
$(VENV)/.peers: requirements-peers.lock requirements-cpu.txt requirements-cuda.lock requirements-d2l.txt \
    requirements-optax.lock | $(VENV)/.readers
	@echo "Installing Keras, Numba, Optax and PyTorch, its CPU build where an index has it, else the usual one (gigabytes on Linux)"
	$(INSTALL) --require-hashes -r requirements-peers.lock
	$(INSTALL) --require-hashes -r requirements-cpu.txt || $(INSTALL) --require-hashes -r requirements-cuda.lock
	$(INSTALL) --require-hashes -r requirements-d2l.txt --upgrade --target $(VENV)/d2l-1.0.3
	$(INSTALL) --require-hashes -r requirements-optax.lock --upgrade --target $(VENV)/optax
	@touch $@
