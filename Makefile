# One command each: what a person or CI does with this project.
PYTHON ?= python3
BIN := .venv/bin
# Where the corpora and conformance suites lie, if they are here; tests that need them are skipped without.
export KATHARION_DATA ?= $(wildcard ../shared)

.PHONY: run setup packages test test-all check format lock fuzz golden drawings sim drills bench bench-queue bench-identity accuracy clean help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

run: setup ## set everything up and start the demonstration node on loopback
	$(BIN)/katharion demo

setup: .venv/.done ## make .venv with the pinned versions and katharion itself

.venv/.done: requirements.lock pyproject.toml
	@PYTHON=$(PYTHON) scripts/setup
	@touch $@

packages: ## install the Debian packages that the tests need, where we may
	@scripts/packages

test: setup packages ## all tests of a change, under ten minutes
	$(BIN)/python -m pytest -m "not long"

test-all: setup packages ## also the long kinds
	$(BIN)/python -m pytest

check: setup ## lint, format, types and contracts
	$(BIN)/ruff check src tests scripts
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/arch

format: setup ## format the code
	$(BIN)/ruff check --fix-only -q src tests
	$(BIN)/ruff format -q src tests

lock: setup ## pin the newest versions, with hashes and without any host
	@scripts/lock

fuzz: setup ## breed inputs for each parser: SECONDS=20 of each, TARGET=html for one
	$(BIN)/python -m tests.fuzz $(TARGET) --seconds $(or $(SECONDS),20)

golden: setup ## rewrite the golden files; review the diff
	KATHARION_GOLDEN=rewrite $(BIN)/python -m pytest -q tests/golden

drawings: setup ## draw the documents that are drawn from code
	@scripts/draw-states

sim: setup ## the house simulated under faults: RUNS=n, or SEED=n (HOURS=h) told in full
	@PYTHONPATH=tests:src $(BIN)/python -m sim $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(HOURS),--hours $(HOURS)) $(if $(FIRST),--first $(FIRST))

drills: setup packages ## break a node in every way we know, under load; about ten minutes
	$(BIN)/katharion drill --all

bench: setup packages ## the relay path beside Postfix as before-queue proxy
	$(BIN)/python -m tests.bench

bench-queue: setup ## the queue: 100,000 messages for 1,000 destinations, and the dead among them
	$(BIN)/python -m tests.bench.queue_bench

bench-identity: setup ## SPF, DKIM and DMARC of a message beside dkimpy and pyspf
	$(BIN)/python -m tests.bench.identity_bench

accuracy: setup ## what is found in real mail, beside other filters: SETS= PEERS= LIMIT=n MINUTES=n ONLINE=1
	@scripts/packages accuracy
	$(BIN)/python -m tests.accuracy $(if $(SETS),--sets "$(SETS)") $(if $(PEERS),--peers "$(PEERS)") $(if $(LIMIT),--limit $(LIMIT)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ONLINE),--slow-online)

clean: ## remove what the targets made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
