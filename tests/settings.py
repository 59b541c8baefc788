"""The settings the tests run on: the real ones, apart from this machine's environment."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# What a developer has in the environment or in .env, above all a real key, must not reach a test.
# Only DATABASE_URL does: it says which kind of database the suite runs on.
for _name in [*os.environ]:
    if _name.startswith(("MINIMAX_", "VOICESTUDIO_")):
        del os.environ[_name]
for _name in ("ALLOWED_HOSTS", "DEBUG", "LOG_LEVEL", "PORT", "PRACTICE_PORT", "SECRET_KEY"):
    os.environ.pop(_name, None)
_folder = Path(tempfile.mkdtemp(prefix="voicestudio-tests-"))
_creator = os.getpid()


def _clean_up() -> None:
    if os.getpid() == _creator:  # not in a forked child
        shutil.rmtree(_folder, ignore_errors=True)


atexit.register(_clean_up)
os.environ["VOICESTUDIO_ENV_FILE"] = ""
os.environ["VOICESTUDIO_DATA_DIR"] = str(_folder)

from voicestudio.settings import *  # noqa: E402, F403
from voicestudio.settings import DATABASES, STORAGES  # noqa: E402

del os.environ["VOICESTUDIO_DATA_DIR"], os.environ["VOICESTUDIO_ENV_FILE"]

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SECRET_KEY = "only for the tests, never for anything else"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that threads and processes meet each other as they do in the studio.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

# Files as they stand in static/: the manifest needs collectstatic, which no test waits for.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
