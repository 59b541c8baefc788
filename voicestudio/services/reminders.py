"""Reminders: at most one message a day about what expires within 48 hours."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio.models import Reminder, Voice
from voicestudio.models.voice_queryset import VoiceQuerySet

logger = logging.getLogger(__name__)

HOURS: Final = 48
# The hour of the day, in UTC, from which on the worker sends it by itself.
FROM_HOUR: Final = 7
MOST_NAMED: Final = 50
MOST_COUNTED: Final = 99


@dataclass(frozen=True)
class Soon:
    """How many voices expire soon (`more` than are counted?), and the next one."""

    count: int
    voice: Voice
    more: bool


def expiring() -> VoiceQuerySet:
    """Voices that MiniMax deletes within 48 hours unless somebody keeps them, the next one first.

    The same rows that the strip on the home page tells of.
    """
    return Voice.objects.expiring_within(HOURS).order_by("created_at", "id")


def soon() -> Soon | None:
    """What the strip on the home page tells of; None, after one short query, if nothing expires."""
    pks = list(expiring().values_list("pk", flat=True)[: MOST_COUNTED + 1])
    if not pks:
        return None
    first = Voice.objects.select_related("speaker").get(pk=pks[0])
    return Soon(min(len(pks), MOST_COUNTED), first, more=len(pks) > MOST_COUNTED)


def send_if_due(now: datetime | None = None) -> int:
    """What the worker calls at every heartbeat: once a day, in the morning."""
    now = now or timezone.now()
    if not settings.MAIL_HOST or now.astimezone(UTC).hour < FROM_HOUR:
        return 0
    if Reminder.objects.filter(day=now.astimezone(UTC).date()).exists():
        return 0
    try:
        return send(now)
    except OSError:
        logger.warning("The daily message could not be sent.", exc_info=True)
        return 0


def send(now: datetime | None = None) -> int:
    """Send today's message unless it has been sent; how many voices it names.

    0 without a mail server, without anything that expires and without anybody to tell. Raises
    OSError if the mail server does not take it; the next call tries again then.
    """
    now = now or timezone.now()
    if not settings.MAIL_HOST:
        return 0
    voices = list(expiring().select_related("speaker")[: MOST_NAMED + 1])
    people = get_user_model().objects.filter(is_active=True).exclude(email="")
    addresses = sorted(set(people.values_list("email", flat=True)))
    if not voices or not addresses:
        return 0
    try:
        with transaction.atomic():
            # The row is the promise that nobody else sends it; it goes if the sending fails.
            Reminder.objects.create(day=now.astimezone(UTC).date(), voices=len(voices))
            _message(voices, addresses).send()
    except IntegrityError:
        return 0
    return len(voices)


def _message(voices: list[Voice], addresses: list[str]) -> EmailMessage:
    with translation.override(settings.LANGUAGE_CODE):
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
            for voice in voices[:MOST_NAMED]
        ]
        if count > MOST_NAMED:
            lines.append(_("… and more"))
        body = "\n".join(
            [
                _("MiniMax deletes voices that have never spoken. These are the next:"),
                "",
                *lines,
                "",
                _("Open Voice Studio to keep them, or to let them go."),
            ]
        )
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, bcc=addresses)
