"""Template tags of projects: the switcher of the lists, and the project of a thing."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from django import template
from django.template import Context
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from voicestudio.models import EventKind, ProjectLabel, access_of
from voicestudio.words.projects import describe_move

from .row_cache import render_row
from .studio import url_with

register = template.Library()

SELECTED: Final = mark_safe(" selected")


@register.simple_tag(takes_context=True)
def project_switcher(context: Context) -> SafeString:
    """`projects/_switcher.html`: the projects to choose from on the page of a list; nothing for
    those who see one project.

    The links keep the filters, but for a speaker, who belongs to one project.
    """
    access = access_of(context["request"].user)
    if not access.sees_several:
        return SafeString()
    kept = url_with(context, project="", speaker="").rstrip("?")
    link = f"{kept}&project=" if kept else "?project="
    in_use = access.labels.get(access.in_use or 0)
    return switcher_of(access.labels.values(), in_use, link, oob=bool(context.get("oob")))


@register.simple_tag
def switcher_of(
    labels: Iterable[ProjectLabel],
    in_use: ProjectLabel | None,
    link: str = "?project=",
    *,
    oob: bool = False,
) -> SafeString:
    """The same for the projects that are given; an address is the link and what is chosen."""
    # As a part of the shape, all of them are drawn once, not one by one for each page.
    shape = {"in_use": in_use, "choices": tuple(labels), "oob": oob}
    return render_row("projects/_switcher.html", "switcher", shape, {"link": link})


@register.simple_tag
def project_options(choices: Iterable[ProjectLabel], chosen: int | None) -> SafeString:
    """The options of a field with projects; drawn once, since 50 of them take as long as 5 rows."""
    return _draw_options(tuple(choices), chosen)


@lru_cache(maxsize=64)
def _draw_options(choices: tuple[ProjectLabel, ...], chosen: int | None) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((one.pk, SELECTED if one.pk == chosen else "", one.name) for one in choices),
    )


@register.simple_tag(takes_context=True)
def project_of(context: Context, thing: Any) -> ProjectLabel | None:
    """The project of a thing; None for those who see one project."""
    access = access_of(context["request"].user)
    return access.labels.get(thing.project_id) if access.sees_several else None


@register.simple_tag(takes_context=True)
def event_note(context: Context, event: Any) -> str:
    """What is said beside the kind of an event; of a move, the projects that the reader sees."""
    if event.kind != EventKind.MOVED:
        return str(event.note)
    labels = access_of(context["request"].user).labels
    source, target = (labels.get(event.facts.get(name) or 0) for name in ("source", "target"))
    return describe_move(source and source.name, target and target.name)


@register.simple_tag(takes_context=True)
def listed_project(context: Context, thing: Any) -> ProjectLabel | None:
    """The project of a row of a list; None unless rows of several projects are listed."""
    access = access_of(context["request"].user)
    if access.in_use or not access.sees_several:
        return None
    return access.labels.get(thing.project_id)


def row_project(context: Context, thing: Any) -> tuple[bool, dict[str, str]]:
    """Whether a row of a list shows its project, as where several are listed; and the texts."""
    label = listed_project(context, thing)
    if label is None:
        return False, {"project": "", "project_colour": ""}
    name = _("%(name)s (archived)") % {"name": label.name} if label.is_archived else label.name
    return True, {"project": name, "project_colour": label.colour}
