"""Fills the database of its environment.

python -m tests.benchmarks.seed attempts|voices|audit COUNT
"""

import sys

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    from tests.benchmarks import seed_attempts, seed_audit, seed_voices  # models: after setup()

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    kinds = {"attempts": seed_attempts.seed, "voices": seed_voices.seed, "audit": seed_audit.seed}
    kinds[sys.argv[1]](int(sys.argv[2]))
