"""Template tags of what stands around the rows of a list: columns, views, filters, pages."""

from typing import Any, NamedTuple

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from .row_cache import placeholder, render_row
from .studio import url_with

register = template.Library()


class ViewChoice(NamedTuple):
    """A view above a list as `_views.html` shows it."""

    number: int
    label: str | Promise
    url: SafeString
    is_current: bool
    has_count: bool


class SavedChoice(NamedTuple):
    """A saved filter above a list as `_views.html` shows it."""

    name: SafeString
    url: SafeString
    is_current: bool


class HiddenField(NamedTuple):
    """A hidden field of the bar: its name and the placeholder of its value."""

    name: str
    value: SafeString


@register.simple_tag(takes_context=True)
def column_choice(context: Context) -> SafeString:
    """`_columns.html`: which facts the rows of the list show."""
    shape = {"kind": context["kind"], "columns": tuple(context["columns"])}
    query = context["request"].GET.urlencode()
    texts = {"query": query, "csrf_token": str(context["csrf_token"])}
    return render_row("_columns.html", "bar", shape, texts)


@register.simple_tag(takes_context=True)
def view_choice(context: Context) -> SafeString:
    """`_views.html`: the views above a list, and the filters that the person has saved."""
    form, saved = context["form"], context.get("saved_filter")
    texts = {
        "csrf_token": str(context["csrf_token"]),
        "form_query": form.query,
        "saved_name": saved.name if saved else "",
        "counts_url": f"{context['url']}?{context['request'].GET.urlencode()}",
    }
    views, saved_filters = [], []
    for view in context["views"]:
        url = f"view_url_{view.number}"
        texts[url] = url_with(context, **view.query)
        choice = (view.number, view.label, placeholder(url), view.is_current, view.has_count)
        views.append(ViewChoice(*choice))
    for number, each in enumerate(context["saved_filters"]):
        name, url = f"saved_name_{number}", f"saved_url_{number}"
        texts |= {name: each.name, url: f"{context['url']}?{each.query}"}
        saved_filters.append(SavedChoice(placeholder(name), placeholder(url), each == saved))
    shape = {
        "kind": context.get("kind"),
        "views": tuple(views),
        "saved_filters": tuple(saved_filters),
        "has_saved": saved is not None,
        "has_query": bool(texts["form_query"]),
        "oob": bool(context.get("oob")),
    }
    return render_row("_views.html", "bar", shape, texts)


@register.simple_tag(takes_context=True)
def filter_bar(context: Context) -> SafeString:
    """`_filter_bar.html`: the search of a list, and its other filters, open or folded."""
    form, project = context["form"], context.get("project")
    is_open = bool(form.unfolded or context.get("show_filters"))
    field = form["q"]
    texts = {
        "url": context["url"],
        "search": str(field),
        "search_id": field.id_for_label,
        "zone": "" if form.time_zone else form.zone_name,
        "fields_url": f"{context['url']}?{context['request'].GET.urlencode()}",
        "open_url": url_with(context, filters="shown"),
        "fields": render_to_string("_filter_fields.html", {"form": form}) if is_open else "",
    }
    shape = {
        "is_open": is_open,
        "has_zone": not form.time_zone,
        "hidden": _hide([("project", project)] if project else [], texts, "kept")
        + _hide(form.hidden, texts, "hidden"),
        "folded": () if is_open else _hide(form.folded_values, texts, "folded"),
    }
    return render_row("_filter_bar.html", "bar", shape, texts)


def _hide(
    fields: list[tuple[str, str]], texts: dict[str, str], kind: str
) -> tuple[HiddenField, ...]:
    """Hidden fields for a shape; their values are added to `texts`."""
    texts |= {f"{kind}_{name}": value for name, value in fields}
    return tuple(HiddenField(name, placeholder(f"{kind}_{name}")) for name, _value in fields)


@register.simple_tag(takes_context=True)
def page_links(context: Context, note: Any, previous_label: str, next_label: str) -> SafeString:
    """`_pages.html`: the links to the pages before and after; `note` says the order."""
    pages = context["pages"]
    shape = {
        "has_previous": bool(pages["previous"]),
        "has_next": bool(pages["next"]),
        "previous_label": previous_label,
        "next_label": next_label,
    }
    texts = {"note": str(note), "previous": pages["previous"], "next": pages["next"]}
    return render_row("_pages.html", "pages", shape, texts)
