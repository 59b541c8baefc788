"""Words, codes: what the provider's status codes mean, whose rule it is, what to do."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message, NextStep

SLOW_DOWN: Final = Message(_("MiniMax asks us to slow down."), _("We'll try again automatically."))
PROVIDER_PROBLEM: Final = Message(
    _("MiniMax has a problem on its side."),
    _("Your work is fine. Try again in a few minutes."),
    NextStep.TRY_AGAIN,
)
_WRONG_KEY: Final = Message(
    _("Our connection to MiniMax needs an administrator."),
    _("The key is wrong, or it belongs to another region. Your work is saved."),
    NextStep.TRY_AGAIN,
    administrator_step=_(
        "Check the key and the address in the studio's settings: the key is wrong, or it belongs "
        "to another region."
    ),
)
_PLAN_LIMIT: Final = Message(
    _("Our MiniMax plan doesn't allow more of this now."),
    _("Tell an administrator. Your work is saved."),
    NextStep.TRY_AGAIN,
    administrator_step=_("Change the plan at MiniMax, or wait. The request is saved."),
)
_NO_CREDIT: Final = Message(
    _("Our MiniMax account is out of credit."),
    _("Tell an administrator, then try again. Your work is saved."),
    NextStep.TRY_AGAIN,
    administrator_step=_("Top up the account at MiniMax, then try again. The request is saved."),
)
NO_CREDIT_CODES: Final = (1008, 1028, 1030)
NOT_OFFERED: Final = Message(
    _("The MiniMax address of this studio doesn't offer that."),
    _("An administrator should check the MiniMax address and the upload path."),
    NextStep.TRY_AGAIN,
    administrator_step=_("Check the MiniMax address and the upload path in the studio's settings."),
)
TOO_LARGE: Final = Message(
    _("The file is too large for MiniMax, or for a server on the way."),
    _("Cut or convert the recording, then try again."),
    NextStep.TRIM,
)
UNKNOWN_CODE: Final = Message(
    _("MiniMax answered in a way we haven't seen before."),
    _("Your work is saved. Copy the details for support."),
    NextStep.TRY_AGAIN,
)

CODES: Final[dict[int, Message]] = {
    0: Message(_("The voice is ready."), _("Listen to the preview.")),
    1000: Message(
        _("MiniMax couldn't process this and didn't say why."),
        _("The recording may be damaged. Check it, or try another one."),
        NextStep.CHECK_RECORDING,
    ),
    1001: Message(
        _("MiniMax took too long to answer."),
        _("The voice may or may not exist. Nothing was sent twice."),
        NextStep.FIND_OUT,
    ),
    **dict.fromkeys((1002, 1039, 1041, 2045), SLOW_DOWN),
    **dict.fromkeys((1004, 2049), _WRONG_KEY),
    **dict.fromkeys(NO_CREDIT_CODES, _NO_CREDIT),
    **dict.fromkeys((1013, 1024, 1033), PROVIDER_PROBLEM),
    1026: Message(
        _("MiniMax's safety check stopped this because of the text or the recording."),
        _("Change the preview text, or choose another recording."),
        NextStep.CHANGE_TEXT,
    ),
    1027: Message(
        _("MiniMax's safety check blocked the preview."),
        _("Choose another preview text."),
        NextStep.CHANGE_TEXT,
    ),
    1042: Message(
        _("MiniMax doesn't accept hidden or unusual characters in the preview text."),
        _("Retype the text, or paste it as plain text."),
        NextStep.CHANGE_TEXT,
    ),
    1043: Message(
        _("MiniMax heard different words in the recording than the expected words."),
        _("Correct the expected words, or leave them empty."),
        NextStep.CHANGE_TEXT,
    ),
    1044: Message(
        _("MiniMax heard different words in the prompt clip than its prompt text."),
        _("Correct the words, or choose another clip."),
        NextStep.CHANGE_TEXT,
    ),
    2013: Message(
        _("We sent something MiniMax doesn't accept."),
        _("Copy the details for support, or change something and try again."),
        NextStep.TRY_AGAIN,
    ),
    20132: Message(
        _("MiniMax doesn't recognize this recording or voice ID."),
        _("Try again to upload our copy. If we have none, upload the recording as a file."),
        NextStep.TRY_AGAIN,
    ),
    2037: Message(
        _("The recording is too short or too long for MiniMax."),
        _("It must be between 10 seconds and 5 minutes long."),
        NextStep.TRIM,
    ),
    2038: Message(
        _("Our MiniMax account must be verified before it can clone voices."),
        _("Tell an administrator. Your work is saved."),
        NextStep.TRY_AGAIN,
        administrator_step=_("Verify the account at MiniMax, then try again."),
    ),
    2039: Message(
        _("This voice ID is taken."),
        _("MiniMax allows each voice ID only once."),
        NextStep.CHANGE_VOICE_ID,
    ),
    2042: Message(
        _("This voice belongs to another MiniMax account."),
        _("MiniMax allows each voice ID only once."),
        NextStep.CHANGE_VOICE_ID,
    ),
    2048: Message(
        _("The prompt clip is too long for MiniMax."),
        _("It must be shorter than 8 seconds."),
        NextStep.TRIM_CLIP,
    ),
    2054: Message(
        _("MiniMax doesn't recognize this voice."),
        _("It was deleted, has expired or belongs to another account. Clone it again."),
        NextStep.TRY_AGAIN,
    ),
    **dict.fromkeys((2056, 2061), _PLAN_LIMIT),
}


# What a speech is told instead: it has neither a recording nor a preview.
_SPEECH_TEXT: Final = _("Change the text, then generate the speech again.")
SPEECH_CODES: Final[dict[int, Message]] = {
    **{code: CODES[code] for code in CODES if code not in {1043, 1044, 2037, 2038, 2039, 2048}},
    0: Message(_("The speech is ready."), _("Listen to it.")),
    1000: Message(
        _("MiniMax couldn't speak this and didn't say why."),
        _("Change the text, or copy the details for support."),
        NextStep.TRY_AGAIN,
    ),
    1001: Message(
        _("MiniMax took too long to answer."),
        _("The speech may or may not exist. Nothing was sent twice."),
    ),
    1026: Message(_("MiniMax's safety check stopped this text."), _SPEECH_TEXT),
    1027: Message(_("MiniMax's safety check held the speech back."), _SPEECH_TEXT),
    1042: Message(
        _("MiniMax doesn't accept hidden or unusual characters in the text."),
        _("Retype the text, or paste it as plain text."),
    ),
    20132: Message(
        _("MiniMax doesn't recognize this voice ID."),
        _("The voice was deleted, has expired or belongs to another account."),
    ),
    2042: Message(_("This voice belongs to another MiniMax account."), _("Choose another voice.")),
    2054: Message(
        _("MiniMax doesn't recognize this voice."),
        _(
            "It was deleted, has expired or belongs to another account. Rebuild it from "
            "the recording."
        ),
    ),
}


def message_for_code(code: int | None, *, speech: bool = False) -> Message:
    """The message for a provider's status code; `UNKNOWN_CODE` for any other.

    `speech` chooses what the code means to a speech instead of a clone.
    """
    codes = SPEECH_CODES if speech else CODES
    return codes.get(code, UNKNOWN_CODE) if code is not None else UNKNOWN_CODE


# What each HTTP status means, where a gateway refuses without a MiniMax code.
_HTTP: Final = {
    **dict.fromkeys((400, 415, 422), CODES[2013]),
    **dict.fromkeys((401, 403), _WRONG_KEY),
    402: _NO_CREDIT,
    **dict.fromkeys((404, 405, 501), NOT_OFFERED),
    413: TOO_LARGE,
    429: SLOW_DOWN,
}


def message_for_http_status(status: int | None) -> Message:
    """The message for a refusal that has only an HTTP status."""
    other = PROVIDER_PROBLEM if status is not None and status >= 500 else UNKNOWN_CODE
    return _HTTP.get(status or 0, other)
