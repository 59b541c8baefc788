from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voicestudio', '0041_loudness'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='hidden_columns',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
