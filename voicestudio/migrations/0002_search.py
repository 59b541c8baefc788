from django.db import migrations

from voicestudio.models import search


def install(apps, schema_editor):
    search.install(schema_editor.connection)


def remove(apps, schema_editor):
    search.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0001_rows")]
    operations = [migrations.RunPython(install, remove)]
