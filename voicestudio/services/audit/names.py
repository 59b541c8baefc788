"""Names: who and what entries are about, as they are called now, since entries hold IDs only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.auth import get_user_model

from voicestudio.models import (
    Action,
    AudioFile,
    AuditEntry,
    CloneAttempt,
    Invitation,
    ObjectKind,
    Project,
    Speaker,
    Speech,
    Voice,
    display_name_column,
)
from voicestudio.services.permissions import may, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

# What names a thing of each kind: its name, and perhaps the ID of the voice.
COLUMNS: Final["dict[ObjectKind, tuple[str | Combinable, ...]]"] = {
    ObjectKind.ATTEMPT: ("speaker_name", "voice_id"),
    ObjectKind.SPEECH: ("voice__speaker__name", "voice__voice_id"),
    ObjectKind.VOICE: ("speaker__name", "voice_id"),
    ObjectKind.SPEAKER: ("name",),
    ObjectKind.RECORDING: ("name",),
    ObjectKind.PERSON: (display_name_column(),),
    ObjectKind.PROJECT: ("name",),
    ObjectKind.INVITATION: ("address",),
}
# What only those see who have a role in its project.
TEAM_MODELS: Final[dict[ObjectKind, Any]] = {
    ObjectKind.ATTEMPT: CloneAttempt,
    ObjectKind.SPEECH: Speech,
    ObjectKind.VOICE: Voice,
    ObjectKind.SPEAKER: Speaker,
    ObjectKind.RECORDING: AudioFile,
    ObjectKind.PROJECT: Project,
}


class ObjectName(NamedTuple):
    """What a thing is called, and the ID of its voice, if it has one."""

    text: str
    voice_id: str = ""


# By kind and ID.
type Names = Mapping[tuple[str, int | None], ObjectName]


def read_names(entries: Iterable[AuditEntry], *, by: "User") -> Names:
    """The names of all that these entries are about, with one query for each kind.

    Without those of things that are gone, or that this person may not see.
    """
    require(by, Action.READ_AUDIT)
    ids: defaultdict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.object_id is not None:
            ids[entry.object_kind].add(entry.object_id)
        if entry.person_id is not None:
            ids[ObjectKind.PERSON].add(entry.person_id)
    return {
        (kind, pk): ObjectName(*name)
        for kind, pks in ids.items()
        for pk, *name in _find(ObjectKind(kind), by)
        .filter(pk__in=pks)
        .order_by()
        .values_list("pk", *COLUMNS[ObjectKind(kind)])
    }


def _find(kind: ObjectKind, by: "User") -> "QuerySet[Any]":
    if kind == ObjectKind.PERSON:
        return get_user_model()._default_manager.all()
    if kind == ObjectKind.INVITATION:
        invitations = Invitation.objects
        return invitations.all() if may(by, Action.MANAGE_PEOPLE) else invitations.none()
    rows: QuerySet[Any] = TEAM_MODELS[kind].objects.visible_to(by)
    return rows
