"""Words, codes: what the provider's status codes mean, whose rule it is, what to do."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .saying import Offer, Saying

ADMINISTRATOR: Final = (Offer.TELL_ADMINISTRATOR, Offer.TRY_AGAIN)
SLOW_DOWN: Final = Saying(
    _("MiniMax asks us to slow down."), _("We try again by ourselves."), (Offer.WAIT,)
)
PROVIDER_TROUBLE: Final = Saying(
    _("MiniMax has a problem on its side."),
    _("Nothing is wrong with your work. Try again in a few minutes."),
    (Offer.TRY_AGAIN,),
)
_KEY_TROUBLE = Saying(
    _("Our connection to MiniMax needs an administrator."),
    _("The key is wrong, or it belongs to another region. Your work is saved."),
    ADMINISTRATOR,
)
_PLAN = Saying(
    _("Our MiniMax plan does not allow more of this now."),
    _("Tell an administrator. Your work is saved."),
    ADMINISTRATOR,
)
UNSEEN: Final = Saying(
    _("MiniMax answered in a way that we have not seen before."),
    _("Your work is saved. Copy the details for support."),
    (Offer.COPY_DETAILS, Offer.TRY_AGAIN),
)

CODES: Final[dict[int, Saying]] = {
    0: Saying(_("The voice is ready."), _("Listen to the demo."), (Offer.LISTEN,)),
    1000: Saying(
        _("MiniMax could not process this and did not say why."),
        _("Often the recording is damaged. Check it, or try another one."),
        (Offer.CHECK_RECORDING, Offer.OTHER_RECORDING, Offer.COPY_DETAILS),
    ),
    1001: Saying(
        _("MiniMax took too long to answer."),
        _("The voice may or may not exist; nothing was sent twice."),
        (Offer.FIND_OUT, Offer.COPY_DETAILS),
    ),
    1002: SLOW_DOWN,
    1039: SLOW_DOWN,
    1041: SLOW_DOWN,
    2045: SLOW_DOWN,
    1004: _KEY_TROUBLE,
    2049: _KEY_TROUBLE,
    1008: Saying(
        _("Our MiniMax account is out of credit."),
        _("Tell an administrator, then try again. Your work is saved."),
        ADMINISTRATOR,
    ),
    1013: PROVIDER_TROUBLE,
    1024: PROVIDER_TROUBLE,
    1033: PROVIDER_TROUBLE,
    1026: Saying(
        _("MiniMax's safety check stopped this because of the text or the recording."),
        _("Change the preview text, or choose another recording."),
        (Offer.CHANGE_TEXT, Offer.OTHER_RECORDING),
    ),
    1027: Saying(
        _("MiniMax's safety check held the demo back."),
        _("Choose another preview text."),
        (Offer.CHANGE_TEXT,),
    ),
    1042: Saying(
        _("MiniMax does not take the hidden or unusual characters in the preview text."),
        _("Type the text anew, or paste it as plain text."),
        (Offer.CHANGE_TEXT,),
    ),
    1043: Saying(
        _("MiniMax heard other words in the recording than those that were typed."),
        _("Correct the expected words, or leave them empty."),
        (Offer.CHANGE_TEXT,),
    ),
    1044: Saying(
        _("MiniMax found that the prompt clip does not say what is written beside it."),
        _("Correct the words, or choose another clip."),
        (Offer.CHANGE_TEXT, Offer.OTHER_RECORDING),
    ),
    2013: Saying(
        _("We sent something that MiniMax does not accept."),
        _("Copy the details for support, or change something and try again."),
        (Offer.COPY_DETAILS, Offer.TRY_AGAIN),
    ),
    20132: Saying(
        _("MiniMax does not know this recording or this voice ID."),
        _("Try again: our copy is then sent anew. If we hold none, bring the recording as a file."),
        (Offer.TRY_AGAIN, Offer.OTHER_RECORDING),
    ),
    2037: Saying(
        _("MiniMax finds the recording too short or too long."),
        _("It must be between 10 seconds and 5 minutes long. Trim this one, or choose another."),
        (Offer.TRIM, Offer.OTHER_RECORDING),
    ),
    2038: Saying(
        _("Our MiniMax account must be verified before it may clone voices."),
        _("Tell an administrator. Your work is saved."),
        ADMINISTRATOR,
    ),
    2039: Saying(
        _("This voice ID is taken."),
        _("MiniMax wants each voice ID only once. Choose another one."),
        (Offer.CHANGE_VOICE_ID,),
    ),
    2042: Saying(
        _("This voice belongs to another MiniMax account."),
        _("Choose another voice ID."),
        (Offer.CHANGE_VOICE_ID,),
    ),
    2048: Saying(
        _("MiniMax finds the prompt clip too long."),
        _("It must be shorter than 8 seconds. Trim the clip, or choose another."),
        (Offer.TRIM_CLIP, Offer.OTHER_RECORDING),
    ),
    2054: Saying(
        _("MiniMax does not know this voice."),
        _("It was deleted, has expired, or belongs to another account. Clone it again."),
        (Offer.TRY_AGAIN,),
    ),
    2056: _PLAN,
    2061: _PLAN,
}


def of_code(code: int | None) -> Saying:
    """The sentence for a provider's status code; an unseen code has one too."""
    return CODES.get(code, UNSEEN) if code is not None else UNSEEN


# What a gateway's "no" means where it gives no code of MiniMax's.
_HTTP: Final = {401: 1004, 402: 1008, 403: 1004, 429: 1002}


def of_http(status: int | None) -> Saying:
    """The sentence for a refusal that has only an HTTP status."""
    if status is not None and status >= 500:
        return PROVIDER_TROUBLE
    return of_code(_HTTP.get(status or 0, 2013 if status in {400, 413, 415, 422} else None))
