"""Forms: the validation of the clone form."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax import limits
from voicestudio.models import AudioFile, CloneAttempt, ProjectLabel
from voicestudio.words.voices import VoiceIdCheck

from . import languages, speech_models, texts
from .clone_fields import GREETING, CloneFields
from .recordings import AttemptField, RecordingField
from .speakers import SpeakerChoice, parse_choice

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# The visible controls of the two fields that are hidden.
ANCHORS: Final = {"recording": "file", "prompt_clip": "prompt_file"}


class CloneForm(CloneFields):
    """Everything that one attempt needs; uploaded files are stored before and chosen by id."""

    def __init__(
        self,
        *args: Any,
        by: "AbstractBaseUser | AnonymousUser",
        check_voice_id: Callable[[str, str], VoiceIdCheck],
        refusals: dict[str, str] | None = None,
        is_complete: bool = True,
        projects: Sequence[ProjectLabel] = (),
        **kwargs: Any,
    ) -> None:
        """`check_voice_id` gets a voice ID and the speaker's name.

        `projects` are those to choose from; with less than two there is nothing to choose.

        `refusals` are errors found before, by the name of their field. Unless `is_complete` they
        are the only ones, because the person has not finished typing.
        """
        super().__init__(*args, **kwargs)
        self.check_voice_id = check_voice_id
        self.refusals, self.is_complete = refusals or {}, is_complete
        self.verdict: VoiceIdCheck | None = None
        visible = AudioFile.objects.visible_to(by)
        self.recording_field("recording").queryset = visible.samples()
        self.recording_field("prompt_clip").queryset = visible.prompt_clips()
        parent = self.fields["parent"]
        assert isinstance(parent, AttemptField)
        parent.queryset = CloneAttempt.objects.visible_to(by)
        models = speech_models.choices()
        choice = self.fields["model"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = models
        choice.initial = models[0][0]
        self.fields["preview_text"].initial = GREETING
        self.fields["token"].initial = uuid4
        self._set_projects(projects)
        if not settings.PRACTICE_MODE:
            del self.fields["rehearsal"]
        for name in self.fields:
            self._set_class(name)

    def recording_field(self, name: str) -> RecordingField:
        """The field that holds the id of a stored recording."""
        field = self.fields[name]
        assert isinstance(field, RecordingField)
        return field

    def _set_projects(self, projects: Sequence[ProjectLabel]) -> None:
        if len(projects) < 2:
            del self.fields["project"]
            return
        choice = self.fields["project"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(str(project.pk), project.name) for project in projects]

    def _set_class(self, name: str) -> None:
        widget = self.fields[name].widget
        if not isinstance(widget, forms.CheckboxInput | forms.HiddenInput | forms.FileInput):
            widget.attrs["class"] = "input id" if name == "voice_id" else "input"

    # Validation ---------------------------------------------------------------------------------

    def clean_permission(self) -> bool:
        """Ticked as browsers send it; Django would accept "off" too, which gives no permission."""
        if self.data.get("permission") not in ("on", "true", "True", True):
            raise forms.ValidationError(
                self.fields["permission"].error_messages["required"], "required"
            )
        return True

    def clean_accuracy(self) -> Any:
        """Only with words to compare."""
        accuracy = self.cleaned_data.get("accuracy")
        if accuracy is not None and not self.cleaned_data.get("text_validation"):
            if "text_validation" not in self.errors:
                self.add_error(
                    "text_validation", _("Type the words too, or leave the number empty.")
                )
            return None
        return accuracy

    def clean_prompt_text(self) -> str:
        """Ending in punctuation. Source: provider.md, "voice_clone", prompt_text."""
        return texts.with_full_stop(self.cleaned_data["prompt_text"])

    def clean_preview_text(self) -> str:
        """The text with valid pauses."""
        text: str = self.cleaned_data["preview_text"]
        texts.check_pauses(text)
        return text

    def clean_model(self) -> str:
        """The chosen model, or the first one of the settings."""
        return self.cleaned_data["model"] or settings.MINIMAX_MODELS[0]

    def clean_voice_id(self) -> str:
        """By the provider's rules, and not used by another voice."""
        voice_id: str = self.cleaned_data["voice_id"]
        self.verdict = self.check_voice_id(voice_id, self.cleaned_data.get("speaker", ""))
        if self.verdict.state != "free":
            raise forms.ValidationError(self.verdict.message, self.verdict.state)
        return voice_id

    def clean(self) -> dict[str, Any]:
        """Fields that depend on each other."""
        values = super().clean() or self.cleaned_data
        for name, error in self.refusals.items():
            self.add_error(name, error)
        if not values.get("recording") and not self._has_error("recording", "file", "file_id"):
            self.add_error("recording", _("Add a recording: drop a file, or choose one."))
        clip, words = values.get("prompt_clip"), values.get("prompt_text")
        if clip and not words and not self._has_error("prompt_text"):
            self.add_error("prompt_text", _("Type what is said in the clip, or remove the clip."))
        if words and not clip and not self._has_error("prompt_clip", "prompt_file"):
            self.add_error("prompt_clip", _("Add the clip with these words, or empty the text."))
        self._check_language(values)
        self._check_project(values)
        return values

    def _check_project(self, values: dict[str, Any]) -> None:
        """What is used belongs to the chosen project; an attempt of another one is no parent."""
        project = values.get("project")
        if not project:
            return
        for name in ("recording", "prompt_clip"):
            recording = values.get(name)
            if recording is not None and str(recording.project_id) != project:
                self.add_error(name, _("This recording belongs to another project. Choose one."))
        parent = values.get("parent")
        if parent is not None and str(parent.project_id) != project:
            values["parent"] = None

    def _has_error(self, *names: str) -> bool:
        return any(name in self.errors for name in names)

    def _check_language(self, values: dict[str, Any]) -> None:
        model, language = values.get("model", ""), values.get("language", "")
        if values.get("preview_text") and not limits.supports_language(model, language):
            self.add_error(
                "language",
                _now("The 01 and 02 models don't speak %(language)s. Choose a newer model.")
                % {"language": languages.NAMES[language]},
            )

    def full_clean(self) -> None:
        """Drop the errors of an incomplete form, except its refusals."""
        super().full_clean()
        if self.is_bound and not self.is_complete:
            for name in self.errors.keys() - self.refusals.keys():
                del self.errors[name]

    # For views and the page ---------------------------------------------------------------------

    def add_refusal(self, name: str, error: str) -> None:
        """Add the error of a service to a field, or to the whole form if it names no field."""
        if name == "voice_id":
            self.verdict = self.check_voice_id(self.shown("voice_id"), self.shown("speaker"))
        self.add_error(name if name in self.fields else None, error)

    def order(self) -> dict[str, Any]:
        """The cleaned values as arguments of `clones.Order`."""
        values = dict(self.cleaned_data)
        for name in ("file", "prompt_file", "file_id"):
            del values[name]
        values["speaker_name"] = values.pop("speaker")
        del values["speaker_choice"]
        values.pop("project", None)  # the recording has it
        speaker = self.chosen_speaker
        values |= {"speaker_id": speaker.speaker_id, "is_new_speaker": speaker.is_new}
        return values

    def warnings(self) -> list[str]:
        """What is allowed but may sound odd."""
        return texts.list_warnings(self.shown("preview_text"), self.shown("model"))

    def shown(self, name: str) -> str:
        """The value that the page shows in a field, posted or initial."""
        return str(self[name].value() or "")

    @property
    def chosen_speaker(self) -> SpeakerChoice:
        """Which speaker the shown name means."""
        return parse_choice(self.shown("speaker_choice"), self.shown("speaker"))

    def has_answers(self, *names: str) -> bool:
        """Whether one of these fields has a value or an error, so that its fold is open."""
        return any(self.shown(name) not in ("", "False") or self[name].errors for name in names)

    def mistakes(self) -> list[dict[str, str]]:
        """The errors in the order of the page, each with the id of its control."""
        return [
            {"anchor": self._anchor(name), "sentence": str(error)}
            for name in [*self.fields, NON_FIELD_ERRORS]
            for error in self.errors.get(name, ())
        ]

    def _anchor(self, name: str) -> str:
        has_no_control = name in ("token", NON_FIELD_ERRORS)
        return "" if has_no_control else self[ANCHORS.get(name, name)].id_for_label

    def chosen(self, name: str) -> AudioFile | None:
        """The recording that the page shows as chosen in `recording` or `prompt_clip`."""
        if self.is_bound:
            self.errors  # noqa: B018  (validates the form)
            cleaned: AudioFile | None = self.cleaned_data.get(name)
            return cleaned
        initial = self.initial.get(name)
        if initial is None or isinstance(initial, AudioFile):
            return initial
        try:
            recording: AudioFile | None = self.recording_field(name).clean(str(initial))
        except forms.ValidationError:
            return None
        return recording
