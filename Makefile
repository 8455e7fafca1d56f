# Sounding: the commands of every day. `make` lists them.
SOUNDING := .venv/bin/sounding
PYTHON ?= python3
# Whoever sets it has each process that a test starts compile all that it imports anew: five seconds more for each.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install up console test chaos screenshots bench check generate fix clean audit release sbom containers chart

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install everything into .venv; nothing to do where it is up to date
	@PYTHON="$(PYTHON)" sh deploy/local/install.sh

up: install ## Start everything here, with demo data; Ctrl-C stops it (PORT_BASE=9400 for other ports, DEMO=small)
	@exec $(SOUNDING) up $(if $(PORT_BASE),--port-base $(PORT_BASE)) $(if $(filter small,$(DEMO)),--no-full)

console: install ## Build the web app where its sources changed
	@.venv/bin/python -m deploy.local.web

test: install ## Run all tests (ARGS="tests/profile -x" for some)
	@.venv/bin/pytest -n auto --maxschedchunk 8 $(ARGS)

screenshots: install ## Make the pictures of the guide and the README anew; some minutes
	@.venv/bin/python -m tests.ui.pictures $(ARGS)

bench: install ## Measure throughput and latency; some ten minutes (ARGS="sync --json --rounds 1" for one)
	$(if $(ARGS),.venv/bin/python -m benchmarks $(ARGS),.venv/bin/python -m benchmarks sync && .venv/bin/python -m benchmarks latency)

chaos: install ## Kill parts of a house under load at random, and compare what is left (ARGS="--seed 7")
	@.venv/bin/python -m tests.chaos --seconds 60 $(ARGS)

check: install ## Look at format, lint, types, imports
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/mypy -p sounding_contracts
	.venv/bin/lint-imports
	.venv/bin/python -m sounding_contracts.documents --check
	.venv/bin/python -m sounding.openapi --check

generate: install ## Write the contracts' schemas, AsyncAPI, docs/events.md and the console's API documents anew
	.venv/bin/python -m sounding_contracts.documents
	.venv/bin/python -m sounding.openapi

fix: install ## Put right what can be put right by itself
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## Remove the local deployment's data; refuses while it runs
	@if [ -x $(SOUNDING) ]; then $(SOUNDING) clean --yes; else rm -rf .sounding; fi

containers: install ## Build every image, run the compose file with them, survey one customer, take all down (needs Docker)
	@.venv/bin/python -m deploy.containers.rehearsal $(ARGS)

chart: install ## Hold the Helm chart against Kubernetes' schemas with kubeconform; builds it the first time
	@.venv/bin/python -m tests.deploy.kubeconform

audit: install ## Look up known weaknesses of every locked package; ends with 2 where the index tells of none
	@mkdir -p dist
	@.venv/bin/uv export --frozen --no-dev --all-extras --no-emit-workspace --format requirements-txt --quiet > dist/requirements.txt
	@.venv/bin/python -m deploy.audit dist/requirements.txt

release: install ## Build the wheels with the console in them and try them in a fresh environment; publishes nothing
	@.venv/bin/python -m deploy.release

sbom: install ## Write what it is made of to dist/sbom.json (CycloneDX)
	@mkdir -p dist
	.venv/bin/uv export --frozen --no-dev --all-extras --no-emit-workspace --format requirements-txt --quiet > dist/requirements.txt
	.venv/bin/cyclonedx-py requirements --output-reproducible --of JSON -o dist/sbom.json dist/requirements.txt
