"""Forms: the text to generate with a voice, and its settings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax import limits
from voicestudio.models import Format, Speech

from . import languages, speech_models, texts
from .fields import Select, TypedField


def _number(
    label: Any, low: Decimal, high: Decimal, step: str, help_text: Any
) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=low,
        max_value=high,
        decimal_places=2,
        initial=Decimal(1),
        help_text=help_text,
        widget=forms.NumberInput(attrs={"class": "input", "step": step}),
    )


class SpeechForm(forms.Form):
    """One text for one voice."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = TypedField(
        label=_("Text"),
        longest=limits.MAX_SPEECH_CHARACTERS,
        lines=True,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
        error_messages={"required": _("Type what the voice should say.")},
    )
    model = forms.ChoiceField(
        label=_("Model"), required=False, widget=Select(attrs={"class": "input"})
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, widget=Select(attrs={"class": "input"})
    )
    speed = _number(
        _("Speed"), *limits.SPEED_RANGE, "0.05", _("0.5 is half as fast, 2 twice as fast.")
    )
    volume = _number(_("Volume"), *limits.VOLUME_RANGE, "0.1", _("1 is as recorded."))
    pitch = forms.IntegerField(
        label=_("Pitch"),
        required=False,
        min_value=limits.PITCH_RANGE[0],
        max_value=limits.PITCH_RANGE[1],
        initial=0,
        help_text=_("In semitones, from -12 to 12."),
        widget=forms.NumberInput(attrs={"class": "input"}),
    )
    format = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=Format.choices,
        initial=Format.MP3,
        widget=Select(attrs={"class": "input"}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial, label_suffix="", auto_id="speech-%s")
        for name, choices in (
            ("model", speech_models.choices()), ("language", languages.choices()),
        ):  # fmt: skip
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
            field.initial = choices[0][0]

    @staticmethod
    def copy_of(speech: Speech) -> dict[str, Any]:
        """Text and settings of an earlier speech, as initial values."""
        names = ("text", "model", "language", "speed", "volume", "pitch", "format")
        return {name: getattr(speech, name) for name in names}

    def clean_text(self) -> str:
        """The text with valid pauses."""
        text: str = self.cleaned_data["text"]
        texts.check_pauses(text)
        return text

    def clean(self) -> dict[str, Any]:
        """Defaults for empty settings, and a language that the model supports."""
        given = super().clean() or self.cleaned_data
        for name in ("model", "language", "speed", "volume", "pitch", "format"):
            if name not in self.errors and given.get(name) in (None, ""):
                given[name] = self.fields[name].initial
        model, language = given.get("model", ""), given.get("language", "")
        if not limits.supports_language(model, language):
            self.add_error(
                "language",
                ValidationError(_("The 01 and 02 models don't speak it. Choose a newer model.")),
            )
        return given

    def shown(self, name: str) -> str:
        """The value that the page shows in a field."""
        value = self[name].value()
        return "" if value is None else str(value)
