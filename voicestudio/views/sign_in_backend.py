"""Sign-in backend: checks a password unless the limits refuse it, by username or mail address."""

from typing import Any, Final

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest

from voicestudio.models import Person, Studio, is_example
from voicestudio.models.compiled_query import CompiledQuery
from voicestudio.services import sign_in_limits
from voicestudio.services.audit.sign_ins import record_locked

from .client_address import get_client_network


class SignInBackend(ModelBackend):
    """The only backend, so that every password is counted; it knows active people only.

    Nor does it know the example team: an administrator looks at the studio as one (`looks`).
    """

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, with the row that says whether it is an example.

        `studio_is_held` is read with it, because every page says so.
        """
        rows = _ROWS_OF_USERS.rows([user_id])
        user = _make_user(*rows[0]) if rows else None
        return user if self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Whether a password or a session of this user counts."""
        return user is not None and super().user_can_authenticate(user) and not is_example(user)

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """The person, or None; raises PermissionDenied if the password isn't checked now."""
        if request is None or not username or password is None:
            return None
        account = sign_in_limits.find_account(username)
        network = get_client_network(request)
        if sign_in_limits.is_refused(account, network):
            request.password_was_checked = False  # type: ignore[attr-defined]
            record_locked(account)
            raise PermissionDenied
        user = super().authenticate(request, account, password, **credentials)
        sign_in_limits.record(account, network, failed=user is None)
        assert user is None or isinstance(user, User)
        return user


# Written once: Django takes several times as long to write it as the database to answer it, and
# nearly every request needs it.
_USER_COLUMNS: Final = [field.attname for field in User._meta.concrete_fields]
_PERSON_COLUMNS: Final = [field.attname for field in Person._meta.concrete_fields]
_ROWS_OF_USERS: Final = CompiledQuery(
    lambda ids: (
        User.objects.filter(pk__in=ids)
        .annotate(studio_is_held=Studio.is_held())
        .values_list(
            "studio_is_held", *_USER_COLUMNS, *(f"person__{name}" for name in _PERSON_COLUMNS)
        )
    )
)


def _make_user(is_held: bool, *values: Any) -> User:
    """The user of such a row with the person, who is None if the user has never had one."""
    count = len(_USER_COLUMNS)
    user = User.from_db(DEFAULT_DB_ALIAS, _USER_COLUMNS, values[:count])
    user.studio_is_held = is_held  # type: ignore[attr-defined]
    if values[count] is None:
        User._meta.get_field("person").set_cached_value(user, None)
    else:
        Person.from_db(DEFAULT_DB_ALIAS, _PERSON_COLUMNS, values[count:]).user = user
    return user
