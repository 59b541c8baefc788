"""Mail addresses: which ones are the same, and whose they are."""

import unicodedata
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def fold_address(address: str) -> str:
    """The address as it is compared: in one case and one spelling of its letters."""
    return unicodedata.normalize("NFKC", address).casefold()


def select_address(users: "QuerySet[User]", address: str) -> "list[User]":
    """Those of these users who have this address, in any case of its letters.

    Databases disagree about case: PostgreSQL takes a dotless i for an I, and SQLite knows ASCII
    only. So they only look for candidates.
    """
    folded = fold_address(address)
    if not folded or "\0" in folded:  # which PostgreSQL refuses to look for
        return []
    candidates = users.filter(Q(email__iexact=address) | Q(email__iexact=folded)).order_by("pk")
    return [user for user in candidates if fold_address(user.email) == folded]
