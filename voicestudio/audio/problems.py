"""Audio: why a file cannot be used, as a code with facts; never as a sentence."""

from typing import Final

CODES: Final = frozenset(
    "too_large too_many_samples empty not_audio damaged video inseparable no_audio too_short"
    " too_long too_many_tracks silent".split()
)


class AudioProblem(Exception):  # noqa: N818 (a property of the recording, not an error of ours)
    """A file that cannot be used.

    `facts` are plain numbers and strings (`duration_ms`, `limit_ms`, `bytes`, `limit_bytes`), so
    that they can be sent from one process to another.
    """

    def __init__(self, code: str, **facts: int | str) -> None:
        if code not in CODES:
            raise ValueError(f"{code!r} is not the code of an audio problem")
        super().__init__(code)
        self.code = code
        self.facts: dict[str, int | str] = facts

    def __repr__(self) -> str:
        facts = "".join(f", {name}={value!r}" for name, value in self.facts.items())
        return f"AudioProblem({self.code!r}{facts})"
