"""Attach uses: gives recordings in a list the attempts that use them and the count of copies."""

from collections.abc import Sequence

from django.db.models import Count, OuterRef, Subquery

from voicestudio.models import AudioFile, CloneAttempt


def attach_uses(recordings: Sequence[AudioFile]) -> None:
    """Set `uses` (the newest two attempts), `used_more` (there are others) and `made` (children).

    Two queries for all recordings, each answered from an index.
    """
    attempts = CloneAttempt.objects.order_by("-pk").values("pk")
    columns = {
        f"{role}_{place}": Subquery(attempts.filter(**{role: OuterRef("pk")})[place : place + 1])
        for role in ("recording", "prompt_clip")
        for place in range(3)
    }
    children = AudioFile.objects.filter(parent=OuterRef("pk"), deleted_at=None).order_by()
    columns["made"] = Subquery(children.values("parent").annotate(made=Count("pk")).values("made"))
    rows = AudioFile.objects.filter(pk__in=[recording.pk for recording in recordings])
    uses, made = {}, {}
    for pk, *used_by, count in rows.annotate(**columns).values_list("pk", *columns).order_by():
        uses[pk] = sorted(set(used_by) - {None}, reverse=True)
        made[pk] = count or 0
    shown = {pk for used_by in uses.values() for pk in used_by[:2]}
    known = CloneAttempt.objects.only("speaker_name", "voice_id").in_bulk(shown)
    for recording in recordings:
        used_by = uses.get(recording.pk, [])
        recording.uses = [known[pk] for pk in used_by[:2] if pk in known]  # type: ignore[attr-defined]
        recording.used_more = len(used_by) > 2  # type: ignore[attr-defined]
        recording.made = made.get(recording.pk, 0)  # type: ignore[attr-defined]
