"""The documents list what the keys of a bucket have to allow: exactly what is asked of it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db.models import FileField

from tests.factories import make_attempt, make_recording
from voicestudio.models import AudioFile, CloneAttempt, Speech
from voicestudio.models.drafts import DraftFile
from voicestudio.services import backups, stored_files
from voicestudio.services.backups import prune, restoration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
DOCS = Path(__file__).parent.parent.parent / "docs"
# Requests of S3 by the permission that each needs.
PERMISSIONS = {
    "HeadObject": "s3:GetObject",
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
}

type Calls = set[tuple[str, str]]


@pytest.fixture
def calls(place: Storage, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The permissions that requests to the backups needed, each with its folder."""
    seen: Calls = set()
    call = BaseClient._make_api_call

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        prefix, folder = (parameters.get("Key") or parameters["Prefix"]).split("/")[:2]
        if prefix == "daily":
            seen.add((PERMISSIONS[operation], folder))
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", make_api_call)
    return seen


@pytest.fixture
def place(bucket: Any, s3_url: str) -> Storage:
    """Backups in the bucket of the studio, below another prefix."""
    return backups.open_bucket({
        "bucket_name": bucket.name, "location": "daily", "endpoint_url": s3_url,
        "region_name": "us-east-1", "access_key": "key", "secret_key": "secret",
    })  # fmt: skip


def documented() -> dict[str, list[set[str]]]:
    """The permissions of each folder: those for every backup, and the others for `--keep`."""
    row = re.compile(r"^\| `(\w+)/` \|[^|]*\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
    rows = row.findall((DOCS / "backup.md").read_text())
    return {folder: [{*re.findall(r"s3:\w+", cell)} for cell in cells] for folder, *cells in rows}


def by_folder(calls: Calls) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for permission, folder in calls:
        found.setdefault(folder, set()).add(permission)
    return found


def test_deploy_page_lists_what_lies_in_the_bucket() -> None:
    models: list[Any] = [AudioFile, CloneAttempt, Speech, DraftFile]
    folders = {
        field.generate_filename(model(), "a").split("/")[0]
        for model in models for field in model._meta.fields if isinstance(field, FileField)
    }  # fmt: skip

    [sentence] = re.findall(r"Files lie in (.*?)\.", (DOCS / "deploy.md").read_text(), re.DOTALL)

    assert {*re.findall(r"`(\w+)/?`", sentence)} == {*folders, restoration.MARK}
    assert {*re.findall(r"`(\w+)/`", sentence)} == {*stored_files.FOLDERS}


def test_backups_need_what_the_backup_page_lists(
    calls: Calls, place: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_attempt(recording=make_recording(content=b"RIFF one"))
    calls.clear()

    backups.make_backup(place)
    backups.verify_backup(place)
    backups.make_backup(place)
    each = by_folder(calls)
    calls.clear()
    newest = backups.make_backup(place)
    place.save(f"files/ab/{'ab' * 32}", ContentFile(b"of no backup"))
    monkeypatch.setattr(prune, "FILE_AGE", timedelta())
    prune.prune_backups(place, 1, newest.name)
    with_keep = by_folder(calls)

    assert {folder: always for folder, (always, _keep) in documented().items()} == each
    assert {folder: always | keep for folder, (always, keep) in documented().items()} == {
        folder: permissions | each[folder] for folder, permissions in with_keep.items()
    }
