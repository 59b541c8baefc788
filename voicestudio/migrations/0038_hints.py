from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voicestudio', '0037_language'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='hints_dismissed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
