"""Origins: by which way and from where something is done now, and by whom if a page does it.

Set by the middleware for each request and by the worker for its process; otherwise it is a script.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from voicestudio.models import Way


def _no_person() -> None:
    return None


@dataclass(frozen=True)
class Origin:
    """The way, the address and the program.

    `find_person` returns the signed-in user, if any, and `find_looker` the administrator who looks
    at the pages of that person.
    """

    way: Way = Way.SCRIPT
    address: str = ""
    user_agent: str = ""
    find_person: Callable[[], Any] = _no_person
    find_looker: Callable[[], Any] = _no_person


_of_process = Origin()
_of_request: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current_origin() -> Origin:
    """The origin of what is done now."""
    return _of_request.get() or _of_process


def current_person() -> Any:
    """The signed-in user of the request; None for others."""
    person = current_origin().find_person()
    return person if person is not None and person.is_authenticated else None


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """What is done in the block comes from `origin`."""
    token = _of_request.set(origin)
    try:
        yield
    finally:
        _of_request.reset(token)


def use_for_process(way: Way) -> None:
    """Say once what all threads of this process are: the worker, for example."""
    global _of_process
    _of_process = Origin(way)
