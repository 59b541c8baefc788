"""Names of people, as every page shows them: the name that they chose, else the username.

The audit trail and files for scripts keep usernames, which are unique and never blank.
"""

from typing import TYPE_CHECKING

from django.db.models import F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def display_name(user: "User") -> str:
    """The name of a person for others to read."""
    return user.get_full_name() or user.get_username()


def display_name_column(prefix: str = "") -> Combinable:
    """The same in a query; `prefix` leads to the user, as `created_by__`."""
    full_name = Concat(F(f"{prefix}first_name"), Value(" "), F(f"{prefix}last_name"))
    return Coalesce(NullIf(Trim(full_name), Value("")), F(f"{prefix}username"))
