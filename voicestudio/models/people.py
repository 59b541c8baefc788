"""People: what the studio knows of a user besides the account."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .projects import Project

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Theme(models.TextChoices):
    """How pages look to one person; the value of `data-theme` in the page."""

    SYSTEM = "", _("As on this device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")
    CONTRAST = "contrast", _("High contrast")


class Person(models.Model):
    """One person. An administrator is a user with `is_staff`, which Django's admin asks for."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person"
    )
    is_auditor = models.BooleanField(_("auditor"), default=False)
    # "" for the time zone of the browser.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # "" for the language that the browser asks for.
    language = models.CharField(_("language"), max_length=16, blank=True)
    theme = models.CharField(_("theme"), max_length=16, choices=Theme, blank=True, default="")
    # The daily mail about voices that expire.
    wants_reminders = models.BooleanField(_("wants reminders"), default=True)
    # The filters that the person has saved, by list: each with its name and its query string. Read
    # with the row of the person, so that a list needs no query for them.
    saved_filters = models.JSONField(default=dict, blank=True, editable=False)
    # The columns that the person does not want to see, by list.
    hidden_columns = models.JSONField(default=dict, blank=True, editable=False)
    # When the hints of the first visit were dismissed.
    hints_dismissed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The last deactivation. Password links of before never work again, also after a reactivation.
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    # One of the example team of practice mode. No password signs in to such an account; an
    # administrator looks at the studio as this person.
    is_example = models.BooleanField(default=False, editable=False)
    # The project in use; None for all that the person may see.
    project = models.ForeignKey(
        Project, on_delete=models.SET_NULL, related_name="+", null=True, blank=True, db_index=False
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return str(self.user)

    @classmethod
    def of(cls, user: "User") -> "Person":
        """The row of this user, written at first use."""
        return cls._default_manager.get_or_create(user=user)[0]


def language_of(user: "User") -> str:
    """The language of mails to this user."""
    person = getattr(user, "person", None)  # a user who never used it has no such row
    language = "" if person is None else person.language
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def is_example(user: "User") -> bool:
    """Whether this user is one of the example team."""
    person = getattr(user, "person", None)  # a user who never used it has no such row
    return person is not None and person.is_example
