"""Timed signer: signs a value with the time of all machines, for cookies and links that end."""

from datetime import timedelta

from django.core.signing import SignatureExpired, TimestampSigner, b62_decode, b62_encode

from voicestudio.models import clock


class SharedClockSigner(TimestampSigner):
    """Django's signer, by the shared clock; each reads what the other one has signed."""

    def timestamp(self) -> str:
        """The time of the signature."""
        return b62_encode(int(clock.now().timestamp()))

    def unsign(self, value: str, max_age: timedelta | int | None = None) -> str:
        """The value; raises BadSignature, and SignatureExpired if it is older than `max_age`."""
        signed: str = super().unsign(value)
        if max_age is not None:
            longest = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
            made = b62_decode(value.rsplit(self.sep, 2)[1])
            if clock.now().timestamp() - made > longest:
                raise SignatureExpired(f"older than {longest} s")
        return signed
