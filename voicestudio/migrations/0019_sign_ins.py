"""Sign-ins of our own instead of the tables of django-axes; the cache; one more sign-in for all."""

from datetime import timedelta
from typing import Any

import django.utils.timezone
from django.core.management import call_command
from django.db import migrations, models
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

AXES_TABLES = ("axes_accessattempt", "axes_accessfailurelog", "axes_accesslog")


def take_over_known_networks(apps: Any, schema_editor: Any) -> None:
    """Keep from where people have signed in, then drop the tables of django-axes.

    Without these rows a stranger could lock an account's owner out on the day of the upgrade.
    """
    connection = schema_editor.connection
    present = set(connection.introspection.table_names())
    if "axes_accesslog" in present:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT username, ip_address, attempt_time FROM axes_accesslog"
                " WHERE ip_address IS NOT NULL AND username IS NOT NULL AND attempt_time >= %s",
                [connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=30))],
            )
            rows = cursor.fetchall()
        sign_ins = apps.get_model("voicestudio", "SignIn")
        for username, network, _at in rows:
            sign_ins.objects.create(account=username[:150], network=network, failed=False)
    for table in AXES_TABLES:
        if table in present:
            schema_editor.execute(f"DROP TABLE {table}")
    MigrationRecorder(connection).migration_qs.filter(app="axes").delete()


def create_cache(apps: Any, schema_editor: Any) -> None:
    """Create the table of the cache that all processes share; nothing for another cache."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


def end_sessions(apps: Any, schema_editor: Any) -> None:
    """Everybody signs in again, since "Sign out everywhere" knows sessions from now on only."""
    apps.get_model("sessions", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0018_project_columns"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.CharField(max_length=150)),
                ("network", models.GenericIPAddressField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("failed", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["at"], name="sign_in_at"),
                    models.Index(fields=["account", "at"], name="sign_in_account"),
                    models.Index(fields=["network", "at"], name="sign_in_network"),
                ],
            },
        ),
        migrations.RunPython(take_over_known_networks, migrations.RunPython.noop),
        migrations.RunPython(create_cache, migrations.RunPython.noop),
        migrations.RunPython(end_sessions, migrations.RunPython.noop),
    ]
