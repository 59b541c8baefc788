"""MiniMax: one clone, as asked and as answered."""

from dataclasses import dataclass
from typing import Any

from .answer import INT64_MAX, Answer, Answered, object_in, text_in, whole


@dataclass(frozen=True)
class CloneRequest:
    """Everything that `voice_clone` can be asked; what is left at its default is not sent."""

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
        """The JSON object as on the wire; raises ValueError when one half of a pair is missing.

        Source: provider.md, "voice_clone".
        """
        if (self.prompt_audio is None) != (not self.prompt_text):
            raise ValueError("prompt_audio and prompt_text go together")
        if bool(self.text) != bool(self.model):
            raise ValueError("text and model go together")
        body: dict[str, Any] = {"file_id": _file_id(self.file_id), "voice_id": self.voice_id}
        if self.prompt_audio is not None:
            body["clone_prompt"] = {
                "prompt_audio": _file_id(self.prompt_audio),
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
class CloneAnswer(Answered):
    """The voice exists. `raw` is the whole answer, for support.

    `input_sensitive_type` is None where the provider gave none; it means nothing unless flagged.
    """

    input_sensitive: bool
    input_sensitive_type: int | None
    demo_audio: str
    extra_info: dict[str, Any]
    raw: dict[str, Any]


def read_clone(answer: Answer) -> CloneAnswer:
    """Raises Refused and Nonsense; code 0 is a success, however odd the rest of it."""
    body, kept = answer.judged(verdict_needed=True)
    flagged, category = _moderation(body)
    return CloneAnswer(
        input_sensitive=flagged,
        input_sensitive_type=category,
        demo_audio=text_in(body, "demo_audio").strip(),
        extra_info=object_in(body, "extra_info"),
        raw=body,
        **vars(kept),
    )


def _moderation(body: dict[str, Any]) -> tuple[bool, int | None]:
    """The moderation flag in either shape: a boolean, or an object `{"type": n}`; null is no flag.

    A type above 0 is a flag, whatever stands beside it: a flag too many is looked at by a person,
    a lost one by nobody.
    """
    sensitive = body.get("input_sensitive")
    category = whole(body.get("input_sensitive_type"))
    if isinstance(sensitive, dict):
        inner = whole(sensitive.get("type"))
        category = (category or inner) if inner is not None else category
        flagged = bool(sensitive.get("type")) and inner is None
    elif isinstance(sensitive, str):
        flagged = sensitive.strip().lower() not in {"", "0", "false"}
    else:
        flagged = bool(sensitive)
    return flagged or (category or 0) > 0, category


def _file_id(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= INT64_MAX:
        raise ValueError("a file_id is a positive 64-bit integer")
    return value
