"""Speakers: one person with all attempts, voices and recordings, and the best attempt."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms import texts
from voicestudio.forms.ids import parse_id, parse_page_number
from voicestudio.forms.speakers import LONGEST_NAME, SpeakerChoice, SpeakerNameForm
from voicestudio.models import Action, AudioFile, CloneAttempt, Project, Speaker
from voicestudio.services import permissions, projects
from voicestudio.services.clones import attempt_tree
from voicestudio.services.voices import moves, notes
from voicestudio.services.voices import speakers as service
from voicestudio.words import Message
from voicestudio.words.speakers import NOT_CHOSEN

from .attach_changes import attach_changes
from .current_user import current_user
from .history import find_attempt
from .paging import page_links
from .permitted import find_row
from .project_in_use import in_form_project
from .undo import answers_undo, offer_undo

MOST: Final = 12
DEEPEST: Final = 99


# Choosing a speaker -------------------------------------------------------------------------------


@require_safe
@in_form_project(Action.SEE)
def options(request: HttpRequest) -> HttpResponse:
    """The speakers whose names contain what is typed, and a new one of this name."""
    name = _typed_name(request)
    context = {
        "found": service.list_options(name, service.offered_to(current_user(request))),
        "name": name,
    }
    return render(request, "speakers/_choice.html#options", context)


@require_safe
@in_form_project(Action.SEE)
def question(request: HttpRequest) -> HttpResponse:
    """Whether a typed name means one of the speakers with nearly the same name."""
    name = _typed_name(request)
    context = describe_choice(request, name, SpeakerChoice()) | {"name": name}
    return render(request, "speakers/_choice.html#answer", context)


def _typed_name(request: HttpRequest) -> str:
    return texts.clean(request.GET.get("name", ""))[:LONGEST_NAME]


def describe_choice(request: HttpRequest, name: str, choice: SpeakerChoice) -> dict[str, Any]:
    """The context of `speakers/_choice.html`: the chosen speaker, or those to choose from."""
    offered = service.offered_to(current_user(request))
    known = service.find_by_id(choice.speaker_id, offered) if choice.speaker_id else None
    is_open = known is None and not choice.is_new
    return {
        "chosen_speaker": known,
        "is_new_speaker": choice.is_new,
        "similar": service.find_similar(texts.clean(name), offered) if is_open else [],
    }


# The page of one speaker --------------------------------------------------------------------------


@require_safe
def speaker(request: HttpRequest, pk: int) -> HttpResponse:
    """One speaker: a page of their attempts as trees, their newest voices and recordings."""
    return _render_speaker(request, _find_speaker(request, pk))


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a speaker; others of that name may be the same person, so the page asks."""
    speaker = _find_speaker(request, pk, Action.MANAGE_SPEAKERS)
    form = SpeakerNameForm(request.POST)
    if not form.is_valid():
        return _render_speaker(request, speaker, status=422, name_form=form)
    try:
        name, is_other = form.cleaned_data["name"], "is_other" in request.POST
        service.rename_speaker(speaker, name, by=current_user(request), is_other=is_other)
    except service.SpeakerUnclear as unclear:
        return _render_speaker(request, speaker, status=422, name_form=form, same=unclear.similar)
    except service.SpeakerGone:
        return _leave_merged(request)
    messages.success(request, _("The new name was saved."))
    return redirect("speaker", pk)


@require_POST
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Merge this speaker into another one, who is the same person."""
    speaker = _find_speaker(request, pk, Action.MANAGE_SPEAKERS)
    into = parse_id(request.POST.get("into", "")) or 0
    target = find_row(request, Speaker.objects.filter(project=speaker.project_id), into)
    if service.merge_speakers(speaker, target, by=current_user(request)):
        messages.success(request, _("Both are one speaker now."))
        return redirect("speaker", target.pk)
    return _leave_merged(request)


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a speaker to another project at once; the page then offers to move it back."""
    speaker, user = _find_speaker(request, pk, Action.MOVE_SPEAKERS), current_user(request)
    target = parse_id(request.POST.get("project", "")) or 0
    if target == speaker.project_id:  # the button was pressed twice
        return redirect("speaker", pk)
    project = projects.list_allowed(user, Action.MOVE_SPEAKERS).filter(pk=target).first()
    if project is None:
        return _render_speaker(request, speaker, status=422, not_moved=NOT_CHOSEN)
    try:
        move_id = moves.move_speaker(speaker, project, by=user)
    except moves.NotMoved as refused:
        return _render_speaker(request, speaker, status=422, not_moved=refused.message)
    except service.SpeakerGone:
        return _leave_merged(request)
    _report_move(request, speaker, move_id)
    return redirect("speaker", pk)


def _back_to_speaker(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of the speaker, or the history for those who don't see the speaker any more."""
    is_seen = Speaker.objects.visible_to(request.user).filter(pk=pk).exists()
    return redirect("speaker", pk) if is_seen else redirect("history")


@require_POST
@answers_undo(_back_to_speaker)
def move_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the newest move of a speaker; the page then offers to undo that."""
    speaker = _find_speaker(request, pk, Action.MOVE_SPEAKERS)
    move_id = parse_id(request.POST.get("move", "")) or 0
    try:
        new_id = moves.move_speaker_back(speaker, move_id, by=current_user(request))
    except moves.NotMoved as refused:
        messages.warning(request, str(refused.message))
    except service.SpeakerGone:
        return _leave_merged(request)
    else:
        _report_move(request, speaker, new_id)
    return redirect("speaker", pk)


def _report_move(request: HttpRequest, speaker: Speaker, move_id: int | None) -> None:
    """Say where the speaker is now, unless the button was pressed twice."""
    if move_id is None:
        return
    project = Project.objects.get(pk__in=Speaker.objects.filter(pk=speaker.pk).values("project"))
    text = _("%(speaker)s belongs to %(project)s now.")
    text %= {"speaker": speaker.name, "project": project.name}
    if moves.has_way_back(speaker.project, project):
        offer_undo(request, text, reverse("move_speaker_back", args=[speaker.pk]), move=move_id)
    else:
        messages.success(request, text)


def _leave_merged(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("These speakers were merged meanwhile."))
    return redirect("history")


def _find_speaker(request: HttpRequest, pk: int, action: Action = Action.SEE) -> Speaker:
    """The speaker if this person may see it, else 404; raises `NotAllowed` as `find_row`."""
    speaker: Speaker = find_row(request, Speaker.objects, pk, action)
    return speaker


def _render_speaker(
    request: HttpRequest,
    speaker: Speaker,
    *,
    status: int = 200,
    name_form: SpeakerNameForm | None = None,
    same: Sequence[service.KnownSpeaker] = (),
    not_moved: Message | None = None,
) -> HttpResponse:
    """The page; `same` are other speakers of the name that was typed, or nearly.

    `not_moved` says why a move was refused.
    """
    attempts = CloneAttempt.objects.visible_to(request.user).filter(speaker=speaker)
    page = parse_page_number(request.GET.get("page", ""))
    tree_page = attempt_tree.tree_page(speaker, number=page)
    attach_changes([row.attempt for row in tree_page.rows])
    voices = (
        notes.visible_voices(request.user).filter(speaker=speaker).order_by("-created_at", "-pk")
    )
    recordings = AudioFile.objects.visible_to(request.user).filter(
        pk__in=attempts.values("recording"), deleted_at=None
    )
    may_move = permissions.may(request.user, Action.MOVE_SPEAKERS)
    shown_voices = list(voices[: MOST + 1])
    shown_recordings = list(
        recordings.only("name", "duration_ms", "verdict").order_by("-pk")[: MOST + 1]
    )
    number, url = tree_page.number, reverse("speaker", args=[speaker.pk])
    next_number = number + 1 if number < tree_page.pages else None
    context = {
        "speaker": speaker,
        "same": same,
        "not_moved": not_moved,
        "targets": (
            moves.list_targets([speaker.project], by=current_user(request)) if may_move else []
        ),
        "changes": service.list_changes(speaker),
        "name_form": name_form or SpeakerNameForm(initial={"name": speaker.name}),
        "tree_page": tree_page,
        "pages": page_links(request, url, ("page", number - 1), ("page", next_number)),
        "best": attempt_tree.best_attempt(speaker),
        "voices": shown_voices[:MOST],
        "more_voices": len(shown_voices) > MOST,
        "recordings": shown_recordings[:MOST],
        "more_recordings": len(shown_recordings) > MOST,
    }
    return render(request, "speakers/detail.html", context, status=status)


@require_safe
def attempt_tree_row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of a tree, which polls while its attempt runs."""
    attempt = attempt_tree.get_row(find_attempt(request, pk).pk)
    if attempt is None:
        raise Http404
    attach_changes([attempt])
    context = {
        "attempt": attempt,
        "depth": min(DEEPEST, parse_page_number(request.GET.get("level", "")) - 1),
        "speaker": attempt.speaker,
        "page": parse_page_number(request.GET.get("page", "")),
    }
    return render(request, "speakers/_tree_row.html", context)


@require_POST
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark this attempt as the best of its speaker, or remove the mark."""
    attempt = find_attempt(request, pk, Action.MANAGE_SPEAKERS)
    is_pinned = attempt.speaker.best_attempt_id == attempt.pk
    # The form says which of the two it wants, so that pressing the button twice does it once.
    if request.POST.get("pinned", "no" if is_pinned else "yes") == "yes":
        attempt_tree.pin(attempt, by=current_user(request))
    elif is_pinned:
        attempt_tree.unpin(attempt.speaker, by=current_user(request))
    page = parse_page_number(request.POST.get("page", ""))
    url = reverse("speaker", args=[attempt.speaker_id])
    return redirect(f"{url}{f'?page={page}' if page > 1 else ''}#attempt-{pk}")
