"""Cutting: the page on which a part of a recording becomes a recording of its own."""

import json
from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from voicestudio import words
from voicestudio.audio import AudioProblem, rules, waveform_path
from voicestudio.forms import CloneForm
from voicestudio.forms.cutting import SECONDS, CutForm, all_bands, judged, length_of, ms_of, typed
from voicestudio.models import AudioFile, Purpose
from voicestudio.services import recordings as service

from . import drafts
from .current_user import current_user
from .draft_redirects import go_to, leave_for

CORRECT_FIRST: Final = _lazy("Correct the times first.")
WIDTH: Final = 880
HEIGHT: Final = 96
TICKS: Final = 5
# What is marked before anybody has chosen.
FIRST_MS: Final = {Purpose.SAMPLE: 120_000, Purpose.PROMPT: 6_000}
FITS_WHOLE_MS: Final = rules.SPANS[Purpose.SAMPLE].longest
FIELDS: Final = {Purpose.SAMPLE: "recording", Purpose.PROMPT: "prompt_clip"}
# Buttons of the clone form that lead here: which of its recordings is cut, and how it begins.
LEAVING: Final = {
    "cut_recording": ("recording", "purpose=voice_clone"),
    "best_recording": ("recording", "suggest=best"),
    "cut_prompt_clip": ("prompt_clip", "purpose=prompt_audio"),
    "cut_out_clip": ("recording", "purpose=prompt_audio&suggest=prompt"),
}


SUGGESTIONS: Final = ("best", "prompt")


class Window(NamedTuple):
    """What is shown of a recording, in ms."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms

    @property
    def start_s(self) -> str:
        """Its start as a slider has it, in seconds."""
        return f"{self.start_ms / 1000:.1f}"

    @property
    def end_s(self) -> str:
        """Its end as a slider has it, in seconds."""
        return f"{self.end_ms / 1000:.1f}"


# The page ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def cut(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; what is sent from it becomes a new recording, a child of this one."""
    recording = _visible(request, pk)
    if request.method != "POST":
        initial = _initial(request, recording) | drafts.laid_ready(request, "cut_recording", pk)
        return _page(request, recording, CutForm(recording=recording, initial=initial))
    form = CutForm(request.POST, recording=recording)
    if form.is_valid():
        chosen = dict(form.cleaned_data)
        back = chosen.pop("back")
        try:
            made = service.cut_recording(
                recording, start_ms=chosen["start"], end_ms=chosen["end"],
                purpose=chosen["purpose"], by=current_user(request),
            )  # fmt: skip
        except AudioProblem as problem:
            _refuse(
                form,
                words.message_for_audio_problem(
                    problem.code, problem.facts, purpose=chosen["purpose"]
                ),
            )
        except service.FileMissing:
            _refuse(form, words.TROUBLES[words.Trouble.RECORDING_GONE])
        else:
            return _on(request, made, back)
    return _page(request, recording, form, status=422)


@require_safe
def shape(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of a window (?start=&end= in ms) of the recording."""
    recording = _visible(request, pk)
    places = [request.GET.get(name, "") for name in ("start", "end")]
    whole = all(place.isascii() and place.isdigit() and len(place) < 12 for place in places)
    length_ms = recording.duration_ms or 0
    start, end = (min(int(place), length_ms) for place in places) if whole else (0, 0)
    if start >= end:
        return HttpResponse(_("There is nothing of the recording to be shown."), status=422)
    context = {"shape": _drawn(recording, Window(start, end)), "part": Window(start, start)}
    return render(request, "recordings/cut.html#shape", context)


@require_safe
def suggestions(request: HttpRequest, pk: int) -> HttpResponse:
    """What is proposed, as soon as the recording has been listened to."""
    recording = _visible(request, pk)
    context = {
        "recording": recording,
        "suggestions": _suggestions(recording, ""),
        "back": _back(request.GET.get("back", "")),
        "asked": _asked(request),
        # The page is there already: it marks what was asked for, unless one is marked by hand.
        "late": True,
    }
    return render(request, "recordings/cut.html#suggestions", context)


def _visible(request: HttpRequest, pk: int) -> AudioFile:
    return get_object_or_404(AudioFile.objects.visible_to(request.user), pk=pk)


def _page(
    request: HttpRequest, recording: AudioFile, form: CutForm, *, status: int = 200
) -> HttpResponse:
    length_ms = recording.duration_ms or 0
    wished = Window(*(_place(form[name].value()) for name in ("start", "end")))
    part = _part(wished.start_ms, wished.end_ms, length_ms)
    purpose = str(form["purpose"].value() or Purpose.SAMPLE.value)
    suggested = _asked(request)
    context = {
        "recording": recording,
        "form": form,
        "back": _back(str(form["back"].value() or "")),
        "can_be_cut": recording.has_file and length_ms > 0,
        "shape": _drawn(recording, Window(0, length_ms)) if length_ms else None,
        "part": part,
        "length_s": f"{length_ms // 100 / 10:.1f}",
        "judged": {"state": "bad", "words": CORRECT_FIRST}
        if wished != part
        else judged(part.length_ms, purpose),
        "correct_first": CORRECT_FIRST,
        "bands": json.dumps(all_bands()),
        "seconds": SECONDS,
        "suggestions": _suggestions(recording, suggested),
        "asked": suggested,
    }
    return render(request, "recordings/cut.html", context, status=status)


def _part(start_ms: int, end_ms: int, length_ms: int) -> Window:
    """What is marked; where only one end makes sense, from it or up to it."""
    first_ms = FIRST_MS[Purpose.SAMPLE]
    if 0 <= start_ms < end_ms <= length_ms:
        return Window(start_ms, end_ms)
    if 0 <= start_ms < length_ms - 1000:
        return Window(start_ms, min(length_ms, start_ms + first_ms))
    if 1000 <= end_ms <= length_ms:
        return Window(max(0, end_ms - first_ms), end_ms)
    return Window(0, min(length_ms, first_ms))


def _place(value: Any) -> int:
    """Where a field's value lies, in ms; -1 if nowhere. Whole tenths, as they are typed."""
    found = value if isinstance(value, int) else ms_of(str(value or ""))
    return -1 if found is None else found // 100 * 100


def _asked(request: HttpRequest) -> str:
    """Which suggestion was asked for: best, prompt, or none."""
    wanted = request.GET.get("suggest", "")
    return wanted if wanted in SUGGESTIONS else ""


def _back(wanted: str) -> str:
    return "form" if wanted == "form" else "recordings"


def _initial(request: HttpRequest, recording: AudioFile) -> dict[str, Any]:
    """What is marked at first: a suggestion, what the address says, or the beginning."""
    length_ms = recording.duration_ms or 0
    wanted = request.GET.get("purpose", "")
    purpose = Purpose(wanted if wanted in Purpose.values else recording.purpose)
    whole = purpose == Purpose.SAMPLE and length_ms <= FITS_WHOLE_MS
    end = length_ms if whole else min(length_ms, FIRST_MS[purpose])
    initial: dict[str, Any] = {"start": 0, "end": end, "purpose": purpose.value}
    for name in ("start", "end"):
        if request.GET.get(name):
            initial[name] = request.GET[name][:40]
    for one in _suggestions(recording, _asked(request)):
        if one["shown"]:
            initial |= {name: one[name] for name in ("start", "end", "purpose")}
    return initial | {"back": _back(request.GET.get("back", ""))}


def _drawn(recording: AudioFile, window: Window) -> dict[str, Any]:
    """The picture of a window, with the times below it."""
    bars = service.waveform_bars(recording, window.start_ms, window.end_ms)
    step = window.length_ms / TICKS
    return {
        "path": waveform_path(bars, width=WIDTH, height=HEIGHT),
        "start_ms": window.start_ms,
        "span_ms": window.length_ms,
        "end_ms": window.end_ms,
        "ticks": [_tick(window.start_ms + step * tick, step) for tick in range(TICKS)],
        # A finer picture comes as soon as the recording has been listened to.
        "rough": not recording.envelope and recording.is_being_checked,
    }


def _tick(place_ms: float, step_ms: float) -> str:
    """A time below the picture, as exact as its neighbours need."""
    exact = typed(int(round(place_ms, -2 if step_ms < 10_000 else -3)))
    return exact if step_ms < 10_000 else exact.rpartition(".")[0]


def _suggestions(recording: AudioFile, shown: str) -> list[dict[str, Any]]:
    """The parts that are proposed, each with its reasons in words; `shown` is marked already."""
    offers = (
        ("best", Purpose.SAMPLE, _("Suggest the best part")),
        ("prompt", Purpose.PROMPT, _("Suggest a prompt clip")),
    )
    return [
        {
            "name": name,
            "label": label,
            "purpose": purpose.value,
            "start": (start := round(passage["start_ms"], -2)),
            "end": (
                end := min(round(passage["end_ms"], -2), (recording.duration_ms or 0) // 100 * 100)
            ),
            "length": length_of(end - start),
            "reasons": [str(reason) for reason in words.describe_passage(passage["reasons"])],
            "shown": name == shown,
        }
        for name, purpose, label in offers
        if (passage := recording.passages.get(name))
    ]


def _refuse(form: CutForm, message: words.Message) -> None:
    form.add_error("end", f"{message.headline} {message.next_step}")


# There and back ---------------------------------------------------------------------------------


def _on(request: HttpRequest, made: AudioFile, back: str) -> HttpResponse:
    """On to where the person came from, with the cut."""
    if back == "form":
        field = FIELDS[Purpose(made.purpose)]
        anchor = "#id_prompt_text" if made.purpose == Purpose.PROMPT else ""
        return go_to(request, f"{reverse('new')}?{field}={made.pk}{anchor}")
    messages.success(request, _("%(name)s is cut. The original is as it was.") % {"name": made})
    return go_to(request, f"{reverse('recordings')}#recording-{made.pk}")


def leave(request: HttpRequest, form: CloneForm) -> HttpResponse | None:
    """From the clone form to this page, if that is what was pressed; what is typed waits."""
    field, query = LEAVING.get(form.data.get("action", ""), ("", ""))
    if not field:
        return None
    recording = form.chosen(field)
    if recording is None:
        form.refuse("prompt_clip", _("Bring a recording first; the clip is cut out of it."))
        return None
    page = reverse("cut_recording", args=[recording.pk])
    return leave_for(request, form, f"{page}?back=form&{query}")
