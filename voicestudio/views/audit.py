"""Audit: what happened in the studio, for administrators and auditors, as a page and as CSV."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Final

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from voicestudio.forms.audit import AuditForm
from voicestudio.models import Action, AuditEntry, ObjectKind, Project, Verb, display_name_column
from voicestudio.models.audit import AuditQuerySet, Subject
from voicestudio.services import audit, permissions
from voicestudio.services.audit.names import Names, read_names
from voicestudio.services.audit.search import find_subjects

from .csv_files import csv_response
from .current_user import current_user
from .htmx import HtmxRequest
from .lists import render_list, render_part, time_zone
from .paging import page_links, read_cursors

PAGE_SIZE: Final = 50
MOST_CHOICES: Final = 500
COLUMNS: Final = (
    "id", "time", "person_id", "person", "way", "address", "user_agent", "verb", "text",
    "project_id", "object_kind", "object_id", "facts", "sequence", "hash",
)  # fmt: skip
# The page of an object, where it has one that the reader of the trail may see.
PAGES: Final = {
    ObjectKind.ATTEMPT: "attempt",
    ObjectKind.SPEECH: "speech",
    ObjectKind.VOICE: "voice",
    ObjectKind.SPEAKER: "speaker",
    ObjectKind.RECORDING: "recording",
    ObjectKind.PROJECT: "project",
}
PAGE_OF_A_PERSON: Final = {ObjectKind.PERSON: "person"}


@require_safe
def trail(request: HtmxRequest) -> HttpResponseBase:
    """One page of entries, the newest first, or a CSV file of all that the filters find."""
    if not permissions.may(request.user, Action.READ_AUDIT):
        raise Http404
    projects = list(Project.objects.values_list("pk", "name")[:MOST_CHOICES])
    make_form = partial(
        AuditForm, people=cache(_list_people), projects=projects, time_zone=time_zone(request)
    )
    form = make_form(request.GET)
    if part := render_part(request, form, make_form, partial(_select, request)):
        return part
    if request.GET.get("format") == "csv":
        return _csv_response(request, form)
    return _render_page(request, form, dict(projects))


def _csv_response(request: HtmxRequest, form: AuditForm) -> HttpResponseBase:
    entries, (subjects, _is_cut) = _filter(request, form), _find_subjects(form)
    audit.record(Verb.EXPORTED, by=current_user(request), list="audit")
    return csv_response("audit.csv", COLUMNS, _rows(entries, subjects))


def _render_page(
    request: HtmxRequest, form: AuditForm, projects: dict[int, str]
) -> HttpResponseBase:
    subjects, is_cut = _find_subjects(form)
    cursors, url = read_cursors(request), reverse("audit")
    entries = _filter(request, form)
    page = entries.read_page(size=PAGE_SIZE, subjects=subjects, **cursors._asdict())
    _describe(page.rows, projects | _name_others(page.rows, projects), by=current_user(request))
    context = {
        "form": form,
        "page": page,
        "pages": page_links(request, url, ("after", page.newer), ("before", page.older)),
        "is_cut": is_cut,
        "has_projects": len(projects) > 1,
    }
    return render_list(request, "audit/trail.html", context, url=url)


def _filter(request: HtmxRequest, form: AuditForm) -> AuditQuerySet:
    """The entries that the filters let through, before the search and the view."""
    rows = AuditEntry.objects.visible_to(request.user).filter(**form.conditions)
    return rows.between(*form.period)


def _find_subjects(form: AuditForm) -> tuple[list[Subject] | None, bool]:
    """What the search or else the view leaves, and whether the search has found too many things."""
    verbs: list[Subject] = [{"verb": verb.value} for verb in form.verbs]
    if "q" not in form.chosen:
        return verbs or None, False
    found, is_cut = find_subjects(form.chosen["q"])
    return [{**subject, "verb__in": form.verbs} for subject in found] if verbs else found, is_cut


def _select(request: HtmxRequest, form: AuditForm) -> AuditQuerySet:
    """All entries that a form without a search lets through, to be counted."""
    rows = _filter(request, form)
    return rows.filter(verb__in=form.verbs) if form.verbs else rows


def _describe(entries: Sequence[AuditEntry], projects: dict[int, str], *, by: User) -> None:
    """Set on each entry what it says, names and pages of person and object, and the project."""
    names = read_names(entries, by=by)
    pages = PAGES | (PAGE_OF_A_PERSON if permissions.may(by, Action.MANAGE_PEOPLE) else {})
    for entry in entries:
        subject = (entry.object_kind, entry.object_id)
        person = (ObjectKind.PERSON, entry.person_id)
        vars(entry).update(
            words=audit.describe(entry, projects),
            object_name=names.get(subject),
            url=_find_page(subject, names, pages),
            person_name=names.get(person),
            person_url=_find_page(person, names, pages),
            project_name=projects.get(entry.project_id or 0, ""),
        )


def _find_page(
    subject: tuple[str, int | None], names: Names, pages: Mapping[ObjectKind, str]
) -> str:
    """The page of a subject with a name, so that it is there and the reader may see it; or ""."""
    page = pages.get(ObjectKind(subject[0])) if subject in names else None
    return reverse(page, args=[subject[1]]) if page else ""


def _name_others(entries: Sequence[AuditEntry], known: dict[int, str]) -> dict[int, str]:
    """The names of the projects of a page that a long list of projects leaves out."""
    named = {entry.project_id for entry in entries}
    named |= {entry.facts.get(end) for entry in entries for end in ("source", "target")}
    if not (others := {pk for pk in named if isinstance(pk, int)} - known.keys()):
        return {}
    return dict(Project.objects.filter(pk__in=others).values_list("pk", "name"))


def _list_people() -> list[tuple[int, str]]:
    users = get_user_model()._default_manager.annotate(name=display_name_column())
    return list(users.order_by("name", "pk").values_list("pk", "name")[:MOST_CHOICES])


def _rows(entries: AuditQuerySet, subjects: list[Subject] | None) -> Iterator[list[str]]:
    for entry in audit.export_entries(entries, subjects):
        yield [
            str(entry.pk),
            entry.at.isoformat(timespec="microseconds"),
            str(entry.person_id or ""),
            entry.person,
            entry.way,
            entry.address,
            entry.user_agent,
            entry.verb,
            entry.text,
            str(entry.project_id or ""),
            entry.object_kind,
            str(entry.object_id or ""),
            json.dumps(entry.facts, ensure_ascii=False, sort_keys=True),
            str(entry.sequence or ""),
            entry.hash,
        ]
