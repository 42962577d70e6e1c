# Every target sets up what it needs: on a fresh machine `make demo` and `make test` are enough.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MARKS := .make

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-full test-python test-frontend lint format proto bench capture-table images screenshots clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s '	'

setup: $(MARKS)/python $(MARKS)/node $(MARKS)/chromium ## Install everything: virtual environment, npm packages, browser

build: $(MARKS)/node ## Build the tab into tensorboard_plugin_attn/static
	cd frontend && npm run --silent build

demo: $(MARKS)/python ## Train on real data and open TensorBoard on the Attention tab (ARGS="--quick", "--no-serve")
	$(BIN)/python demo/run.py $(ARGS)

test: test-frontend test-python ## Run every test but those marked slow, which are listed

test-full: test-frontend ## Run every test, the slow ones too
	$(MAKE) test-python PYTEST="--full $(PYTEST)"

test-frontend: $(MARKS)/node ## Type checks, unit tests and size budget of the tab; the committed bundle is the built one
	cd frontend && npm run --silent check && npm run --silent test
	scripts/check_bundle.sh

test-python: $(MARKS)/python $(MARKS)/node $(MARKS)/chromium ## Every Python test, the browser's among them (PYTEST="-k name")
	$(BIN)/python -m pytest $(PYTEST)

lint: $(MARKS)/python $(MARKS)/node ## Check style and types; warnings are errors
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	cd frontend && npm run --silent lint

format: $(MARKS)/python $(MARKS)/node ## Format everything
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	cd frontend && npm run --silent format

proto: ## Generate attn_pb2.py with the one compiler version every supported runtime reads
	scripts/generate_proto.sh

bench: $(MARKS)/python ## Measure ours and the peers in one run (ONLY=name); results in benchmarks/results
	$(BIN)/python -m benchmarks $(ONLY)

capture-table: $(MARKS)/python ## Try the capture on every listed version of every framework; writes docs/capture_table.md
	$(BIN)/python scripts/capture_table.py

images: setup ## Take the screenshots in docs/images, of what `make demo ARGS=--no-serve` trained
	$(BIN)/python scripts/take_screenshots.py

screenshots: setup ## Take the pictures that tests/e2e/test_pictures.py compares with, after a change that is meant
	$(BIN)/python scripts/take_reference.py

clean: ## Remove everything that can be made again
	rm -rf $(VENV) $(MARKS) frontend/node_modules demo/logs

$(MARKS)/python: pyproject.toml setup.py constraints.txt
	$(PYTHON) scripts/check_python.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@mkdir -p $(MARKS) && touch $@

$(MARKS)/node: frontend/package.json frontend/package-lock.json
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p $(MARKS) && touch $@

$(MARKS)/chromium:
	scripts/install_chromium.sh
	@mkdir -p $(MARKS) && touch $@
