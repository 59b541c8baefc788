"""Names of speakers and recordings are searched without case and accents."""

from typing import Any

from django.db import migrations, models

from voicestudio.models.search import fold_text


def fold_names(apps: Any, _schema_editor: Any) -> None:
    """Fill the new columns from the names."""
    for model in ("Speaker", "AudioFile"):
        rows = apps.get_model("voicestudio", model).objects
        for pk, name in rows.values_list("pk", "name").iterator():
            rows.filter(pk=pk).update(search_text=fold_text(name))


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0008_uploading_for")]

    operations = [
        migrations.AddField(
            "audiofile", "search_text", models.TextField(default="", editable=False)
        ),
        migrations.AddField("speaker", "search_text", models.TextField(default="", editable=False)),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
