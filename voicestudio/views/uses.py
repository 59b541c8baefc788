"""Where recordings are used and what was made of them, for the same price however many."""

from collections.abc import Sequence

from django.db.models import Count, OuterRef, Subquery

from voicestudio.models import AudioFile, CloneAttempt


def tell(recordings: Sequence[AudioFile]) -> None:
    """Give each recording `uses`, its newest attempt or two, and `used_more` if there are others.

    `made`: how many recordings were cut from it or tidied.

    Two queries for all of them, each answered from an index.
    """
    attempts = CloneAttempt.objects.order_by("-pk").values("pk")
    asked = {
        f"{role}_{place}": Subquery(attempts.filter(**{role: OuterRef("pk")})[place : place + 1])
        for role in ("recording", "prompt_clip")
        for place in range(3)
    }
    children = AudioFile.objects.filter(parent=OuterRef("pk"), deleted_at=None).order_by()
    asked["made"] = Subquery(children.values("parent").annotate(made=Count("pk")).values("made"))
    rows = AudioFile.objects.filter(pk__in=[recording.pk for recording in recordings])
    found, made = {}, {}
    for pk, *uses, count in rows.annotate(**asked).values_list("pk", *asked).order_by():
        found[pk] = sorted({use for use in uses if use is not None}, reverse=True)
        made[pk] = count or 0
    shown = {pk for uses in found.values() for pk in uses[:2]}
    known = CloneAttempt.objects.only("speaker_name", "voice_id").in_bulk(shown)
    for recording in recordings:
        uses = found.get(recording.pk, [])
        recording.uses = [known[pk] for pk in uses[:2] if pk in known]  # type: ignore[attr-defined]
        recording.used_more = len(uses) > 2  # type: ignore[attr-defined]
        recording.made = made.get(recording.pk, 0)  # type: ignore[attr-defined]
