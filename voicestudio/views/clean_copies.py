"""Tidying: a mended copy beside its original, to be heard, judged and chosen."""

from typing import TYPE_CHECKING, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms import CloneForm
from voicestudio.forms.recording_filters import TidyForm, preset
from voicestudio.models import AudioFile, Origin
from voicestudio.services import recordings as service

from .current_user import current_user
from .draft_redirects import leave_for

if TYPE_CHECKING:
    from voicestudio.models.recordings import AudioFileQuerySet

# Buttons of the clone form that lead here: whose recording is to be mended.
LEAVING: Final = {
    "tidy_recording": "recording",
    "tidy_prompt_clip": "prompt_clip",
}
NOTHING_HEARD: Final = words.Message(
    _("Nothing would be left of this recording."), _("Choose another one.")
)


@require_http_methods(["GET", "HEAD", "POST"])
def tidy(request: HttpRequest, pk: int) -> HttpResponse:
    """What can be mended; once it is done, the copy beside the original."""
    visible = AudioFile.objects.visible_to(request.user)
    original = get_object_or_404(visible, pk=pk)
    if not original.has_file or original.needs_cutting:
        raise Http404
    form = TidyForm(request.POST if request.method == "POST" else None, initial=preset(original))
    message = None
    if form.is_bound and form.is_valid():
        try:
            made = service.clean_recording(original, **form.cleaned_data, by=current_user(request))
        except AudioProblem as problem:
            message = _said(problem, original)
        else:
            return redirect(f"{reverse('tidy_recording', args=[pk])}?copy={made.pk}")
    context = {
        "recording": original,
        "form": form,
        "message": message,
        "copy": _copy(visible, original, request.GET.get("copy", "")),
        "place": "",
    }
    status = 422 if message or form.errors else 200
    return render(request, "recordings/tidy.html", context, status=status)


def _said(problem: AudioProblem, original: AudioFile) -> words.Message:
    """Why there is no copy."""
    if problem.code == "silent":
        return NOTHING_HEARD
    return words.message_for_audio_problem(problem.code, problem.facts, purpose=original.purpose)


@require_safe
def better(request: HttpRequest, pk: int) -> HttpResponse:
    """Which of the two to use; nothing (204) while the studio still listens to the copy."""
    visible = AudioFile.objects.visible_to(request.user)
    original = get_object_or_404(visible, pk=pk)
    copy = _copy(visible, original, request.GET.get("copy", ""))
    if copy is None:
        raise Http404
    if copy.is_being_checked or original.is_being_checked:
        return HttpResponse(status=204)
    context = {"recording": original, "copy": copy}
    return render(request, "recordings/tidy.html#better", context)


def _copy(visible: "AudioFileQuerySet", original: AudioFile, asked: str) -> AudioFile | None:
    """The copy that was asked for, or the newest one of this original."""
    copies = visible.filter(parent=original, origin=Origin.CLEANED, deleted_at=None)
    if asked:
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
        return get_object_or_404(copies, pk=number)
    return copies.order_by("-pk").first()


# From the clone form ----------------------------------------------------------------------------


def leave(request: HttpRequest, form: CloneForm) -> HttpResponse | None:
    """From the clone form to mend its recording, if that was pressed; what is typed waits."""
    field = LEAVING.get(form.data.get("action", ""), "")
    recording = form.chosen(field) if field else None
    if recording is None:
        return None
    return leave_for(request, form, reverse("tidy_recording", args=[recording.pk]))
