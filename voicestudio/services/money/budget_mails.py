"""Emails about budgets: managers and administrators are told at 80 % and at 100 %."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils import translation

from voicestudio.models import BudgetMail, Project, Role, clock, language_of
from voicestudio.words.costs import email_about_budget

from .budgets import Budget, get_project_budgets

logger = logging.getLogger(__name__)

# How long the worker waits after a failure, and after a process that died while it sent.
RETRY_AFTER: Final = timedelta(minutes=10)


def send_due_mails(now: datetime | None = None) -> int:
    """Send the emails that are due; called by the worker every few seconds. Returns how many.

    One for each budget, month and threshold. Once 100 % are told, 80 % are told no more.
    """
    if not settings.MAIL_HOST:
        return 0
    now = now or clock.now()
    budgets = get_project_budgets(Project.objects.open().with_budget(), now=now)
    warning = [budget for budget in budgets if budget.warns]
    if not warning:
        return 0
    sent = BudgetMail.objects.filter(month=warning[0].month, sent_at__isnull=False)
    known = set(sent.values_list("project", "kind", "percent"))
    count = 0
    for budget in warning:
        assert budget.project is not None
        percent = 100 if budget.stops else 80
        told = {(budget.project.pk, str(budget.kind), each) for each in {percent, 100}}
        if not told & known:
            count += _send_once(budget, percent, now)
    return count


def _send_once(budget: Budget, percent: int, now: datetime) -> int:
    """Send one email unless another process does; 0 without people or if it failed."""
    assert budget.project is not None
    addresses = _list_addresses(budget.project)
    if not addresses:
        return 0
    # Committed before the email is sent: a mail server that hangs must not hold a transaction open.
    with transaction.atomic(durable=True):
        mail, _created = BudgetMail.objects.get_or_create(
            project=budget.project, kind=str(budget.kind), month=budget.month, percent=percent
        )
        row = BudgetMail.objects.filter(pk=mail.pk, sent_at=None)
        free = Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY_AFTER)
        if not row.filter(free).update(claimed_at=now):
            return 0
    for number, (language, readers) in enumerate(addresses.items()):
        try:
            _build_message(budget, readers, language).send()
        except OSError:
            logger.warning("An email about a budget could not be sent.", exc_info=True)
            if number == 0:
                return 0
            # Another try would send the others their email twice.
    row.update(sent_at=clock.now())
    return 1


def _list_addresses(project: Project) -> dict[str, list[str]]:
    """The addresses of the project's managers and of administrators, by language."""
    managers = project.memberships.filter(role=Role.MANAGER).values("person")
    people = get_user_model().objects.filter(Q(is_staff=True) | Q(pk__in=managers), is_active=True)
    addresses: dict[str, list[str]] = {}
    for person in people.exclude(email="").select_related("person").order_by("email"):
        readers = addresses.setdefault(language_of(person), [])
        if person.email not in readers:
            readers.append(person.email)
    return addresses


def _build_message(budget: Budget, addresses: list[str], language: str) -> EmailMessage:
    assert budget.project is not None
    assert budget.ceiling is not None
    with translation.override(language):
        subject, body = email_about_budget(
            str(budget.kind),
            project=budget.project.name,
            spent=budget.spent + budget.promised,
            ceiling=budget.ceiling,
            currency=settings.CURRENCY,
            stops=budget.stops,
        )
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, bcc=addresses)
