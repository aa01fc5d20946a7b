# The commands to know; `make` lists them. Servers in network namespaces need root: sudo is used where it must be.
SHELL := bash
ROOT := $(if $(filter 0,$(shell id -u)),,sudo env PATH="$(CURDIR)/.venv/bin:$$PATH" PYTHONDONTWRITEBYTECODE=1)
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup python check test test-faults demo serve bench clean
.DEFAULT_GOAL := help

help: ## list these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install what is missing: Debian packages, .venv, the Node client of the tests
	@tests/setup.sh

python:
	@tests/setup.sh python

demo: setup ## watch software start, change and come back on two real servers, until Ctrl-C
	@$(ROOT) $(BIN)/python -m tests.demo

serve: python ## run softops on inventory/ and catalog/, with its data in var/
	@$(BIN)/softops serve

check: python ## lint, types and the import direction
	$(BIN)/ruff check .
	$(BIN)/mypy --package softops --package tests.fleet
	$(BIN)/ansible-lint
	$(BIN)/python -m pytest -q tests/unit/test_layers.py

test: setup ## run all tests
	$(ROOT) $(BIN)/python -m pytest -n 2 --dist loadfile -p no:cacheprovider

test-faults: setup ## break servers, registries and softops itself, and look at what remains
	$(ROOT) $(BIN)/python -m pytest -n 2 --dist loadfile -p no:cacheprovider tests/faults

bench: setup ## measure, and print the table of docs/benchmarks.md
	@$(ROOT) $(BIN)/python -m tests.bench

clean: ## remove what setup and the tests made; var/ stays
	rm -rf .venv tests/acceptance/node/node_modules .mypy_cache .ruff_cache .pytest_cache .ansible build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
