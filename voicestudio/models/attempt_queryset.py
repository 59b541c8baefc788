"""History: which attempts there are, who may see them, and how they are found again."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from django.db import connections, models
from django.db.models import F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Lower

from voicestudio.models import clock

from . import search
from .attempt_states import HOLDING_A_VOICE_ID, AttemptState
from .paging import read_page
from .paid_call_queryset import LAPSED, PaidCallQuerySet
from .person_names import name_columns
from .projects import Project
from .search import LARGEST_ID

if TYPE_CHECKING:
    from .attempts import CloneAttempt
    from .speakers import Speaker

PAGE_SIZE: Final = 25
# By how much the order of the ids may differ from that of the times.
SLACK: Final = timedelta(minutes=1)

# How many ids are searched in the order of the list before each project is read alone.
STRETCH: Final = 5_000

# What one row of a list shows; the rest stays in the database, since reading it takes longer.
SHOWN_IN_ROWS: Final = (
    "project", "created_at", "parent", "speaker", "cloned_voice", "speaker_name", "voice_id",
    "preview_text",
    "status", "enqueued_at", "retry_at", "lease_until", "claimed_at", "uploaded_at", "sent_at",
    "answered_at", "http_status", "status_code", "trouble", "input_sensitive", "audio_url", "audio",
    "audio_trouble", "answer_file", "audio_duration_ms", "audio_peaks",
)  # fmt: skip


class AttemptPage(NamedTuple):
    """One page of attempts, newest first, with the cursors of its neighbours."""

    attempts: list["CloneAttempt"]
    older: int | None
    newer: int | None


class IfLapsed(models.Func):
    """The state of an attempt once its lease has lapsed.

    Without parameters, because query and index must have the same text.
    """

    template = (
        "(CASE %(expressions)s WHEN 'sending' THEN 'interrupted' "
        "WHEN 'cloning' THEN 'unknown' ELSE %(expressions)s END)"
    )
    output_field = models.CharField()


class _EachId(Subquery):
    """The ids of a subquery, a row of PostgreSQL for each."""

    template = "unnest(ARRAY(%(subquery)s))"


class CloneAttemptQuerySet(PaidCallQuerySet["CloneAttempt"]):  # type: ignore[override, unused-ignore]
    """Attempts by state, search and page."""

    def assign_speaker(self, speaker: "Speaker") -> None:
        """Give these attempts to `speaker`, under its name.

        Whose voice it is belongs to the studio, not to the order: it was never sent.
        """
        rows = self.model._default_manager.filter(pk__in=list(self.values_list("pk", flat=True)))
        models.QuerySet.update(rows, speaker=speaker, speaker_name=speaker.name)
        rows.index_again()

    assign_speaker.alters_data = True  # type: ignore[attr-defined]

    def index_again(self) -> None:
        """Write the texts for search anew: names or notes have changed.

        Only notes of the attempt's own project count: all who see the attempt see them too.
        """
        places = ("", "cloned_voice__", "recording__", "prompt_clip__")
        columns = ("project", "speaker_name", "voice_id", "preview_text", "cloned_voice")
        rows = list(self.only(*columns, "recording", "prompt_clip"))
        notes: dict[int, list[str]] = {row.pk: [] for row in rows}
        for place in places:
            own = F(f"{place}dated_notes__project")
            found = self.order_by(f"{place}dated_notes").filter(project=own)
            for pk, text in found.values_list("pk", f"{place}dated_notes__text"):
                notes[pk].append(text)
        for row in rows:
            row.search_text = row.text_to_index(notes[row.pk])
        self.model._default_manager.bulk_update(rows, ["search_text"], batch_size=500)

    index_again.alters_data = True  # type: ignore[attr-defined]

    def forget_parents(self) -> None:
        """Let these attempts stand alone: those that they repeat are about to be deleted."""
        models.QuerySet.update(self, parent=None)

    forget_parents.alters_data = True  # type: ignore[attr-defined]

    def for_rows(self) -> Self:
        """With all that one row of a list shows, in one query.

        `CloneAttempt.person` is then the name of the person who requested it.
        """
        return self.annotate(**name_columns("created_by__")).only(*SHOWN_IN_ROWS)

    # By state -----------------------------------------------------------------------------------

    def in_state(self, state: str) -> Self:
        """Attempts in `state` as staff read it, by status and by the clock."""
        if state == AttemptState.FLAGGED:
            return self.filter(status=AttemptState.READY, input_sensitive=True)
        if state == AttemptState.READY:
            return self.filter(status=state).exclude(input_sensitive=True)
        if state in (AttemptState.INTERRUPTED, AttemptState.UNKNOWN):
            # One index in the order of the ids answers both conditions, instead of two indexes
            # whose rows would have to be sorted. The few matching rows are found first, because
            # another filter may match nearly all of the others.
            lapsed = Q(**{LAPSED: clock.now()})
            rows = self.model._default_manager.alias(if_lapsed=IfLapsed("status"))
            few = rows.filter(Q(status=state) | lapsed, if_lapsed=state)
            return self.filter(pk__in=few.order_by().values("pk"))
        return super().in_state(state)

    def holding_voice_id(self, provider: str, voice_id: str) -> Self:
        """Attempts under way, or unanswered, that may make this voice."""
        rows = self.alias(lowered=Lower("voice_id")).filter(lowered=voice_id.lower())
        return rows.filter(provider=provider, status__in=HOLDING_A_VOICE_ID)

    def using_recording(self, recording_pk: int) -> Self:
        """Attempts that were made with this recording, as sample or as prompt clip."""
        return self.filter(Q(recording=recording_pk) | Q(prompt_clip=recording_pk))

    def needing_recording(self, recording_pk: int) -> Self:
        """Attempts that are under way, or whose voice exists, with this recording."""
        needs = Q(status__in=HOLDING_A_VOICE_ID) | Q(
            cloned_voice__isnull=False, cloned_voice__deleted_at__isnull=True
        )
        return self.using_recording(recording_pk).filter(needs)

    # Search -------------------------------------------------------------------------------------

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Asked for at or after `since` and before `until`.

        Rows come in the order of their ids, so the dates are also given as bounds on the id:
        a page from long ago is then reached without a walk through all that came later.
        """
        return self._within(since, until, *self._ids_of(since, until))

    def _within(
        self, since: datetime | None, until: datetime | None, lowest: int, highest: int
    ) -> Self:
        found = self
        if since is not None:
            found = found.filter(created_at__gte=since, pk__gte=lowest)
        if until is not None:
            found = found.filter(created_at__lt=until, pk__lte=highest)
        return found

    def _ids_of(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """The lowest and the highest id that an attempt of this time may have."""
        ids = self.model._default_manager.order_by("created_at").values_list("pk", flat=True)
        lowest: int | None = 0
        highest: int | None = LARGEST_ID
        if since is not None:
            lowest = ids.filter(created_at__gte=since - SLACK).first()
        if until is not None:
            highest = ids.filter(created_at__lte=until + SLACK).last()
        return (LARGEST_ID if lowest is None else lowest, 0 if highest is None else highest)

    def page(
        self,
        *,
        words: str = "",
        before: int | None = None,
        after: int | None = None,
        period: tuple[datetime | None, datetime | None] = (None, None),
        size: int = PAGE_SIZE,
    ) -> AttemptPage:
        """One page of these attempts, newest first, for the same price at every depth.

        `words` are looked for in speaker, voice ID and preview text, in any case or accent.
        `before` and `after` are ids: older, or newer, than that attempt. `period` is as in
        `between`.
        """
        ids = self._ids_of(*period)
        chosen = self._within(*period, *ids)
        filtered = bool(chosen.query.where)

        def read(edge: int | None, backwards: bool, count: int) -> "list[CloneAttempt]":
            rows = chosen.order_by("pk" if backwards else "-pk")
            if edge is not None:
                rows = rows.filter(**{"pk__gt" if backwards else "pk__lt": edge})
            older, newer = (None, edge) if backwards else (edge, None)
            bounds = search.Bounds(older, newer, *ids)
            return search.find_rows(rows, words, count, bounds, filtered=filtered)

        attempts, has_older, has_newer = read_page(
            read, size=size, following=before, previous=after
        )
        return AttemptPage(
            attempts=attempts,
            older=attempts[-1].pk if attempts and has_older else None,
            newer=attempts[0].pk if attempts and has_newer else None,
        )

    def first_rows(self, count: int, bounds: search.Bounds) -> "list[CloneAttempt]":
        """The first `count` of these rows, which are in the order of their ids within `bounds`.

        PostgreSQL expects the rows of a project everywhere in the order of the list. If several
        projects have only old rows, it would read everything newer before it comes to them, some
        seconds in a million. So where the next rows are not theirs, each project is read by its
        own part of the index.
        """
        if not self._project_ids or connections[self.db].vendor == "sqlite":
            return list(self[:count])
        near = list(self._near_edge(bounds)[:count])
        if len(near) == count:
            return near
        in_one = self.filter(project=OuterRef("pk")).values("pk")[:count]
        projects = Project.objects.filter(pk__in=self._project_ids)
        ids = list(projects.values_list(_EachId(in_one), flat=True))
        return list(self.filter(pk__in=ids)[:count])

    def _near_edge(self, bounds: search.Bounds) -> Self:
        """The rows whose ids are among the next `STRETCH` within `bounds`."""
        if bounds.after is not None:
            return self.filter(pk__lte=bounds.after + STRETCH)
        newest = bounds.before
        if newest is None:
            newest = self.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
        return self.filter(pk__gte=min(newest, bounds.highest) - STRETCH)

    def for_worker(self) -> Self:
        """With the rows that the worker reads."""
        return self.select_related("recording", "prompt_clip", "speaker")
