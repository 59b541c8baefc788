"""Storage: where audio lies, in the data folder or in an S3-compatible bucket."""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import (
    check_url,
    env,
    is_confidential,
    matches,
    read,
    read_boolean,
    read_integer,
    read_secret,
)
from .paths import DATA_DIR

EXPECTED = (
    "empty, or an address such as s3://bucket/prefix?endpoint=https://s3.example.com&region=eu"
)


class BucketAddress(NamedTuple):
    """The parts of STORAGE_URL; `endpoint` and `region` are "" where AWS knows them."""

    bucket: str
    prefix: str
    endpoint: str
    region: str


def parse_storage_url(url: str, name: str = "STORAGE_URL") -> BucketAddress:
    """Return the parts of s3://bucket/prefix?endpoint=…&region=…; raises ImproperlyConfigured.

    `name` is the setting or argument that the address was given as.
    """
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        matches(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")(parts.netloc)
        matches(r"[a-z0-9-]*")(options.get("region", ""))
        if endpoint := options.get("endpoint", ""):
            check_url(endpoint)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be {EXPECTED}.") from error
    if parts.scheme != "s3" or parts.fragment or options.keys() - {"endpoint", "region"}:
        raise ImproperlyConfigured(f"{name} must be {EXPECTED}.")
    if endpoint and not is_confidential(endpoint):
        raise ImproperlyConfigured(f"The endpoint of {name} must begin with https://.")
    return BucketAddress(parts.netloc, parts.path.strip("/"), endpoint, options.get("region", ""))


def bucket_options(where: BucketAddress) -> dict[str, Any]:
    """Return the options of a storage in this bucket, with the keys of STORAGE_KEY_ID."""
    return {
        "bucket_name": where.bucket,
        "location": where.prefix,
        "endpoint_url": where.endpoint or None,
        "region_name": where.region or None,
        "access_key": STORAGE_KEY_ID or None,
        "secret_key": STORAGE_SECRET_KEY or None,
    }


def backup_options(where: BucketAddress) -> dict[str, Any]:
    """Return the options of a bucket for backups: its own keys, or those of the storage."""
    if not BACKUP_KEY_ID:
        return bucket_options(where)
    keys = {"access_key": BACKUP_KEY_ID, "secret_key": BACKUP_SECRET_KEY}
    return bucket_options(where) | keys


STORAGE_URL = read(env.str, "STORAGE_URL", "", EXPECTED)
# Without both, boto3 looks where it always does: AWS_… variables, ~/.aws, the role of the machine.
STORAGE_KEY_ID = read(env.str, "STORAGE_KEY_ID", "", "a key ID")
STORAGE_SECRET_KEY = read_secret("STORAGE_SECRET_KEY", "a key")
if bool(STORAGE_KEY_ID) != bool(STORAGE_SECRET_KEY):
    raise ImproperlyConfigured("STORAGE_KEY_ID and STORAGE_SECRET_KEY belong together.")
# Of the bucket for backups, so that a storage key that leaks cannot delete them.
BACKUP_KEY_ID = read(env.str, "BACKUP_KEY_ID", "", "a key ID")
BACKUP_SECRET_KEY = read_secret("BACKUP_SECRET_KEY", "a key")
if bool(BACKUP_KEY_ID) != bool(BACKUP_SECRET_KEY):
    raise ImproperlyConfigured("BACKUP_KEY_ID and BACKUP_SECRET_KEY belong together.")
# Players get links to the bucket that end after an hour; false: the studio sends the audio itself.
STORAGE_LINKS = read_boolean("STORAGE_LINKS", default=True)
STORAGE_LINK_SECONDS = 3600
STORAGE_CACHE_DIR = DATA_DIR / "cache"
STORAGE_CACHE_BYTES = read_integer("STORAGE_CACHE_BYTES", 10 * 1024**3, 1024**2, 1024**5)
# A person may have been deleted elsewhere, so no copy stays longer than this without a use.
STORAGE_CACHE_SECONDS = 24 * 3600

# Where links lead, for the Content-Security-Policy; "" if the studio sends the audio itself.
STORAGE_ORIGIN = ""
FILE_STORAGE: dict[str, Any] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
if STORAGE_URL:
    where = parse_storage_url(STORAGE_URL)
    FILE_STORAGE = {
        "BACKEND": "voicestudio.services.storage.bucket.Bucket",
        "OPTIONS": bucket_options(where),
    }
    if STORAGE_LINKS:
        host = f"s3.{where.region}.amazonaws.com" if where.region else "s3.amazonaws.com"
        STORAGE_ORIGIN = where.endpoint or f"https://{host}"
