# Voice Studio: `make run` starts it, `make test` checks and tests it.

.PHONY: run test test-all faults check bench scale corpus catalogues screenshots lock clean

# Keep compiled modules even where the environment says not to: the studio and its tests start many
# processes, and each would compile everything again.
export PYTHONDONTWRITEBYTECODE =

PYTHON = .venv/bin/python
# Production settings, independent of this machine's own, for `check --deploy`.
PRODUCTION = env -u DEBUG -u SECRET_KEY VOICESTUDIO_ENV_FILE= VOICESTUDIO_DATA_DIR="$$folder" \
	VOICESTUDIO_HTTPS=true ALLOWED_HOSTS=studio.example.com MINIMAX_API_KEY=example

# The studio on http://127.0.0.1:8000/, or on another port: make run PORT=8100
run:
	@echo "Starting Voice Studio ..."
	@sh .ci/environment run
	@exec $(PYTHON) manage.py studio

# All checks, then every test that is neither slow nor about a fault.
test: check
	$(PYTHON) -m pytest -n auto -m "not slow and not faults"

# The same with the tests of faults and the slow ones: killed workers, the release before, long
# property runs, MiniMax's public client.
test-all: check
	$(PYTHON) -m pytest -n auto

# What happens when a part is gone, full, slow or corrupt.
faults:
	@sh .ci/environment test
	$(PYTHON) -m pytest -n auto -m faults

# Types, style, templates, deployment settings, missing migrations.
check:
	@sh .ci/environment test
	.venv/bin/mypy
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djlint --quiet --lint templates
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	echo "manage.py check --deploy" && \
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING && \
	echo "manage.py makemigrations --check" && \
	$(PRODUCTION) $(PYTHON) manage.py makemigrations --check --dry-run

# Our times and memory beside a bare baseline; takes some minutes.
bench:
	@sh .ci/environment test
	$(PYTHON) -m tests.benchmarks

# Three web servers and three workers on one PostgreSQL, Redis and S3 server, with every kind of fault;
# takes about twenty minutes.
scale:
	@sh .ci/environment test
	$(PYTHON) -m tests.scale $(OPTIONS)

# The recording check on real speech: fetches packages with recordings and prints its tables.
# Other options: make corpus OPTIONS="--half tuning --only hum"; they are listed by OPTIONS=--help.
corpus:
	@sh .ci/environment test
	@$(PYTHON) -m tests.evaluation $(OPTIONS)

# Extract the texts, update the catalogue of each language, compile them and say what is missing.
# A new language: make catalogues OPTIONS="--start de"
catalogues:
	@sh .ci/environment test
	@$(PYTHON) manage.py catalogues $(OPTIONS)

# Take every picture of README, documents and help again, from practice mode.
# Only some: make screenshots OPTIONS="home history"
screenshots:
	@sh .ci/environment test
	@$(PYTHON) -m tests.screenshots $(OPTIONS)

# Write the locks again, with the newest releases that fit.
LOCK = --quiet --universal --python-version 3.12 --upgrade --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"
lock:
	@sh .ci/environment test
	$(PYTHON) -m uv pip compile $(LOCK) pyproject.toml -o requirements.lock
	$(PYTHON) -m uv pip compile $(LOCK) --group sentry \
		--constraint requirements.lock -o requirements-sentry.lock
	$(PYTHON) -m uv pip compile $(LOCK) pyproject.toml --group practice --group sentry --group dev \
		--constraint requirements.lock --constraint requirements-sentry.lock -o requirements-dev.lock
	cd tests/practice/clients/litellm && \
		$(PYTHON) -m uv pip compile $(LOCK) requirements.in -o requirements.lock

# Remove everything that can be made again; never the data.
clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results
	find manage.py voicestudio tests -name __pycache__ -prune -exec rm -rf {} +
