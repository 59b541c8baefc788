"""Reminders: at most one email a day about voices that expire within 48 hours."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio.models import Action, Project, Reminder, Voice, access_of, clock, language_of
from voicestudio.models.voice_queryset import VoiceQuerySet
from voicestudio.models.voice_states import UNUSED_LIFETIME

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

HOURS: Final = 48
# The hour of the day in UTC from which the worker sends the email.
FROM_HOUR: Final = 7
# How long the worker waits after a failure, and after a process that died while it sent.
RETRY_AFTER: Final = timedelta(minutes=10)
MAX_NAMED: Final = 50
MAX_COUNTED: Final = 99


@dataclass(frozen=True)
class ExpiringSoon:
    """The number of voices that expire soon (`more` if there are others), and the next one."""

    count: int
    next_speaker: str
    time_left: timedelta
    more: bool


def expiring_voices(person: "User | AnonymousUser") -> VoiceQuerySet:
    """Voices that MiniMax deletes within 48 hours unless they are kept, the next one first.

    Only those for which this person can do something: keep them, or dismiss the reminder.
    """
    found = choose_expiring(Voice.objects.all())
    projects = access_of(person).projects(Action.NOTE)
    return found if projects is None else found.filter(project__in=projects)


def count_expiring(person: "User | AnonymousUser") -> ExpiringSoon | None:
    """The summary on the clone form, of the project in use.

    None if no voice expires soon. One short query.
    """
    in_use = choose_expiring(Voice.objects.in_use_by(person))
    found = list(in_use.values_list("created_at", "speaker__name")[: MAX_COUNTED + 1])
    if not found:
        return None
    created_at, speaker = found[0]
    return ExpiringSoon(
        min(len(found), MAX_COUNTED),
        speaker,
        created_at + UNUSED_LIFETIME - clock.now(),
        more=len(found) > MAX_COUNTED,
    )


def choose_expiring(voices: VoiceQuerySet) -> VoiceQuerySet:
    """Those of these voices that a reminder names: none that can't be kept now."""
    can_be_kept = voices.filter(project__in=Project.objects.open())
    return can_be_kept.expiring_within(HOURS).order_by("created_at", "id")


def send_if_due(now: datetime | None = None) -> int:
    """Send the email once a day, in the morning; called by the worker every few seconds."""
    now = now or clock.now()
    today = now.astimezone(UTC)
    if not settings.MAIL_HOST or today.hour < FROM_HOUR:
        return 0
    settled = Q(sent_at__isnull=False) | Q(failed_at__gt=now - RETRY_AFTER)
    if Reminder.objects.filter(settled, day=today.date()).exists():
        return 0
    try:
        return send(now)
    except OSError:
        logger.warning("The daily reminder could not be sent.", exc_info=True)
        return 0


def send(now: datetime | None = None) -> int:
    """Send today's emails unless they have been sent; return how many voices they name.

    People who see the same voices and read the same language get one email together. 0 without a
    mail server, expiring voices or people with an address. Raises OSError if the mail server
    refuses the first email; another call may then try again.
    """
    now = now or clock.now()
    if not settings.MAIL_HOST:
        return 0
    letters = _address_voices()
    if not letters:
        return 0
    today = _claim_day(now)
    if today is None:
        return 0
    for number, ((language, voices), addresses) in enumerate(letters.items()):
        try:
            _build_message(list(voices), sorted(addresses), language).send()
        except OSError:
            if number == 0:
                today.update(claimed_at=None, failed_at=now)
                raise
            # Another try would send the others their email twice.
            logger.warning("A daily reminder could not be sent.", exc_info=True)
    count = len({voice.pk for _language, voices in letters for voice in voices})
    today.update(sent_at=clock.now(), voices=count)
    return count


def _address_voices() -> dict[tuple[str, tuple[Voice, ...]], set[str]]:
    """Which voices are named in which language to which addresses; nothing if none expires soon."""
    letters: dict[tuple[str, tuple[Voice, ...]], set[str]] = {}
    if not choose_expiring(Voice.objects.all()).exists():
        return letters
    people = get_user_model().objects.filter(is_active=True).exclude(email="")
    people = people.select_related("person")
    for person in people.exclude(person__wants_reminders=False):
        voices = expiring_voices(person).select_related("speaker")[: MAX_NAMED + 1]
        if named := tuple(voices):
            letters.setdefault((language_of(person), named), set()).add(person.email)
    return letters


def _claim_day(now: datetime) -> "QuerySet[Reminder] | None":
    """The row of today, for this process; None if the emails were sent or another one sends them.

    Committed before an email is sent: a mail server that hangs must not hold a transaction open.
    """
    with transaction.atomic(durable=True):
        reminder, _created = Reminder.objects.get_or_create(day=now.astimezone(UTC).date())
        today = Reminder.objects.filter(pk=reminder.pk, sent_at=None)
        free = Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY_AFTER)
        return today if today.filter(free).update(claimed_at=now) else None


def _build_message(voices: list[Voice], addresses: list[str], language: str) -> EmailMessage:
    with translation.override(language):
        count = len(voices)
        subject = ngettext(
            "{count} voice expires within 48 hours", "{count} voices expire within 48 hours", count
        ).format(count=count)
        lines = [
            _("{speaker}: {voice_id}, until {moment} UTC").format(
                speaker=voice.speaker.name,
                voice_id=voice.voice_id,
                moment=f"{voice.expires_at:%Y-%m-%d %H:%M}",
            )
            for voice in voices[:MAX_NAMED]
        ]
        if count > MAX_NAMED:
            lines.append(_("… and more"))
        body = "\n".join(
            [
                _("MiniMax deletes voices that have never been used. These are the next:"),
                "",
                *lines,
                "",
                _("Open Voice Studio to keep them, or to dismiss the reminders."),
            ]
        )
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, bcc=addresses)
