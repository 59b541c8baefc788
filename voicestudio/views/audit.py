"""Audit: what happened in the studio, for administrators and auditors, as a page and as CSV."""

import json
from collections.abc import Iterator
from typing import Final

from django.contrib.auth import get_user_model
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from voicestudio.forms.audit import AuditForm
from voicestudio.models import Action, AuditEntry, ObjectKind, Project, Verb
from voicestudio.models.audit import AuditQuerySet
from voicestudio.services import audit, permissions

from .csv_files import csv_response
from .current_user import current_user
from .htmx import HtmxRequest
from .lists import time_zone
from .paging import page_links, read_cursors

PAGE_SIZE: Final = 50
MOST_CHOICES: Final = 500
COLUMNS: Final = (
    "id", "time", "person_id", "person", "way", "address", "user_agent", "verb", "text",
    "project_id", "object_kind", "object_id", "facts", "sequence", "hash",
)  # fmt: skip
# The page of an object, where it has one.
PAGES: Final = {
    ObjectKind.ATTEMPT: "attempt",
    ObjectKind.SPEECH: "speech",
    ObjectKind.VOICE: "voice",
    ObjectKind.SPEAKER: "speaker",
    ObjectKind.RECORDING: "recording",
}


@require_safe
def trail(request: HtmxRequest) -> HttpResponseBase:
    """One page of entries, the newest first, or a CSV file of all that the filters find."""
    user = current_user(request)
    if not permissions.may(user, Action.READ_AUDIT):
        raise Http404
    projects = list(Project.objects.values_list("pk", "name")[:MOST_CHOICES])
    form = AuditForm(
        request.GET, people=_list_people(), projects=projects, time_zone=time_zone(request)
    )
    entries = AuditEntry.objects.visible_to(user).filter(**form.conditions).between(*form.period)
    if request.GET.get("format") == "csv":
        audit.record(Verb.EXPORTED, by=user, list="audit")
        return csv_response("audit.csv", COLUMNS, _rows(entries))
    cursors = read_cursors(request)
    page = entries.page_by_id(size=PAGE_SIZE, **cursors._asdict())
    names = dict(projects)
    for entry in page.rows:
        name = PAGES.get(ObjectKind(entry.object_kind)) if entry.object_kind else None
        entry.words = audit.describe(entry)  # type: ignore[attr-defined]
        entry.url = reverse(name, args=[entry.object_id]) if name else ""  # type: ignore[attr-defined]
        entry.project_name = names.get(entry.project_id or 0, "")  # type: ignore[attr-defined]
    links = page_links(request, reverse("audit"), ("after", page.newer), ("before", page.older))
    context = {
        "form": form, "page": page, "pages": links, "paged": any(cursors),
        "has_projects": len(projects) > 1,
    }  # fmt: skip
    return render(request, "audit/trail.html", context)


def _list_people() -> list[tuple[int, str]]:
    users = get_user_model()._default_manager.order_by("username")
    return list(users.values_list("pk", "username")[:MOST_CHOICES])


def _rows(entries: AuditQuerySet) -> Iterator[list[str]]:
    for entry in audit.export_entries(entries):
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
