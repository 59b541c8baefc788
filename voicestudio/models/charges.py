"""Charges: one row for each paid call, and allowances on top of the monthly limit."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .attempts import CloneAttempt
from .money import MoneyField
from .permissions import Action
from .projects import Project
from .speakers import Speaker
from .speeches import Speech
from .team_queryset import TeamQuerySet
from .voices import Voice


def month_of(moment: datetime) -> date:
    """The first day of the month in UTC, by which the provider bills."""
    return moment.astimezone(UTC).date().replace(day=1)


class ChargeKind(models.TextChoices):
    """What a charge is for."""

    PREVIEW = "preview", _("Preview")
    CLONE = "clone", _("Voice, kept")
    SPEECH = "speech", _("Speech")


class ChargeQuerySet(TeamQuerySet["Charge"]):
    """Charges by month, and whether they count."""

    SEEN_WITH: ClassVar[Action] = Action.SEE_COSTS

    def counted(self) -> Self:
        """Charges that count; a withdrawn one was for a call that was never carried out."""
        return self.filter(withdrawn_at__isnull=True)

    def in_month(self, month: date) -> Self:
        """Charges of the month of this day."""
        return self.filter(month=month.replace(day=1))


class Charge(models.Model):
    """Units times unit price, by the price list of that day.

    `certain` is false while it is unknown whether the call was carried out.
    """

    # The project that pays; the voice may be moved to another one later.
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # an index by month begins with it
    )
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
    # The row of a voice that was not made is deleted; its voice ID stays in the charge.
    voice = models.ForeignKey(
        Voice, on_delete=models.SET_NULL, related_name="charges", null=True, blank=True
    )
    voice_name = models.CharField(max_length=256)
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="charges")
    model = models.CharField(max_length=60, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="charges"
    )
    at = models.DateTimeField(default=clock.now)
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
                condition=Q(
                    kind__in=("preview", "clone"), attempt__isnull=False, speech__isnull=True
                )
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
            models.Index(
                fields=("project", "month", "person", "speaker", "model"), name="charge_by_project"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Insert with its month."""
        self.month = month_of(self.at)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Allowance(models.Model):
    """An amount on top of one month's limit, allowed by an administrator."""

    month = models.DateField(db_index=True)
    amount = MoneyField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(amount__gt=Decimal(0)), name="allowance_is_positive"
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} +{self.amount}"
