"""Filling: the program that seeds the database of its environment.

python -m tests.benchmarks.filling attempts|voices COUNT
"""

import sys

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    from tests.benchmarks import seeding, voice_seeding  # the models can be imported only now

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    kinds = {"attempts": seeding.seed, "voices": voice_seeding.seed}
    kinds[sys.argv[1]](int(sys.argv[2]))
