# What one can do here; `make` alone lists it. Each target sets up first what it needs (deploy/set_up.py).
python := .venv/bin/python
.DEFAULT_GOAL := help
# Each of the many processes that tests, demo and measurements start would otherwise compile every module again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test gallery check conformance coverage bench format lock demo-reset set-up

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1  \t/p' Makefile | expand -t 22

run: set-up ## Start the demo: a pretend LMS, the tool and its worker
	@$(python) -m tests.demo

test: ## Run every check and every test
	@sh deploy/set_up.sh --for-tests
	@$(MAKE) --no-print-directory check
	@$(python) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

gallery: ## Take a picture of each page in each language, on a phone and on a desk (var/gallery)
	@sh deploy/set_up.sh --for-tests
	@MENTORREADY_GALLERY=all $(python) -m pytest -q tests/browser/test_every_page.py

check: set-up ## Check format, lint, types and layers
	@$(python) -m ruff format --check --quiet .
	@$(python) -m ruff check --quiet .
	@$(python) -m mypy
	@.venv/bin/lint-imports --no-logo

conformance: set-up ## Hold the tool to the conformance list, and print id, expected, got
	@$(python) -m pytest -q -o addopts=--import-mode=importlib -p tests.conformance.report \
		tests/conformance tests/functional/grades tests/unit/lti tests/unit/grades tests/features/grades

coverage: set-up ## Show which requirement about training is answered by which module and exercise
	@$(python) -m tests.training_coverage.report

bench: set-up ## Measure launches, training, the board, forums, pages on a slow phone and scores to the gradebook, each against a reference
	@$(python) -m bench.launches $(BENCH)
	@$(python) -m bench.training
	@$(python) -m bench.board
	@$(python) -m bench.eligibility
	@$(python) -m bench.slow_phone
	@$(python) -m bench.grades_drain
	@$(python) -m bench.digest
	@$(python) -m bench.forums

format: set-up ## Format the code, and repair what the linter can
	@$(python) -m ruff check --fix --quiet .
	@$(python) -m ruff format --quiet .

demo-reset: ## Forget everything that the demo has stored
	@if [ -d var/demo ]; then $(python) -m tests.demo --reset; fi

lock: set-up ## Write the lock files again after a change in pyproject.toml (UPGRADE=1: newest versions)
	@sh deploy/lock.sh $(if $(UPGRADE),--upgrade)

set-up: ## Make .venv, or bring it up to date
	@sh deploy/set_up.sh
