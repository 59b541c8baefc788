"""Template tags of every page: icons, waveforms, times, money, links that keep the filters."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from voicestudio import models, words
from voicestudio.audio import waveform_path
from voicestudio.forms.cutting import describe_length, format_length, format_time
from voicestudio.models import Action, PaidCall, display_name
from voicestudio.models import clock as shared_clock
from voicestudio.services import permissions
from voicestudio.services.money import limits
from voicestudio.services.people import roles
from voicestudio.words import Message
from voicestudio.words.costs import with_currency
from voicestudio.words.items import colon, comma, join_items
from voicestudio.words.people import STUDIO_ROLES

if TYPE_CHECKING:
    from django.contrib.auth.models import User

register = template.Library()

# 24 by 24, stroked in the text's colour. They are written into the page: a file of their own is one
# more request, and a document that browsers lay out before they draw the page.
ICON_FILE: Final = Path(__file__).with_name("icons.svg")
ICONS: Final = dict(
    re.findall(
        r'<symbol id="(\w+)" viewBox="0 0 24 24">(.*)</symbol>', ICON_FILE.read_text("utf-8")
    )
)


register.filter(display_name)


@register.filter
def call_name(call: PaidCall) -> str:
    """A paid call in a form: "cloneattempt-12"."""
    return f"{call._meta.model_name}-{call.pk}"


@register.simple_tag
def openid_name() -> str:
    """What the settings call the OpenID provider; "" without one."""
    return str(settings.OIDC_NAME)


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Code and own name of each language, as its speakers look for it; [] if there is only one."""
    return settings.LANGUAGES if len(settings.LANGUAGES) > 1 else []


@register.simple_tag
@lru_cache
def icon(name: str) -> SafeString:
    """An icon, hidden from screen readers, since its text stands beside it."""
    return format_html(
        '<svg class="icon" data-icon="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        name,
        mark_safe(ICONS[name]),  # noqa: S308 - from our own file
    )


# The icon of each state of attempts, speeches and voices, and of each result of a deletion.
STATE_ICONS: Final = {
    "waiting": "clock", "sending": "busy", "cloning": "busy", "speaking": "busy",
    "ready": "check", "flagged": "flag", "stopped": "stop", "failed": "cross",
    "unknown": "question", "interrupted": "broken", "temporary": "clock", "kept": "check",
    "expired": "stop", "deleted": "trash", "from_minimax": "download", "done": "check",
    "already_gone": "check",
}  # fmt: skip


@register.simple_tag
def state_icon(state: str) -> SafeString:
    """The icon of a state; its word stands beside it."""
    return icon(STATE_ICONS[state])


@register.filter
def is_example(person: "User") -> bool:
    """Whether this is a person of the example team."""
    return models.is_example(person)


@register.filter
def first_word(name: str) -> str:
    """The first word of a name."""
    return name.partition(" ")[0]


@register.filter
def for_reader(message: Message | None, person: "User | AnonymousUser") -> Message | None:
    """The message as this person needs it: administrators are told what they can do."""
    return None if message is None else limits.message_for_reader(message, person)


@register.filter
def undo(message: Any) -> dict[str, Any] | None:
    """Address and fields of the button that takes back what a message says; see `views/undo`."""
    button: dict[str, Any] | None = None
    if message.extra_tags.startswith("{"):
        button = json.loads(message.extra_tags)
    return button


@register.simple_tag(takes_context=True)
def may(context: Context, action: str, thing: Any = None) -> bool:
    """Whether the reader may do `action` in the project of `thing`; without it in any project."""
    project = None if thing is None else thing.project_id
    return permissions.may(context["request"].user, Action(action), project)


@register.simple_tag(takes_context=True)
def sees_projects(context: Context) -> bool:
    """Whether the reader has projects to choose from; a team of one sees nothing of them."""
    return models.access_of(context["request"].user).sees_several


@register.filter
def studio_role(person: "User") -> str:
    """What the person is in the studio, besides roles in projects; empty for nothing."""
    role = roles.studio_role(person)
    return "" if role is None else str(STUDIO_ROLES[role])


@register.filter
def project_roles(person: "User") -> list[str]:
    """The roles that the person has in some project, each once, the highest first."""
    held = {membership.role for membership in person.memberships.all()}
    return [str(role.label) for role in models.Role if role in held]


@register.simple_tag
def current(here: str, *names: str) -> str:
    """`aria-current` for a menu link: "page" on its own page (`names[0]`), "true" on its others."""
    if here not in names:
        return ""
    return mark_safe(f'aria-current="{"page" if here == names[0] else "true"}"')  # noqa: S308


@register.simple_tag
def waveform(peaks: list[int], attributes: str = "") -> SafeString:
    """The waveform of `peaks` (heights from 0 to 100), as one path."""
    return _waveform(tuple(peaks), attributes)


@lru_cache(maxsize=512)
def _waveform(peaks: tuple[int, ...], attributes: str) -> SafeString:
    return format_html(
        '<svg class="wave" viewBox="0 0 440 40" preserveAspectRatio="none" aria-hidden="true"{}>'
        '<path d="{}"/></svg>',
        attributes,
        waveform_path(peaks, width=440, height=40),
    )


@register.filter
def clock(milliseconds: int | float | None) -> str:
    """A length as on a player: 84,000 ms is 1:24; unknown is empty."""
    return "" if milliseconds is None else words.seconds(milliseconds)


@register.filter
def duration(milliseconds: int | float | None) -> str:
    """A duration: 0.3 s, 12 s, 1:24; unknown is empty."""
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
    """An amount of money: $1.50, or "less than $0.01"; unknown is empty."""
    if amount is None:
        return ""
    return _price(amount, settings.CURRENCY, get_language())


@lru_cache(maxsize=512)
def _price(amount: Decimal, currency: str, language: str | None) -> str:
    if Decimal(0) < amount < Decimal("0.01"):
        return _("less than %(price)s") % {"price": _price(Decimal("0.01"), currency, language)}
    return words.money(amount, currency)


@register.simple_tag
def price_pattern() -> str:
    """How a script writes a price: "$" and {number}."""
    return with_currency("{number}", settings.CURRENCY)


@register.simple_tag
def currency() -> str:
    """The sign of the studio's currency."""
    return str(settings.CURRENCY)


register.filter("join_items", join_items)
register.simple_tag(colon)
register.simple_tag(comma)
register.filter("file_size", words.file_size)
register.filter("size", words.size)
register.filter("length_of", format_length)
register.filter("position", format_time)
register.filter("described_length", describe_length)


@register.filter
def ago(moment: datetime | None) -> str:
    """A moment: "3 minutes ago", "today, 09:12", "22 Nov 2026"; unknown is empty."""
    if moment is None:
        return ""
    now, moment = shared_clock.now(), moment.astimezone(UTC)
    age = now - moment
    if age < timedelta(seconds=45):
        return _("now")
    if age < timedelta(minutes=59, seconds=30):
        minutes = max(1, round(age.total_seconds() / 60))
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {
            "count": minutes
        }
    if moment.date() == now.date():
        return _("today, %(time)s") % {"time": _minute(moment)}
    if moment.date() == (now - timedelta(days=1)).date():
        return _("yesterday, %(time)s") % {"time": _minute(moment)}
    return _day(moment)


@register.simple_tag
def ago_words() -> str:
    """The texts of `ago` for local-times.js, separated by |; the last joins a day and a time."""
    return _ago_words(get_language())


@lru_cache
def _ago_words(_language: str | None) -> str:
    one, several = (
        ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) for minutes in (1, 2)
    )
    texts = [
        _("now"),
        one % {"count": 1},
        several % {"count": "{count}"},
        _("today, %(time)s") % {"time": "{time}"},
        _("yesterday, %(time)s") % {"time": "{time}"},
        _("%(day)s, %(time)s") % {"day": "{day}", "time": "{time}"},
    ]
    return "|".join(texts)


def _minute(moment: datetime) -> str:
    return f"{moment.hour:02d}:{moment.minute:02d}"


def _day(moment: datetime) -> str:
    return _date(moment.date(), get_language())


@lru_cache(maxsize=512)
def _date(day: date, _language: str | None) -> str:
    return formats.date_format(day)


@register.simple_tag
def when(moment: datetime | None, style: str = "ago") -> str:
    """A `<time>`; styles: ago ("3 minutes ago"), moment (date and time), day, clock (09:31:04),
    minute (09:31 UTC).

    The server writes UTC; `local-times.js` converts it to the reader's time zone.
    """
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    full = _("%(day)s, %(time)s") % {"day": _day(utc), "time": f"{_minute(utc)} UTC"}
    match style:
        case "ago":
            text = ago(utc)
        case "clock":
            text = utc.strftime("%H:%M:%S")
        case "minute":
            text = f"{_minute(utc)} UTC"
        case "day":
            text = _day(utc)
        case _:
            text = full
    at = utc.isoformat(timespec="seconds")
    return SafeString(  # a moment and our own words
        f'<time datetime="{at}" data-style="{style}" title="{full}">{text}</time>'
    )


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """This page's query with `changes`; an empty value removes its name.

    Cursors are removed unless they are set, so that a changed filter starts at its first page.
    """
    given = context["request"].GET.lists()
    query: dict[str, Any] = {name: values for name, values in given if any(values)}
    for name in ("before", "after", *changes):
        query.pop(name, None)
    kept = {name: value for name, value in changes.items() if value not in (None, "")}
    return f"?{urlencode(query | kept, doseq=True)}"
