"""Clean copies: make one of a recording, and compare the two."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms.ids import parse_id
from voicestudio.forms.recording_filters import CleanupForm, recommended_steps
from voicestudio.models import Action, AudioFile, Origin
from voicestudio.services import recordings as service

from .current_user import current_user
from .permitted import find_row


@require_http_methods(["GET", "HEAD", "POST"])
def clean_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what to fix; afterwards the copy is shown beside the original."""
    original = find_row(request, AudioFile.objects, pk, Action.UPLOAD)
    if not original.has_file or original.needs_cutting:
        raise Http404
    if request.method != "POST":
        return _render_page(request, original, CleanupForm(initial=recommended_steps(original)))
    form = CleanupForm(request.POST)
    if not form.is_valid():
        return _render_page(request, original, form)
    try:
        copy = service.clean_recording(original, **form.cleaned_data, by=current_user(request))
    except AudioProblem as problem:
        code = "nothing_left" if problem.code == "silent" else problem.code
        message = words.message_for_audio_problem(code, problem.facts, purpose=original.purpose)
        return _render_page(request, original, form, message=message)
    except service.FileMissing:
        message = words.TROUBLES[words.Trouble.RECORDING_GONE]
        return _render_page(request, original, form, message=message)
    return redirect(f"{reverse('clean_copy', args=[pk])}?copy={copy.pk}")


@require_safe
def recommendation(request: HttpRequest, pk: int) -> HttpResponse:
    """Which of the two to use; 204 while one of them is still being checked."""
    original = find_row(request, AudioFile.objects, pk)
    copy = _find_copy(request, original)
    if copy is None:
        raise Http404
    if copy.is_being_checked or original.is_being_checked:
        return HttpResponse(status=204)
    context = {"recording": original, "copy": copy}
    return render(request, "recordings/clean_copy.html#recommendation", context)


def _render_page(
    request: HttpRequest,
    original: AudioFile,
    form: CleanupForm,
    message: words.Message | None = None,
) -> HttpResponse:
    context = {
        "recording": original,
        "form": form,
        "message": message,
        "copy": _find_copy(request, original),
        "place": "",
    }
    status = 422 if message or form.errors else 200
    return render(request, "recordings/clean_copy.html", context, status=status)


def _find_copy(request: HttpRequest, original: AudioFile) -> AudioFile | None:
    """The copy that the address names, or else the newest one; None if there is none."""
    visible = AudioFile.objects.visible_to(request.user)
    copies = visible.filter(parent=original, origin=Origin.CLEANED, deleted_at=None)
    if named := request.GET.get("copy"):
        return get_object_or_404(copies, pk=parse_id(named))
    return copies.order_by("-pk").first()
