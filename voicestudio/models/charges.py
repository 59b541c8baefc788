"""Charges: one line for every call that costs money, and how much a month may cost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .attempts import CloneAttempt
from .money import MoneyField
from .speakers import Speaker
from .speeches import Speech
from .voices import Voice

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def month_of(moment: datetime) -> date:
    """The month by which a moment is counted: in UTC, as the provider's bill is."""
    return moment.astimezone(UTC).date().replace(day=1)


class ChargeKind(models.TextChoices):
    """What was paid for."""

    PREVIEW = "preview", _("Preview")
    CLONE = "clone", _("Voice, kept")
    SPEECH = "speech", _("Speech")


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Lines by who may see them and whether they count."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Everyone in the team sees every line; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def counted(self) -> Self:
        """Lines that stand: a withdrawn one was for a call that turned out never to have been."""
        return self.filter(withdrawn_at__isnull=True)

    def in_month(self, month: date) -> Self:
        """Lines of the month that holds this day."""
        return self.filter(month=month.replace(day=1))


class Charge(models.Model):
    """One line: units times unit price, by the price list of that day.

    `certain` is false as long as it is not known whether the call was done.
    """

    kind = models.CharField(max_length=8, choices=ChargeKind)
    units = models.PositiveIntegerField()
    unit_price = MoneyField()
    amount = MoneyField()
    currency = models.CharField(max_length=8)
    provider = models.CharField(max_length=255)
    attempt = models.ForeignKey(
        CloneAttempt, on_delete=models.PROTECT, related_name="charges", null=True, blank=True
    )
    speech = models.ForeignKey(
        Speech, on_delete=models.PROTECT, related_name="charges", null=True, blank=True
    )
    # The row of a voice that never came to be is deleted; its ID stays in the line.
    voice = models.ForeignKey(
        Voice, on_delete=models.SET_NULL, related_name="charges", null=True, blank=True
    )
    voice_name = models.CharField(max_length=256)
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="charges")
    model = models.CharField(max_length=60, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="charges"
    )
    at = models.DateTimeField(default=timezone.now)
    month = models.DateField(editable=False)
    certain = models.BooleanField(default=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=ChargeKind.values), name="charge_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="preview", attempt__isnull=False, speech__isnull=True)
                | Q(kind__in=("clone", "speech"), attempt__isnull=True, speech__isnull=False),
                name="charge_has_one_cause",
            ),
            models.UniqueConstraint(
                fields=("attempt", "kind"),
                condition=Q(attempt__isnull=False, withdrawn_at__isnull=True),
                name="charge_once_an_attempt",
            ),
            models.UniqueConstraint(
                fields=("speech", "kind"),
                condition=Q(speech__isnull=False, withdrawn_at__isnull=True),
                name="charge_once_a_speech",
            ),
            models.UniqueConstraint(
                fields=("voice",),
                condition=Q(kind="clone", withdrawn_at__isnull=True),
                name="charge_clone_once_a_voice",
            ),
        )
        indexes = (
            models.Index(fields=("month", "person", "speaker", "model"), name="charge_by_month"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Insert with its month."""
        self.month = month_of(self.at)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Allowance(models.Model):
    """More money for one month than the settings' limit, given by an administrator."""

    month = models.DateField(db_index=True)
    amount = MoneyField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=Decimal(0)), name="allowance_is_more"),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} +{self.amount}"
