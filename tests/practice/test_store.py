"""Files, voices and charges, and what is kept over a restart."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.practice.conftest import Caller
from tests.practice.recordings import hum
from voicestudio.practice.server import StandIn

DAY = 24 * 3600
SPEECH = {"model": "speech-2.8-turbo", "text": "Hello.", "voice_setting": {"voice_id": "Anna-0001"}}


def code(answer: Any) -> int:
    return int(answer["base_resp"]["status_code"])


def test_files_are_listed_retrieved_and_deleted(caller: Caller, stand_in: StandIn) -> None:
    first, second = caller.file_id(b"1"), caller.file_id(b"2")
    clip = caller.file_id(b"3", purpose="prompt_audio")
    path = stand_in.files[first].path

    def listed(purpose: str) -> list[int]:
        files = caller.get("/v1/files/list", purpose=purpose).json()["files"]
        return [row["file_id"] for row in files]

    assert (listed("voice_clone"), listed("prompt_audio")) == ([second, first], [clip])
    retrieved = caller.get("/v1/files/retrieve", file_id=str(first)).json()["file"]
    assert retrieved == stand_in.files[first].to_json()
    wrong = caller.post("/v1/files/delete", {"file_id": first, "purpose": "prompt_audio"}).json()
    right = caller.post("/v1/files/delete", {"file_id": first, "purpose": "voice_clone"}).json()
    assert (code(wrong), right["file_id"], code(right)) == (2013, first, 0)
    assert (listed("voice_clone"), path.exists()) == ([second], False)


def test_voice_is_listed_after_its_first_speech(caller: Caller) -> None:
    caller.clone({"file_id": caller.file_id(), "voice_id": "Anna-0001"})

    before = caller.post("/v1/get_voice", {"voice_type": "voice_cloning"}).json()
    caller.post("/v1/t2a_v2", SPEECH)
    after = caller.post("/v1/get_voice", {"voice_type": "all"}).json()

    assert (before["voice_cloning"], "system_voice" in before) == (None, False)
    (voice,) = after["voice_cloning"]
    assert sorted(voice) == ["created_time", "description", "voice_id"]
    assert (voice["voice_id"], after["voice_generation"]) == ("Anna-0001", None)


def test_bill_charges_characters_and_the_first_speech(caller: Caller, stand_in: StandIn) -> None:
    body = {"file_id": caller.file_id(), "voice_id": "Anna-0001", "text": "Hello there."}
    caller.clone({**body, "model": "speech-2.8-hd"})
    caller.post("/v1/t2a_v2", SPEECH)
    caller.post("/v1/t2a_v2", SPEECH)

    assert [(line.kind, line.voice_id, line.units, line.amount) for line in stand_in.bill] == [
        ("preview", "Anna-0001", 12, Decimal("0.0012")),
        ("clone", "Anna-0001", 1, Decimal("1.50")),
        ("speech", "Anna-0001", 6, Decimal("0.00036")),
        ("speech", "Anna-0001", 6, Decimal("0.00036")),
    ]


def test_unused_voice_is_deleted_after_seven_days(caller: Caller, stand_in: StandIn) -> None:
    file_id = caller.file_id()
    caller.clone({"file_id": file_id, "voice_id": "Anna-0001"})
    caller.clone({"file_id": file_id, "voice_id": "Used-0001"})
    caller.post("/v1/t2a_v2", {**SPEECH, "voice_setting": {"voice_id": "Used-0001"}})
    now = stand_in.store.now()

    stand_in.store.now = lambda: now + 7 * DAY + 1
    answer = caller.post("/v1/t2a_v2", SPEECH).json()

    assert (code(answer), list(stand_in.voices)) == (2054, ["Used-0001"])


def test_unused_voice_exists_for_seven_days(caller: Caller, stand_in: StandIn) -> None:
    caller.clone({"file_id": caller.file_id(), "voice_id": "Anna-0001"})
    now = stand_in.store.now()

    stand_in.store.now = lambda: now + 7 * DAY - 60

    assert code(caller.post("/v1/t2a_v2", SPEECH).json()) == 0


def test_deleted_voice_does_not_exist(caller: Caller, stand_in: StandIn) -> None:
    body = {"file_id": caller.file_id(), "voice_id": "Anna-0001"}
    caller.clone(body)

    deleted = caller.post(
        "/v1/delete_voice", {"voice_type": "voice_cloning", "voice_id": "Anna-0001"}
    ).json()

    assert sorted(deleted) == ["base_resp", "created_time", "voice_id"]
    assert code(caller.post("/v1/t2a_v2", SPEECH).json()) == 2054
    stand_in.provider.reuse_deleted_ids = False
    assert code(caller.clone(body)) == 2039
    stand_in.provider.reuse_deleted_ids = True
    assert code(caller.clone(body)) == 0


def test_expired_audio_is_deleted(caller: Caller, stand_in: StandIn) -> None:
    name = stand_in.store.save_audio(b"abc", "mp3")
    path = stand_in.store.folder / "audio" / name
    link = f"{stand_in.url}/practice/audio/{name}"
    assert caller.session.get(link, timeout=10).content == b"abc"

    old = path.stat().st_mtime - DAY - 60
    os.utime(path, (old, old))
    stand_in.store.save_audio(b"new", "mp3")

    assert caller.session.get(link, timeout=10).status_code == 404


def test_large_file_ids_stay_integers(caller: Caller, stand_in: StandIn) -> None:
    stand_in.file_calls.make_file_id = lambda: 2**63 - 1

    file_id = caller.file_id()

    assert file_id == 2**63 - 1
    assert code(caller.clone({"file_id": file_id, "voice_id": "Anna-0001"})) == 0


def test_folder_keeps_files_and_voices_over_a_restart(tmp_path: Path) -> None:
    with StandIn(folder=tmp_path) as first:
        caller = Caller(first)
        file_id = caller.file_id(hum(11))
        gone = caller.file_id(b"gone")
        caller.post("/v1/files/delete", {"file_id": gone, "purpose": "voice_clone"})
        caller.clone({"file_id": file_id, "voice_id": "Anna-0001"})
        caller.clone({"file_id": file_id, "voice_id": "Bert-0001"})
        caller.post("/v1/t2a_v2", SPEECH)
        caller.session.close()
    (tmp_path / "incoming" / "left-over").write_bytes(b"half an upload")

    with StandIn(folder=tmp_path) as second:
        caller = Caller(second)
        with caller.session:
            again = caller.clone({"file_id": file_id, "voice_id": "Anna-0001"})
            fresh = caller.clone({"file_id": file_id, "voice_id": "Carl-0001"})
            listed = caller.post("/v1/get_voice", {"voice_type": "voice_cloning"}).json()
        assert (second.files, second.voices["Anna-0001"]) == (
            first.files,
            first.voices["Anna-0001"],
        )

    assert (code(again), code(fresh)) == (2039, 0)
    assert [voice["voice_id"] for voice in listed["voice_cloning"]] == ["Anna-0001"]
    assert list((tmp_path / "incoming").iterdir()) == []
    assert sorted(json.loads((tmp_path / "index.json").read_bytes())) == [
        "deleted",
        "files",
        "voices",
    ]


def test_temporary_folder_is_deleted() -> None:
    with StandIn() as stand_in:
        folder = stand_in.store.folder
        assert folder.exists()

    assert not folder.exists()
