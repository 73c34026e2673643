SHELL := /bin/bash
PY := .venv/bin/python
PACKAGES := libs/common libs/receptionist services/telephony-gateway services/chat services/billing services/jobs tools/suite tools/opsctl
PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help setup lock run call text test test-memory faults coverage check format asyncapi openapi train fallback-twiml \
        bench bench-understanding bench-engine bench-gateway bench-suite bench-jobs bench-imports

help: ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-20s %s\n", $$1, $$2}'

setup: .venv/ready ## the virtual environment, from the locks

.venv/ready: requirements-bootstrap.lock requirements-dev.lock $(addsuffix /pyproject.toml,$(PACKAGES)) tools/setup.sh
	@tools/setup.sh $(PACKAGES)

run: setup ## the whole suite on embedded parts at http://localhost:8080, with sample callers; Ctrl-C stops it
	@exec $(PY) -m suite --port $(PORT)

call: setup ## play a caller by phone, in the terminal, against the running suite; PHONE=+15125550123 calls from there
	@exec $(PY) -m suite.caller call --port $(PORT) $(if $(PHONE),--phone $(PHONE))

text: setup ## play a caller by text message, in the terminal, against the running suite
	@exec $(PY) -m suite.caller text --port $(PORT) $(if $(PHONE),--phone $(PHONE))

test: setup ## every test, those on a private RabbitMQ and Postgres included
	@tools/install-servers.sh
	$(PY) -m pytest -q

test-memory: setup ## the tests that need no broker and no database
	$(PY) -m pytest -q libs services tools

faults: setup ## kill, stop and cut off every part at every step; ARGS='--only "gateway/*" --seed 7' plays some of it again
	@tools/install-servers.sh
	@red=0; PYTHONPATH=tests-integration $(PY) -m faults.matrix $(ARGS) || red=1; \
	$(if $(ARGS),:,LADDER_OUTAGE_S=120 $(PY) -m pytest -q tests-integration/faults/test_ladder.py) || red=1; exit $$red

coverage: setup ## how much of domain, actions and the engine the tests in memory reach
	@# Bounds of time don't hold while every line is counted: what passes is for `make test` to say.
	-$(PY) -m pytest -q libs/receptionist services --cov --cov-report=
	.venv/bin/coverage report --include='*/domain/*,*/actions/*,*/receptionist/*' --fail-under=95

check: setup ## style, types, who imports whom, and drift of generated documents
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m common.contracts.asyncapi --check docs/asyncapi.yaml
	$(PY) -m jobs.handlers.http.openapi --check docs/openapi-jobs.yaml
	$(PY) -m jobs.handlers.imports.openapi --check docs/openapi-imports.yaml
	$(PY) -m receptionist train --check
	@! grep -nE '(https?|file)://' requirements*.lock || { echo "a lock names an address" >&2; exit 1; }

format: setup ## let ruff put the code in order
	.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

asyncapi: setup ## write docs/asyncapi.yaml from the contracts
	$(PY) -m common.contracts.asyncapi > docs/asyncapi.yaml

openapi: setup ## write docs/openapi-*.yaml from the operations of jobs
	$(PY) -m jobs.handlers.http.openapi > docs/openapi-jobs.yaml
	$(PY) -m jobs.handlers.imports.openapi > docs/openapi-imports.yaml

train: setup ## fit the learned heads of the engine anew from their corpora
	$(PY) -m receptionist train

fallback-twiml: setup ## static TwiML for Twilio's fallback URL: make fallback-twiml TENANT=... TENANTS_FILE=...
	@$(PY) -m telephony_gateway fallback-twiml --tenants-file $(or $(TENANTS_FILE),tenants.example.yaml) $(if $(TENANT),--tenant $(TENANT))

bench: bench-understanding bench-engine bench-gateway bench-suite bench-jobs bench-imports ## every benchmark

bench-understanding: setup ## how well callers are understood, on words of real people
	$(PY) bench/understanding.py

bench-engine: setup ## seconds a step of the conversation, and growth of memory
	$(PY) bench/engine.py

bench-gateway: setup ## durable signed voice turns a second, beside a bare handler
	@tools/install-servers.sh
	$(PY) bench/gateway.py

bench-suite: setup ## whole calls through all services, RabbitMQ and Postgres on two cores
	@tools/install-servers.sh
	$(PY) bench/suite.py

bench-jobs: setup .bench-venv/ready ## background jobs a second, beside Procrastinate and Dramatiq
	@tools/install-servers.sh
	$(PY) bench/jobs.py

.bench-venv/ready: requirements-bench.lock
	@[ -x .bench-venv/bin/python ] || .venv/bin/python -m venv .bench-venv
	@.venv/bin/uv pip install --quiet --python .bench-venv/bin/python --require-hashes -r requirements-bench.lock
	@touch $@

bench-imports: setup ## files of customers: rows read a second, 10,000 rows stored durably, a million in bounded memory, a kill
	@tools/install-servers.sh
	$(PY) bench/imports.py $(if $(ROWS),--rows $(ROWS))

lock: ## pin the newest versions of everything, with hashes and without addresses
	for name in requirements-bootstrap requirements requirements-dev requirements-bench; do \
	  .venv/bin/uv pip compile --quiet --upgrade --no-header --generate-hashes --python-version 3.11 $$name.in -o $$name.lock >/dev/null; done
