"""Practice, rehearsal: outcomes that a user chooses, to see every state of a clone."""

import re
import threading

from voicestudio.practice.faults import Fault, Refusal
from voicestudio.practice.rules import invalid_params
from voicestudio.practice.store import Call

OUTCOMES = (
    "ready",
    "flagged",
    "refused",
    "slow_down",
    "out_of_credit",
    "wrong_key",
    "lost_answer",
    "slow",
)
CODES = {"refused": 1026, "out_of_credit": 1008, "wrong_key": 2049}
SLOW_DOWN = 1002


class Rehearsal:
    """Reads the header `Rehearse` of clone calls: the name of an outcome or a status code.

    `slow_down` and `lost_answer` apply once to a voice ID: its next call succeeds, so that the
    retry and the reconciliation can be rehearsed too.
    """

    def __init__(self) -> None:
        self.slow_seconds = 8.0
        self._applied: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @staticmethod
    def outcome(call: Call) -> str:
        """Return the outcome that a call asks for."""
        return str(call.headers.get("Rehearse", "ready")).strip()

    def fault(self, call: Call) -> Fault | None:
        """Return the failure of the connection, if any."""
        outcome = self.outcome(call)
        if outcome == "slow":
            return Fault(delay=self.slow_seconds)
        if outcome == "lost_answer" and self._first_time(outcome, call):
            return Fault(after="work", action="drop")
        return None

    def refusal(self, call: Call) -> Refusal | None:
        """Return the error answer to a valid call; raises Refusal for an unknown outcome."""
        outcome = self.outcome(call)
        if re.fullmatch(r"\d{4,5}", outcome):
            return Refusal(int(outcome))
        if outcome not in OUTCOMES:
            raise invalid_params(f"Rehearse must be one of {', '.join(OUTCOMES)}")
        if outcome == "slow_down":
            return Refusal(SLOW_DOWN) if self._first_time(outcome, call) else None
        return Refusal(CODES[outcome]) if outcome in CODES else None

    def _first_time(self, outcome: str, call: Call) -> bool:
        voice_id = call.json.get("voice_id") if isinstance(call.json, dict) else None
        with self._lock:
            if (outcome, str(voice_id)) in self._applied:
                return False
            self._applied.add((outcome, str(voice_id)))
            return True
