# The commands of this project. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test setup lint bench fuzz faults clean
ARGS =

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  ARGS="..." passes options on:  make demo ARGS="--mode station --serve"   make test ARGS="-k cose"'
	@echo '                               make fuzz ARGS="--count 20000 --seconds 60 --seed 7"'

demo: setup ## play a small province: dirty records in, signed passports out, into var/demo
	@.venv/bin/vaxseal demo $(ARGS)

test: ## every check: lint, types, import directions, tests
	@sh scripts/setup.sh --test
	@sh scripts/test.sh $(ARGS)

setup: ## make .venv from requirements.lock, find or fetch SoftHSM, build the scanner's page where npm is
	@sh scripts/setup.sh

lint: setup ## ruff, mypy and import-linter only
	@sh scripts/test.sh --lint

bench: setup ## speed, each row beside a limit or a peer
	@sh scripts/peers.sh
	@.venv/bin/python -m bench $(ARGS)

fuzz: setup ## a million mutants of everything that comes from outside
	@.venv/bin/python -m tests.fuzz $(ARGS)

faults: ## the tests of faults in their long form: thousands of each, with their figures
	@sh scripts/setup.sh --test
	@VAXSEAL_FAULTS=long .venv/bin/pytest -q tests/faults $(ARGS)

clean: ## remove what was made: environment, caches, demo output
	rm -rf .venv .cache api/web/checker/dist api/web/checker/node_modules var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
