"""Forms: deleting a voice, confirmed by typing its ID."""

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax.limits import MAX_VOICE_ID_LENGTH


class DeleteForm(forms.Form):
    """What to delete besides the voice, and its typed ID, which the service checks."""

    files_there = forms.BooleanField(
        label=_("Also delete the uploaded files at MiniMax"), required=False
    )
    files_here = forms.BooleanField(label=_("Also delete our own audio"), required=False)
    confirmation = forms.CharField(
        label=_("Type the voice ID to confirm"),
        max_length=MAX_VOICE_ID_LENGTH,
        widget=forms.TextInput(
            attrs={
                "class": "input", "autocomplete": "off", "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Type the voice ID, so that nothing is deleted by mistake.")},
    )  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs |= {"auto_id": "delete-%s", "label_suffix": ""}
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
