# Each target makes what it needs: a virtual environment in .venv, then the tools in it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RELAY  := $(VENV)/.relay
TESTS  := $(VENV)/.tests
READY  := $(VENV)/.ready
WHAT   := .
PROCESSES ?= 2
LOCK   := $(BIN)/uv pip compile --quiet --no-config --no-header --no-annotate --generate-hashes --python-version 3.11 \
	--python-platform linux --constraint constraints.txt


.PHONY: quick demo picture test servers test-servers check faults failover soak attacks containers mutations bench instructions backtest documents image-requirements pin-images install clean

demo: $(RELAY)  ## real batches to a stand-in TikTok's door, and what became of them
	@$(BIN)/relay demo

picture: $(RELAY)  ## renew docs/demo.svg; a test says when it is stale
	@$(BIN)/relay demo --save docs/demo.svg

test: $(TESTS)  ## every test but the fault run, failovers, the attacks and the containers; PROCESSES=n at once
	@$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile --ignore=tests/pipeline/test_faults.py --ignore=tests/attacks --ignore=tests/containers --ignore=tests/failover

quick: $(TESTS)  ## tests that start no server and no process, in under a minute
	@$(BIN)/pytest --quick tests

servers: $(TESTS)  ## fetch the Redis and Valkey servers that tests can run on, into .servers
	@$(BIN)/python tests/support/servers.py $(SERVERS)

test-servers: $(TESTS)  ## what Redis carries, on every fetched server; SERVERS="redis-6.2 valkey-8": those; SHORT=1: the part that CI runs
	@$(BIN)/python tests/on_servers.py $(SERVERS)


check: $(READY)  ## format, lint, types, layers, words, documents
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m checks.words
	@$(BIN)/python -m checks.documents --check
	@$(BIN)/python -m checks.lines --check

faults: $(TESTS)  ## about a minute of kills and refusals; SEED=n repeats one
	@$(BIN)/pytest -s tests/pipeline/test_faults.py

failover: $(TESTS)  ## machines that die, freeze and are cut off, with Sentinels; SHORT=1: the two minutes of CI; KILLS=20: the long run
	@$(BIN)/pytest -s tests/failover

soak: $(TESTS)  ## an hour of everything that can go wrong; SHORT=1: ten minutes; MODE=sentinel, MODE=cells: with those
	@$(BIN)/python tests/soak.py

attacks: $(TESTS)  ## senders, answers and operators that try to stop it; SHORT=1: the part that CI runs; FIGURES=file
	@$(BIN)/pytest tests/attacks

containers: $(TESTS)  ## docker-compose.yml as written, by podman on stand-in images: needs root, podman, runc, debootstrap, iptables
	@$(BIN)/pip install --quiet --disable-pip-version-check 'podman-compose>=1.6'
	@$(BIN)/pytest tests/containers

mutations: $(TESTS)  ## takes each guard out in turn: a test must notice; WORDS="settle replay": those with one of these words
	@$(BIN)/python tests/mutations.py $(WORDS)

bench: $(TESTS)  ## every figure of docs/performance.md; PART="ingest lanes": those; QUICK=1: two minutes; JSON=file, PLOTS=folder, PAGE=docs/performance.md: renew its rows
	@$(BIN)/python -m benchmarks $(PART) $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON)) $(if $(PLOTS),--plots $(PLOTS)) $(if $(PAGE),--page $(PAGE))

instructions: $(TESTS)  ## instructions of an event in bulk, by process, with receipts and without: needs valgrind; EVENTS=strangers
	@$(BIN)/python -m benchmarks.instructions $(EVENTS)

backtest: $(READY)  ## generated weeks with planted breaks: what the alerts of silence and drift find (docs/drift.md)
	@$(BIN)/python -m benchmarks.drift --write docs/drift.md

documents: $(READY)  ## renew the generated parts of docs/ and the JSON Schema of relay.yaml
	@$(BIN)/python -m checks.documents
	@$(BIN)/python -m checks.lines
	@$(BIN)/relay schema > config/relay.schema.json

image-requirements: $(READY)  ## what the image installs, with hashes, from pyproject.toml and constraints.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@cd deploy && for name in build image; do \
		echo "# Made by make image-requirements; the image installs nothing else." > $$name-requirements.txt; \
	done
	@$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')" \
		| $(LOCK) - >> deploy/build-requirements.txt
	@$(LOCK) --extra flower --extra archive --extra kafka --extra pubsub --extra sqs pyproject.toml >> deploy/image-requirements.txt

pin-images:  ## writes the digests of today's base images into Dockerfile, docker-compose.yml, deploy/; needs skopeo or docker buildx
	@$(PYTHON) deploy/pin_images.py

clean:
	rm -rf $(VENV) .relay

# Each installs what it needs and no more; the larger holds the smaller.
$(RELAY): pyproject.toml constraints.txt
	@echo "Installing relay into $(VENV); this takes less than a minute."
	@$(MAKE) --no-print-directory install WHAT=.
	@touch $(RELAY)

$(TESTS): pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory install WHAT='.[test]'
	@touch $(RELAY) $(TESTS)

$(READY): pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory install WHAT='.[test,lint]'
	@touch $(RELAY) $(TESTS) $(READY)

# pip compiles one file after the other; this takes all cores, and leaves out what nothing here imports.
UNUSED := phonenumbers/(geodata|carrierdata|tzdata|shortdata)|pygments/(lexers|styles)|/pip/|/tests?/
install:
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '$(WHAT)'
	@$(BIN)/python -m compileall -q -j 0 -x '$(UNUSED)' $(VENV)/lib >/dev/null || true
