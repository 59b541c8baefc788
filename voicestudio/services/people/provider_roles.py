"""Provider roles: which roles the claims of a person at the OpenID provider give (OIDC_ROLES)."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from voicestudio.models import Project, RoleName
from voicestudio.models.search import fold_text

logger = logging.getLogger(__name__)

# In place of a project's ID: a role in the studio.
STUDIO: Final = None
type Place = int | None
# The first one of two is the one that may do more.
BY_POWER: Final = (
    RoleName.ADMINISTRATOR,
    RoleName.AUDITOR,
    RoleName.MANAGER,
    RoleName.REVIEWER,
    RoleName.VIEWER,
)


@dataclass(frozen=True)
class ProviderRoles:
    """The roles that OIDC_ROLES names in each place, and the one that a person's claims give."""

    named: Mapping[Place, frozenset[RoleName]]
    granted: Mapping[Place, RoleName]

    def decide(self, place: Place, before: RoleName | None) -> RoleName | None:
        """The role after the sign-in; `before` is what the person has there.

        The provider gives and takes the roles that the map names. A role that it doesn't name was
        given by an administrator and stays, unless the provider gives a higher one.
        """
        granted = self.granted.get(place)
        if before is None or before in self.named[place]:
            return granted
        return _highest([before, granted] if granted else [before])


def read_roles(claims: Mapping[str, Any]) -> ProviderRoles:
    """What the map of the settings makes of these claims."""
    named: dict[Place, set[RoleName]] = {}
    granted: dict[Place, set[RoleName]] = {}
    for claim, values in settings.OIDC_ROLES.items():
        held = set(_texts(claims.get(claim)))
        for value, texts in values.items():
            for place, role in _find_places(texts):
                named.setdefault(place, set()).add(role)
                if value in held:
                    granted.setdefault(place, set()).add(role)
    return ProviderRoles(
        {place: frozenset(found) for place, found in named.items()},
        {place: _highest(found) for place, found in granted.items()},
    )


def _find_places(texts: list[str]) -> Iterator[tuple[Place, RoleName]]:
    """Read "administrator" or "Project:role"; a project that doesn't exist is left out."""
    for text in texts:
        name, _colon, role = text.rpartition(":")
        if not name:
            yield STUDIO, RoleName(role)
        elif project := Project.objects.filter(folded_name=fold_text(name)).first():
            yield project.pk, RoleName(role)
        else:
            logger.warning('OIDC_ROLES names the project "%s", which does not exist.', name)


def _texts(value: Any) -> list[str]:
    """The texts in a claim that is a text or a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def _highest(found: Iterable[RoleName]) -> RoleName:
    return min(found, key=BY_POWER.index)
