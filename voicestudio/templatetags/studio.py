"""Template tags of every page: icons, waveforms, times, money, links that keep the filters."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from django import template
from django.conf import settings
from django.http import QueryDict
from django.template import Context
from django.utils import formats, timezone
from django.utils.dates import MONTHS_3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio import words
from voicestudio.audio import waveform_path
from voicestudio.forms.cutting import judged, length_of, typed

register = template.Library()

# Drawn on 24 by 24, with a stroke of the text's colour.
ICONS: Final = {
    "microphone": '<path d="M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z"/>'
    '<path d="M5 11a7 7 0 0 0 14 0M12 18v3"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
    "voice": '<path d="M4 10v4M8 6v12M12 3v18M16 7v10M20 10v4"/>',
    "note": '<path d="M9 18V6l10-2v12"/><circle cx="6.5" cy="18" r="2.5"/>'
    '<circle cx="16.5" cy="16" r="2.5"/>',
    "check": '<path d="M5 13l4 4L19 7"/>',
    "cross": '<path d="M6 6l12 12M18 6L6 18"/>',
    "flag": '<path d="M5 21V4h12l-2 4 2 4H5"/>',
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V5a1 1 0 0 1 1-1h9"/>',
    "play": '<path d="M7 4.5v15l12-7.5z" fill="currentColor"/>',
    "pause": '<path d="M7 5h3v14H7zM14 5h3v14h-3z" fill="currentColor" stroke="none"/>',
    "question": '<circle cx="12" cy="12" r="9"/>'
    '<path d="M9.5 9.5a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.7-.9 1.4v.3M12 16.6v.1"/>',
    "stop": '<path d="M8 3.5h8L20.5 8v8L16 20.5H8L3.5 16V8z"/><path d="M12 8v5M12 16v.1"/>',
    "broken": '<path d="M13 3L5 14h6l-1 7 8-11h-6z"/>',
    "busy": '<path d="M12 3a9 9 0 1 1-8.5 6"/>',
    "upload": '<path d="M12 16V5M7.5 9L12 4.5 16.5 9M5 19h14"/>',
    "download": '<path d="M12 5v11M7.5 12l4.5 4.5 4.5-4.5M5 20h14"/>',
    "trash": '<path d="M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13"/>',
    "again": '<path d="M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4.5 4.5"/>',
    "warning": '<path d="M12 4l9 16H3zM12 10v4M12 17v.1"/>',
    "record": '<circle cx="12" cy="12" r="6.5" fill="currentColor" stroke="none"/>',
    "halt": '<path d="M7 7h10v10H7z" fill="currentColor"/>',
    "scissors": '<circle cx="6" cy="7" r="2.5"/><circle cx="6" cy="17" r="2.5"/>'
    '<path d="M8.2 8.3L20 16M8.2 15.7L20 8"/>',
    "loop": '<path d="M17 3l3 3-3 3M4 11V9a3 3 0 0 1 3-3h13"/>'
    '<path d="M7 21l-3-3 3-3M20 13v2a3 3 0 0 1-3 3H4"/>',
    "pin": '<path d="M9 4h6l-1 7 3 3H7l3-3zM12 14v6"/>',
    "minus": '<path d="M5 12h14"/>',
    "expand": '<path d="M3 12h18M7 8l-4 4 4 4M17 8l4 4-4 4"/>',
    "nearly": '<path d="M4 12c2.7-5 5.3-5 8 0s5.3 5 8 0"/>',
    "tidy": '<path d="M5 19l9-9M14 4v3M19 9h3M18 5l-2 2M12.5 11.5l-2-2"/>',
    "receipt": '<path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9.5 8h5M9.5 12h5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
}
DRAWN: Final = {
    name: mark_safe(  # noqa: S308  (only the drawings above)
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{drawing}</svg>'
    )
    for name, drawing in ICONS.items()
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small drawing that says nothing to a screen reader: the words stand beside it."""
    return DRAWN[name]


@register.simple_tag
def practice_mode() -> bool:
    """Whether the stand-in answers instead of MiniMax."""
    return bool(settings.PRACTICE_MODE)


@register.simple_tag(takes_context=True)
def current(context: Context, *names: str) -> str:
    """`aria-current` for the link of the page that one is on, or in whose part one is."""
    match = getattr(context.get("request"), "resolver_match", None)
    if match is None or match.url_name not in names:
        return ""
    here = "page" if match.url_name == names[0] else "true"
    return mark_safe(f'aria-current="{here}"')  # noqa: S308  (one of two words)


@register.simple_tag
def waveform(peaks: list[int]) -> SafeString:
    """The picture of a sound: one path of upright strokes. `peaks`: heights from 0 to 100."""
    return _drawn(tuple(peaks))


@lru_cache(maxsize=512)
def _drawn(peaks: tuple[int, ...]) -> SafeString:
    path = waveform_path(peaks, width=440, height=40)
    return mark_safe(  # noqa: S308  (a path has only figures)
        '<svg class="wave" viewBox="0 0 440 40" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{path}"/></svg>'
    )


@register.filter
def clock(milliseconds: int | float | None) -> str:
    """A length as on a player: 84,000 ms is 1:24; unknown is empty."""
    if milliseconds is None:
        return ""
    total = round(milliseconds / 1000)
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


@register.filter
def took(milliseconds: int | float | None) -> str:
    """How long something took, as a person says it: 0.3 s, 12 s, 1:24."""
    if milliseconds is None:
        return ""
    seconds = max(0.0, milliseconds / 1000)
    if seconds < 9.95:
        return _("%(seconds)s\u00a0s") % {"seconds": formats.number_format(round(seconds, 1), 1)}
    if seconds < 60:
        return _("%(seconds)s\u00a0s") % {"seconds": round(seconds)}
    return clock(milliseconds)


@register.filter
def price(amount: Decimal | None) -> str:
    """An amount of money: $1.50; less than a cent is said so."""
    if amount is None:
        return ""
    if Decimal(0) < amount < Decimal("0.01"):
        return _("less than %(price)s") % {"price": price(Decimal("0.01"))}
    return f"{settings.CURRENCY}{formats.number_format(amount.quantize(Decimal('0.01')), 2)}"


@register.filter
def megabytes(count: int | None) -> str:
    """The size of a file: 1.9 MB, 312 KB; unknown is empty."""
    if count is None:
        return ""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} KB"
    if count >= 1_000_000_000:
        return f"{formats.number_format(count / 1_000_000_000, 1)} GB"
    return f"{formats.number_format(count / 1_000_000, 1)} MB"


register.filter("size", words.size)
register.filter("length_of", length_of)
register.filter("place", typed)
register.filter("judged", judged)


@register.filter
def ago(moment: datetime | None) -> str:
    """A moment as one says it: "3 minutes ago", "today, 09:12", "22 Nov 2026"."""
    if moment is None:
        return ""
    now, moment = timezone.now(), moment.astimezone(UTC)
    passed = now - moment
    if passed < timedelta(seconds=45):
        return _("now")
    if passed < timedelta(minutes=59, seconds=30):
        minutes = max(1, round(passed.total_seconds() / 60))
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {
            "count": minutes
        }
    if moment.date() == now.date():
        return _("today, %(time)s") % {"time": _minute(moment)}
    if moment.date() == (now - timedelta(days=1)).date():
        return _("yesterday, %(time)s") % {"time": _minute(moment)}
    return _day(moment)


def _minute(moment: datetime) -> str:
    return f"{moment.hour:02d}:{moment.minute:02d}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {str(MONTHS_3[moment.month]).title()} {moment.year}"


@register.simple_tag
def when(moment: datetime | None, style: str = "ago") -> str:
    """A `<time>`; styles: ago ("3 minutes ago"), moment (date and time), clock (09:31:04),
    minute (09:31 UTC).

    The server speaks UTC; `moments.js` puts it into the reader's own time zone.
    """
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    full = f"{_day(utc)}, {_minute(utc)} UTC"
    match style:
        case "ago":
            text = ago(utc)
        case "clock":
            text = utc.strftime("%H:%M:%S")
        case "minute":
            text = f"{_minute(utc)} UTC"
        case _:
            text = full
    return format_html(
        '<time datetime="{}" data-style="{}" title="{}">{}</time>',
        utc.isoformat(timespec="seconds"),
        style,
        full,
        text,
    )


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """This page's query with some values changed; an empty value takes its name out.

    Cursors are dropped unless they are set: another filter starts at its first page.
    """
    query: QueryDict = context["request"].GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"
