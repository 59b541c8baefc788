"""Tracks: use another audio track of a file that has several."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms.ids import parse_id
from voicestudio.models import Action, AudioFile
from voicestudio.services import recordings as service

from .current_user import current_user
from .permitted import find_row


@require_POST
def use_track(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a recording of another track of the same file, and show it."""
    source = find_row(request, AudioFile.objects, pk, Action.UPLOAD)
    number = parse_id(request.POST.get("track", "")) or 0
    try:
        recording = service.use_track(source, number, by=current_user(request))
    except ValueError as unknown:
        raise Http404 from unknown
    except AudioProblem as problem:
        facts, purpose = problem.facts, source.purpose
        message = words.message_for_audio_problem(problem.code, facts, purpose=purpose)
    except service.FileMissing:
        message = words.TROUBLES[words.Trouble.RECORDING_GONE]
    else:
        return redirect("recording", recording.pk)
    messages.error(request, str(message))
    return redirect("recording", pk)
