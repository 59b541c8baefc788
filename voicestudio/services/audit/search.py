"""Search of the audit trail: what the words name, since entries hold IDs and no names.

An index of the words of a million entries was looked at: it would slow each action of a person, and
could only find the language in which the trail is written.
"""

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from voicestudio.models import AudioFile, CloneAttempt, ObjectKind, Project, Speaker, Verb, Voice
from voicestudio.models.audit import Subject
from voicestudio.models.search import contains_words, fold_text

# Of each kind; the newest are the ones that people ask about.
MOST: Final = 10


def find_subjects(words: str) -> tuple[list[Subject], bool]:
    """What the words name that entries can be about, and whether some of it was left out.

    That is people, things by their names or IDs, and the kinds of entries in the reader's language.
    """
    users = list(
        get_user_model()._default_manager.values_list("pk", "username", "first_name", "last_name")
    )
    people = [
        pk for pk, username, *names in users if contains_words(words, username, " ".join(names))
    ]
    projects = Project.objects.filter(folded_name__contains=fold_text(words))
    attempts = CloneAttempt.objects.page(words=words, size=MOST).attempts
    found: dict[ObjectKind, list[int]] = {
        ObjectKind.PERSON: people,
        ObjectKind.PROJECT: _newest(projects),
        ObjectKind.SPEAKER: _newest(Speaker.objects.search(words)),
        ObjectKind.VOICE: _newest(Voice.objects.search(words)),
        ObjectKind.RECORDING: _newest(AudioFile.objects.search(words)),
        ObjectKind.ATTEMPT: [attempt.pk for attempt in attempts],
    }
    subjects: list[Subject] = [
        {"verb": verb.value} for verb in Verb if contains_words(words, str(verb.label))
    ]
    subjects += [{"person_id": pk} for pk in people[:MOST]]
    for kind, pks in found.items():
        subjects += [{"object_kind": kind.value, "object_id": pk} for pk in pks[:MOST]]
    return subjects, any(len(pks) > MOST for pks in found.values())


def _newest(rows: QuerySet[Any]) -> list[int]:
    """One more than are looked at, to know whether there are more."""
    return list(rows.order_by("-pk").values_list("pk", flat=True)[: MOST + 1])
