"""Words: every sentence that staff read because of a code, in one table."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


class Offer(StrEnum):
    """What a person can do next; templates turn each into a button or a link."""

    LISTEN = "listen"
    CHECK_RECORDING = "check_recording"
    OTHER_RECORDING = "other_recording"
    CHANGE_TEXT = "change_text"
    CHANGE_VOICE_ID = "change_voice_id"
    TRY_AGAIN = "try_again"
    TELL_ADMINISTRATOR = "tell_administrator"
    COPY_DETAILS = "copy_details"
    WAIT = "wait"
    FIND_OUT = "find_out"


@dataclass(frozen=True)
class Saying:
    """One message: what happened and whose rule it is (`headline`), what to do (`next_step`)."""

    headline: str | Promise
    next_step: str | Promise
    offers: tuple[Offer, ...] = ()


_ADMINISTRATOR = (Offer.TELL_ADMINISTRATOR, Offer.TRY_AGAIN)
_SLOW_DOWN = Saying(
    _("MiniMax asks us to slow down."), _("We try again by ourselves."), (Offer.WAIT,)
)
_PROVIDER_TROUBLE = Saying(
    _("MiniMax has a problem on its side."),
    _("Nothing is wrong with your work. Try again in a few minutes."),
    (Offer.TRY_AGAIN,),
)
_KEY_TROUBLE = Saying(
    _("Our connection to MiniMax needs an administrator."),
    _("The key is wrong, or it belongs to another region. Your work is saved."),
    _ADMINISTRATOR,
)
_PLAN = Saying(
    _("Our MiniMax plan does not allow more of this now."),
    _("Tell an administrator. Your work is saved."),
    _ADMINISTRATOR,
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
        (Offer.CHECK_RECORDING, Offer.COPY_DETAILS),
    ),
    1001: Saying(
        _("MiniMax took too long to answer."),
        _("The voice may or may not exist; nothing was sent twice."),
        (Offer.FIND_OUT, Offer.COPY_DETAILS),
    ),
    1002: _SLOW_DOWN,
    1039: _SLOW_DOWN,
    1041: _SLOW_DOWN,
    2045: _SLOW_DOWN,
    1004: _KEY_TROUBLE,
    2049: _KEY_TROUBLE,
    1008: Saying(
        _("Our MiniMax account is out of credit."),
        _("Tell an administrator, then try again. Your work is saved."),
        _ADMINISTRATOR,
    ),
    1013: _PROVIDER_TROUBLE,
    1024: _PROVIDER_TROUBLE,
    1033: _PROVIDER_TROUBLE,
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
        _("Try again: the recording is then sent anew."),
        (Offer.TRY_AGAIN, Offer.OTHER_RECORDING),
    ),
    2037: Saying(
        _("MiniMax takes recordings between 10 seconds and 5 minutes long."),
        _("Trim this one, or choose another."),
        (Offer.OTHER_RECORDING,),
    ),
    2038: Saying(
        _("Our MiniMax account must be verified before it may clone voices."),
        _("Tell an administrator. Your work is saved."),
        _ADMINISTRATOR,
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
        _("MiniMax takes prompt clips shorter than 8 seconds."),
        _("Trim the clip, or choose another."),
        (Offer.OTHER_RECORDING,),
    ),
    2054: Saying(
        _("MiniMax does not know this voice."),
        _("It was deleted, has expired, or belongs to another account. Clone it again."),
        (Offer.TRY_AGAIN,),
    ),
    2056: _PLAN,
    2061: _PLAN,
}


class Trouble(StrEnum):
    """Why an attempt did not go well, where no provider code tells it."""

    NEVER_SENT = "never_sent"
    UNANSWERED = "unanswered"
    NONSENSE = "nonsense"
    REFUSED = "refused"
    OURS = "ours"
    RECORDING_GONE = "recording_gone"
    INTERRUPTED = "interrupted"
    GAVE_UP = "gave_up"
    RATE_LIMIT = "rate_limit"


TROUBLES: Final[dict[str, Saying]] = {
    Trouble.NEVER_SENT: Saying(
        _("We could not reach MiniMax. Nothing was sent."),
        _("We try again by ourselves."),
        (Offer.WAIT,),
    ),
    Trouble.GAVE_UP: Saying(
        _("We could not get through to MiniMax, and have stopped trying."),
        _("No voice was cloned and nothing was charged. Try again later."),
        _ADMINISTRATOR,
    ),
    Trouble.UNANSWERED: CODES[1001],
    Trouble.NONSENSE: UNSEEN,
    Trouble.REFUSED: UNSEEN,
    Trouble.RATE_LIMIT: _SLOW_DOWN,
    Trouble.OURS: Saying(
        _("Something went wrong on our side before anything was sent to be cloned."),
        _("Nothing was charged. Try again, or copy the details for support."),
        (Offer.TRY_AGAIN, Offer.COPY_DETAILS),
    ),
    Trouble.RECORDING_GONE: Saying(
        _("Our copy of the recording cannot be read."),
        _("Nothing was sent. Choose the recording again."),
        (Offer.OTHER_RECORDING,),
    ),
    Trouble.INTERRUPTED: Saying(
        _("The studio was stopped while the recording was on its way."),
        _("Nothing was cloned and nothing was charged. Try again."),
        (Offer.TRY_AGAIN,),
    ),
}

OUTCOME_UNKNOWN: Final = Saying(
    _("We do not know whether MiniMax made this voice."),
    _("The request was sent, but no clear answer came back. Nothing was sent twice."),
    (Offer.FIND_OUT, Offer.COPY_DETAILS),
)

MODERATION: Final[dict[int, Promise | str]] = {
    1: _("serious violation"),
    2: _("sexual content"),
    3: _("advertising"),
    4: _("prohibited content"),
    5: _("insults or abuse"),
    6: _("violence or terror"),
    7: _("other"),
}
MODERATION_UNEXPLAINED: Final = _("a category that MiniMax does not explain")

DEMO_TROUBLES: Final[dict[str, Saying]] = {
    "unreachable": Saying(
        _("The voice is ready, but we could not copy its demo."),
        _("Fetch it again; MiniMax keeps it for about a day."),
    ),
    "too_large": Saying(
        _("The voice is ready, but its demo is larger than we store."),
        _("Fetch it again, or clone again with a shorter preview text."),
    ),
    "not_audio": Saying(
        _("The voice is ready, but what MiniMax sent as its demo is not audio."),
        _("Fetch it again; if it stays so, copy the details for support."),
    ),
    "forbidden": Saying(
        _("The voice is ready, but its demo lies at an address that we do not open."),
        _("Copy the details for support."),
    ),
    "missing": Saying(
        _("The voice is ready, but MiniMax sent no demo."),
        _("Clone again with another preview text if you want to hear one."),
    ),
}


def of_code(code: int | None) -> Saying:
    """The sentence for a provider's status code; an unseen code has one too."""
    return CODES.get(code, UNSEEN) if code is not None else UNSEEN


def of_category(category: int | None) -> str | Promise:
    """MiniMax's moderation category in words."""
    return MODERATION.get(category, MODERATION_UNEXPLAINED) if category else MODERATION_UNEXPLAINED


def of_demo(trouble: str) -> Saying:
    """Why there is no demo to hear although the voice is ready."""
    return DEMO_TROUBLES.get(trouble, DEMO_TROUBLES["unreachable"])


def seconds(milliseconds: int | float | None) -> str:
    """A length of audio as a person says it: 84,000 ms is 1:24."""
    total = round((milliseconds or 0) / 1000)
    return f"{total // 60}:{total % 60:02d}"


def size(count: int) -> str:
    """A limit in bytes as a person says it: 1 GB, 200 MB; rounded down, so that it is kept."""
    for name, unit in (("GB", 1024**3), ("MB", 1024**2)):
        if count >= unit:
            return f"{count * 10 // unit / 10:g} {name}"
    return f"{count // 1024} KB"


def of_audio(code: str, facts: dict[str, Any] | None = None, *, purpose: str = "") -> Saying:
    """Why a file cannot be used, whose rule it is, and what to do."""
    facts = facts or {}
    length = seconds(facts.get("duration_ms"))
    clip = purpose == "prompt_audio"
    match code:
        case "empty":
            return Saying(_("This file is empty."), _("Choose it again, or export it once more."))
        case "too_large":
            return Saying(
                format_lazy(
                    _("This file is larger than the {size} that we take."),
                    size=size(facts["limit_bytes"]),
                ),
                _("Save it as mp3 or m4a, or cut it, and bring it again."),
            )
        case "not_audio":
            return Saying(
                _("This is not an audio file that we can read, whatever its name says."),
                _("Export the recording as mp3, m4a or wav, and bring that."),
            )
        case "damaged":
            return Saying(
                _("This file is damaged: it cannot be read to its end."),
                _("Copy or export it once more, and bring it again."),
            )
        case "video":
            return Saying(
                _("This is a video. MiniMax takes sound only."),
                _("Export its sound as mp3, m4a or wav, and bring that."),
            )
        case "no_audio":
            return Saying(
                _("There is no sound track in this file."),
                _("Choose a file with the person's voice."),
            )
        case "silent":
            return Saying(
                _("Nothing can be heard in this recording."),
                _("Check that the right microphone was recorded, and bring another one."),
            )
        case "too_short" if clip:
            return Saying(
                format_lazy(_("This clip is only {length} long."), length=length),
                _("Choose a clip of 5 to 8 seconds."),
            )
        case "too_short":
            return Saying(
                format_lazy(
                    _("This recording is {length} long. MiniMax needs at least 10 seconds."),
                    length=length,
                ),
                _("Record a longer one; one to two minutes is best."),
            )
        case "too_long" if clip:
            return Saying(
                _("This clip is too long. MiniMax takes prompt clips shorter than 8 seconds."),
                _("Cut it to 5 to 8 seconds, and bring it again."),
            )
        case "too_long":
            return Saying(
                _("This recording is too long. MiniMax takes at most 5 minutes."),
                _("Cut out the best one to two minutes, and bring those."),
            )
    return Saying(_("This file cannot be used."), _("Bring the recording as mp3, m4a or wav."))


# Why a part of a recording is proposed; the codes stand in `audio.passages`.
PASSAGES: Final[dict[str, Promise]] = {
    "least_noise": _("There is less noise here than elsewhere."),
    "no_clipping": _("Nothing is distorted here, as it is elsewhere."),
    "no_hum": _("The hum of the other parts is not heard here."),
    "no_clicks": _("There are no clicks here, as there are elsewhere."),
    "most_speech": _("More is spoken here than elsewhere."),
    "in_pauses": _("It begins and ends in a pause; no word is cut."),
    "all_of_it": _("Only silence is left out."),
}


def of_passage(reasons: list[str]) -> list[str | Promise]:
    """Why this part, in whole sentences; a reason without words of its own is left out."""
    return [PASSAGES[reason] for reason in reasons if reason in PASSAGES]


# What a gateway's "no" means where it gives no code of MiniMax's.
_HTTP: Final = {401: 1004, 402: 1008, 403: 1004, 429: 1002}


def of_http(status: int | None) -> Saying:
    """The sentence for a refusal that has only an HTTP status."""
    if status is not None and status >= 500:
        return _PROVIDER_TROUBLE
    return of_code(_HTTP.get(status or 0, 2013 if status in {400, 413, 415, 422} else None))
