"""Template tags of the rows of the three lists: history, voices and recordings."""

from typing import Any, NamedTuple

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from voicestudio import words
from voicestudio.models import (
    Action,
    AttemptState,
    AudioFile,
    CloneAttempt,
    ListKind,
    Purpose,
    Voice,
    VoiceState,
)
from voicestudio.services import clones
from voicestudio.words import Message
from voicestudio.words.attempts import PAGE_LINKS
from voicestudio.words.costs import RAISE_LIMIT
from voicestudio.words.recordings import describe_derived

from .attempt import Link, form_link, is_changing, poll_interval
from .money import CENT
from .players import preview_player, recording_player
from .progress import stages, waiting
from .projects import row_project
from .recording_checks import (
    MOST_FINDINGS,
    audio_length,
    badge,
    check_progress,
    first_finding_title,
    origin,
)
from .row_cache import placeholder, render_row, row_url
from .studio import for_reader, may, price, sees_projects, when
from .voice import attempt_of, time_left

register = template.Library()

NOTES_LENGTH = 160


class LinkPlaceholder(NamedTuple):
    """The placeholders of a link in a list that belongs to the shape of a row."""

    url: SafeString
    name: SafeString


@register.simple_tag(takes_context=True)
def attempt_row(context: Context, attempt: CloneAttempt) -> SafeString:
    """`attempts/_row.html` for one attempt that was read by `for_rows`."""
    state, polls = attempt.state, is_changing(attempt)
    message = clones.message_for(attempt)
    if state is AttemptState.WAITING or attempt.audio:
        message = None
    has_no_audio = attempt.is_ready and not attempt.audio and not attempt.audio_is_under_way
    tone, link = state.value, None
    if has_no_audio and attempt.audio_problem:
        message, tone = words.message_for_audio_trouble(attempt.audio_problem), "warn"
    message = for_reader(message, context["request"].user)
    if message and tone != "warn" and may(context, Action.CLONE, attempt):
        link = attempt_link(attempt, message)
    has_project, project = row_project(context, attempt)
    shape = {
        "has_project": has_project,
        "state": state,
        "polls": polls,
        "message": message,
        "tone": tone,
        "link_label": link.label if link else "",
        "has_no_audio": has_no_audio,
        "has_parent": hasattr(attempt, "changed"),  # not with one of another project
        "has_voice": attempt.cloned_voice_id is not None,
    }
    texts = {
        **project,
        "pk": str(attempt.pk),
        "speaker": attempt.speaker_name,
        "voice_url": row_url("voice", attempt.cloned_voice_id) if attempt.cloned_voice_id else "",
        "voice_id": attempt.voice_id,
        "url": row_url("attempt", attempt.pk),
        "link_url": link.url if link else "",
        "progress": "" if message or has_no_audio else _player_or_progress(attempt),
        "parent": str(attempt.parent_id or ""),
        "changed": str(getattr(attempt, "changed", "")),
        "person": attempt.person,
        "when": when(attempt.created_at),
        "poll_url": row_url("attempt_row", attempt.pk) if polls else "",
        "poll_interval": str(poll_interval(attempt)) if polls else "",
    }
    return render_row("attempts/_row.html", "row", shape, texts)


def attempt_link(attempt: CloneAttempt, message: Message) -> Link | None:
    """The link to the next step: the limit, the attempt's page or the clone form."""
    if message.offers_limit:
        return Link(f"{reverse('costs')}#allow", RAISE_LIMIT)
    if attempt.state in PAGE_LINKS:
        return Link(row_url("attempt", attempt.pk), PAGE_LINKS[attempt.state])
    return form_link(attempt)


def _player_or_progress(attempt: CloneAttempt) -> SafeString:
    """The preview, the stages of a running attempt, or why it waits."""
    if attempt.audio:
        return preview_player(attempt)
    return waiting(attempt) if attempt.state is AttemptState.WAITING else stages(attempt)


@register.simple_tag(takes_context=True)
def voice_row(context: Context, voice: Voice) -> SafeString:
    """`voices/_row.html` for one voice; the view has set `cost` and `tag_names`."""
    attempt: Any = attempt_of(voice)
    tags: list[str] = voice.tag_names  # type: ignore[attr-defined]
    tag_names = [f"tag_{number}" for number in range(len(tags))]
    has_audio = bool(attempt and attempt.audio)
    has_project, project = row_project(context, voice)
    shape = {
        "has_project": has_project,
        "state": voice.state,
        "has_audio": has_audio,
        "preview_lost": voice.preview_lost,
        "has_notes": bool(voice.notes),
        "is_used": voice.last_used_at is not None,
        # Less than a cent helps no decision; the page of the voice shows it.
        "has_cost": (voice.cost or 0) >= CENT,  # type: ignore[attr-defined]
        "tags": tuple(placeholder(name) for name in tag_names),
    }
    texts = {
        **project,
        "pk": str(voice.pk),
        "person": voice.person,
        "speaker": voice.speaker.name,
        "voice_id": voice.voice_id,
        "copy_source": f"voice-id-{voice.pk}",
        "url": row_url("voice", voice.pk),
        "player": preview_player(attempt) if has_audio else "",
        "notes": _shorten(voice.notes),
        "term": voice_term(voice),
        "used_at": when(voice.last_used_at),
        "cost": price(voice.cost),  # type: ignore[attr-defined]
        **dict(zip(tag_names, tags, strict=True)),
    }
    return render_row("voices/_row.html", "row", shape, texts)


def _shorten(notes: str) -> str:
    """The notes as a list shows them; only long ones are cut, letter by letter."""
    return notes if len(notes) <= NOTES_LENGTH else Truncator(notes).chars(NOTES_LENGTH)


@register.simple_tag
def voice_term(voice: Voice, *, short: bool = False) -> SafeString:
    """`voices/_term.html`: how long a voice stays; `short` says the moment, not the time left.

    Else dates are days: in a row they would take the room of the voice ID.
    """
    state = voice.state
    match state:
        case VoiceState.TEMPORARY | VoiceState.EXPIRED:
            moment = voice.expires_at
        case VoiceState.KEPT:
            moment = voice.kept_at
        case VoiceState.DELETED:
            moment = voice.deleted_at or voice.missing_at
        case _:
            moment = voice.created_at
    texts = {
        "moment": when(moment, "moment" if short else "day"),
        "left": time_left(voice.time_left),
    }
    return render_row("voices/_term.html", "term", {"state": state, "short": short}, texts)


@register.simple_tag(takes_context=True)
def recording_row(context: Context, recording: AudioFile) -> SafeString:
    """`recordings/_row.html` for one recording that `attach_uses` has prepared."""
    # Of a usual recording the player shows the length, to the second.
    is_clip = recording.purpose == Purpose.PROMPT
    facts = [
        str(Purpose.PROMPT.label) if is_clip else "",
        audio_length(recording) if is_clip or not recording.has_file else "",
        words.file_size(recording.bytes),
    ]
    parent = recording.parent
    grandparent = parent.parent if parent else None
    # Each speaker once, with the newest attempt.
    attempts: list[Any] = recording.uses  # type: ignore[attr-defined]
    by_speaker = {attempt.speaker_name: attempt for attempt in reversed(attempts)}
    uses = [*reversed(by_speaker.values())]
    derived: int = recording.made  # type: ignore[attr-defined]
    has_project, project = row_project(context, recording)
    shape = {
        "has_project": has_project,
        "badge": badge(recording),
        "has_file": recording.has_file,
        "has_parent": parent is not None,
        "has_grandparent": grandparent is not None,
        "has_older_origin": bool(grandparent and grandparent.parent_id),
        "has_derived": bool(derived),
        "uses": tuple(
            LinkPlaceholder(placeholder(f"use_url_{number}"), placeholder(f"use_{number}"))
            for number in range(len(uses))
        ),
        "used_more": recording.used_more and len(uses) > 1,  # type: ignore[attr-defined]
    }
    texts = {
        **project,
        "pk": str(recording.pk),
        "name": recording.name,
        "url": row_url("recording", recording.pk),
        "facts": " · ".join(filter(None, facts)),
        "parent": parent.name if parent else "",
        "parent_url": row_url("recording", parent.pk) if parent else "",
        "grandparent": grandparent.name if grandparent else "",
        "grandparent_url": row_url("recording", grandparent.pk) if grandparent else "",
        "origin": origin(recording) if parent else "",
        "derived": describe_derived(derived) if derived else "",
        "file_id": str(recording.newest_file_id or ""),  # type: ignore[attr-defined]
        "player": recording_player(recording) if recording.has_file else "",
        "check": check_row(recording) if recording.has_file else "",
        "person": recording.person,
        "when": when(recording.created_at),
    }
    for number, attempt in enumerate(uses):
        texts[f"use_url_{number}"] = row_url("attempt", attempt.pk)
        texts[f"use_{number}"] = attempt.speaker_name
    return render_row("recordings/_row.html", "row", shape, texts)


@register.simple_tag(takes_context=True)
def selection_bar(context: Context, kind: str) -> SafeString:
    """`_selection.html`: what can be done with the selected rows of the list `kind`."""
    has_voices = kind != ListKind.RECORDINGS
    shape = {
        "kind": kind,
        "may_note": has_voices and may(context, Action.NOTE),
        "may_download": may(context, Action.DOWNLOAD),
        "may_move": may(context, Action.MOVE_SPEAKERS) and sees_projects(context),
        "may_delete": not has_voices and may(context, Action.DELETE),
    }
    texts = {"query": context["request"].GET.urlencode(), "csrf_token": str(context["csrf_token"])}
    return render_row("_selection.html", "bar", shape, texts)


@register.simple_tag
def check_row(recording: AudioFile, *, live: bool = False) -> SafeString:
    """`recordings/_check_row.html`: a check in one line; `live` if it replaces an earlier one."""
    progress = check_progress(recording)
    shape = {
        "verdict": recording.verdict,
        "badge": badge(recording),
        "polls": recording.is_being_checked,
        "reserve_space": live or recording.is_being_checked,
        "has_progress": bool(progress),
        "needs_cutting": recording.needs_cutting,
        "finding": first_finding_title(recording),
        "more": max(0, min(len(recording.findings), MOST_FINDINGS) - 1),
    }
    texts = {
        "pk": str(recording.pk),
        "name": recording.name,
        "url": row_url("recording", recording.pk),
        "cut_url": row_url("cut_recording", recording.pk),
        "poll_url": row_url("verdict", recording.pk),
        "checked_ms": str(recording.checked_ms or 0),
        "progress": progress,
    }
    return render_row("recordings/_check_row.html", "row", shape, texts)
