"""Members: who works on which project, in which role."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .permissions import RoleName
from .projects import Project


class Role(models.TextChoices):
    """The roles in a project."""

    MANAGER = RoleName.MANAGER.value, _("Manager")
    REVIEWER = RoleName.REVIEWER.value, _("Reviewer")
    VIEWER = RoleName.VIEWER.value, _("Viewer")


class Membership(models.Model):
    """One person in one project; a person who is deactivated stays a member."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        db_index=False,  # the unique constraint begins with it
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)

    class Meta:
        ordering = ("project", "person")
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = (
            models.UniqueConstraint(fields=("person", "project"), name="member_once_a_project"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.person} · {self.project} · {self.role}"
