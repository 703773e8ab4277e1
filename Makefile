# Everything a person needs to remember: make demo | serve | test | check | bench | soak | screenshots
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help demo serve test check bench soak screenshots gateway-clients audit format lock clean
help:
	@echo "make demo    run one whole day of the Dhaka pilot into build/demo"
	@echo "make serve   start the HTTP API on http://127.0.0.1:8000 (interactive docs at /docs)"
	@echo "make test    the quick tests"
	@echo "make check   format, lint, types and the quick tests, as CI does"
	@echo "make bench   speed and quality against a reference"
	@echo "make soak    the long tests, and new random cases for those of properties"
	@echo "make screenshots  every page in both languages and widths into build/screenshots (needs a chromium)"
	@echo "make gateway-clients  other people's clients of bKash, Nagad and SSLCommerz for Node, for the tests (needs npm and a network)"
	@echo "make audit   known vulnerabilities of what we are built of (needs a network)"
	@echo "Pass options with ARGS, e.g. make demo ARGS='--date 2026-11-22 --seed 7'"

demo: .venv/run.stamp
	$(BIN)/post-logistics demo --out build/demo $(ARGS)

serve: .venv/run.stamp
	$(BIN)/post-logistics serve $(ARGS)

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not soak" $(ARGS)

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not soak" $(ARGS)

bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks $(ARGS)

soak: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto -m "soak or hypothesis" --hypothesis-profile="new cases" $(ARGS)

screenshots: .venv/dev.stamp
	SCREENSHOTS=1 $(BIN)/python -m pytest -q tests/browser $(ARGS)

gateway-clients:
	mkdir -p build/gateway-clients
	cp tests/clients/payments/node/package.json tests/clients/payments/node/package-lock.json build/gateway-clients
	npm ci --prefix build/gateway-clients --ignore-scripts --no-audit --no-fund --silent

# In an environment of its own: what looks for vulnerabilities is no part of what is looked at.
audit: .venv/dev.stamp
	$(BIN)/python -m pytest -q tests/security/test_supply.py
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	build/audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock -r requirements-dev.lock \
		|| (echo "Vulnerable packages are listed above; if none are, the advisories could not be reached and nothing was checked." && exit 1)

format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The environment is made from the lock file (versions and hashes) and made again only when that changes.
.venv/run.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed, this is ' + sys.version.split()[0] + '; try: make $(MAKECMDGOALS) PYTHON=python3.12')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "from post_logistics.routing.warming import warm; warm()"
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

# Needs `pip install uv`; writes versions and hashes, never the name of a host.
lock:
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv build
