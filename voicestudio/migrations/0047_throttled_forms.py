"""Forms of an account that count against a rate, by the clock of the database."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voicestudio', '0046_indexes_of_lists'),
    ]

    operations = [
        migrations.CreateModel(
            name='ThrottledForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('throttle', models.CharField(choices=[('code', 'Code'), ('password', 'Password'), ('confirmation', 'Confirmation'), ('new_password', 'New Password'), ('link_mail', 'Link Mail'), ('link_request', 'Link Request'), ('link_use', 'Link Use'), ('address_mail', 'Address Mail'), ('openid', 'Openid')], max_length=16)),
                ('key_hash', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['throttle', 'key_hash', 'at'], name='throttled_form'), models.Index(fields=['at'], name='throttled_form_at')],
            },
        ),
    ]
