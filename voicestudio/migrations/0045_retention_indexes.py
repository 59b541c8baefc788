"""Indexes by time of recordings and speeches, for the retention."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voicestudio', '0044_machines'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='audiofile',
            index=models.Index(condition=models.Q(('deleted_at__isnull', True)), fields=['created_at'], name='recording_by_time'),
        ),
        migrations.AddIndex(
            model_name='speech',
            index=models.Index(fields=['status', 'created_at'], name='speech_by_status_time'),
        ),
    ]
