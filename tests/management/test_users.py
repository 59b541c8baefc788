"""On whose behalf a script works."""

import pytest
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from tests.factories import make_user
from voicestudio.management.users import get_user
from voicestudio.models import Person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("in_practice", [True, False])
def test_example_person_works_in_practice_mode_only(in_practice: bool, settings: Settings) -> None:
    settings.PRACTICE_MODE = in_practice
    mara = make_user("mara")
    Person.objects.update_or_create(user=mara, defaults={"is_example": True})

    if in_practice:
        assert get_user("mara") == get_user("") == mara
    else:
        for name in ("mara", ""):
            with pytest.raises(CommandError, match="There is no active user"):
                get_user(name)
