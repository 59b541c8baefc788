"""The tables of huey's queue, on PostgreSQL."""

from django.db import migrations
from huey.storage import PostgresStorage


def create_tables(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in PostgresStorage(table_prefix="voicestudio_queue", create_tables=False).ddl:
            schema_editor.execute(statement)


def delete_tables(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in ("kv", "schedule", "task", "counter"):
            schema_editor.execute(f"DROP TABLE IF EXISTS voicestudio_queue_{name}")


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0026_openid_verbs")]
    operations = [migrations.RunPython(create_tables, delete_tables, elidable=False)]
