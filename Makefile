# `make help` lists the commands. Environments are made when first needed and kept until a version changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python

.PHONY: help packages book notebooks picture pdf release version downloads publish-release check numbers vendor playground playground-record playground-compare \
  test test-all test-fast test-colab test-kaggle test-binder test-pythons canary \
  benchmark benchmark-grading benchmark-pages benchmark-playground environments format lint lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-27s %s\n", $$1, $$2}'

packages: ## install what tests and grading need of Debian or Ubuntu: Chromium, Firefox, WebKit, fonts, bubblewrap, libseccomp (asks sudo)
	.ci/packages

book: $(VENV)/ready ## build the HTML book from the stored outputs and say where it is
	$(BIN)/jupyter-book build . --all -W --keep-going
	@echo "Open the book in a browser: $(CURDIR)/_build/html/index.html"

notebooks: $(VENV)/ready ## bring the notebooks up to date with their pages (executes what changed)
	$(BIN)/course build

evidence: $(VENV)/ready ## run all experiments of the evidence pages in full (an hour)
	$(RUN) -m coursekit build --force --jobs 1 $(basename $(EVIDENCE))

picture: book ## take the pictures in README, of cards and of the first page anew, of the playground (a minute; needs Chromium)
	$(RUN) playground/picture.py

pdf: book ## print the book to one PDF, _build/book.pdf (two minutes; needs Chromium)
	$(BIN)/course pdf

release: $(VENV)/ready ## make the student edition, without solutions, in _build/release
	rm -rf _build/release
	$(BIN)/course release --out _build/release

version: $(VENV)/ready ## say the course's version; NEW=1.1.0 makes it that one, TAG=v1.0.0 compares a tag with it
	$(BIN)/course version $(NEW) $(if $(TAG),--tag "$(TAG)")

downloads: release pdf ## make all that a release offers, in _build/downloads: book, PDF, notebooks, student edition
	rm -rf _build/downloads
	mkdir _build/downloads
	cp _build/book.pdf _build/downloads
	cd _build && $(CURDIR)/$(RUN) -m zipfile -c downloads/book.zip html
	cd _build/release && $(CURDIR)/$(RUN) -m zipfile -c ../downloads/student-edition.zip .
	git archive --format=zip --output=_build/downloads/notebooks.zip HEAD -- "*.ipynb"

publish-release: ## publish _build/downloads as the release of a tag, TAG=v1.0.0 (with the program gh, as the workflow does)
	gh release create "$(TAG)" _build/downloads/* --verify-tag --title "$(TAG)" \
	  --notes "CHANGELOG.md says what changed. Students take student-edition.zip, which holds no solutions."

check: $(VENV)/ready ## list all problems of pages and notebooks
	$(BIN)/course check

numbers: $(VENV)/ready ## rewrite numbers in the text that a new run made stale, and show them
	$(BIN)/course numbers

vendor: playground/node_modules/ready ## make all of vendor/, the playground and copies of packages, in the versions of playground/package.json
	playground/vendor.sh vendor

playground: playground/node_modules/ready ## build vendor/playground, what the book loads, from the modules in playground/
	playground/build.sh vendor/playground

playground-record: $(VENV)/ready playground/node_modules/ready ## train the playground's examples with Keras and build it with their curves (one minute); ONLY=max-norm trains one
	$(RUN) playground/parity.py record $(ONLY)
	playground/build.sh vendor/playground

playground-compare: environments ## train them in Chromium, too, and compare final accuracies (twenty minutes)
	$(RUN) playground/parity.py compare

EVIDENCE := $(wildcard chapters/*_evidence.ipynb)
# Whose runs take hours: of these, tests/results/test_evidence.py trains a sample anew.
SAMPLED := $(patsubst %.md,%.ipynb,$(shell grep -l until_narrow chapters/*_evidence.md))

test: environments ## run all notebooks and every test (where many pages are tried alike, a share of them)
	@# Two files at a time: a notebook trains on all cores, but compiles on one. Each runs whatever becomes of the others.
	@status=0; set -x; \
	  $(RUN) -m pytest tests -n 2 --dist loadfile --no-loadscope-reorder || status=$$?; \
	  $(RUN) -m pytest $(filter-out $(SAMPLED),$(EVIDENCE) $(filter-out $(EVIDENCE),$(wildcard chapters/*.ipynb))) solutions \
	    -n 2 --dist loadfile --no-loadscope-reorder || status=$$?; \
	  exit $$status

test-all: export TEST_ALL := 1
test-all: test ## the same with every page in every way (hours)

test-fast: $(VENV)/ready ## run the tests that take seconds
	$(RUN) -m pytest tests -m "not slow" -n 2 --dist loadfile

# tests/conftest.py and what pyproject.toml adds need packages of the course, which are not there.
AGAINST_KERAS := tests/lab/test_exactness.py --noconftest --override-ini "addopts=-ra --import-mode=importlib"

test-colab: $(VENV)-colab/ready ## test the engine against Keras with Colab's versions (a part of make test, in tests/lab/test_colab.py)
	$(VENV)-colab/bin/python -m pytest $(AGAINST_KERAS)

test-kaggle: $(VENV)-kaggle/ready $(VENV)/ready ## the same with Kaggle's versions, and all notebooks, shortened
	$(VENV)-kaggle/bin/python -m pytest $(AGAINST_KERAS)
	TEST_ALL=1 NOTEBOOK_ENVIRONMENT=$(VENV)-kaggle $(RUN) -m pytest tests/pages/test_shortened.py

test-binder: $(VENV)-binder/ready $(VENV)/ready ## all notebooks, shortened, with what Binder installs
	TEST_ALL=1 NOTEBOOK_ENVIRONMENT=$(VENV)-binder $(RUN) -m pytest tests/pages/test_shortened.py

PYTHONS := 3.11 3.12 3.13

test-pythons: $(VENV)/ready ## run the tests that take seconds under all Pythons of this machine that the course supports
	@own=$$($(RUN) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); status=0; missing=; \
	  for version in $(PYTHONS); do \
	    [ $$version != $$own ] || continue; \
	    python=$$($(call FIND_PYTHON,$$version)) || { missing="$$missing $$version"; continue; }; \
	    $(MAKE) --no-print-directory $(VENV)-$$version/ready PYTHON_FOUND="$$python" && \
	    $(VENV)-$$version/bin/python -m pytest tests -m "not slow" -n 2 --dist loadfile || status=$$?; \
	  done; \
	  [ -z "$$missing" ] || echo "Not tried, since this machine has no such Python:$$missing"; exit $$status

canary: $(VENV)/ready ## try the newest releases of everything and say what broke (ten minutes)
	$(BIN)/course canary

benchmark: $(VENV)/ready ## time the engine against plain Keras (two minutes) and write the table
	$(RUN) benchmarks/engine.py

benchmark-tricks: $(VENV)/ready ## time two pages and three networks without one trick of the engine after the other (two hours)
	$(RUN) benchmarks/tricks.py

benchmark-grading: $(VENV)/ready ## grade a class of 60 submissions, and a sample by nbgrader alone (ten minutes)
	$(RUN) benchmarks/grading.py

benchmark-pages: $(VENV)/ready playground/node_modules/ready ## let Lighthouse rate every page of the book (ten minutes) and write the table
	$(RUN) benchmarks/pages.py

benchmark-playground: environments ## time the playground in Chromium on one core (four minutes)
	$(RUN) benchmarks/playground_speed.py

environments: $(VENV)/ready $(VENV)-colab/ready playground/node_modules/ready ## install what all other commands need

format: $(VENV)/ready ## format all Python; notebooks are formatted in their pages
	$(BIN)/ruff format --exclude "*.ipynb" .
	$(BIN)/ruff check --fix --exclude "*.ipynb" .

lint: $(VENV)/ready playground/node_modules/ready ## check style, spelling and settings without changing anything (.pre-commit-config.yaml)
	$(BIN)/pre-commit run --all-files

lock: $(VENV)/ready ## choose anew the versions of everything that requirements/dev.txt needs
	$(BIN)/uv pip compile --universal --upgrade --python-version 3.11 --no-annotate --no-config \
	  --custom-compile-command "make lock" \
	  requirements/dev.txt -o requirements/lock.txt

clean: ## remove what was built, environments aside
	rm -rf _build .pytest_cache .ruff_cache

QUIET := Once they are installed, they are compiled to byte code, which takes minutes on a slow machine and says nothing meanwhile.

# uv installs in a third of pip's time and writes the byte code that makes each start of TensorFlow 10 s quicker.
# What it installs last is this folder's own package, for the command `course`.
$(VENV)/ready: requirements/lock.txt
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Python 3.11, 3.12 or 3.13 is needed, this is %s; name another with: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	@echo "Installing the course's packages into $(VENV) (once; some minutes) ..."
	@echo "$(QUIET)"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements/lock.txt)"
	$(BIN)/uv pip sync --python $(RUN) --compile-bytecode requirements/lock.txt
	$(BIN)/uv pip install --quiet --python $(RUN) --offline --no-deps --no-build-isolation --editable .
	@touch $@

# A shell's words that find a Python by its version, on PATH, pyenv's or uv's, and say its path. Nothing is downloaded.
FIND_PYTHON = for python in python$(1) "$$(pyenv prefix $(1) 2>/dev/null)/bin/python" \
  "$$($(BIN)/uv python find --managed-python --no-python-downloads $(1) 2>/dev/null)"; do \
  "$$python" -c 'import sys; "%d.%d" % sys.version_info[:2] == sys.argv[1] or sys.exit(1); print(sys.executable)' $(1) 2>/dev/null \
  && break; done

# Only what Colab or Kaggle has, to prove that the notebooks need nothing else.
$(VENV)-colab/ready: FOR := 3.13
$(VENV)-kaggle/ready: FOR := 3.12
$(VENV)-colab/ready $(VENV)-kaggle/ready: $(VENV)-%/ready: requirements/%.txt requirements/colab.txt $(VENV)/ready
	@python=$$($(call FIND_PYTHON,$(FOR))) || python=$(RUN); \
	  echo "Installing what notebooks may use on $* into $(@D), with $$("$$python" --version), where $* has $(FOR) ..."; \
	  echo "$(QUIET)"; \
	  $(BIN)/uv venv --quiet --clear --python "$$python" $(@D)
	$(BIN)/uv pip sync --python $(@D)/bin/python --compile-bytecode requirements/colab.txt
	$(BIN)/uv pip install --python $(@D)/bin/python --no-deps --compile-bytecode -r requirements/$*.txt
	@touch $@

# What Binder installs: nothing but .binder/, under the Python that it names.
$(VENV)-binder/ready: FOR = $(shell sed 's/python-//' .binder/runtime.txt)
$(VENV)-binder/ready: .binder/requirements.txt .binder/runtime.txt requirements/lock.txt $(VENV)/ready
	@python=$$($(call FIND_PYTHON,$(FOR))) || { echo "Binder has Python $(FOR), which this machine has not"; exit 1; }; \
	  echo "Installing what Binder does into $(@D), with $$("$$python" --version) ..."; \
	  echo "$(QUIET)"; \
	  $(BIN)/uv venv --quiet --clear --python "$$python" $(@D)
	$(BIN)/uv pip install --python $(@D)/bin/python --compile-bytecode -r .binder/requirements.txt
	@touch $@

# The locked versions under another Python; `make test-pythons` says which.
$(VENV)-3.%/ready: requirements/lock.txt $(VENV)/ready
	@echo "Installing the course's packages into $(@D) ..."
	@echo "$(QUIET)"
	$(BIN)/uv venv --quiet --clear --python $(PYTHON_FOUND) $(@D)
	$(BIN)/uv pip sync --python $(@D)/bin/python --compile-bytecode requirements/lock.txt
	@touch $@

# The checker of HTML and Lighthouse, by the npm that pip installed. --ignore-scripts: neither has to build anything.
playground/node_modules/ready: playground/package.json playground/package-lock.json $(VENV)/ready
	@echo "Installing what checks the book's pages into $(@D) ..."
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --prefix playground --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
