"""Template tags of the frame: what stands around every page, drawn once for each language."""

from django import template
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.utils.safestring import SafeString

from voicestudio import __version__, models
from voicestudio.models import Action, display_name
from voicestudio.services import example_team, permissions
from voicestudio.services import help as help_service
from voicestudio.words.costs import PRACTICE_NOTICE
from voicestudio.words.items import join_items

from .row_cache import render_row
from .studio import first_word, may, sees_projects

register = template.Library()


@register.simple_tag
def practice_notice() -> str:
    """What practice mode means; empty where MiniMax itself answers."""
    return str(PRACTICE_NOTICE) if settings.PRACTICE_MODE else ""


def look(context: Context) -> dict[str, str]:
    """Name and roles of the example person as whom an administrator looks; empty for others.

    `own_name` is that of the administrator.
    """
    request = context.get("request")
    person = getattr(request, "user", None)
    if not settings.PRACTICE_MODE or person is None or not models.is_example(person):
        return {"own_name": ""}
    own = getattr(request, "own_user", person)
    return {
        "name": first_word(person.first_name) or person.get_username(),
        "roles": join_items(example_team.role_names(person)),
        "own_name": display_name(own),
    }


@register.simple_tag
def page_files() -> SafeString:
    """`_page_files.html`: the files that every page loads."""
    return render_row("_page_files.html", "page", {}, {})


@register.simple_tag(takes_context=True)
def banner(context: Context, *, signed_in: bool = True) -> SafeString:
    """`_practice.html`: says that this is practice mode, or as which person the reader looks.

    Pages without a signed-in reader say so: those of errors may be drawn without a request.
    """
    seen = look(context) if signed_in else {}
    texts = {name: seen.get(name, "") for name in ("name", "roles")}
    texts["csrf_token"] = str(context.get("csrf_token", ""))
    shape = {"looks": "name" in seen, "notice": practice_notice()}
    return render_row("_practice.html", "banner", shape, texts)


def _current_page(context: Context) -> str:
    """The name of the current address; "" on pages of errors."""
    match = getattr(context.get("request"), "resolver_match", None)
    return str(match.url_name) if match is not None else ""


@register.simple_tag(takes_context=True)
def footer(context: Context) -> SafeString:
    """`_footer.html`: who is signed in, the version, and the links to what is seldom needed."""
    user, seen = context["request"].user, look(context)
    shape = {
        "here": _current_page(context),
        "version": __version__,
        "sees_projects": sees_projects(context),
        "may_manage": may(context, Action.MANAGE_PEOPLE),
        "may_see": may(context, Action.SEE_SYSTEM),
        "looks": "name" in seen,
    }
    texts = {
        "name": seen["own_name"] or display_name(user),
        "csrf_token": str(context["csrf_token"]),
    }
    return render_row("_footer.html", "footer", shape, texts)


@register.simple_tag(takes_context=True)
def menu(context: Context) -> SafeString:
    """`_menu.html` with the current page marked."""
    user = getattr(context.get("request"), "user", AnonymousUser())
    shape = {
        "here": _current_page(context),
        "may_clone": permissions.may(user, Action.CLONE),
        "may_see_costs": permissions.may(user, Action.SEE_COSTS),
    }
    return render_row("_menu.html", "menu", shape, {})


@register.simple_tag(takes_context=True)
def dialogs(context: Context) -> SafeString:
    """`_dialogs.html`, which is the same on all pages of a person."""
    shortcuts = tuple(help_service.list_shortcuts(context["request"].user))
    return render_row("_dialogs.html", "page", {"shortcuts": shortcuts}, {})
