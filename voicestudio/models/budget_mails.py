"""Emails about budgets: which ones a month has had."""

from typing import Final

from django.db import models
from django.db.models import Q

from .projects import Project

# From how many percent on people are told.
THRESHOLDS: Final = (80, 100)


class BudgetMail(models.Model):
    """The email that so much of a budget is used; at most one for each month and threshold.

    `claimed_at` is set while a process sends it, and stays when the mail server refused it.
    """

    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the unique constraint begins with it
    )
    # A code of `services.money.budgets.BudgetKind`.
    kind = models.CharField(max_length=16)
    month = models.DateField()
    percent = models.PositiveSmallIntegerField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("project", "kind", "month", "percent"), name="budget_mail_once"
            ),
            models.CheckConstraint(
                condition=Q(percent__in=THRESHOLDS), name="budget_mail_threshold_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.project_id} {self.kind} {self.month:%Y-%m} {self.percent} %"
