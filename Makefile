# Each target makes what it needs: a virtual environment in .venv, then the tools in it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test servers test-servers check faults soak attacks mutations bench documents clean

demo: $(READY)  ## real batches to a stand-in TikTok's door, and what became of them
	@$(BIN)/relay demo

test: $(READY)  ## every test but the fault run and the attacks
	@$(BIN)/pytest --ignore=tests/pipeline/test_faults.py --ignore=tests/attacks

servers: $(READY)  ## fetch the Redis and Valkey servers that tests can run on, into .servers
	@$(BIN)/python tests/support/servers.py $(SERVERS)

test-servers: $(READY)  ## what Redis carries, on every fetched server; SERVERS="redis-6.2 valkey-8": those
	@$(BIN)/python tests/on_servers.py $(SERVERS)

check: $(READY)  ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m checks.documents --check

faults: $(READY)  ## about a minute of kills and refusals; SEED=n repeats one
	@$(BIN)/pytest -s tests/pipeline/test_faults.py

soak: $(READY)  ## an hour of everything that can go wrong; SHORT=1: ten minutes
	@$(BIN)/python tests/soak.py

attacks: $(READY)  ## senders, answers and operators that try to stop it; SHORT=1: the part that CI runs; FIGURES=file
	@$(BIN)/pytest tests/attacks

mutations: $(READY)  ## takes each guard of the lanes out in turn: a test must notice
	@$(BIN)/python tests/mutations.py

bench: $(READY)  ## every figure of docs/performance.md; PART="ingest lanes": those; QUICK=1: two minutes; JSON=file, PLOTS=folder
	@$(BIN)/python -m benchmarks $(PART) $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON)) $(if $(PLOTS),--plots $(PLOTS))

documents: $(READY)  ## renew the generated parts of docs/ and the JSON Schema of relay.yaml
	@$(BIN)/python -m checks.documents
	@$(BIN)/relay schema > config/relay.schema.json

clean:
	rm -rf $(VENV) .relay

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)
