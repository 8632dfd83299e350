# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Dozens of processes here import the same files: those compiled by the first serve all others.
unexport PYTHONDONTWRITEBYTECODE

bin := .venv/bin
servers := $(bin)/python scripts/servers.py
compose := docker compose --file deploy/compose/compose.yaml
# Arguments for pytest, as in: make unit PYTEST_ARGS='-n 2 -k booking'
PYTEST_ARGS ?=
# Names of docs/promises.md to prove; all when there is none.
PROMISE ?=
# A tag or a commit: what `make previous` compares with, and a rolling release begins with.
RELEASE ?=
# Trips of a benchmark.
N ?= 1000000
# Jobs of `make bench` (trips search bookings webhooks); all when there is none.
ONLY ?=
# What the people of `make seed N=…` follow from, 0 to 99.
SEED ?= 1
# Commandes of one company in a benchmark; others have as many together.
COMMANDES ?= 200000
# Seconds of a soak; 60 for a quick look.
SOAK_S ?= 900
# Lines of wallets' statements in a benchmark, and postings.
ROWS ?= 1000000
# A cache could hide an error that a fresh clone has, so CI goes without.
mypy_args := $(if $(filter true,$(CI)),--cache-dir=/dev/null)

##@ Run

.PHONY: run
run: install ## Start AlloNova on PORT (8000): in memory, or on DATABASE_URL and REDIS_URL
	@exec scripts/with-env $(bin)/allonova run

.PHONY: demo
demo: install ## Play both main stories against a running service
	@exec scripts/with-env $(bin)/allonova demo

.PHONY: migrate
migrate: install ## Bring the tables of DATABASE_URL up to date
	@exec scripts/with-env $(bin)/allonova migrate

.PHONY: seed
seed: install ## Put the demo data into DATABASE_URL; N=1000 [SEED=7]: so many people beside it, and their rides
	@exec scripts/with-env $(bin)/allonova seed $(if $(findstring command,$(origin N)),--users $(N) --seed $(SEED))

.PHONY: restore-drill
restore-drill: install ## Put the newest backup back elsewhere and look at it; without DATABASE_URL all of it is played
	@exec scripts/with-env $(bin)/python scripts/restore_drill.py

.PHONY: wal-drill
wal-drill: install ## Lose rows on private servers, and have them back from the second before (needs pgbackrest)
	@exec $(bin)/python scripts/wal_drill.py

.PHONY: up
up: ## Start all of it in containers (needs Docker with compose): API, worker, played world, Prometheus, Grafana
	@scripts/python scripts/compose_env.py
	@$(compose) up --build --detach --wait api worker grafana
	@$(compose) up --detach osrm || echo 'no map (MAP_URL in deploy/compose/.env): trips are measured by straight lines'

.PHONY: down
down: ## Stop the containers; their data stay (DOWN_ARGS=--volumes: they go too)
	@exec $(compose) down $(DOWN_ARGS)

##@ Check

.PHONY: test
test: dev tools ## Everything CI checks, with PostgreSQL and Redis of its own
	@exec $(servers) run -- $(MAKE) checks uncounted fleet tried
	@floors=$$($(bin)/python scripts/coverage_floors.py) || { echo "$$floors"; exit 1; } # no word if all is well: pytest has the last

# mypy has one core busy for more than a minute: the tests go on meanwhile.
.PHONY: checks
checks: dev
	@exec scripts/beside '$(MAKE) types' $(MAKE) lint imports docs-check counted

# The code that reads files, opens connections and starts programs.
acting := src/allonova/adapters src/allonova/main scripts migrations deploy

.PHONY: lint
lint: dev ## Lint rules and layout (ruff), dangerous calls (bandit), revisions (squawk)
	@scripts/step 'locked packages (pip check)' $(bin)/python -m pip check
	@scripts/step 'lint (ruff check)' $(bin)/ruff check .
	@scripts/step 'layout (ruff format)' $(bin)/ruff format --check .
	@scripts/step 'what opens doors (bandit)' $(bin)/bandit -q -c pyproject.toml -r $(acting)
	@scripts/step 'what stops a running service (squawk)' scripts/revisions

.PHONY: sbom
sbom: dev ## What the service is made of: packages, licences, hashes as CycloneDX (dist/allonova.cdx.json)
	@exec $(bin)/python scripts/sbom.py

.PHONY: audit
audit: dev ## Known faults in the locked packages (pip-audit; asks PyPI)
	@exec $(bin)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

.PHONY: types
types: dev ## Types (mypy)
	@scripts/step 'types (mypy)' $(bin)/mypy $(mypy_args)

.PHONY: imports
imports: dev ## Who may import whom (import-linter)
	@scripts/step 'imports (import-linter)' $(bin)/lint-imports --no-logo

.PHONY: docs-check
docs-check: dev ## Generated files are up to date, the API keeps its version's word, the documentation hangs together
	@scripts/step 'generated files (allonova docs check)' $(bin)/allonova docs check
	@scripts/step 'breaks of the API (scripts/api_changes.py)' $(bin)/python scripts/api_changes.py check
	@scripts/step 'the documentation as a site (zensical)' $(bin)/python scripts/docs_site.py

.PHONY: unit
unit: dev tools ## The tests alone (PYTEST_ARGS='-k booking')
ifeq ($(PYTEST_ARGS),)
	@exec $(servers) run -- $(MAKE) counted uncounted fleet
else
	@exec $(servers) run -- $(bin)/pytest $(PYTEST_ARGS)
endif

# Two at a time, each with a half of the list, so that what a file sets up is set up once. First what coverage counts, then
# what it need not; what Schemathesis makes up is not even read for the first. Those that run a fleet of processes want both
# cores, and come alone.
two := $(bin)/pytest -q -n 2 --dist worksteal
made_up := tests/http/test_fuzzed.py tests/http/test_openapi.py

.PHONY: counted
counted: dev
	@scripts/step 'tests (pytest)' $(servers) run -- $(two) -m 'not prove and not uncounted' \
		$(addprefix --ignore=,tests/e2e $(made_up))

.PHONY: uncounted
uncounted: dev
	@scripts/step 'the HTTP tests on PostgreSQL, and walks (pytest)' $(servers) run -- $(two) --no-cov \
		-m 'uncounted and not prove' tests/http

.PHONY: fleet
fleet: dev
	@printf '\n── tests on a fleet of processes (pytest)\n'
	@exec $(servers) run -- $(bin)/pytest --no-cov tests/e2e

.PHONY: tried
tried: dev
	@scripts/step 'clients: made, compiled, their stories on a service (scripts/clients.py)' $(bin)/python scripts/clients.py try

.PHONY: coverage
coverage: dev ## How much of the code the last tests ran, beside the floors
	@$(bin)/python scripts/coverage_floors.py

.PHONY: prove
prove: dev tools ## The promises at full count, with the table to quote (PROMISE='no-oversell one-payout': those alone)
	@exec $(servers) run -- $(bin)/pytest --prove $(addprefix --promise=,$(PROMISE)) --no-cov -v -m '' $(PYTEST_ARGS)

.PHONY: previous
previous: dev tools ## The tests of the release before on today's tables (RELEASE=v1.0.0; by default the newest tag)
	@exec $(servers) run -- $(bin)/python scripts/previous_release.py $(RELEASE) -- -n 2 --dist worksteal $(PYTEST_ARGS)

# Those on PostgreSQL, of whatever folder asks for the service: `api` is the fixture.
.PHONY: round-trips
round-trips: dev tools ## Note anew how many round trips each route takes (tests/http/round_trips.json)
	@noted=$$(mktemp -d) && trap 'rm -r "$$noted"' EXIT && \
	$(servers) run -- env ROUND_TRIPS_INTO="$$noted" $(two) --no-cov -m 'not prove' -k postgres \
		tests/http tests/jobs tests/compat/test_wire.py tests/main/test_seed.py tests/stateful/test_money.py && \
	$(bin)/python -m tests.support.round_trips "$$noted"

.PHONY: mutants
mutants: dev ## Plant small faults in the rules of money and rides: how many do the tests of the domain see?
	@exec $(bin)/python scripts/mutants.py

.PHONY: bench
bench: dev bench-venv ## Each job beside what it could be, on N (1000000) trips, as a table (ONLY=search: that job)
	@exec $(servers) run -- env PYTHONPATH=scripts $(bin)/python -m benchmarks.run $(N) $(addprefix --only=,$(ONLY))

.PHONY: bench-large
bench-large: dev ## Search among N (10000000 if not said) trips beside a tenth of them: time, and pages read
	@exec $(servers) run -- $(bin)/python -m benchmarks.large $(if $(findstring command,$(origin N)),$(N),10000000)

.PHONY: bench-growth
bench-growth: dev bench-venv ## Each job at 10, 100 and 1,000 times the data and clients, as the plots of docs/performance.md
	@exec $(servers) run -- env PYTHONPATH=scripts $(bin)/python -m benchmarks.growth
	@exec build/bench-venv/bin/python -m benchmarks.rivals.plots

.PHONY: bench-pair
bench-pair: dev ## Two API processes beside one: CPU of each answer, and who waits for a lock
	@exec $(servers) run -- $(bin)/python -m benchmarks.pair

.PHONY: bench-floor
bench-floor: dev ## Each read by fifty clients at once, on demo data
	@exec $(servers) run -- $(bin)/python -m benchmarks.floor

.PHONY: bench-deeds
bench-deeds: dev ## What people come for, by fifty at once on two API processes: the part of each route's answers in time
	@exec env PYTHONPATH=scripts $(bin)/python -m benchmarks.floor_deeds

# What one would pick instead, with packages of its own, in none of which the service has a part.
.PHONY: bench-venv
bench-venv: dev
	@$(bin)/python scripts/bench_venv.py

.PHONY: bench-nova
bench-nova: dev ## Speed of the list of commandes where one company has COMMANDES (200000), as a table
	@exec $(servers) run -- $(bin)/python -m benchmarks.nova_lists $(COMMANDES)

.PHONY: bench-sockets
bench-sockets: dev bench-venv ## Sockets of one API process beside a bare server's, as a table
	@exec $(servers) run -- $(bin)/python -m benchmarks.sockets

.PHONY: bench-exports
bench-exports: dev ## Exports of ROWS (1000000) lines: first byte, memory of the worker, the API meanwhile, as a table
	@exec $(servers) run -- $(bin)/python -m benchmarks.exports $(ROWS)

.PHONY: bench-start
bench-start: dev ## How soon an API process and a worker are ready, and the memory they hold, as a table
	@exec $(servers) run -- $(bin)/python -m benchmarks.start

.PHONY: soak
soak: dev ## A mixed load for SOAK_S (900) seconds while every part is broken in turn: what held, as a table
	@exec env PYTHONPATH=scripts $(bin)/python -m benchmarks.soak $(SOAK_S)

.PHONY: bench-data
bench-data: dev ## Put N (1000000) published trips into DATABASE_URL, migrated and empty
	@exec scripts/with-env $(bin)/python -m benchmarks.fill $(N)

##@ Develop

.PHONY: install
install: ## Make .venv with what running needs
	@scripts/python scripts/install.py run

.PHONY: dev
dev: ## Make .venv with what developing needs as well
	@scripts/python scripts/install.py dev

# What tests run beside the servers: pgBackRest, PgBouncer, Prometheus.
.PHONY: tools
tools: dev
	@exec $(servers) tools

.PHONY: servers
servers: install ## Hold private PostgreSQL and Redis up, and print how to reach them
	@exec $(servers) keep

.PHONY: format
format: dev ## Repair lint and layout where that can be done by itself
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .

.PHONY: docs
docs: dev ## Write the generated files again
	@exec $(bin)/allonova docs write

.PHONY: site
site: dev ## Build the documentation as a searchable site: build/site (needs the npm registry once)
	@exec $(bin)/python scripts/docs_site.py

.PHONY: clients
clients: dev ## Make the clients of clients/ from the OpenAPI: TypeScript, Dart, Postman (needs the npm registry)
	@exec $(bin)/python scripts/clients.py make

.PHONY: wire
wire: dev ## Write again what two releases say to each other (tests/compat/wire.json)
	@exec env -u REDIS_URL DATABASE_URL=none $(servers) run -- $(bin)/python scripts/wire_samples.py write

.PHONY: lock
lock: dev ## Lock the packages of pyproject.toml again (LOCK_ARGS=--upgrade for newer ones)
	@scripts/lock $(LOCK_ARGS)

.PHONY: clean
clean: ## Remove all that was made here, .venv included
	@rm -rf .venv build dist clients/node_modules clients/typescript/dist clients/dart/allonova htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## "; print "make TARGET" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
