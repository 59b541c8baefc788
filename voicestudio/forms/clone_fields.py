"""Forms: the questions of the clone form, their labels and their help."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax import limits
from voicestudio.words import PERMISSION_WORDING

from . import languages
from .fields import Select, ShareField, TypedField, VoiceIdField
from .recordings import AttemptField, AudioField, FileIdField, RecordingField

GREETING: Final = _(
    "Hello, this is my new voice. I hope you like the way I sound: I have a lot to tell you."
)
REHEARSALS: Final = (
    ("ready", _("The voice gets ready")),
    ("flagged", _("Ready, but flagged")),
    ("refused", _("Refused by moderation")),
    ("slow_down", _("MiniMax asks to slow down")),
    ("out_of_credit", _("Out of credit")),
    ("wrong_key", _("Wrong key")),
    ("lost_answer", _("The answer gets lost")),
    ("slow", _("MiniMax is slow")),
)


class Questions(forms.Form):
    """Every field of the clone form; how the answers are judged stands in `attempts`."""

    use_required_attribute = False  # the page's own sentences say what is missing, in one place

    token = forms.UUIDField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    parent = AttemptField()
    speaker = TypedField(
        label=_("Speaker"),
        longest=120,
        help_text=_("The person's name, in any script."),
        error_messages={"required": _("Whose voice is it? Type the person's name.")},
        widget=forms.TextInput(attrs={"autocapitalize": "words"}),
    )
    voice_id = VoiceIdField(
        label=_("Voice ID"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    permission = forms.BooleanField(
        label=PERMISSION_WORDING,
        help_text=_("Kept with the attempt: your name, the time and this wording."),
        error_messages={
            "required": _(
                "No voice is cloned without the person's permission. Ask them, then tick the box."
            )
        },
    )

    recording = RecordingField(label=_("Recording"))
    file = AudioField(label=_("Recording"), required=False)
    file_id = FileIdField(
        label=_("File ID"),
        required=False,
        help_text=_("The number of a recording that MiniMax has already."),
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
        help_text=_("Without a text the voice is made, but there is nothing to hear yet."),
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
        help_text=_("The language of the preview text."),
        error_messages={"invalid_choice": _("Choose one of the languages in the list.")},
    )

    noise_reduction = forms.BooleanField(
        label=_("Reduce noise"),
        required=False,
        help_text=_("Takes hum and hiss out of the recording before it is cloned."),
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
        help_text=_(
            "MiniMax compares them with the recording, and stops if it hears something else."
        ),
    )
    accuracy = ShareField(
        label=_("How exactly they must match"),
        required=False,
        help_text=_("From 0, anything goes, to 1, word for word. MiniMax takes 0.7 if left empty."),
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
