"""Retention: rules of how long things are kept, what is due, and its deletion."""

from .deletion import Run, apply_rules, delete_all, delete_listed
from .due import DuePage, DueThing, Summary, list_due, summarize
from .rules import change_rule, list_rules

__all__ = [
    "DuePage",
    "DueThing",
    "Run",
    "Summary",
    "apply_rules",
    "change_rule",
    "delete_all",
    "delete_listed",
    "list_due",
    "list_rules",
    "summarize",
]
