# Everything a developer runs. Each target builds .venv first where it is missing or out of date.

VENV := .venv
PYTHON := $(VENV)/bin/python
COMPLETE := $(VENV)/complete
UV := 0.13.9
ARGS ?=

# An interpreter is never fetched: a missing Python 3.11 is a plain error.
export UV_PYTHON_DOWNLOADS := never
# As pip does: believe the certificates that this machine believes.
export UV_SYSTEM_CERTS := 1

# What `check --deploy` looks at must be what production runs: nothing of the sandbox.
LIVE := MODE=live SIMULATORS=0 PUBLIC_URL=https://offerhub.example ALLOWED_HOSTS=offerhub.example \
	SECURE_SSL_REDIRECT=1 STELLAR_NETWORK=testnet \
	WALLET_KEYRING=check:Y2hlY2sta2V5LWVuY3J5cHRpb24ta2V5LTMyLWJ5dGU= \
	SECRET_KEY=deploy-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF \
	API_KEY_PEPPER=deploy-check-9876543210-zyxwvutsrqponmlkjihgfedcba-FEDCBA

.DEFAULT_GOAL := help
.PHONY: help sandbox demo prove test test-thorough check fuzz bench bench-api bench-outage bench-ledger bench-deposits bench-sales bench-admin reset

help: ## What can be run here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

sandbox: $(COMPLETE) ## Run everything on this machine, providers simulated (PORT=8000 STATE_DIR=var)
	@exec $(PYTHON) -m config.standalone

demo: $(COMPLETE) ## Play one sale against the running sandbox and show where the money went
	@exec $(PYTHON) manage.py demo $(ARGS)

prove: $(COMPLETE) ## Prove the books of the running sandbox (ARGS="--chain --format json")
	@exec $(PYTHON) -m config.standalone manage prove_ledger $(ARGS)

test: $(COMPLETE) ## Run the tests on a PostgreSQL of their own (ARGS="-k payin -n 0" PG=16)
	@exec $(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not thorough" $(ARGS)

test-thorough: $(COMPLETE) ## Run the long variations too, in some 20 minutes
	@exec $(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(COMPLETE) ## Format, rules, types, migrations, deployment settings, import directions
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy ledger integrations/providers payments escrow withdrawals
	$(PYTHON) -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	$(LIVE) $(PYTHON) manage.py check --deploy --fail-level WARNING
	$(PYTHON) manage.py openapi --check
	$(PYTHON) manage.py catalogue --check
	@! grep -n '://' requirements.lock requirements-dev.lock || { echo "a lock names an address" >&2; exit 1; }
	$(PYTHON) -m pytest -q tests/architecture

fuzz: $(COMPLETE) ## Send 20 000 cases, good and bad, to every route of the document
	@exec env FUZZ_CASES=20000 $(PYTHON) -m pytest -q tests/docs/test_fuzzing.py $(ARGS)

bench: $(COMPLETE) ## Measure the API under load
	@exec $(PYTHON) -m benchmarks.load $(ARGS)

bench-api: $(COMPLETE) ## Measure reads and writes of the API against pgbench on this machine
	@exec $(PYTHON) -m benchmarks.api $(ARGS)

bench-outage: $(COMPLETE) ## Stop Valkey and PostgreSQL under load, and see what becomes of it
	@exec $(PYTHON) -m benchmarks.outage $(ARGS)

bench-ledger: $(COMPLETE) ## Measure postings without HTTP
	@exec $(PYTHON) -m benchmarks.ledger $(ARGS)

bench-deposits: $(COMPLETE) ## Measure how soon deposits are credited (ARGS="--wallets 25000 --rate 20")
	@exec $(PYTHON) -m benchmarks.deposits $(ARGS)

bench-sales: $(COMPLETE) ## Measure whole sales of a running sandbox (ARGS="--at-once 1 16 64")
	@exec $(PYTHON) -m benchmarks.sales $(ARGS)

bench-admin: $(COMPLETE) ## Read every page of the back office over a million entries, seeded once
	@exec $(PYTHON) -m benchmarks.admin $(ARGS)

reset: $(COMPLETE) ## Forget the sandbox's state: database, secrets, keys
	@exec $(PYTHON) -m config.standalone reset

$(COMPLETE): requirements-dev.lock
	@.ci/venv $(VENV) $(UV) requirements-dev.lock
	@touch $@
