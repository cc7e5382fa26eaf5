# `make help` lists the commands. Environments are made when first needed and kept until a version changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python

.PHONY: help book notebooks release check numbers laboratory laboratory-record laboratory-compare test test-fast benchmark benchmark-grading benchmark-laboratory environments format lint lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'

book: $(VENV)/ready ## build the HTML book from the stored outputs and say where it is
	$(BIN)/jupyter-book build . --all -W --keep-going
	@echo "Open the book in a browser: $(CURDIR)/_build/html/index.html"

notebooks: $(VENV)/ready ## bring the notebooks up to date with their pages (executes what changed)
	$(RUN) -m course build

pdf: book ## print the book to one PDF, _build/book.pdf (two minutes; needs Chromium)
	$(RUN) -m course pdf

release: $(VENV)/ready ## make the student edition, without solutions, in _build/release
	rm -rf _build/release
	$(RUN) -m course release --out _build/release

check: $(VENV)/ready ## list all problems of pages and notebooks
	$(RUN) -m course check

numbers: $(VENV)/ready ## rewrite numbers in the text that a new run made stale, and show them
	$(RUN) -m course numbers

laboratory: node_modules/ready ## build vendor/laboratory, what the book loads, from the modules in laboratory/
	laboratory/build.sh vendor/laboratory

laboratory-record: $(VENV)/ready ## train the laboratory's examples with Keras and keep their curves (one minute)
	$(RUN) laboratory/parity.py record

laboratory-compare: environments ## train them in Chromium, too, and compare final accuracies (twenty minutes)
	$(RUN) laboratory/parity.py compare

EVIDENCE := $(wildcard chapters/*_evidence.ipynb)

test: environments ## run every test, all notebooks included
	@# Two files at a time, the longest first: a notebook trains on all cores, but compiles on one. Notebooks run whatever becomes of the tests.
	$(RUN) -m pytest tests -n 2 --dist loadfile; first=$$?; \
	  $(RUN) -m pytest $(EVIDENCE) $(filter-out $(EVIDENCE),$(wildcard chapters/*.ipynb)) solutions -n 2 --dist loadfile \
	    --no-loadscope-reorder && exit $$first

test-fast: $(VENV)/ready ## run the tests that take seconds
	$(RUN) -m pytest tests -m "not slow" -n 2 --dist loadfile

pages: $(VENV)/ready node_modules/ready ## let Lighthouse rate every page of the book (ten minutes) and write the table
	$(RUN) benchmarks/pages.py

benchmark: $(VENV)/ready ## time the engine against plain Keras (two minutes) and write the table
	$(RUN) benchmarks/engine.py

benchmark-grading: $(VENV)/ready ## grade a class of 60 submissions, and a sample by nbgrader alone (ten minutes)
	$(RUN) benchmarks/grading.py

benchmark-laboratory: environments ## time the laboratory in Chromium on one core (four minutes)
	$(RUN) benchmarks/laboratory_speed.py

environments: $(VENV)/ready $(VENV)-notebook/ready node_modules/ready ## install what all other commands need

format: $(VENV)/ready ## format all Python; notebooks are formatted in their pages
	$(BIN)/ruff format --exclude "*.ipynb" .
	$(BIN)/ruff check --fix --exclude "*.ipynb" .

lint: $(VENV)/ready ## check style, notebooks included, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

lock: $(VENV)/ready ## choose anew the versions of everything that requirements-dev.txt needs
	$(BIN)/uv pip compile --universal --upgrade --python-version 3.11 --no-annotate --no-config \
	  --custom-compile-command "make lock" \
	  requirements-dev.txt -o requirements.lock

clean: ## remove what was built, environments aside
	rm -rf _build .pytest_cache .ruff_cache

# uv installs in a third of pip's time and writes the byte code that makes each start of TensorFlow 10 s quicker.
$(VENV)/ready: requirements.lock
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Python 3.11, 3.12 or 3.13 is needed, this is %s; name another with: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	@echo "Installing the course's packages into $(VENV) (once; a minute or two) ..."
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements.lock)"
	$(BIN)/uv pip sync --python $(RUN) --compile-bytecode requirements.lock
	@touch $@

# Only what Colab has, to prove that the notebooks need nothing else.
$(VENV)-notebook/ready: requirements-notebook.txt requirements.lock $(VENV)/ready
	@echo "Installing what notebooks may use into $(VENV)-notebook ..."
	$(RUN) -m venv --clear --without-pip $(VENV)-notebook
	$(BIN)/uv pip install --python $(VENV)-notebook/bin/python --compile-bytecode -c requirements.lock -r requirements-notebook.txt
	@touch $@

# The checker of HTML and Lighthouse, by the npm that pip installed. --ignore-scripts: neither has to build anything.
node_modules/ready: package.json package-lock.json $(VENV)/ready
	@echo "Installing what checks the book's pages into node_modules ..."
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
