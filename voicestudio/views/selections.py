"""Selections: the buttons below a list, which act on its selected rows."""

from collections.abc import Callable, Mapping, Sequence

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from voicestudio.forms.ids import parse_id
from voicestudio.forms.selection import selected_ids, typed_tags, undo_ids, undo_times
from voicestudio.models import Action, AudioFile, ListKind, Project, Speaker, Verb, Voice
from voicestudio.services import bulk, projects
from voicestudio.services.audit import record
from voicestudio.services.voices import moves
from voicestudio.words import bulk as words
from voicestudio.words.speakers import NOT_CHOSEN

from .audio import FileChunks, TooManyTransfers, closed_on_error, try_later
from .csv_files import csv_response
from .current_user import current_user
from .lists import back_to_list, posted_query
from .permitted import require_action
from .undo import answers_undo, offer_undo


@require_POST
@require_action(Action.NOTE)
def tag(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Add tags to the selected voices."""
    voices, refused = _find_voices(request, kind)
    names = typed_tags(request.POST)
    if not names or not voices:
        return _back(request, kind, *([] if names else [words.NO_TAGS]), refused=refused)
    outcome = bulk.add_tags(voices, names, by=current_user(request))
    return _report(request, kind, outcome, words.describe_tagged, refused, undo="untag_selected")


@require_POST
@answers_undo(back_to_list)
@require_action(Action.NOTE)
def untag(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Take back the tags that voices have just got; the rows are voices in every list."""
    added = undo_ids(request.POST)
    outcome = bulk.remove_taggings(_find_changed(request), added, by=current_user(request))
    return _report(request, kind, outcome, words.describe_untagged)


@require_POST
@require_action(Action.NOTE)
def mark_heard(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Mark the selected voices as heard."""
    voices, refused = _find_voices(request, kind)
    outcome = bulk.mark_heard(voices, by=current_user(request))
    return _report(request, kind, outcome, words.describe_heard, refused, undo="unmark_heard")


@require_POST
@answers_undo(back_to_list)
@require_action(Action.NOTE)
def unmark_heard(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Take back that voices were marked; the rows are voices in every list."""
    times = undo_times(request.POST)
    marked = [voice for voice in _find_changed(request) if voice.pk in times]
    outcome = bulk.mark_unheard(marked, times, by=current_user(request))
    return _report(request, kind, outcome, words.describe_unheard)


@require_POST
@require_action(Action.MOVE_SPEAKERS)
def move(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Ask where speakers of the selected rows, or recordings, should go; then move them."""
    by, rows = current_user(request), _find(request, kind)
    recordings = [row for row in rows if isinstance(row, AudioFile)]
    speakers, allowed = bulk.speakers_of(rows), projects.list_allowed(by, Action.MOVE_SPEAKERS)
    if not speakers and not recordings:
        return _back(request, kind)
    target = allowed.filter(pk=parse_id(request.POST.get("project", "")) or 0).first()
    if target is None:
        return _ask_target(request, kind, rows, speakers)
    if recordings:
        outcome = bulk.move_recordings(recordings, target, by=by)
        describe = words.describe_moved_recordings
    else:
        outcome = bulk.move_speakers(speakers, target, by=by)
        describe = words.describe_moved
    return _report(request, kind, outcome, describe, undo="move_selected_back")


def _ask_target(
    request: HttpRequest, kind: ListKind, rows: Sequence[bulk.Row], speakers: Sequence[Speaker]
) -> HttpResponse:
    """Ask for a project; 422 if the page has asked before, and none was chosen."""
    ids = {each.project_id for each in speakers or rows}
    sources = list(Project.objects.filter(pk__in=ids))
    targets = moves.list_targets(sources, by=current_user(request))
    if not targets:
        return _back(request, kind, words.NO_TARGET)
    is_final = any(source.is_example for source in sources)
    not_moved = NOT_CHOSEN if "project" in request.POST else None
    context = {"kind": kind, "rows": rows, "speakers": speakers, "targets": targets}
    status = 422 if not_moved else 200
    return _ask(
        request,
        "selections/move.html",
        context | {"not_moved": not_moved, "is_final": is_final},
        status=status,
    )


@require_POST
@answers_undo(back_to_list)
@require_action(Action.MOVE_SPEAKERS)
def move_back(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Move speakers, or recordings, back; the rows are speakers in every other list."""
    by = current_user(request)
    move_ids = {pk: ids[0] for pk, ids in undo_ids(request.POST).items() if ids}
    is_recordings = kind is ListKind.RECORDINGS
    model = AudioFile if is_recordings else Speaker
    describe = words.describe_recordings_moved_back if is_recordings else words.describe_moved_back
    found = model._default_manager.visible_to(by).filter(pk__in=move_ids)
    if not found:
        raise Http404
    return _report(request, kind, bulk.move_back(found, move_ids, by=by), describe)


@require_POST
@require_action(Action.DELETE)
def delete(request: HttpRequest) -> HttpResponse:
    """Ask once, then delete the selected recordings."""
    kind = ListKind.RECORDINGS
    rows = [row for row in _find(request, kind) if isinstance(row, AudioFile)]
    if not rows:
        return _back(request, kind)
    if "confirmed" not in request.POST:
        return _ask(request, "selections/delete.html", {"kind": kind, "rows": rows})
    outcome = bulk.delete_recordings(rows, by=current_user(request))
    return _report(request, kind, outcome, words.describe_deleted)


@require_POST
@require_action(Action.DOWNLOAD)
def download(request: HttpRequest, kind: ListKind) -> HttpResponseBase:
    """The audio of the selected rows as a ZIP file."""
    user = current_user(request)
    rows = _find(request, kind)
    if not rows:
        return _back(request, kind)
    try:
        archive = bulk.plan_archive(rows, by=user)
    except bulk.ArchiveTooLarge:
        return _back(request, kind, words.ARCHIVE_TOO_LARGE)
    if not archive.entries:
        return _back(request, kind, words.NOTHING_TO_DOWNLOAD)
    try:
        return _zip_response(f"{kind}.zip", archive, user)
    except TooManyTransfers:
        return try_later()


def _zip_response(name: str, archive: bulk.Archive, by: User) -> StreamingHttpResponse:
    """The archive as it is made, recorded before it is sent. Raises `TooManyTransfers`."""
    response = StreamingHttpResponse(
        FileChunks(bulk.stream_archive(archive)), content_type="application/zip"
    )
    with closed_on_error(response):
        bulk.record_download(archive, by=by)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Encoding"] = "identity"  # keeps GZipMiddleware away
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@require_action(Action.SEE)
def export(request: HttpRequest, kind: ListKind) -> HttpResponseBase:
    """The facts of the selected rows as a CSV file."""
    rows = _find(request, kind)
    if not rows:
        return _back(request, kind)
    record(Verb.EXPORTED, by=current_user(request), list=kind.value, count=len(rows))
    cells = bulk.export_rows(rows, current_user(request))
    return csv_response(f"{kind}.csv", bulk.columns(kind), cells)


def _find(request: HttpRequest, kind: ListKind) -> Sequence[bulk.Row]:
    """The selected rows that the person sees; says so if there is none."""
    rows = bulk.find_rows(kind, selected_ids(request.POST), current_user(request))
    if not rows:
        messages.warning(request, words.NOTHING_SELECTED)
    return rows


def _find_changed(request: HttpRequest) -> list[Voice]:
    """The voices whose change is to be undone; 404 if the person sees none of them any more."""
    rows = bulk.find_rows(ListKind.VOICES, selected_ids(request.POST), current_user(request))
    voices, _refused = bulk.voices_of(rows)
    if not voices:
        raise Http404
    return voices


def _find_voices(request: HttpRequest, kind: ListKind) -> tuple[list[Voice], list[bulk.Refusal]]:
    """The voices of the selected rows; 404 for recordings, which have none."""
    if kind is ListKind.RECORDINGS:
        raise Http404
    return bulk.voices_of(_find(request, kind))


def _ask(
    request: HttpRequest, template: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """The page that asks before something is done with the rows."""
    context = {**context, "query": posted_query(request)}
    return render(request, template, context, status=status)


def _report(
    request: HttpRequest,
    kind: ListKind,
    outcome: bulk.Outcome,
    describe: Callable[[int], str],
    refused: Sequence[bulk.Refusal] = (),
    *,
    undo: str = "",
) -> HttpResponse:
    """The list again, with what was done, what was not, and why; `undo` names the way back."""
    if outcome.changed and undo:
        changed = outcome.changed.items()
        values_of = {f"undo-{pk}": ",".join(map(str, values)) for pk, values in changed}
        fields = {"row": list(outcome.changed), "query": posted_query(request), **values_of}
        offer_undo(request, describe(outcome.done), reverse(undo, args=[kind]), **fields)
    elif outcome.done:
        messages.success(request, describe(outcome.done))
    return _back(request, kind, refused=[*outcome.refused, *refused])


def _back(
    request: HttpRequest, kind: ListKind, *warnings: object, refused: Sequence[bulk.Refusal] = ()
) -> HttpResponse:
    """The list as it was filtered."""
    for warning in warnings:
        messages.warning(request, str(warning))
    if refused:
        messages.warning(request, words.describe_refused(refused))
    return back_to_list(request, kind)
