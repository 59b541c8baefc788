"""Settings of the tests: the real ones, independent of this machine's environment and .env."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# A developer's own values, above all a real API key, must not reach a test. DATABASE_URL is kept:
# it selects the database that the suite runs on.
for _name in [*os.environ]:
    if _name.startswith(("MINIMAX_", "OIDC_", "VOICESTUDIO_")):
        del os.environ[_name]
for _name in ("ALLOWED_HOSTS", "DEBUG", "LOG_LEVEL", "PORT", "PRACTICE_PORT", "SECRET_KEY"):
    os.environ.pop(_name, None)
_folder = Path(tempfile.mkdtemp(prefix="voicestudio-tests-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["VOICESTUDIO_ENV_FILE"] = ""
os.environ["VOICESTUDIO_DATA_DIR"] = str(_folder)

from voicestudio.settings import *  # noqa: E402, F403
from voicestudio.settings import DATABASES, STORAGES  # noqa: E402

del os.environ["VOICESTUDIO_DATA_DIR"], os.environ["VOICESTUDIO_ENV_FILE"]

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SECRET_KEY = "only for the tests, never for anything else"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file instead of memory, so that threads and worker processes can share it.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

# Serve files from static/ directly; production's manifest would need collectstatic first.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
