"""Projects: what belongs together, who works on it, and what it may cost."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .money import OptionalMoneyField
from .search import fold_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# The project of a new studio, and of everything that was made before there were projects.
FIRST_NAME: Final = "Studio"


class Colour(models.TextChoices):
    """The colours by which projects are told apart, as the stylesheet names them."""

    GREY = "grey", _("Grey")
    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    YELLOW = "yellow", _("Yellow")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    PURPLE = "purple", _("Purple")


def is_read_only(archived_at: datetime | None, is_example: bool) -> bool:
    """Whether nothing in a project may be changed.

    An example project is so outside practice mode: nothing real is paid for in it, since it can be
    removed with all its charges.
    """
    return archived_at is not None or (is_example and not settings.PRACTICE_MODE)


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects that a person may see, and those that are in use."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """The projects of a member; all of them for administrators and auditors."""
        from .access import access_of  # here, because that module imports this one

        pks = access_of(user).projects()
        return self if pks is None else self.filter(pk__in=pks)

    def with_budget(self) -> Self:
        """Projects with a limit of their own, in a month or in all."""
        return self.filter(Q(monthly_budget__isnull=False) | Q(total_budget__isnull=False))

    def open(self) -> Self:
        """Projects that are not archived; examples count as archived outside practice mode."""
        rows = self.filter(archived_at__isnull=True)
        return rows if settings.PRACTICE_MODE else rows.filter(is_example=False)

    def archived(self) -> Self:
        """All that are not open."""
        return self.exclude(pk__in=Project.objects.open().values("pk"))

    def open_first(self) -> Self:
        """With `is_closed`, for an order that begins with the open ones."""
        is_open = Q(pk__in=Project.objects.open().values("pk"))
        return self.annotate(
            is_closed=Case(
                When(is_open, then=Value(0)), default=Value(1), output_field=IntegerField()
            )
        )

    def search(self, words: str) -> Self:
        """Projects whose name or client contains `words`, in any case and accent."""
        needle, names = fold_text(words), self.values_list("pk", "folded_name", "client")
        found = [pk for pk, name, client in names if needle in name or needle in fold_text(client)]
        return self.filter(pk__in=found)

    def examples(self) -> Self:
        """The projects of the example team."""
        return self.filter(is_example=True)


class Project(models.Model):
    """A project of the studio. Every speaker, recording, voice, call and charge belongs to one."""

    name = models.CharField(_("name"), max_length=120)
    # The name without case and accents, which no two projects share.
    folded_name = models.TextField(unique=True, editable=False)
    client = models.CharField(_("client"), max_length=120, blank=True)
    colour = models.CharField(_("colour"), max_length=12, choices=Colour, default=Colour.GREY)
    notes = models.TextField(_("notes"), blank=True)
    starts_on = models.DateField(_("start"), null=True, blank=True)
    ends_on = models.DateField(_("end"), null=True, blank=True)
    # What may be spent in a month and in all; None for no limit of its own.
    monthly_budget = OptionalMoneyField(_("monthly budget"), null=True, blank=True)
    total_budget = OptionalMoneyField(_("total budget"), null=True, blank=True)
    reviewers_may_download = models.BooleanField(_("reviewers may download"), default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # None for the first project, which the studio makes itself.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    # From then on everything in it is read-only.
    archived_at = models.DateTimeField(null=True, blank=True)
    # Made in practice mode with the example team, and removed with it. A column, because a name can
    # be changed, and the removal has to find its projects all the same.
    is_example = models.BooleanField(default=False, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="project_has_a_name"),
            models.CheckConstraint(
                condition=Q(colour__in=Colour.values), name="project_colour_known"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=models.F("starts_on")),
                name="project_runs_forwards",
            ),
            models.CheckConstraint(
                condition=(Q(monthly_budget__isnull=True) | Q(monthly_budget__gte=0))
                & (Q(total_budget__isnull=True) | Q(total_budget__gte=0)),
                name="project_budget_not_negative",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Write the row; with its name also the folded name."""
        fields = kwargs.get("update_fields")
        if fields is None or "name" in fields:
            self.folded_name = fold_text(self.name)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "folded_name"}
        super().save(**kwargs)

    @property
    def is_archived(self) -> bool:
        """Whether everything in it is read-only."""
        return is_read_only(self.archived_at, self.is_example)

    @property
    def has_budget(self) -> bool:
        """Whether it has a limit of its own, in a month or in all."""
        return self.monthly_budget is not None or self.total_budget is not None

    @classmethod
    def first(cls) -> "Project":
        """The oldest project, under whatever name; written if there is none yet."""
        oldest = cls.objects.order_by("pk").first()
        if oldest is not None:
            return oldest
        # Of two processes that write it at once, the second one reads the first's.
        values = {"name": FIRST_NAME}
        return cls.objects.get_or_create(folded_name=fold_text(FIRST_NAME), defaults=values)[0]
