"""Practice, files: the calls about uploaded files, and the analysis of the recordings."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from voicestudio.practice.faults import Refusal, base_resp
from voicestudio.practice.request_body import Form
from voicestudio.practice.rules import (
    EXTENSIONS,
    PURPOSES,
    get_integer,
    get_purpose,
    invalid_params,
)
from voicestudio.practice.sample import Sample, analyze_sample
from voicestudio.practice.store import Store, StoredFile

Json = dict[str, Any]


def random_file_id() -> int:
    """Return a new file_id of 15 digits."""
    return secrets.randbelow(9 * 10**14) + 10**14


class FileCalls:
    """The calls about files. Methods return the JSON of the answer or raise Refusal."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.max_bytes = 20 * 1024 * 1024
        self.make_file_id: Callable[[], int] = random_file_id
        self._samples: dict[int, Future[Sample]] = {}
        self._analyzers = ThreadPoolExecutor(1, thread_name_prefix="practice-analyzer")
        self._lock = threading.Lock()

    def close(self) -> None:
        """Cancel the analyses that have not started."""
        self._analyzers.shutdown(wait=True, cancel_futures=True)

    def upload(self, form: Form) -> Json:
        """POST /v1/files/upload. Extension and length are checked by the clone call, not here."""
        if form.problem:
            raise invalid_params(form.problem)
        try:
            purpose = get_purpose(dict(form.fields))
            if form.path is None or not form.filename:
                raise invalid_params("file is required")
            if form.size > self.max_bytes:
                raise invalid_params(f"file must have at most {self.max_bytes} bytes")
            if form.size == 0:
                raise invalid_params("file is empty")
            row = self.store.add_file(
                form.path, file_id=self.make_file_id(), purpose=purpose, filename=form.filename
            )
        finally:
            form.delete_file()
        self._start_analysis(row)
        return {"file": row.to_json(), **base_resp()}

    def list(self, query: dict[str, str]) -> Json:
        """GET /v1/files/list, newest first; without a purpose all files."""
        purposes = (get_purpose(dict(query)),) if "purpose" in query else PURPOSES
        with self.store.lock:
            rows = [row for row in self.store.files.values() if row.purpose in purposes]
        return {"files": [row.to_json() for row in reversed(rows)], **base_resp()}

    def retrieve(self, query: dict[str, str]) -> Json:
        """GET /v1/files/retrieve."""
        value = query.get("file_id", "")
        if not (value.isascii() and value.isdigit() and len(value) < 20):
            raise invalid_params("file_id must be an integer")
        return {"file": self._file(int(value)).to_json(), **base_resp()}

    def delete(self, body: Json) -> Json:
        """POST /v1/files/delete; a purpose must be that of the file."""
        file_id = get_integer(body, "file_id")
        purposes = (get_purpose(body),) if "purpose" in body else PURPOSES
        with self.store.lock:
            if self._file(file_id).purpose not in purposes:
                raise invalid_params("purpose is not that of the file")
            self.store.remove_file(file_id)
            self._samples.pop(file_id, None)
        return {"file_id": file_id, **base_resp()}

    def _file(self, file_id: int) -> StoredFile:
        row = self.store.files.get(file_id)
        if row is None:
            raise invalid_params("file does not exist")
        return row

    def _start_analysis(self, row: StoredFile) -> Future[Sample]:
        """Return the analysis of a file, started at its upload so that the clone call is fast."""
        with self._lock:
            if row.file_id not in self._samples:
                self._samples[row.file_id] = self._analyzers.submit(analyze_sample, row.path)
            return self._samples[row.file_id]

    def get_sample(self, file_id: int, purpose: str) -> Sample:
        """Return the analysis of a file; raises Refusal when it does not fit the purpose."""
        row = self.store.files.get(file_id)
        if row is None:
            raise Refusal(20132)
        if row.purpose != purpose:
            raise invalid_params(f"the purpose of file {file_id} must be {purpose}")
        extension = Path(row.filename).suffix.lower().lstrip(".")
        if extension not in EXTENSIONS:
            raise invalid_params(f"the file must be one of {', '.join(EXTENSIONS)}")
        sample = self._start_analysis(row).result()
        if sample.damaged:
            raise Refusal(1000)
        if extension not in sample.container.split(","):  # "mov,mp4,m4a,…" is one container
            raise invalid_params(f"the file is no {extension}")
        return sample
