"""Forms: fields for typed text, without its invisible characters, and filters of a list."""

from collections.abc import Callable, Mapping
from datetime import date
from html import escape
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from voicestudio.words import group_digits

from . import texts


class TypedField(forms.CharField):
    """A text of at most `longest` characters as people count them; `lines` keeps line ends."""

    def __init__(self, *, longest: int, lines: bool = False, **options: Any) -> None:
        self.longest, self.lines = longest, lines
        super().__init__(**options)
        # Django would reject a NUL; `texts.clean` removes it.
        self.validators = []

    def to_python(self, value: Any) -> str:
        """The cleaned text; empty if `value` is not a text."""
        return texts.clean(value, lines=self.lines) if isinstance(value, str) else ""

    def validate(self, value: str) -> None:
        """Required, and not too long; line ends count as one character."""
        super().validate(value)
        over = len(value) - self.longest
        if over > 0:
            raise ValidationError(
                ngettext(
                    "%(label)s: %(over)s character too long, %(longest)s at most.",
                    "%(label)s: %(over)s characters too long, %(longest)s at most.",
                    over,
                ),
                "too_long",
                {
                    "label": self.label,
                    "over": group_digits(over),
                    "longest": group_digits(self.longest),
                },
            )


class ShareField(forms.DecimalField):
    """A number from 0 to 1 with at most three places, and one message for every error."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=1, max_digits=4, decimal_places=3, **options)
        self.message = _("Type a number from 0 to 1, such as 0.7.")

    def clean(self, value: Any) -> Any:
        """The number, or None."""
        try:
            return super().clean(value)
        except ValidationError as error:
            raise ValidationError(self.message, "invalid") from error


class VoiceIdField(forms.CharField):
    """A voice ID as typed; the form checks it against the rules and the IDs in use."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            error_messages={"required": _("Type a voice ID, or type the name first.")}, **options
        )
        self.validators = []

    def to_python(self, value: Any) -> str:
        """The text without spaces around it."""
        return value.strip()[:400] if isinstance(value, str) else ""


class Select(forms.Select):
    """A select rendered without templates, with which its options take longer than a list's rows.

    An option whose label equals its value has no `value` attribute.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,  # noqa: ARG002
    ) -> SafeString:
        """The element as HTML."""
        chosen = self.format_value(value)
        options = "".join(
            _render_option(str(key), str(label), chosen) for key, label in self.choices
        )
        attributes = flatatt({"name": name} | self.build_attrs(self.attrs, attrs))
        return mark_safe(f"<select{attributes}>{options}</select>")  # noqa: S308  (all of it is escaped)


class SearchInput(forms.TextInput):
    """The search of a list, rendered without templates: with them it takes as long as four rows."""

    input_type = "search"

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,  # noqa: ARG002
    ) -> SafeString:
        """The element as HTML."""
        text = self.format_value(value)
        given = {"type": self.input_type, "name": name} | ({} if text is None else {"value": text})
        attributes = flatatt(given | self.build_attrs(self.attrs, attrs))
        return mark_safe(f"<input{attributes}>")  # noqa: S308  (all of it is escaped)


def _render_option(value: str, label: str, chosen: list[str]) -> str:
    attribute = "" if value == label else f' value="{escape(value)}"'
    return f"<option{attribute}{' selected' if value in chosen else ''}>{escape(label)}</option>"


# Years outside of these are typing errors.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199


def check_year(day: date) -> None:
    """Raise ValidationError for a date with an impossible year."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(_("Choose a date between 2000 and 2199."), code="invalid")


def date_field(label: Any) -> forms.DateField:
    """A day, as browsers send it; empty if it does not matter."""
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[check_year],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "input"}),
    )


def choice_field(label: Any) -> forms.ChoiceField:
    """A choice whose options the form gets."""
    return forms.ChoiceField(label=label, required=False, widget=Select(attrs={"class": "input"}))


type Choices = list[tuple[str, Any]] | Callable[[], list[tuple[str, Any]]]


class FilterForm(forms.Form):
    """The filters of a list, from the query string; `options` are choices by field.

    Choices that take a query are functions, so that they are read for a filter in use only.
    """

    def __init__(self, data: Mapping[str, Any], **options: Choices) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        for name, choices in options.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    @property
    def chosen(self) -> dict[str, Any]:
        """The valid values; the others are in `errors`."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def left_out(self) -> list[str]:
        """Labels of the fields with invalid values."""
        return [str(self.fields[name].label) for name in self.errors]
