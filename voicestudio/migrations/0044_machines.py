"""Which secret key each machine uses, by a fingerprint."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voicestudio', '0043_last_backup'),
    ]

    operations = [
        migrations.CreateModel(
            name='Machine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255)),
                ('part', models.CharField(choices=[('web', 'Web server'), ('worker', 'Worker')], max_length=6)),
                ('key_print', models.CharField(max_length=16)),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('host', 'part'), name='one_row_per_part_of_a_machine')],
            },
        ),
    ]
