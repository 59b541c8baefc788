"""Forms: bringing a recording, as a file or by the provider's File ID."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.models import AudioFile, CloneAttempt, Origin, Purpose

INT64_MAX: Final = 2**63 - 1


class AudioField(forms.FileField):
    """Any file up to the limit; what is in it is found out by those who decode it."""

    def __init__(self, **options: Any) -> None:
        # An empty file has a sentence of its own, said where all other files are judged.
        super().__init__(allow_empty_file=True, **options)


class FileIdField(forms.IntegerField):
    """A `file_id`: 64 bits, so a text on the page. Source: provider.md, "numbers"."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        say = _("A File ID is a whole number such as 123456789012345, as MiniMax gave it.")
        errors = {"invalid": say, "min_value": say, "max_value": say}
        errors |= options.pop("error_messages", {})
        super().__init__(min_value=1, max_value=INT64_MAX, error_messages=errors, **options)


class RecordingField(forms.ModelChoiceField):
    """One of the recordings that the person may use, by its id."""

    def __init__(self, **options: Any) -> None:
        gone = _("This recording is not here any more. Choose another one.")
        super().__init__(
            AudioFile.objects.none(),
            widget=forms.HiddenInput,
            required=False,
            error_messages={"invalid_choice": gone, "invalid_pk_value": gone},
            **options,
        )

    def to_python(self, value: Any) -> AudioFile | None:
        """The recording; hostile ids are simply not there."""
        digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20
        if isinstance(value, str) and value and not digits:
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return super().to_python(value)


class AttemptField(forms.ModelChoiceField):
    """The attempt from which another one is made, by its id; what is none of ours is none.

    Nobody types it, so that nobody has to be told of a mistake in it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            CloneAttempt.objects.none(), widget=forms.HiddenInput, required=False, **options
        )

    def to_python(self, value: Any) -> CloneAttempt | None:
        """The attempt, if there is one of that id."""
        text = str(value or "")
        if not text.isascii() or not text.isdigit() or int(text[:20]) > INT64_MAX:
            return None
        try:
            return super().to_python(text)
        except forms.ValidationError:
            return None


class UploadForm(forms.Form):
    """One file, what it is for, and whether it was recorded here."""

    purpose = forms.ChoiceField(choices=Purpose.choices, required=False)
    origin = forms.ChoiceField(
        choices=[(origin.value, origin.label) for origin in (Origin.UPLOADED, Origin.RECORDED)],
        required=False,
    )
    file = AudioField(
        error_messages={
            "required": _("No file came with this. Choose one."),
            "invalid": _("No file came with this. Choose one."),
        }
    )

    def clean_purpose(self) -> str:
        """A recording, unless a prompt clip is meant."""
        return self.cleaned_data.get("purpose") or Purpose.SAMPLE.value

    def clean_origin(self) -> Origin:
        """Brought as a file, unless the recorder says otherwise."""
        return Origin(self.cleaned_data.get("origin") or Origin.UPLOADED)


class FileIdForm(forms.Form):
    """A recording that MiniMax has already."""

    file_id = FileIdField(error_messages={"required": _("Type the number first.")})


def sentence(message: words.Message) -> str:
    """A message as the one text that stands at a field."""
    return f"{message.headline} {message.next_step}"
