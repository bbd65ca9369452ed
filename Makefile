# Everything here needs Python >= 3.11 with pip and venv, and make. Nothing else.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help install demo unit test mutants coverage oracle-test semantic-test llm-test property calibrate secrecy-rates ai-eval \
	benchmark sweep tenants week fresh chaos chaos-short storm browser-test operations-test api-test bom screenshots check \
	migration lock clean
.DEFAULT_GOAL := install

help:  ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*##  *\(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 15

install: .venv/installed  ## the locked dependencies, into .venv

.venv/installed: requirements.lock pyproject.toml setup.py sandbox/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Conclave needs Python 3.11 or newer; set PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable . --editable ./sandbox
	@touch $@

demo: install  ## Conclave in a local Slack; PORT=8400 for another port; ARGS=--script plays one whole decision and exits
	@$(BIN)/conclave demo $(if $(filter command,$(origin PORT)),--port $(PORT)) $(ARGS)

unit: install  ## the inner loop: domain, views and the drawing of the house, in seconds; ARGS="-k name" to choose
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not chaos and not fresh" tests/unit tests/test_arrows.py $(ARGS)

test: install  ## all tests but chaos, the oracle and new installs; those in a browser where there is one; ARGS="-k name" to choose
	@$(BIN)/python -m pytest -n 2 $(ARGS)

mutants: install  ## changes of the code that no near test notices; ARGS="ranking money" for some, "--seconds 600" to bound
	@$(BIN)/python -m tests.mutants $(ARGS)

coverage: .venv/coverage  ## which lines the tests run, as a report that decides nothing; htmlcov/index.html
	@$(BIN)/python -m coverage run -m pytest $(ARGS)
	@$(BIN)/python -m coverage html -q
	@$(BIN)/python -m coverage report --skip-covered --sort=cover

.venv/coverage: requirements-coverage.lock .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-coverage.lock
	@touch $@

oracle-test: .venv/oracles  ## the analysis against scikit-criteria, which `make test` does without
	@ORACLES=required $(BIN)/python -m pytest tests/unit/domain/test_domain_analysis.py -k scikit $(ARGS)

.venv/oracles: requirements-oracles.lock .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-oracles.lock
	@touch $@

semantic-test: .venv-semantic/installed  ## similar cases by meaning, with the optional model, in an environment of its own
	@SEMANTIC=required .venv-semantic/bin/python -m pytest tests/semantic $(ARGS)
	@.venv-semantic/bin/python -m benchmarks.ai_eval --short

.venv-semantic/installed: requirements.lock requirements-semantic.lock pyproject.toml setup.py sandbox/pyproject.toml
	@test -x .venv-semantic/bin/python || $(PYTHON) -m venv .venv-semantic
	@echo "Installing the locked dependencies and the model into .venv-semantic (once) ..."
	@.venv-semantic/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv-semantic/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-semantic.lock
	@.venv-semantic/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable . --editable ./sandbox
	@touch $@

llm-test: .venv-llm/installed  ## the optional language model, against a fake of its service, in an environment of its own
	@LLM=required .venv-llm/bin/python -m pytest tests/llm $(ARGS)

.venv-llm/installed: requirements.lock requirements-llm.lock pyproject.toml setup.py sandbox/pyproject.toml
	@test -x .venv-llm/bin/python || $(PYTHON) -m venv .venv-llm
	@echo "Installing the locked dependencies and pydantic-ai into .venv-llm (once) ..."
	@.venv-llm/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv-llm/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-llm.lock
	@.venv-llm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable . --editable ./sandbox
	@touch $@

property: install  ## 200,000 random moments, none of them a nudge outside hours, twice or after the end
	@PROPERTY_CASES=200000 $(BIN)/python -m pytest tests/unit/domain/test_domain_reminder.py -s -k none_twice $(ARGS)

calibrate: install  ## how often "clear", "leaning" and "too close" are right, in simulated companies; six minutes; ARGS=--quick
	@$(BIN)/python -m benchmarks.calibration $(ARGS)

secrecy-rates: install  ## how many single scores a result gives away to those who know some ballots; ARGS=--quick
	@$(BIN)/python -m benchmarks.secrecy_rates $(ARGS)

benchmark: install  ## how fast it is beside other bots and the limit, a few minutes; ARGS=--full, ARGS="--only P1,P6"
	@$(BIN)/python -m benchmarks $(ARGS)

ai-eval: install  ## how well customers' texts are read and similar cases found, on texts held out; ARGS=--short
	@$(if $(wildcard .venv-semantic/installed),.venv-semantic/bin,$(BIN))/python -m benchmarks.ai_eval $(ARGS)

sweep: install  ## what a tick costs with 1,000,000 decisions against 10,000; 10 minutes and more, 8 GB of disk
	@$(BIN)/python -m benchmarks.sweep

tenants: install  ## what a press costs among 10,000 workspaces against 10; ten minutes, 17 GB; ARGS="--workspaces 200 --decisions 60000"
	@$(BIN)/python -m benchmarks.tenants $(ARGS)

week: install  ## docs/a-week-of-nudges.md, written anew from a week of a team in the local Slack
	@WRITE_THE_WEEK=1 $(BIN)/python -m pytest tests/flows/week $(ARGS)

fresh: install  ## what `pip install .` and `.[sandbox]` put into a new virtual environment; needs the registry, a minute
	@$(BIN)/python -m pytest -m fresh tests/packaging $(ARGS)

chaos: install  ## kill, freeze and cut off the real processes, and count; about fifteen minutes; ARGS="-k failover" to choose
	@$(BIN)/python -m pytest -m chaos tests/chaos $(ARGS)

chaos-short: install  ## the same with small counts, as CI runs it
	@$(BIN)/python -m pytest -m chaos tests/chaos --short -n 2 $(ARGS)

storm: install  ## many people at random for ten minutes, Slack failing; ARGS="--seed 7 --people 9 --story" repeats a walk
	@$(BIN)/python -m pytest -q --show-capture=no -m storm tests/storm $(ARGS)

browser-test: .venv/browser  ## people who click in a real browser; needs chromium (Debian: apt-get install chromium)
	@BROWSER_TESTS=required $(BIN)/python -m pytest tests/browser $(ARGS)

screenshots: .venv/browser  ## the pictures of docs/screenshots, taken anew from a decision played in a browser
	@mkdir -p docs/screenshots
	@BROWSER_TESTS=required SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/browser -k "whole_decision or (first_visit and wide)" $(ARGS)

operations-test: .venv/operations  ## the recipes for an image, compose and systemd, against what reads them
	@OPERATIONS_TESTS=required $(BIN)/python -m pytest tests/operations $(ARGS)

api-test: .venv/api  ## the JSON API as it is served, against its description, by Schemathesis
	@API_TESTS=required $(BIN)/python -m pytest tests/api $(ARGS)

.venv/api: requirements-api.lock .venv/installed
	@$(PYTHON) -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-api.lock

bom: .venv/operations  ## what the image is made of, as a bill of materials (CycloneDX): dist/conclave.cdx.json
	@mkdir -p dist
	@PYTHONWARNINGS=ignore $</bin/cyclonedx-py requirements requirements-run.lock --pyproject pyproject.toml \
		--of JSON --output-reproducible --output-file dist/conclave.cdx.json $(ARGS)

.venv/operations: requirements-operations.lock .venv/installed
	@$(PYTHON) -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-operations.lock

.venv/browser: requirements-browser.lock .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-browser.lock
	@touch $@

check: install  ## lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

migration: install  ## an empty migration after the newest one: make migration NAME=follow_ups
	@test -n "$(NAME)" || { echo "Say its name: make migration NAME=follow_ups"; exit 1; }
	@$(BIN)/python -c 'import sys; from bot.store import schema; print(schema.draft(sys.argv[1]))' "$(NAME)"

lock:  ## refresh the locks (needs uv on the PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group dev pyproject.toml -o requirements.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group browser -c requirements.lock -o requirements-browser.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group oracles -c requirements.lock -o requirements-oracles.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group coverage -c requirements.lock -o requirements-coverage.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group operations -c requirements.lock -o requirements-operations.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group api -o requirements-api.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --extra letters --extra mcp --extra otel --extra sentry --extra web --group build \
		-c requirements.lock pyproject.toml \
		-o requirements-run.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group semantic -c requirements.lock -o requirements-semantic.lock $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group llm -c requirements.lock -o requirements-llm.lock $(ARGS)

clean:  ## what was installed and built here; data of the embedded database stays
	rm -rf .venv .venv-semantic .venv-llm build dist *.egg-info sandbox/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf .coverage htmlcov benchmarks/.cache
