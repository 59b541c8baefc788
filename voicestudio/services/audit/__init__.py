"""Audit: the one way to say that something happened, its seal, and its verification."""

from .entries import describe, export_entries, record, record_call
from .known_settings import record_setting_changes
from .origins import Origin, acting_from, use_for_process
from .seal import seal_entries, seal_head
from .verification import Head, TrailBroken, verify_entries, verify_trail

__all__ = [
    "Head",
    "Origin",
    "TrailBroken",
    "acting_from",
    "describe",
    "export_entries",
    "record",
    "record_call",
    "record_setting_changes",
    "seal_entries",
    "seal_head",
    "use_for_process",
    "verify_entries",
    "verify_trail",
]
