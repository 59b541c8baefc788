"""Forms: the fields of the clone form with their labels and help; `attempts` validates them."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.minimax import limits
from voicestudio.words import PERMISSION_WORDING

from . import languages
from .fields import Select, ShareField, TypedField, VoiceIdField
from .recordings import AttemptField, AudioField, FileIdField, RecordingField
from .speakers import SpeakerChoiceField, SpeakerField

GREETING: Final = _(
    "Hello, this is my new voice. I hope you like the way I sound: I have a lot to tell you."
)
REHEARSALS: Final = (
    ("ready", pgettext_lazy("attempt", "Ready")),
    ("flagged", _("Ready, but flagged")),
    ("refused", _("Refused by moderation")),
    ("slow_down", _("MiniMax asks to slow down")),
    ("out_of_credit", _("Out of credit")),
    ("wrong_key", _("Wrong key")),
    ("lost_answer", _("The answer is lost")),
    ("slow", _("MiniMax is slow")),
)


class CloneFields(forms.Form):
    """Every field of the clone form."""

    use_required_attribute = False  # the page lists what is missing, in one place

    token = forms.UUIDField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    parent = AttemptField()
    project = forms.ChoiceField(
        label=_("Project"),
        required=False,
        help_text=_("Its members see and hear the voice."),
        error_messages={"invalid_choice": _("You can't clone voices in this project.")},
        widget=Select,
    )
    speaker = SpeakerField(
        error_messages={"required": _("Whose voice is it? Type the person's name.")}
    )
    speaker_choice = SpeakerChoiceField()
    voice_id = VoiceIdField(
        label=_("Voice ID"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    permission = forms.BooleanField(
        label=PERMISSION_WORDING,
        help_text=_("Your name, the time and this wording are stored with the attempt."),
        error_messages={
            "required": _(
                "A voice can't be cloned without the person's permission. "
                "Ask them, then tick the box."
            )
        },
    )

    recording = RecordingField(label=_("Recording"))
    file = AudioField(label=_("Recording"), required=False)
    file_id = FileIdField(
        label=_("File ID"),
        required=False,
        help_text=_("The number of a recording that MiniMax already has."),
    )

    prompt_clip = RecordingField(label=_("Prompt clip"))
    prompt_file = AudioField(label=_("Prompt clip"), required=False)
    prompt_text = TypedField(
        label=_("Prompt text"),
        longest=1000,
        lines=True,
        required=False,
        help_text=_("Exactly what is said in the clip, word for word, ending in punctuation."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    preview_text = TypedField(
        label=_("Preview text"),
        longest=limits.MAX_PREVIEW_CHARACTERS,
        lines=True,
        required=False,
        help_text=_("Without a text the voice is cloned, but has no preview."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    model = forms.ChoiceField(
        label=_("Model"),
        required=False,
        widget=Select,
        error_messages={"invalid_choice": _("Choose one of the models in the list.")},
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=languages.choices,
        required=False,
        initial=limits.AUTO_LANGUAGE,
        widget=Select,
        error_messages={"invalid_choice": _("Choose one of the languages in the list.")},
    )

    noise_reduction = forms.BooleanField(
        label=_("Reduce noise"),
        required=False,
        help_text=_("Removes hum and hiss from the recording before it is cloned."),
    )
    volume_normalization = forms.BooleanField(
        label=_("Even out volume"),
        required=False,
        help_text=_("For a recording that is loud in one place and quiet in another."),
    )
    watermark = forms.BooleanField(
        label=_("Watermark the preview"),
        required=False,
        help_text=_("An audible mark at the end of the preview only."),
    )
    text_validation = TypedField(
        label=_("Words that must be heard"),
        longest=limits.MAX_VALIDATION_CHARACTERS,
        required=False,
        help_text=_("MiniMax compares them with the recording, and stops if they differ."),
    )
    accuracy = ShareField(
        label=_("How exactly they must match"),
        required=False,
        help_text=_("From 0 (anything) to 1 (word for word). MiniMax uses 0.7 if this is empty."),
        widget=forms.NumberInput(attrs={"step": "0.05"}),
    )
    rehearsal = forms.ChoiceField(
        label=_("Rehearse an outcome"),
        required=False,
        choices=REHEARSALS,
        widget=Select,
        help_text=_("For training: see how the studio shows each case."),
        error_messages={"invalid_choice": _("Choose one of the outcomes in the list.")},
    )
