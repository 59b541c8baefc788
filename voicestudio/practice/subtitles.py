"""Practice, subtitles: the file behind `subtitle_file`, with times in milliseconds.

The stand-in does not align words with the sound: it divides the length by characters.
"""

import re
from typing import Any

SENTENCE = re.compile(r"[^.!?。！？]*[.!?。！？]+\s*|[^.!?。！？]+$")
WORD = re.compile(r"\S+")


def make_subtitles(text: str, milliseconds: int, *, words: bool) -> list[dict[str, Any]]:
    """Return a line for each sentence of the text, with the times of its words on request."""

    def times(begin: int, end: int) -> dict[str, float]:
        scale = milliseconds / len(text)
        return {"time_begin": round(begin * scale, 1), "time_end": round(end * scale, 1)}

    lines = []
    for match in SENTENCE.finditer(text):
        line: dict[str, Any] = {
            "text": match.group().strip(),
            **times(*match.span()),
            "text_begin": match.start(),
            "text_end": match.end(),
        }
        if words:
            line["timestamped_words"] = [
                {
                    "word": word.group(),
                    **times(*word.span()),
                    "word_begin": word.start(),
                    "word_end": word.end(),
                }
                for word in WORD.finditer(text, *match.span())
            ]
        lines.append(line)
    return lines
