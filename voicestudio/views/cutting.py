"""Cutting: the page on which a part of a recording becomes a recording of its own."""

import json
from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from voicestudio import words
from voicestudio.audio import AudioProblem, rules, waveform_path
from voicestudio.forms.cutting import (
    SECONDS,
    CutForm,
    all_length_bands,
    describe_length,
    format_length,
    format_time,
    parse_time,
)
from voicestudio.forms.ids import parse_id
from voicestudio.models import Action, AudioFile, Purpose
from voicestudio.services import recordings as service

from . import drafts
from .current_user import current_user
from .draft_redirects import go_to
from .htmx import HtmxRequest
from .permitted import find_row

CORRECT_FIRST: Final = _lazy("Correct the times first.")
WIDTH: Final = 880  # of the waveform, in pixels, as HEIGHT
HEIGHT: Final = 96
TICKS: Final = 5
# What is selected at first: so much from the start, but a whole recording if it is short enough.
FIRST_MS: Final = {Purpose.SAMPLE: 120_000, Purpose.PROMPT: 6_000}
FITS_WHOLE_MS: Final = rules.SPANS[Purpose.SAMPLE].longest
FORM_FIELDS: Final = {Purpose.SAMPLE: "recording", Purpose.PROMPT: "prompt_clip"}
SUGGESTIONS: Final = ("best", "prompt")


class Window(NamedTuple):
    """A part of a recording, in ms."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """Its length."""
        return self.end_ms - self.start_ms

    @property
    def start_s(self) -> str:
        """Its start in seconds, as the value of a slider."""
        return f"{self.start_ms / 1000:.1f}"

    @property
    def end_s(self) -> str:
        """Its end in seconds, as the value of a slider."""
        return f"{self.end_ms / 1000:.1f}"


# Views --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def cut(request: HtmxRequest, pk: int) -> HttpResponse:
    """The page; a posted part becomes a new recording, a child of this one."""
    recording = find_row(request, AudioFile.objects, pk, Action.UPLOAD)
    if request.method != "POST":
        initial = _initial_values(request, recording)
        initial |= drafts.pop_answers(request, "cut_recording", pk)
        return _render_page(request, recording, CutForm(recording=recording, initial=initial))
    form = CutForm(request.POST, recording=recording)
    if not form.is_valid():
        return _render_page(request, recording, form)
    values = form.cleaned_data
    part = {"start_ms": values["start"], "end_ms": values["end"], "purpose": values["purpose"]}
    try:
        new_recording = service.cut_recording(recording, **part, by=current_user(request))
    except AudioProblem as problem:
        message = words.message_for_audio_problem(
            problem.code, problem.facts, purpose=values["purpose"]
        )
    except service.FileMissing:
        message = words.TROUBLES[words.Trouble.RECORDING_GONE]
    else:
        return _go_back(request, new_recording, values["back"])
    form.add_error("end", str(message))
    return _render_page(request, recording, form)


@require_safe
def shape(request: HttpRequest, pk: int) -> HttpResponse:
    """The waveform of a window (?start=&end= in ms) of the recording."""
    recording = find_row(request, AudioFile.objects, pk)
    length_ms = recording.duration_ms or 0
    start, end = (parse_id(request.GET.get(name, "")) for name in ("start", "end"))
    if start is None or end is None or min(start, length_ms) >= min(end, length_ms):
        return HttpResponse(_("This part of the recording is empty."), status=422)
    window = Window(start, min(end, length_ms))
    context = {"shape": _draw(recording, window), "part": Window(start, start)}
    return render(request, "recordings/cut.html#shape", context)


@require_safe
def suggestions(request: HttpRequest, pk: int) -> HttpResponse:
    """The suggested parts, as soon as the recording has been checked."""
    recording = find_row(request, AudioFile.objects, pk)
    context = {
        "recording": recording,
        "suggestions": _list_suggestions(recording, ""),
        "back": _parse_back(request.GET.get("back", "")),
        "requested": _requested_suggestion(request),
        # Tells the open page to select the requested one, unless something is selected by hand.
        "preselect": True,
    }
    return render(request, "recordings/cut.html#suggestions", context)


# The page -----------------------------------------------------------------------------------------


def _render_page(request: HttpRequest, recording: AudioFile, form: CutForm) -> HttpResponse:
    length_ms = recording.duration_ms or 0
    typed = Window(*(_read_time(form[name].value()) for name in ("start", "end")))
    part = _select_part(typed, length_ms)
    purpose = str(form["purpose"].value() or Purpose.SAMPLE.value)
    is_valid = typed == part
    requested = _requested_suggestion(request)
    context = {
        "recording": recording,
        "form": form,
        "back": _parse_back(str(form["back"].value() or "")),
        "can_be_cut": recording.has_file and length_ms > 0,
        "shape": _draw(recording, Window(0, length_ms)) if length_ms else None,
        "part": part,
        "length_s": f"{length_ms // 100 / 10:.1f}",
        "length": describe_length(part.length_ms, purpose)
        if is_valid
        else {"state": "bad", "words": CORRECT_FIRST},
        "correct_first": CORRECT_FIRST,
        "bands": json.dumps(all_length_bands()),
        "seconds": SECONDS,
        "suggestions": _list_suggestions(recording, requested),
        "requested": requested,
    }
    status = 422 if form.errors else 200
    return render(request, "recordings/cut.html", context, status=status)


def _select_part(typed: Window, length_ms: int) -> Window:
    """The typed part; if only one of its ends is valid, a part that starts or ends there."""
    start_ms, end_ms = typed
    first_ms = FIRST_MS[Purpose.SAMPLE]
    if 0 <= start_ms < end_ms <= length_ms:
        return typed
    if 0 <= start_ms < length_ms - 1000:
        return Window(start_ms, min(length_ms, start_ms + first_ms))
    if 1000 <= end_ms <= length_ms:
        return Window(max(0, end_ms - first_ms), end_ms)
    return Window(0, min(length_ms, first_ms))


def _read_time(value: Any) -> int:
    """A field's value in ms, rounded down to tenths of a second; -1 if it is not a time."""
    milliseconds = value if isinstance(value, int) else parse_time(str(value or ""))
    return -1 if milliseconds is None else milliseconds // 100 * 100


def _requested_suggestion(request: HttpRequest) -> str:
    """Which suggestion the address asks for: best, prompt or none."""
    requested = request.GET.get("suggest", "")
    return requested if requested in SUGGESTIONS else ""


def _parse_back(text: str) -> str:
    return "form" if text == "form" else "recordings"


def _initial_values(request: HttpRequest, recording: AudioFile) -> dict[str, Any]:
    """What is selected at first: a suggestion, a part given in the address, or the start."""
    length_ms = recording.duration_ms or 0
    requested = request.GET.get("purpose", "")
    purpose = Purpose(requested if requested in Purpose.values else recording.purpose)
    is_whole = purpose == Purpose.SAMPLE and length_ms <= FITS_WHOLE_MS
    end = length_ms if is_whole else min(length_ms, FIRST_MS[purpose])
    initial: dict[str, Any] = {"start": 0, "end": end, "purpose": purpose.value}
    for name in ("start", "end"):
        if request.GET.get(name):
            initial[name] = request.GET[name][:40]
    for suggestion in _list_suggestions(recording, _requested_suggestion(request)):
        if suggestion["shown"]:
            initial |= {name: suggestion[name] for name in ("start", "end", "purpose")}
    return initial | {"back": _parse_back(request.GET.get("back", ""))}


def _draw(recording: AudioFile, window: Window) -> dict[str, Any]:
    """The waveform of a window, with the times below it."""
    bars = service.waveform_bars(recording, window.start_ms, window.end_ms)
    step = window.length_ms / TICKS
    return {
        "path": waveform_path(bars, width=WIDTH, height=HEIGHT),
        "start_ms": window.start_ms,
        "span_ms": window.length_ms,
        "end_ms": window.end_ms,
        "ticks": [_format_tick(window.start_ms + step * tick, step) for tick in range(TICKS)],
        # A finer waveform comes as soon as the recording has been checked.
        "rough": not recording.envelope and recording.is_being_checked,
    }


def _format_tick(time_ms: float, step_ms: float) -> str:
    """A time below the waveform, with tenths only where the ticks are close together."""
    if step_ms < 10_000:
        return format_time(int(round(time_ms, -2)))
    return format_time(int(round(time_ms, -3))).rpartition(".")[0]


def _list_suggestions(recording: AudioFile, selected: str) -> list[dict[str, Any]]:
    """The suggested parts with their reasons; the one called `selected` is already selected."""
    choices = (
        ("best", Purpose.SAMPLE, _("Suggest the best part")),
        ("prompt", Purpose.PROMPT, _("Suggest a prompt clip")),
    )
    suggestions = []
    for name, purpose, label in choices:
        if not (passage := recording.passages.get(name)):
            continue
        start = round(passage["start_ms"], -2)
        end = min(round(passage["end_ms"], -2), (recording.duration_ms or 0) // 100 * 100)
        suggestions.append(
            {
                "name": name,
                "label": label,
                "purpose": purpose.value,
                "start": start,
                "end": end,
                "length": format_length(end - start),
                "reasons": [str(reason) for reason in words.describe_passage(passage["reasons"])],
                "shown": name == selected,
            }
        )
    return suggestions


def _go_back(request: HtmxRequest, new_recording: AudioFile, back: str) -> HttpResponse:
    """Go on to where the person came from, with the new recording."""
    if back == "form":
        field = FORM_FIELDS[Purpose(new_recording.purpose)]
        anchor = "#id_prompt_text" if new_recording.purpose == Purpose.PROMPT else ""
        return go_to(request, f"{reverse('new')}?{field}={new_recording.pk}{anchor}")
    text = _("%(name)s was cut. The original is unchanged.") % {"name": new_recording}
    messages.success(request, text)
    return go_to(request, f"{reverse('recordings')}#recording-{new_recording.pk}")
