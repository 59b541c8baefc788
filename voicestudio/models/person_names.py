"""Names of people, as every page shows them: the name that they chose, else the username.

The audit trail and files for scripts keep usernames, which are unique and never blank.
"""

from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

if TYPE_CHECKING:
    from django.contrib.auth.models import User


_COLUMNS: Final = {f"person_{name}": name for name in ("first_name", "last_name", "username")}


def display_name(user: "User") -> str:
    """The name of a person for others to read."""
    return user.get_full_name() or user.get_username()


def name_columns(prefix: str) -> dict[str, F]:
    """What `read_name` needs of a user, for `annotate`.

    Rows of lists read these, since Django takes longer to write the expression below.
    """
    return {name: F(f"{prefix}{column}") for name, column in _COLUMNS.items()}


def read_name(row: Any) -> str:
    """The name of the person of a row that was read with `name_columns`; "" without a person."""
    first_name, last_name, username = (str(getattr(row, name) or "") for name in _COLUMNS)
    return f"{first_name} {last_name}".strip() or username


def display_name_column(prefix: str = "") -> Combinable:
    """The same in a query; `prefix` leads to the user, as `created_by__`."""
    full_name = Concat(F(f"{prefix}first_name"), Value(" "), F(f"{prefix}last_name"))
    return Coalesce(NullIf(Trim(full_name), Value("")), F(f"{prefix}username"))
