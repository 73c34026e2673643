SHELL := /bin/bash
PY := .venv/bin/python
PACKAGES := libs/common libs/receptionist services/telephony-gateway services/chat services/billing services/jobs tools/suite

.PHONY: help setup lock
help: ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-20s %s\n", $$1, $$2}'

setup: .venv/ready ## the virtual environment, from the locks

.venv/ready: requirements-bootstrap.lock requirements-dev.lock $(addsuffix /pyproject.toml,$(PACKAGES))
	@tools/setup.sh $(PACKAGES)

lock: ## pin the newest versions of everything, with hashes and without addresses
	for name in requirements-bootstrap requirements requirements-dev; do \
	  .venv/bin/uv pip compile --quiet --upgrade --no-header --generate-hashes --python-version 3.11 $$name.in -o $$name.lock >/dev/null; done
