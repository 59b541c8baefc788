"""Paths: the data folder, its subfolders and the secret key."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from .environment import BASE_DIR, env, matches, read, read_secret, remember_secret

DATA_DIR = Path(
    read(env.str, "VOICESTUDIO_DATA_DIR", str(BASE_DIR / "data"), "a folder")
).expanduser()
DATA_DIR = (BASE_DIR / DATA_DIR).resolve()
MEDIA_ROOT = DATA_DIR / "media"
# On the same filesystem as the media, so that an upload is moved instead of copied.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "incoming"
STATIC_ROOT = DATA_DIR / "static"
# The counts of each web process. prometheus_client takes the folder from the environment.
METRICS_DIR = DATA_DIR / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)
# Exists while the web server of this folder is about to stop.
DRAINING_FILE = DATA_DIR / "draining"
# Only the owner has access: the folder holds recordings, names and password hashes. Files that
# libraries create, such as the database, follow the mask.
os.umask(0o077)
# Whether others could read the folder until now; `studio` says so.
DATA_DIR_WAS_OPEN = False
try:
    for folder in (DATA_DIR, MEDIA_ROOT, FILE_UPLOAD_TEMP_DIR, STATIC_ROOT, METRICS_DIR):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (DATA_DIR, *DATA_DIR.iterdir()):
        mode = path.stat().st_mode
        if mode & 0o077:
            DATA_DIR_WAS_OPEN = DATA_DIR_WAS_OPEN or path == DATA_DIR
            path.chmod(mode & 0o700)
except OSError as error:
    raise ImproperlyConfigured(
        f"VOICESTUDIO_DATA_DIR must be a folder that can be written to ({error.strerror})."
    ) from error


def load_secret_key(path: Path) -> str:
    """Return the secret key of this installation, created once and readable by its owner only."""
    try:
        if not path.exists():
            # Written to a draft and linked, so that two simultaneous first starts use one key.
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            with os.fdopen(
                os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
            ) as file:
                file.write(secrets.token_urlsafe(50))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"VOICESTUDIO_DATA_DIR must be a folder in which {path.name} can be kept "
            f"({error.strerror})."
        ) from error


SECRET_KEY = read_secret(
    "SECRET_KEY", "at least 32 characters", validate=matches(r"|.{32,}")
) or load_secret_key(DATA_DIR / "secret_key")
remember_secret("SECRET_KEY", [SECRET_KEY])
