"""Sign-ins: the passwords that were checked, by account and network, for the sign-in limits."""

from django.db import models

from voicestudio.models import clock


class SignIn(models.Model):
    """A password that was checked: right, or wrong (`failed`)."""

    # The username of the account, or what was typed if there is none.
    account = models.CharField(max_length=150)
    network = models.GenericIPAddressField()
    at = models.DateTimeField(default=clock.now)
    failed = models.BooleanField()

    class Meta:
        indexes = (
            models.Index(fields=["at"], name="sign_in_at"),
            models.Index(fields=["account", "at"], name="sign_in_account"),
            models.Index(fields=["network", "at"], name="sign_in_network"),
        )

    def __str__(self) -> str:
        return f"{self.account} from {self.network}"
