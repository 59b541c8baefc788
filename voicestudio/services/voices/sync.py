"""Sync: compare the voices at MiniMax with ours, and import those that only MiniMax has."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from voicestudio.minimax import ListedVoice, MiniMaxError, Reason, Refused
from voicestudio.models import Action, Project, Source, Verb, Voice, VoiceState, clock
from voicestudio.models.voice_states import STATE_FIELDS
from voicestudio.services.audit import record
from voicestudio.services.paid_calls import call_log, provider
from voicestudio.services.permissions import require
from voicestudio.words import Message

from . import bookkeeping
from .speakers import choose_speaker

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEVER_USED: Final = "never_used"
MISSING: Final = "missing"


@dataclass(frozen=True)
class Comparison:
    """Three lists; empty, and `can_list` false, if this gateway offers no list.

    Of our voices only the primary keys, the newest first, because there may be very many.
    `only_here` groups them by the reason why MiniMax does not list them: never_used (the list hides
    those), expired, unknown, deleted, or missing (it was used, so it should be listed).
    """

    both: list[int] = field(default_factory=list)
    only_there: list[ListedVoice] = field(default_factory=list)
    only_here: dict[str, list[int]] = field(default_factory=dict)
    can_list: bool = True


class ListUnavailable(Exception):  # noqa: N818 - an answer, not a mistake
    """MiniMax did not return its list of voices; `message` is the reason for people."""

    def __init__(self, message: Message) -> None:
        super().__init__("no list of voices")
        self.message = message


class VoiceNotListed(Exception):  # noqa: N818 - an answer, not a mistake
    """MiniMax does not list this voice, or we have it already."""


def compare_voices(*, by: "User") -> Comparison:
    """Compare the list of MiniMax with our voices. Raises `ListUnavailable`."""
    require(by, Action.COMPARE)
    bookkeeping.settle_lapsed()
    try:
        listed = provider.quick_client().list_voices("voice_cloning").voices
    except Refused as error:
        if error.reason is Reason.UNSUPPORTED:
            return Comparison(can_list=False)
        raise ListUnavailable(call_log.message_for_free_call(error)) from error
    except MiniMaxError as error:
        raise ListUnavailable(call_log.message_for_free_call(error)) from error
    there = {voice.voice_id: voice for voice in listed if voice.group == "voice_cloning"}
    ours = Voice.objects.filter(provider=settings.MINIMAX_PROVIDER).only(*STATE_FIELDS)
    both, only_here, living = list[int](), defaultdict[str, list[int]](list), set[str]()
    for voice in ours.order_by("-pk").iterator():
        listed_there = voice.voice_id in there
        if voice.deleted_at is None and listed_there:
            living.add(voice.voice_id)
            both.append(voice.pk)
        elif not listed_there:
            only_here[_reason(voice)].append(voice.pk)
    only_there = [voice for voice_id, voice in there.items() if voice_id not in living]
    return Comparison(both, only_there, dict(only_here))


def import_voice(
    voice_id: str,
    *,
    name: str,
    project: Project,
    by: "User",
    speaker_id: int | None = None,
    is_new: bool = False,
) -> Voice:
    """Add a voice that only MiniMax has, with its speaker; MiniMax lists kept ones only.

    The speaker is chosen as by `choose_speaker`, which raises `SpeakerUnclear` or `SpeakerGone`. A
    new one belongs to `project`, and the voice to the project of its speaker.
    Raises `VoiceNotListed`, `ListUnavailable`, or ValueError without a name.
    """
    require(by, Action.IMPORT)
    if not name.split():
        raise ValueError("an imported voice needs the name of its speaker")
    if voice_id not in {voice.voice_id for voice in compare_voices(by=by).only_there}:
        raise VoiceNotListed
    now = clock.now()
    try:
        with transaction.atomic():
            speaker = choose_speaker(
                name, project=project, speaker_id=speaker_id, is_new=is_new, by=by
            )
            voice = Voice.objects.create(
                project_id=speaker.project_id,
                voice_id=voice_id,
                provider=settings.MINIMAX_PROVIDER,
                speaker=speaker,
                source=Source.IMPORTED,
                created_at=now,
                kept_at=now,
                search_text=bookkeeping.voice_search_text(voice_id, speaker.name),
            )
            record(Verb.VOICE_IMPORTED, by=by, on=voice, at=now)
    except IntegrityError as error:
        # Another request has just imported it.
        raise VoiceNotListed from error
    return voice


def _reason(voice: Voice) -> str:
    match voice.state:
        case VoiceState.TEMPORARY:
            return NEVER_USED
        case VoiceState.EXPIRED | VoiceState.DELETED | VoiceState.UNKNOWN:
            return str(voice.state)
    return MISSING
