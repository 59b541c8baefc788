"""Bucket: an S3-compatible bucket as Django's file storage, with the errors of a disk."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from django.utils.http import parse_http_date_safe
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from voicestudio.models import clock

from .errors import StorageAway

CHUNK_SIZE: Final = 256 * 1024
PART_SIZE: Final = 8 * 1024**2
# Two parts at once, so that a large upload needs 16 MB and not 80: boto3 reads ten parts ahead, and
# only s3transfer, which it is made of, can be told otherwise.
TRANSFER: Final = TransferConfig(
    multipart_threshold=PART_SIZE, multipart_chunksize=PART_SIZE, max_concurrency=2
)
TRANSFER.max_in_memory_upload_chunks = 2
# A bucket that stays silent is given up after a minute. It may need that long to put the parts of
# a large upload together, and the threads of the web server that wait for it are few
# (`TRANSFER_THREADS`), so that pages go on.
CLIENT: Final = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"total_max_attempts": 3, "mode": "standard"},
    signature_version="s3v4",
    s3={"addressing_style": "path"},
)


@contextmanager
def disk_errors(name: str) -> Iterator[None]:
    """Raise errors of S3 as those of a disk, which all code that stores files expects."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            raise FileNotFoundError(name) from error
        reason = " ".join(filter(None, [str(status), _compare_clocks(error)]))
        raise StorageAway(f"the bucket refused {name}: {reason}") from error
    except (BotoCoreError, Boto3Error, RetriesExceededError) as error:
        raise StorageAway(f"the bucket did not answer for {name}") from error


def _compare_clocks(error: ClientError) -> str:
    """For the log, how the clock of this machine differs from the bucket's; "" if hardly at all.

    A bucket refuses what a wrong clock has signed. Its answer to HEAD has no text that would say
    so, but a date.
    """
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    moment = parse_http_date_safe(headers.get("date", ""))
    if moment is None:
        return ""
    ahead = timedelta(seconds=time.time() - moment)
    difference = clock.describe_difference(ahead, "the bucket's")
    return difference and f"({difference})"


class Bucket(S3Storage):
    """Files in a bucket; every method raises FileNotFoundError or OSError as for a disk."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **options, file_overwrite=False, default_acl=None, client_config=CLIENT,
            transfer_config=TRANSFER, querystring_expire=settings.STORAGE_LINK_SECONDS,
        )  # fmt: skip

    def facts(self, name: str) -> tuple[int, datetime]:
        """The size (bytes) of a file and when it was written, in one request."""
        with disk_errors(name):
            found = self._object(name)
            return found.content_length, found.last_modified

    def chunks(self, name: str, first: int, end: int) -> Iterator[bytes]:
        """The bytes from `first` up to, not including, `end`; closing it ends the connection."""
        with disk_errors(name):
            answer = self._object(name).get(Range=f"bytes={first}-{end - 1}")
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(CHUNK_SIZE)

    def download(self, name: str, path: Path) -> None:
        """Write a file of the bucket to a path, in parts."""
        with disk_errors(name):
            self._object(name).download_file(os.fspath(path), Config=TRANSFER)

    def link(self, name: str, *, content_type: str, disposition: str) -> str:
        """A signed link to a file, good for `STORAGE_LINK_SECONDS`."""
        headers = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        return str(self.url(name, parameters=headers))

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        with disk_errors(name):
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        """Delete a file; one that is missing is no error."""
        with disk_errors(name):
            super().delete(name)

    def size(self, name: str) -> int:
        """The size of a file in bytes."""
        return self.facts(name)[0]

    def get_modified_time(self, name: str) -> datetime:
        """When a file was written."""
        return self.facts(name)[1]

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """The folders and files in a folder."""
        with disk_errors(name):
            folders, files = super().listdir(name)
        return folders, files

    def _open(self, name: str, mode: str = "rb") -> File:  # noqa: ARG002
        # On the disk, because the library would keep the whole file in memory.
        with ExitStack() as stack:
            copy = stack.enter_context(tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR))
            with disk_errors(name):
                self._object(name).download_fileobj(copy, Config=TRANSFER)
            stack.pop_all()
        copy.seek(0)
        return File(copy, name)

    def _save(self, name: str, content: File) -> str:
        with disk_errors(name):
            return str(super()._save(name, content))

    def _object(self, name: str) -> Any:
        return self.bucket.Object(self._normalize_name(clean_name(name)))
