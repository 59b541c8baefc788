"""Forms: a recording as a file, by its id, or by the provider's file ID."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.models import LARGEST_ID, AudioFile, CloneAttempt, Origin, Purpose

from .fields import TypedField
from .ids import parse_id

# Types alone are not enough: some phones and browsers do not know those of voice memos.
ACCEPTED_FILES: Final = ",".join(
    "audio/* video/* .mp3 .m4a .wav .opus .ogg .flac .aac .aif .aiff .amr .caf .mka .wma .webm .mp4"
    " .mov .mkv .avi".split()
)


class AudioField(forms.FileField):
    """Any file up to the limit; the service that decodes it checks its content."""

    def __init__(self, **options: Any) -> None:
        # That service has its own message for an empty file.
        super().__init__(allow_empty_file=True, **options)


class FileIdField(forms.IntegerField):
    """A `file_id`: 64 bits, so a text on the page. Source: provider.md, "numbers"."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        text = _("A file ID is a whole number such as 123456789012345, as MiniMax gave it.")
        errors = {"invalid": text, "min_value": text, "max_value": text}
        errors |= options.pop("error_messages", {})
        super().__init__(min_value=1, max_value=LARGEST_ID, error_messages=errors, **options)


class RecordingField(forms.ModelChoiceField):
    """One of the recordings that the person may use, by its id."""

    def __init__(self, **options: Any) -> None:
        deleted = _("This recording was deleted. Choose another one.")
        super().__init__(
            AudioFile.objects.none(),
            widget=forms.HiddenInput,
            required=False,
            error_messages={"invalid_choice": deleted, "invalid_pk_value": deleted},
            **options,
        )

    def to_python(self, value: Any) -> AudioFile | None:
        """The recording. Raises ValidationError also for an id that no row can have."""
        if isinstance(value, str) and value and parse_id(value) is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return super().to_python(value)


class AttemptField(forms.ModelChoiceField):
    """The attempt that is cloned again, by its id; an invalid id counts as none.

    It has no error message, because people never type it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            CloneAttempt.objects.none(), widget=forms.HiddenInput, required=False, **options
        )

    def to_python(self, value: Any) -> CloneAttempt | None:
        """The attempt, if there is one of that id."""
        try:
            return super().to_python(parse_id(str(value or "")))
        except forms.ValidationError:
            return None


class UploadForm(forms.Form):
    """One file, its purpose, and whether it was recorded here."""

    purpose = forms.ChoiceField(choices=Purpose.choices, required=False)
    origin = forms.ChoiceField(
        choices=[(origin.value, origin.label) for origin in (Origin.UPLOADED, Origin.RECORDED)],
        required=False,
    )
    file = AudioField()
    # In the header of a file, browsers encode quotes and line ends, and Django decodes entities.
    name = forms.CharField(required=False)

    def clean_purpose(self) -> str:
        """A recording, unless the form says prompt clip."""
        return self.cleaned_data.get("purpose") or Purpose.SAMPLE.value

    def clean_origin(self) -> Origin:
        """Uploaded, unless the recorder says otherwise."""
        return Origin(self.cleaned_data.get("origin") or Origin.UPLOADED)


class FileIdForm(forms.Form):
    """A recording that MiniMax already has."""

    file_id = FileIdField(error_messages={"required": _("Type the number first.")})


class RecordingNameForm(forms.Form):
    """Another name for a recording."""

    name = TypedField(
        label=_("Name"),
        longest=200,
        error_messages={"required": _("Type a name.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "dir": "auto"}),
    )
