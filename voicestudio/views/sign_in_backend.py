"""Sign-in backend: checks a password unless the limits refuse it, by username or mail address."""

from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from voicestudio.models import Studio, is_example
from voicestudio.services import sign_in_limits
from voicestudio.services.audit.sign_ins import record_locked

from .client_address import get_client_network

if TYPE_CHECKING:
    from django.db.models import QuerySet


class SignInBackend(ModelBackend):
    """The only backend, so that every password is counted; it knows active people only.

    Nor does it know the example team: an administrator looks at the studio as one (`looks`).
    """

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, with the row that says whether it is an example.

        `studio_is_held` is read with it, because every page says so.
        """
        user = _users().filter(pk=user_id).first()
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


@cache
def _users() -> "QuerySet[User]":
    """All users; put together once, since every page needs one."""
    return User.objects.select_related("person").annotate(studio_is_held=Studio.is_held())
