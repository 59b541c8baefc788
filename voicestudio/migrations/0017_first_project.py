"""The first project, and everyone who could do everything before becomes a manager of it."""

from typing import Any

from django.conf import settings
from django.db import migrations


def write_first_project(apps: Any, _schema_editor: Any) -> None:
    """Write the project "Studio" with all active people; administrators need no role in it."""
    project = apps.get_model("voicestudio", "Project").objects.get_or_create(
        folded_name="studio", defaults={"name": "Studio"}
    )[0]
    people = apps.get_model(settings.AUTH_USER_MODEL).objects.filter(is_active=True, is_staff=False)
    membership = apps.get_model("voicestudio", "Membership")
    membership.objects.bulk_create(
        [membership(project=project, person=person, role="manager") for person in people],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0016_projects"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(write_first_project, migrations.RunPython.noop)]
