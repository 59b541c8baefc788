"""MiniMax: cloning a voice (`voice_clone`), request and answer."""

from dataclasses import dataclass
from typing import Any, Final

from .response import (
    INT64_MAX,
    Answer,
    HttpResponse,
    get_object,
    get_text,
    parse_count,
    parse_int64,
)

MAX_CATEGORY: Final = 1_000_000  # of a moderation type; MiniMax documents 1 to 7


@dataclass(frozen=True)
class CloneRequest:
    """One `voice_clone` call; fields left at their default are not sent."""

    file_id: int
    voice_id: str
    prompt_audio: int | None = None  # file_id of the prompt clip
    prompt_text: str = ""
    text: str = ""  # preview text
    model: str = ""
    language_boost: str = ""
    text_validation: str = ""
    accuracy: float | None = None  # 0 to 1
    noise_reduction: bool = False
    volume_normalization: bool = False
    watermark: bool = False

    def body(self) -> dict[str, Any]:
        """Return the JSON object to send; raises ValueError when one half of a pair is missing.

        Source: provider.md, "voice_clone".
        """
        if (self.prompt_audio is None) != (not self.prompt_text):
            raise ValueError("prompt_audio and prompt_text go together")
        if bool(self.text) != bool(self.model):
            raise ValueError("text and model go together")
        body: dict[str, Any] = {"file_id": _check_file_id(self.file_id), "voice_id": self.voice_id}
        if self.prompt_audio is not None:
            body["clone_prompt"] = {
                "prompt_audio": _check_file_id(self.prompt_audio),
                "prompt_text": self.prompt_text,
            }
        options: dict[str, Any] = {
            "text": self.text,
            "model": self.model,
            "language_boost": self.language_boost,
            "text_validation": self.text_validation,
            "need_noise_reduction": self.noise_reduction,
            "need_volume_normalization": self.volume_normalization,
            "aigc_watermark": self.watermark,
        }
        body |= {name: value for name, value in options.items() if value}
        if self.accuracy is not None:
            body["accuracy"] = float(self.accuracy)
        return body


@dataclass(frozen=True, kw_only=True)
class CloneAnswer(Answer):
    """The voice exists. `raw` is the whole JSON object, for support.

    `input_sensitive_type` is None where the provider gave none; it means nothing unless flagged.
    """

    input_sensitive: bool
    input_sensitive_type: int | None
    demo_audio: str
    usage_characters: int | None  # as billed
    raw: dict[str, Any]


def parse_clone(response: HttpResponse) -> CloneAnswer:
    """Parse the answer; raises Refused and InvalidAnswer.

    With code 0 the voice exists, so a field that does not fit is dropped instead of raising.
    """
    body, answer = response.parse(status_required=True)
    # Some gateways put all but `base_resp` into `data`.
    fields = get_object(body, "data") | body
    flagged, category = _parse_moderation(fields)
    return CloneAnswer(
        input_sensitive=flagged,
        input_sensitive_type=category,
        demo_audio=get_text(fields, "demo_audio").strip(),
        usage_characters=parse_count(get_object(fields, "extra_info"), "usage_characters"),
        raw=body,
        **vars(answer),
    )


def _parse_moderation(body: dict[str, Any]) -> tuple[bool, int | None]:
    """Return (flagged, type) from either shape: a boolean, or an object `{"type": n}`.

    A type above 0 counts as a flag whatever the boolean says: a person checks a false flag, but a
    lost one would go unnoticed.
    """
    sensitive = body.get("input_sensitive")
    category = parse_int64(body.get("input_sensitive_type"))
    if isinstance(sensitive, dict):
        object_type = parse_int64(sensitive.get("type"))
        category = (category or object_type) if object_type is not None else category
        flagged = bool(sensitive.get("type")) and object_type is None
    elif isinstance(sensitive, str):
        flagged = sensitive.strip().lower() not in {"", "0", "false"}
    else:
        flagged = bool(sensitive)
    flagged = flagged or (category or 0) > 0
    # An absurd number still is a flag, of a category that nobody explains.
    return flagged, category if category is None or abs(category) <= MAX_CATEGORY else None


def _check_file_id(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= INT64_MAX:
        raise ValueError("a file_id is a positive 64-bit integer")
    return value
