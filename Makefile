# Voice Studio: `make run` starts all of it, `make test` proves all of it.

.PHONY: run test check lint types deploy bench lock clean

# Compiled modules are kept, even where the environment says not to: the studio and its tests start
# many processes, and each would compile all of it anew.
export PYTHONDONTWRITEBYTECODE =

PYTHON = .venv/bin/python
# Production settings, apart from this machine's own, for `check --deploy`.
PRODUCTION = env -u DEBUG -u SECRET_KEY VOICESTUDIO_ENV_FILE= VOICESTUDIO_DATA_DIR="$$folder" \
	VOICESTUDIO_HTTPS=true ALLOWED_HOSTS=studio.example.com MINIMAX_API_KEY=example

# The studio on http://127.0.0.1:8000/, or on another port: make run PORT=8100
run:
	@sh .ci/environment run
	@exec $(PYTHON) manage.py studio

# Every test; beside them, in the time that they wait, lint, types, templates, settings, migrations.
test:
	@sh .ci/environment test
	@echo "Beside the tests: make check, which is heard of only if it fails."
	@said=$$(mktemp); \
	nice $(MAKE) --no-print-directory check >"$$said" 2>&1 & check=$$!; \
	trap 'kill $$check 2>/dev/null; rm -f "$$said"' EXIT; trap 'exit 130' INT TERM; \
	$(PYTHON) -m pytest -n 4 --dist worksteal; tests=$$?; \
	wait $$check || { cat "$$said"; echo "make check has failed."; exit 1; }; \
	exit $$tests

# Types take as long as all the rest, beside which they are checked.
check:
	@$(MAKE) --no-print-directory -j 2 types lint

types:
	.venv/bin/mypy

lint: deploy
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djlint --quiet --lint templates

deploy:
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	echo "manage.py check --deploy" && \
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING && \
	echo "manage.py makemigrations --check" && \
	$(PRODUCTION) $(PYTHON) manage.py makemigrations --check --dry-run

# Our figures beside a bare baseline; takes some minutes.
bench:
	@sh .ci/environment test
	$(PYTHON) -m tests.benchmarks

# Both locks anew from pyproject.toml, with the newest releases that fit: make lock
LOCK = --quiet --universal --python-version 3.12 --upgrade --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"
lock:
	@sh .ci/environment test
	$(PYTHON) -m uv pip compile $(LOCK) pyproject.toml -o requirements.lock
	$(PYTHON) -m uv pip compile $(LOCK) pyproject.toml --group practice --group dev \
		--constraint requirements.lock -o requirements-dev.lock

# What can be made again; never the data.
clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results
	find manage.py voicestudio tests -name __pycache__ -prune -exec rm -rf {} +
