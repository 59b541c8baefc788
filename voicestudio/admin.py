"""Admin: read-only views of all rows for administrators."""

from typing import Any

# They register the models that are removed below.
import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .models import AudioFile, Charge, CloneAttempt, Event, Speaker, Speech, Voice, Worker


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only the services may write."""

    show_full_result_count = False
    list_per_page = 50

    def _deny(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    has_add_permission = has_change_permission = has_delete_permission = _deny


# The OpenID provider is described by the settings, its tokens are not stored, and accounts there
# are joined by a verified address only. Addresses, second factors and sessions are their owners'.
for model in (
    User, Group, SocialAccount, SocialApp, SocialToken, EmailAddress, Authenticator, UserSession,
):  # fmt: skip
    admin.site.unregister(model)


@admin.register(User)
class PersonAdmin(ReadOnlyAdmin):
    """Accounts, which are changed by their owners or on the page of the person."""

    list_display = ("username", "email", "first_name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username", "first_name", "email")
    fields = (
        "username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login",
        "date_joined", "page",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("More"))
    def page(self, user: User) -> str:
        """The link to the page of this person."""
        return format_html('<a href="{}">{}</a>', reverse("person", args=[user.pk]), user)


@admin.register(CloneAttempt)
class CloneAttemptAdmin(ReadOnlyAdmin):
    """Clone attempts."""

    list_display = ("pk", "speaker_name", "voice_id", "status", "created_by", "created_at")
    list_filter = ("status", "provider")
    list_select_related = ("created_by",)
    search_fields = ("token", "trace_id")
    search_help_text = "Token or trace ID; the history searches names and texts"


@admin.register(Voice)
class VoiceAdmin(ReadOnlyAdmin):
    """Voices."""

    list_display = ("voice_id", "speaker", "provider", "created_at", "deleted_at")
    list_select_related = ("speaker",)
    search_fields = ("voice_id",)


@admin.register(AudioFile)
class AudioFileAdmin(ReadOnlyAdmin):
    """Recordings and prompt clips."""

    list_display = ("name", "purpose", "file_id", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "provider_files__file_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AudioFile]:
        """Return the recordings with their uploads, which tell the file_id."""
        return super().get_queryset(request).prefetch_related("provider_files")


@admin.register(Speaker)
class SpeakerAdmin(ReadOnlyAdmin):
    """Speakers."""

    list_display = ("name", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name",)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Runs of the background worker."""

    list_display = ("host", "pid", "started_at", "beat_at", "stopped_at")


@admin.register(Speech)
class SpeechAdmin(ReadOnlyAdmin):
    """Generated speeches."""

    list_display = ("pk", "voice", "purpose", "status", "created_by", "created_at")
    list_filter = ("status", "purpose")
    list_select_related = ("voice", "created_by")
    search_fields = ("token", "trace_id")


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    """Charges, including cancelled ones."""

    list_display = ("at", "kind", "units", "amount", "currency", "voice_name", "person", "certain")
    list_filter = ("kind", "certain")
    list_select_related = ("person",)
    search_fields = ("voice_name",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events in the life of voices and attempts."""

    list_display = ("at", "kind", "person", "voice", "attempt", "note")
    list_filter = ("kind",)
    list_select_related = ("person", "voice", "attempt")
