# Every command that a person or CI runs. `make help` prints them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Name an index of CPU wheels if pip's default for your platform is the CUDA build of torch (several GB), e.g.
#   make setup TORCH_INDEX=<the index of CPU wheels that pytorch.org names>
TORCH_INDEX ?=
SHOP ?= sample

.DEFAULT_GOAL := help
.PHONY: help
help: ## print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(VENV)/.ready ## the virtual environment with everything in it

$(VENV)/.ready: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --progress-bar on --constraint constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	$(BIN)/pip install --quiet --progress-bar on --constraint constraints.txt --editable '.[nlu,dialogue,recommender,generator,gateway,shopctl,bench,dev]'
	@touch $@

.PHONY: constraints
constraints: ## write constraints.txt from what is installed
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' | grep -v '^shopkeeper' > constraints.txt

.PHONY: protos
protos: setup ## stubs, and the JSON Schema of events, from protos/
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python deploy/protos.py

.PHONY: lint
lint: setup ## ruff, mypy, import contracts, buf
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python deploy/protos.py --lint

.PHONY: test
test: setup ## the whole suite
	$(BIN)/python -m pytest

.PHONY: run
run: setup ## start the shop on the embedded default (SHOP=uci for an imported one)
	$(BIN)/python -m shopctl up --shop $(SHOP)

.PHONY: up
up: setup ## the same processes detached, on Kafka, Redis and PostgreSQL by URL
	$(BIN)/python -m shopctl up --shop $(SHOP) --detach --servers

.PHONY: down
down: setup ## stop what `make up` started
	$(BIN)/python -m shopctl down --shop $(SHOP)

.PHONY: smoke
smoke: setup ## a scripted shopper through everything; one JSON line
	$(BIN)/python -m bench.smoke

.PHONY: bench
bench: setup ## measure everything; writes bench/results/ and RESULTS.md
	$(BIN)/python -m bench
