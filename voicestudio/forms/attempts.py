"""Forms: the clone form, one page that a person fills in like a short conversation."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax import limits
from voicestudio.models import AudioFile, CloneAttempt
from voicestudio.words.voices import VoiceIdCheck

from . import languages, speech_models, texts
from .clone_fields import GREETING, Questions
from .recordings import AttemptField, RecordingField

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# The controls that people see for fields which they do not.
ANCHORS: Final = {"recording": "file", "prompt_clip": "prompt_file"}


class CloneForm(Questions):
    """Everything that one attempt needs, except the upload itself, which is taken in before."""

    def __init__(
        self,
        *args: Any,
        by: "AbstractBaseUser | AnonymousUser",
        judge: Callable[[str, str], VoiceIdCheck],
        refused: dict[str, str] | None = None,
        unfinished: bool = False,
        **kwargs: Any,
    ) -> None:
        """`judge` tells of a voice ID and a name whether the ID can be used.

        `refused` are sentences for uploads that were not taken in. `unfinished` keeps what is
        typed without judging the rest: the person has not asked for a voice yet.
        """
        super().__init__(*args, **kwargs)
        self.judge, self.refused, self.unfinished = judge, refused or {}, unfinished
        self.verdict: VoiceIdCheck | None = None
        visible = AudioFile.objects.visible_to(by)
        self.recordings("recording").queryset = visible.samples()
        self.recordings("prompt_clip").queryset = visible.prompt_clips()
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
        if not settings.PRACTICE_MODE:
            del self.fields["rehearsal"]
        for name in self.fields:
            self._dress(name)

    def recordings(self, name: str) -> RecordingField:
        """The field by which one of the recordings already here is chosen."""
        field = self.fields[name]
        assert isinstance(field, RecordingField)
        return field

    def _dress(self, name: str) -> None:
        widget = self.fields[name].widget
        if not isinstance(widget, forms.CheckboxInput | forms.HiddenInput | forms.FileInput):
            widget.attrs["class"] = "input id" if name == "voice_id" else "input"

    # Validation ---------------------------------------------------------------------------------

    def clean_permission(self) -> bool:
        """A tick as browsers send it; "off" or "0" from elsewhere is no person's word."""
        if self.data.get("permission") not in ("on", "true", "True", True):
            raise forms.ValidationError(
                self.fields["permission"].error_messages["required"], "required"
            )
        return True

    def clean_accuracy(self) -> Any:
        """Only with words to compare; without them it would mean nothing."""
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
        """With pauses that can be spoken."""
        text: str = self.cleaned_data["preview_text"]
        texts.check_pauses(text)
        return text

    def clean_model(self) -> str:
        """The first model of the settings, where none was named."""
        return self.cleaned_data["model"] or settings.MINIMAX_MODELS[0]

    def clean_voice_id(self) -> str:
        """By the provider's rules, and free as far as we know."""
        voice_id: str = self.cleaned_data["voice_id"]
        self.verdict = self.judge(voice_id, self.cleaned_data.get("speaker", ""))
        if self.verdict.state != "free":
            raise forms.ValidationError(self.verdict.message, self.verdict.state)
        return voice_id

    def clean(self) -> dict[str, Any]:
        """What must fit together."""
        given = super().clean() or self.cleaned_data
        for name, sentence in self.refused.items():
            self.add_error(name, sentence)
        if not given.get("recording") and not self._has(("recording", "file", "file_id")):
            self.add_error("recording", _("Bring a recording: drop a file, or choose one."))
        clip, words = given.get("prompt_clip"), given.get("prompt_text")
        if clip and not words and not self._has(("prompt_text",)):
            self.add_error("prompt_text", _("Type what is said in the clip, or remove the clip."))
        if words and not clip and not self._has(("prompt_clip", "prompt_file")):
            self.add_error("prompt_clip", _("Add the clip that says this, or empty the text."))
        self._check_language(given)
        return given

    def _has(self, names: tuple[str, ...]) -> bool:
        return any(name in self.errors for name in names)

    def _check_language(self, given: dict[str, Any]) -> None:
        model, language = given.get("model", ""), given.get("language", "")
        if given.get("preview_text") and not limits.supports_language(model, language):
            self.add_error(
                "language",
                _now("The 01 and 02 models do not speak %(language)s. Choose a newer model.")
                % {"language": languages.NAMES[language]},
            )

    def full_clean(self) -> None:
        """Of an unfinished form only the uploads are judged."""
        super().full_clean()
        if self.is_bound and self.unfinished:
            for name in self.errors.keys() - self.refused.keys():
                del self.errors[name]

    # What came of it ----------------------------------------------------------------------------

    def refuse(self, name: str, sentence: str) -> None:
        """Say at a field why the service did not take the order."""
        if name == "voice_id":
            self.verdict = self.judge(self.shown("voice_id"), self.shown("speaker"))
        self.add_error(name if name in self.fields else None, sentence)

    def order(self) -> dict[str, Any]:
        """A valid form as the service takes it, by the names of an order's parts."""
        given = dict(self.cleaned_data)
        for name in ("file", "prompt_file", "file_id"):
            del given[name]
        given["speaker_name"] = given.pop("speaker")
        return given

    def remarks(self) -> list[str]:
        """What is allowed, but may sound odd; nothing here holds the attempt up."""
        return texts.remarks(self.shown("preview_text"), self.shown("model"))

    def shown(self, name: str) -> str:
        """What the page shows in a field, whether it was sent or is only offered."""
        return str(self[name].value() or "")

    def has_answers(self, *names: str) -> bool:
        """Whether any of these fields holds something, or something wrong: its fold is open."""
        return any(self.shown(name) not in ("", "False") or self[name].errors for name in names)

    def mistakes(self) -> list[dict[str, str]]:
        """What is to be corrected, in the order of the page, each with the id of its control."""
        return [
            {
                "anchor": self._anchor(name),
                "sentence": str(sentence),
            }
            for name in [*self.fields, NON_FIELD_ERRORS]
            for sentence in self.errors.get(name, ())
        ]

    def _anchor(self, name: str) -> str:
        unseen = name in ("token", NON_FIELD_ERRORS)
        return "" if unseen else self[ANCHORS.get(name, name)].id_for_label

    def chosen(self, name: str) -> AudioFile | None:
        """The recording that the page shows as chosen in `recording` or `prompt_clip`."""
        if self.is_bound:
            self.errors  # noqa: B018  (judges the form, if nobody has)
            taken: AudioFile | None = self.cleaned_data.get(name)
            return taken
        given = self.initial.get(name)
        if given is None or isinstance(given, AudioFile):
            return given
        try:
            known: AudioFile | None = self.recordings(name).clean(str(given))
        except forms.ValidationError:
            return None
        return known
