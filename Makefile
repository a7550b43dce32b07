# `make` lists the targets. Each makes the environment it needs; VENV and PYTHON choose another one:
#   make pytest PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 3
READY := $(VENV)/.ready
CASES ?= 20000
CHROMIUM ?= chromium
KILLS ?= 200
SERVICE_KILLS ?= 10000
APPENDS ?= 5000
EDITS ?= 10000
PEOPLE ?= 50
TEAMS ?= 1000
FIRMS ?= 500
SECONDS ?= 60
REQUESTS ?= 20000
STORIES := review_without_script or finance_by_link or works_council_reads or devices_of_their_own
RANDOM_TESTS = $(shell grep -lEi 'fuzz_cases|hypothesis' tests/test_*.py)

# Tests start hundreds of processes: what one of them compiles is not compiled again by all others.
export PYTHONDONTWRITEBYTECODE :=

# What tests write lies in memory, where there is room: they wait for no disk. No test cuts the power; those of a power
# cut simulate the disk.
IN_MEMORY := rooms=$$(mktemp -d -p /dev/shm salesdx-XXXX 2>/dev/null) && chmod 755 $$rooms && export TMPDIR=$$rooms && trap "rm -rf $$rooms" EXIT INT TERM;

.DEFAULT_GOAL := help
.PHONY: help venv test lint types docs pytest collect long quick durations format fuzz model crash at-once schemathesis mutation bench bench-interview bench-conclusions bench-trail bench-serve load bench-placebo bench-persons bench-firms bench-order-lines bench-questions-left bench-scan bench-prove bench-lsp bench-bulk columnar bench-logins performance
.PHONY: content golden picture stories spreadsheet dmn vscode clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | while IFS='	' read -r name what; do printf '  %-15s %s\n' "$$name" "$$what"; done

venv: $(READY) ## An environment with salesdx in development mode, in .venv

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

test: lint types pytest ## Everything that has to hold before a commit

lint: $(READY) ## ruff: faults and form
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

docs: $(READY) ## The site of the pages, in build/site; whatever Sphinx warns of ends it
	$(BIN)/sphinx-build -W --keep-going --nitpicky --quiet -c docs . build/site

pytest: $(READY) ## The tests alone, by three processes (WORKERS=3): one waits for a browser or a server most of the time
	$(IN_MEMORY) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m 'not long'

collect: $(READY) ## The tests are only looked through, and compiled once before several processes run them
	@$(BIN)/python -m pytest --collect-only -q -m 'not long' | tail -1

long: $(READY) ## The tests that take longest, which `make test` leaves out (LONG in tests/conftest.py)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m long

quick: $(READY) ## The tests without those that take seconds (marked `slow`)
	$(BIN)/python -m pytest -q -x -n $(WORKERS) --dist worksteal -m 'not slow and not long'

durations: $(READY) ## What each test costs in CPU seconds, with all that it starts: by test and by file, the dearest first
	PYTHONPATH=tests $(BIN)/python -m pytest -q -p durations -n $(WORKERS) --dist worksteal -m 'not long'

fuzz: $(READY) ## The random tests with many cases (CASES=20000); write the figures into docs/verification.md
	SALESDX_FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -n $(WORKERS) --durations 10 $(RANDOM_TESTS)

model: $(READY) ## Every engine against the second model on many random cases (CASES=20000), and truths at points inside intervals
	SALESDX_FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -n $(WORKERS) --durations 10 tests/test_second_model.py

bench-interview: $(READY) ## The order of questions, beside the exact optimum, backward chaining and file order
	$(BIN)/python benchmarks/interview.py

crash: $(READY) ## Kill interviews and services of pages (KILLS=200), writers of a trail (APPENDS=5000) and its service (SERVICE_KILLS=10000) at random moments; nothing may be lost
	SALESDX_CRASH_RUNS=$(KILLS) $(BIN)/python -m pytest -q tests/test_interview.py -k killed
	SALESDX_CRASH_RUNS=$(APPENDS) $(BIN)/python -m pytest -q tests/test_trail_crash.py tests/test_trail_power_loss.py
	SALESDX_SERVICE_KILLS=$(SERVICE_KILLS) $(BIN)/python -m pytest -q tests/test_serve_crash.py
	SALESDX_PAGE_KILLS=$(KILLS) $(BIN)/python -m pytest -q tests/test_pages_crash.py
	SALESDX_SERVER_KILLS=40 $(BIN)/python -m pytest -q tests/test_trail_postgresql.py -k killed

at-once: $(READY) ## Ten thousand answers (EDITS=10000) by four voices from two programs into one case; nothing may be lost
	SALESDX_EDITS=$(EDITS) $(BIN)/python -m pytest -q tests/test_at_once.py

schemathesis: $(READY) ## Requests that are generated from the description of the API (REQUESTS=20000); none may end in a 5xx
	SALESDX_API_REQUESTS=$(REQUESTS) $(BIN)/python -m pytest -q -s tests/test_api_generated.py

mutation: $(READY) ## Put sixty faults into copies of the source, one at a time; the tests must find each (10 minutes)
	$(BIN)/python tests/seeded_faults.py

FACTS ?= facts.parquet
cluster: $(READY) ## Many cases on a Spark cluster of a master and two workers here, one of which is killed (FACTS=a Parquet file)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pyspark>=3.5'
	$(BIN)/python benchmarks/cluster.py $(FACTS)

bench-logins: $(READY) ## How long a refused login takes, for names that are known and names that are not
	$(BIN)/python benchmarks/logins.py

bench-conclusions: $(READY) ## Questions to a conclusion over the worked cases, by who answers them: earlier and now
	$(BIN)/python benchmarks/conclusions.py

bench-trail: $(READY) ## Appends a second beside the disk's, and verification beside hashing alone
	$(BIN)/python benchmarks/trail.py

bench-serve: $(READY) ## A record through the service beside the same one in a trail that is opened here
	$(BIN)/python benchmarks/serve.py

load: $(READY) ## People who answer at once at the pages (PEOPLE=50, SECONDS=60), beside a bare route; write the figures into docs/verification.md
	$(BIN)/python benchmarks/load.py --people $(PEOPLE) --seconds $(SECONDS)

bench: ## Time matching, diagnosis, loading and start-up, beside other engines where they install; in .venv-bench
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	-.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	.venv-bench/bin/python benchmarks/bench.py
	.venv-bench/bin/python benchmarks/startup.py
	.venv-bench/bin/python benchmarks/many_cases.py

performance: ## Measure all tables of docs/performance.md and write them anew; in .venv-bench
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bulk,trail,prove,lsp]'
	-.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	.venv-bench/bin/python benchmarks/performance.py

bench-persons: $(READY) ## The same from facts that are drawn from rows, with seven traps (TEAMS=1000 of each kind)
	$(BIN)/python benchmarks/drawn_persons.py --times $(TEAMS)

bench-placebo: $(READY) ## How often a person is found by chance, and how often a weak one
	$(BIN)/python benchmarks/placebo.py

bench-firms: $(READY) ## Simulated firms (FIRMS=500 of each cause): how often the cause is found, and a person blamed
	$(BIN)/python benchmarks/simulated_firms.py --times $(FIRMS) --keep build/simulated-firms.jsonl

bench-questions-left: $(READY) ## How many questions are left once facts are drawn, by source
	$(BIN)/python benchmarks/questions_left.py

bench-order-lines: $(READY) ## Ten million order lines: what reading them costs, and drawing all facts of the company
	$(BIN)/python benchmarks/order_lines.py

bench-scan: $(READY) ## A year of 2,000 territories scanned month by month, and which causes are listed
	$(BIN)/python benchmarks/scan.py

bench-prove: $(READY) ## Proofs on the shipped rules and on ten times as many
	$(BIN)/python benchmarks/prove.py

bench-lsp: $(READY) ## A keystroke in the language server, on the shipped rules
	$(BIN)/python benchmarks/lsp.py

bench-bulk: ## Cases in columns beside a C kernel that is made here, and Polars; in .venv-bench
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bulk]'
	-.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	.venv-bench/bin/python benchmarks/bulk.py

columnar: $(READY) ## Random cases decided in columns and by the reference (CASES=20000)
	SALESDX_FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -q tests/test_columnar.py

content: $(READY) ## After a change of the rules or of keys: the editors' schemas, the pages' tables of keys, the certificate
	$(BIN)/salesdx schema schemas
	$(BIN)/python tests/key_tables.py
	$(BIN)/python tests/drawn_list.py
	$(BIN)/salesdx prove --certificate

golden: $(READY) ## Write the golden pages anew; look at the difference before it is committed
	SALESDX_UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/test_render.py tests/test_contract.py tests/test_furniture_maker.py
	@git --no-pager diff --stat -- tests/golden tests/data docs/json.md

picture: $(READY) ## The picture of a report in the README
	@mkdir -p build
	$(BIN)/salesdx diagnose examples/late-delivery.yaml --format html --output build/report.html
	$(CHROMIUM) --headless --no-sandbox --hide-scrollbars --disable-lcd-text --window-size=860,760 \
		--screenshot=docs/report.png build/report.html

stories: $(READY) ## The pictures of docs/stories.md, by the tests that go through them
	SALESDX_STORIES=docs/pictures $(BIN)/python -m pytest -q -k '$(STORIES)' tests/test_pages_*browser.py

spreadsheet: $(READY) ## Tables of rules through LibreOffice, which types into them and stores them (apt: libreoffice-calc-nogui, python3-uno)
	SALESDX_OFFICE=soffice $(BIN)/python -m pytest -q tests/test_tables_office.py

dmn: $(READY) ## Decision tables in a public FEEL engine, which npm gets, on every worked case
	npm install --silent --no-save --prefix build/dmn @bpmn-io/feelin@6 dmn-moddle@12
	SALESDX_DMN_MODULES=$(CURDIR)/build/dmn $(BIN)/python -m pytest -q tests/test_tables_dmn.py

vscode: ## The extension for VS Code, build/salesdx.vsix (npm gets what it needs)
	@mkdir -p build
	npm install --silent --no-audit --no-fund --prefix editors/vscode
	npm run --silent --prefix editors/vscode package

format: $(READY) ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Delete the environments, caches and builds
	rm -rf .venv .venv-* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
