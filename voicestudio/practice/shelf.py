"""Practice, shelf: the calls about uploaded files, and what is heard in the files."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from voicestudio.practice.faults import Refusal, base_resp
from voicestudio.practice.ledger import Ledger, StoredFile
from voicestudio.practice.multipart import Form
from voicestudio.practice.rules import EXTENSIONS, integer_in, purpose_in, wrong
from voicestudio.practice.sample import Sample, listen

Json = dict[str, Any]


def file_id_of_15_digits() -> int:
    """A new file_id; tests put larger ones in its place."""
    return secrets.randbelow(9 * 10**14) + 10**14


class Shelf:
    """The files of one ledger. Methods return the answer's JSON or raise Refusal."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.max_bytes = 20 * 1024 * 1024
        self.make_file_id: Callable[[], int] = file_id_of_15_digits
        self._samples: dict[int, Future[Sample]] = {}
        self._listeners = ThreadPoolExecutor(1, thread_name_prefix="practice-listener")
        self._lock = threading.Lock()

    def close(self) -> None:
        """Drop what has not been listened to yet."""
        self._listeners.shutdown(wait=True, cancel_futures=True)

    def upload(self, form: Form) -> Json:
        """POST /v1/files/upload. Neither extension nor length is looked at yet."""
        try:
            purpose = purpose_in(dict(form.fields))
            if form.path is None or not form.filename:
                raise wrong("file is required")
            if form.size > self.max_bytes:
                raise wrong(f"file must have at most {self.max_bytes} bytes")
            if form.size == 0:
                raise wrong("file is empty")
            row = self.ledger.add_file(
                form.path,
                file_id=self.make_file_id(),
                purpose=purpose,
                filename=form.filename,
            )
        finally:
            if form.path:
                form.path.unlink(missing_ok=True)
        self._heard(row)
        return {"file": row.on_the_wire(), **base_resp()}

    def list(self, query: dict[str, str]) -> Json:
        """GET /v1/files/list, newest first."""
        purpose = purpose_in(dict(query))
        with self.ledger.lock:
            rows = [row for row in self.ledger.files.values() if row.purpose == purpose]
        return {"files": [row.on_the_wire() for row in reversed(rows)], **base_resp()}

    def retrieve(self, query: dict[str, str]) -> Json:
        """GET /v1/files/retrieve."""
        given = query.get("file_id", "")
        if not (given.isascii() and given.isdigit() and len(given) < 20):
            raise wrong("file_id must be an integer")
        return {"file": self._file(int(given)).on_the_wire(), **base_resp()}

    def delete(self, body: Json) -> Json:
        """POST /v1/files/delete."""
        file_id = integer_in(body, "file_id")
        purpose = purpose_in(body)
        with self.ledger.lock:
            if self._file(file_id).purpose != purpose:
                raise wrong("purpose is not that of the file")
            self.ledger.remove_file(file_id)
            self._samples.pop(file_id, None)
        return {"file_id": file_id, **base_resp()}

    def _file(self, file_id: int) -> StoredFile:
        row = self.ledger.files.get(file_id)
        if row is None:
            raise wrong("file does not exist")
        return row

    def _heard(self, row: StoredFile) -> Future[Sample]:
        """What is heard in a file, begun when it is uploaded so that the clone call is quick."""
        with self._lock:
            if row.file_id not in self._samples:
                self._samples[row.file_id] = self._listeners.submit(listen, row.path)
            return self._samples[row.file_id]

    def sample(self, file_id: int, purpose: str) -> Sample:
        """What is heard in a file; Refusal when it cannot serve for this purpose."""
        row = self.ledger.files.get(file_id)
        if row is None:
            raise Refusal(20132)
        if row.purpose != purpose:
            raise wrong(f"the purpose of file {file_id} must be {purpose}")
        if Path(row.filename).suffix.lower().lstrip(".") not in EXTENSIONS:
            raise wrong(f"the file must be one of {', '.join(EXTENSIONS)}")
        sample = self._heard(row).result()
        if sample.damaged:
            raise Refusal(1000)
        return sample
