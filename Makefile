# The daily verbs. Everything lives in .venv and in ignored folders; stamp files make a second run quick.
.DEFAULT_GOAL := help
.PHONY: help install assets run test bench load soak lab screenshots pacing lint types migrate translations doctor clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# One more than there are cores, five at most: the tests on a real Asterisk are one process's, and wait most of the time.
WORKERS := $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$(( n < 4 ? n + 1 : 5 )))
MO := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

help:
	@echo "make install       the virtual environment, the browser files, the translations"
	@echo "make run           everything on this machine: database, web, worker, demonstration"
	@echo "make lab           a real Asterisk and a town of sellers beside it (once; as root on Debian or Ubuntu)"
	@echo "make test          the whole suite; ARGS='-k cards -x' narrows it"
	@echo "make bench         measure against the goals"
	@echo "make load          ten minutes of a hundred operators and ten supervisors on one server"
	@echo "make soak          calls at random on the laboratory's Asterisk while things break (ARGS='--minutes 5')"
	@echo "make lint types    ruff, mypy"
	@echo "make screenshots   the pictures of docs/, taken anew from a demonstration"
	@echo "make pacing        the table and the picture of docs/pacing.md, simulated anew (some minutes)"
	@echo "make migrate       the deploy step: tables, permissions, roles, books"
	@echo "make translations  collect the texts, then compile the catalogues"
	@echo "make doctor        is this installation in order?"

# Debian keeps venv apart from python3: try it, then virtualenv, then say what to do.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); $(PYTHON) -m virtualenv -q $(VENV) 2>/dev/null; } \
	  || { rm -rf $(VENV); echo "No virtual environment can be made. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed: requirements.txt $(BIN)/python
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PIP) install -r requirements-dev.txt
	@touch $@

app/static/vendor/.built: package.json package-lock.json scripts/assets.py $(VENV)/.installed
	$(BIN)/python scripts/assets.py
	@touch $@

%.mo: %.po $(VENV)/.installed
	@$(BIN)/pybabel -q compile -f -d translations
	@touch $@

assets: app/static/vendor/.built

install: $(VENV)/.installed assets $(MO)

run: install
	@exec $(BIN)/python run.py

test: install $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadscope $(ARGS)

bench: install
	$(BIN)/python -m bench $(ARGS)

load: install
	$(BIN)/python -m bench.load $(ARGS)

soak: install
	$(BIN)/python -m bench.soak $(ARGS)

lab: $(VENV)/.installed
	@scripts/lab.sh

screenshots: install $(VENV)/.installed-dev
	$(BIN)/python scripts/screenshots.py $(ARGS)

pacing: $(VENV)/.installed
	$(BIN)/python run.py simulate --operators 10,20,40,100 --answer-rate 20,40,60 --hours 6 --seeds 2 \
	  --out docs/img/pacing.svg --table docs/pacing.md $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

migrate: install
	$(BIN)/python run.py migrate

translations: $(VENV)/.installed
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k _n:1,2 --no-wrap --sort-by-file --no-location -o translations/messages.pot .
	$(BIN)/pybabel -q update -N --no-wrap --ignore-obsolete -i translations/messages.pot -d translations
	$(BIN)/pybabel -q compile -f -d translations

doctor: install
	$(BIN)/python run.py doctor

clean:
	rm -rf $(VENV) node_modules app/static/vendor .pytest_cache .mypy_cache .ruff_cache
