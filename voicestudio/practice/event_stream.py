"""Practice, event stream: an answer with speech as server-sent events."""

import json
from collections.abc import Iterable
from typing import Any

CHUNK_BYTES = 8 * 1024
CONTENT_TYPE = "text/event-stream; charset=utf-8"


def encode_events(answer: dict[str, Any], *, aggregate: bool) -> bytes:
    """Return the events of an answer whose audio is hex.

    Each event but the last has a piece of the audio and status 1. The last one has status 2, the
    `extra_info`, and with `aggregate` the whole audio once more.
    """
    audio = answer["data"]["audio"]
    shared = {name: answer[name] for name in ("trace_id", "base_resp")}
    pieces = (audio[at : at + 2 * CHUNK_BYTES] for at in range(0, len(audio), 2 * CHUNK_BYTES))
    last = {**answer, "data": {**answer["data"], "audio": audio if aggregate else ""}}
    return _encode([*({"data": {"audio": piece, "status": 1}, **shared} for piece in pieces), last])


def _encode(events: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)
