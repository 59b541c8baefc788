"""The one app of the house."""

from django.apps import AppConfig


class VoiceStudioConfig(AppConfig):
    """All nouns of the studio live together, so there is one app."""

    name = "voicestudio"
    verbose_name = "Voice Studio"
    default_auto_field = "django.db.models.BigAutoField"
