"""Verification: whether the audit trail is complete and unchanged."""

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Self, cast

from voicestudio.models import AuditChain, AuditEntry
from voicestudio.words.audit import BROKEN

CHUNK: Final = 2_000


@dataclass(frozen=True)
class Head:
    """The number and the hash of a sealed entry that is known from elsewhere."""

    sequence: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The head written as NUMBER:HASH. Raises ValueError."""
        number, _colon, digest = text.strip().partition(":")
        if len(digest) != 64 or not digest.isalnum():
            raise ValueError("a head is NUMBER:HASH")
        return cls(int(number), digest)


class TrailBroken(Exception):  # noqa: N818 - an answer, not a mistake
    """The trail is not as it was sealed; `code` is a key of `words.audit.BROKEN`."""

    def __init__(self, code: str, *, found: int, expected: int = 0) -> None:
        super().__init__(str(BROKEN[code]) % {"found": found, "expected": expected})
        self.code = code


def verify_trail(known: Head | None = None) -> int:
    """Read every sealed entry and return their number. Raises `TrailBroken` at the first fault.

    `known` is a head from a log or a backup: with it, a trail whose end was cut off together with
    the head in the database is found, too.
    """
    chain = AuditChain.current()
    heads = [Head(chain.sequence, chain.hash), *([known] if known else [])]
    sealed = AuditEntry.objects.exclude(sequence=None).order_by("sequence")
    # At a fault too, because PostgreSQL's cursor would be closed in some later transaction.
    with closing(cast("Generator[AuditEntry]", sealed.iterator(CHUNK))) as entries:
        last = verify_entries(entries, heads)
    # Read again: the worker may have sealed meanwhile.
    if last > chain.sequence and last > (head := AuditChain.current().sequence):
        raise TrailBroken("beyond", expected=head, found=last)
    return last


def verify_entries(entries: Iterable[AuditEntry], heads: Iterable[Head]) -> int:
    """Read the sealed entries in the order of the chain and return their number.

    Raises `TrailBroken` at the first fault. What comes from the first entry without a seal on is
    not read.
    """
    known: dict[int, str] = {}
    for head in heads:
        if known.setdefault(head.sequence, head.hash) != head.hash:
            raise TrailBroken("other", found=head.sequence)
    last, previous = 0, ""
    for entry in entries:
        if entry.sequence is None:
            break
        if entry.sequence != last + 1:
            raise TrailBroken("gap", expected=last + 1, found=entry.sequence)
        if entry.compute_hash() != entry.hash:
            raise TrailBroken("changed", found=entry.sequence)
        if entry.previous_hash != previous:
            raise TrailBroken("unlinked", found=entry.sequence)
        if known.get(entry.sequence, entry.hash) != entry.hash:
            raise TrailBroken("other", found=entry.sequence)
        last, previous = entry.sequence, entry.hash
    if max(known) > last:
        raise TrailBroken("cut", expected=max(known), found=last)
    return last
