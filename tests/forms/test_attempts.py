"""The clone form: what it takes, what it refuses, and in which words."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from pytest_django.fixtures import Settings

from tests import factories
from voicestudio.forms import CloneForm
from voicestudio.forms.clone_fields import REHEARSALS
from voicestudio.models import AudioFile, Purpose
from voicestudio.words import PERMISSION_WORDING
from voicestudio.words.voices import VoiceIdCheck

pytestmark = pytest.mark.django_db
TOKEN = "6f1c2a53-2f5e-4c0c-9b39-7a3c5b0a3d11"


FREE = VoiceIdCheck("free", "Free to use")


@pytest.fixture
def user() -> User:
    return factories.make_user()


@pytest.fixture
def recording(user: User, data_dir: object) -> AudioFile:
    return factories.make_recording(by=user)


@pytest.fixture
def clip(user: User, data_dir: object) -> AudioFile:
    return factories.make_recording(by=user, purpose=Purpose.PROMPT)


def filled(user: User, chosen: AudioFile | None, /, **changes: Any) -> CloneForm:
    """A form with everything right, apart from `changes`; None leaves a field out."""
    typed: dict[str, Any] = {
        "token": TOKEN,
        "speaker": "Anna Larsen",
        "voice_id": "AnnaLarsen-7k2p",
        "permission": "on",
        "recording": chosen.pk if chosen else "",
        "preview_text": "Hello there.",
        "model": "speech-2.8-hd",
        "language": "auto",
    }
    data = QueryDict(mutable=True)
    for name, value in (typed | changes).items():
        if value is not None:
            data[name] = str(value)
    return CloneForm(data, by=user, judge=lambda voice_id, speaker: FREE)


def wrong(form: CloneForm) -> dict[str, list[str]]:
    return {name: [str(text) for text in texts] for name, texts in form.errors.items()}


def test_order_holds_everything_that_was_asked(
    user: User, recording: AudioFile, clip: AudioFile
) -> None:
    form = filled(
        user, recording,
        prompt_clip=clip.pk, prompt_text="This voice sounds natural", noise_reduction="on",
        volume_normalization="on", watermark="on", text_validation="blue moon", accuracy="0.85",
        language="Chinese,Yue", rehearsal="flagged",
    )  # fmt: skip

    assert wrong(form) == {}
    assert form.order() == {
        "token": UUID(TOKEN),
        "parent": None,
        "speaker_name": "Anna Larsen",
        "voice_id": "AnnaLarsen-7k2p",
        "permission": True,
        "recording": recording,
        "prompt_clip": clip,
        "prompt_text": "This voice sounds natural.",
        "preview_text": "Hello there.",
        "model": "speech-2.8-hd",
        "language": "Chinese,Yue",
        "noise_reduction": True,
        "volume_normalization": True,
        "watermark": True,
        "text_validation": "blue moon",
        "accuracy": Decimal("0.85"),
        "rehearsal": "flagged",
    }


def test_little_is_needed(user: User, recording: AudioFile) -> None:
    form = filled(user, recording, preview_text="", model="", language="")

    assert wrong(form) == {}
    assert form.order()["preview_text"] == ""
    assert form.order()["accuracy"] is None
    assert form.order()["prompt_clip"] is None


PERMISSION = "No voice is cloned without the person's permission. Ask them, then tick the box."
GONE = "This recording is not here any more. Choose another one."
NUMBER = "Type a number from 0 to 1, such as 0.7."
FILE_ID = "A File ID is a whole number such as 123456789012345, as MiniMax gave it."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"speaker": ""}, {"speaker": ["Whose voice is it? Type the person's name."]}),
        ({"speaker": "\x00\u202e"}, {"speaker": ["Whose voice is it? Type the person's name."]}),
        ({"speaker": "x" * 121}, {"speaker": ["This is 1 character too long: 120 at most."]}),
        (
            {"speaker": "x" * 1_000_000},
            {"speaker": ["This is 999,880 characters too long: 120 at most."]},
        ),
        ({"voice_id": ""}, {"voice_id": ["Type a voice ID, or type the name first."]}),
        ({"permission": None}, {"permission": [PERMISSION]}),
        ({"permission": "off"}, {"permission": [PERMISSION]}),
        ({"permission": "0"}, {"permission": [PERMISSION]}),
        (
            {"recording": ""},
            {"recording": ["Bring a recording: drop a file, or choose one."]},
        ),
        ({"recording": "0"}, {"recording": [GONE]}),
        ({"recording": "-1"}, {"recording": [GONE]}),
        ({"recording": "9" * 19}, {"recording": [GONE]}),
        ({"recording": "9" * 30}, {"recording": [GONE]}),
        ({"recording": "9" * 5000}, {"recording": [GONE]}),
        ({"recording": "\x00"}, {"recording": [GONE]}),
        ({"recording": "1; DROP TABLE"}, {"recording": [GONE]}),
        ({"file_id": "abc"}, {"file_id": [FILE_ID]}),
        ({"file_id": "0"}, {"file_id": [FILE_ID]}),
        ({"file_id": str(2**63)}, {"file_id": [FILE_ID]}),
        ({"file_id": "1" * 5000}, {"file_id": [FILE_ID]}),
        (
            {"preview_text": "é" * 1001},
            {"preview_text": ["This is 1 character too long: 1,000 at most."]},
        ),
        ({"model": "speech-9"}, {"model": ["Choose one of the models in the list."]}),
        ({"language": "Klingon"}, {"language": ["Choose one of the languages in the list."]}),
        (
            {"language": "Tamil", "model": "speech-02-hd"},
            {"language": ["The 01 and 02 models do not speak Tamil. Choose a newer model."]},
        ),
        (
            {"prompt_text": "Hello"},
            {"prompt_clip": ["Add the clip that says this, or empty the text."]},
        ),
        ({"prompt_clip": "77777"}, {"prompt_clip": [GONE]}),
        (
            {"accuracy": "0.5"},
            {"text_validation": ["Type the words too, or leave the number empty."]},
        ),
        ({"text_validation": "x", "accuracy": "1.5"}, {"accuracy": [NUMBER]}),
        ({"text_validation": "x", "accuracy": "-0.1"}, {"accuracy": [NUMBER]}),
        ({"text_validation": "x", "accuracy": "NaN"}, {"accuracy": [NUMBER]}),
        ({"text_validation": "x", "accuracy": "0.12345"}, {"accuracy": [NUMBER]}),
        ({"text_validation": "x", "accuracy": "1e99999"}, {"accuracy": [NUMBER]}),
        (
            {"text_validation": "x" * 201},
            {"text_validation": ["This is 1 character too long: 200 at most."]},
        ),
        ({"rehearsal": "boom"}, {"rehearsal": ["Choose one of the outcomes in the list."]}),
        ({"token": "no"}, {"token": ["Enter a valid UUID."]}),
    ],
)
def test_wrong_answer_is_told_at_its_field(
    user: User, recording: AudioFile, changes: dict[str, Any], said: dict[str, list[str]]
) -> None:
    form = filled(user, recording, **changes)

    assert wrong(form) == said


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"preview_text": "😀" * 1000}, "preview_text", "😀" * 1000),
        ({"preview_text": "a\r\n" * 500}, "preview_text", ("a\n" * 500).strip()),
        ({"language": "Tamil", "model": "speech-2.6-hd"}, "language", "Tamil"),
        (
            {"language": "Tamil", "model": "speech-02-hd", "preview_text": ""},
            "language",
            "Tamil",
        ),
        ({"text_validation": "x", "accuracy": "0"}, "accuracy", Decimal(0)),
        ({"speaker": "عُمَر"}, "speaker_name", "عُمَر"),
        ({"noise_reduction": "false"}, "noise_reduction", False),
    ],
)
def test_unusual_answer_is_taken(
    user: User, recording: AudioFile, changes: dict[str, Any], field: str, value: Any
) -> None:
    form = filled(user, recording, **changes)

    assert wrong(form) == {}
    assert form.order()[field] == value


def test_recording_of_the_other_purpose_is_not_taken(
    user: User, recording: AudioFile, clip: AudioFile
) -> None:
    form = filled(user, clip, prompt_clip=recording.pk, prompt_text="Hello.")

    assert wrong(form) == {"recording": [GONE], "prompt_clip": [GONE]}


def test_clip_without_words_is_told_at_the_words(
    user: User, recording: AudioFile, clip: AudioFile
) -> None:
    form = filled(user, recording, prompt_clip=clip.pk)

    assert wrong(form) == {"prompt_text": ["Type what is said in the clip, or remove the clip."]}


@pytest.mark.parametrize("state", ["taken", "invalid"])
def test_verdict_on_the_voice_id_is_told(user: User, recording: AudioFile, state: str) -> None:
    form = filled(user, recording)
    form.judge = lambda voice_id, speaker: VoiceIdCheck(
        state, f"{speaker}: {voice_id}", ["Free-1234"]
    )

    assert wrong(form) == {"voice_id": ["Anna Larsen: AnnaLarsen-7k2p"]}
    assert form.verdict is not None
    assert form.verdict.suggestions == ["Free-1234"]


def test_unfinished_form_judges_uploads_only(user: User, recording: AudioFile) -> None:
    data = QueryDict(f"token={TOKEN}&recording={recording.pk}")
    form = CloneForm(
        data, by=user, judge=lambda *_: FREE, refused={"file": "Too short."}, unfinished=True
    )

    assert wrong(form) == {"file": ["Too short."]}
    assert form.chosen("recording") == recording


def test_mistakes_lead_to_the_controls_that_people_see(user: User) -> None:
    form = filled(user, None, speaker="")

    assert form.mistakes() == [
        {"anchor": "id_speaker", "sentence": "Whose voice is it? Type the person's name."},
        {"anchor": "id_file", "sentence": "Bring a recording: drop a file, or choose one."},
    ]


def test_refusal_of_the_service_stands_at_its_field(user: User, recording: AudioFile) -> None:
    form = filled(user, recording)
    assert form.is_valid()
    form.judge = lambda voice_id, speaker: VoiceIdCheck("taken", "Taken", ["Free-1234"])

    form.refuse("voice_id", "This voice ID is taken.")
    form.refuse("unheard of", "Something else.")

    assert wrong(form) == {"voice_id": ["This voice ID is taken."], "__all__": ["Something else."]}
    assert form.verdict == VoiceIdCheck("taken", "Taken", ["Free-1234"])
    assert form.mistakes() == [
        {"anchor": "id_voice_id", "sentence": "This voice ID is taken."},
        {"anchor": "", "sentence": "Something else."},
    ]


def test_every_question_has_its_help(user: User) -> None:
    form = CloneForm(by=user, judge=lambda *_: FREE)
    unseen = {
        "token",
        "parent",
        "recording",
        "file",
        "prompt_clip",
        "prompt_file",
        "voice_id",
        "model",
    }

    bare = {name for name, field in form.fields.items() if not field.help_text}

    assert bare - unseen == set()  # the page itself has the help of those


def test_stranger_may_choose_nothing(recording: AudioFile) -> None:
    nobody = factories.make_user(is_active=False)

    assert wrong(filled(nobody, recording)) == {"recording": [GONE]}


def test_permission_is_worded_as_it_is_kept() -> None:
    assert str(CloneForm.base_fields["permission"].label) == str(PERMISSION_WORDING)


def test_rehearsals_are_for_practice_only(settings: Settings, user: User) -> None:
    form = CloneForm(by=user, judge=lambda *_: FREE)
    settings.PRACTICE_MODE = False
    real = CloneForm(by=user, judge=lambda *_: FREE)

    assert "rehearsal" in form.fields
    assert "rehearsal" not in real.fields
    assert [value for value, _label in REHEARSALS] == [
        "ready", "flagged", "refused", "slow_down", "out_of_credit", "wrong_key", "lost_answer",
        "slow",
    ]  # fmt: skip


def test_each_form_has_a_token_of_its_own(user: User) -> None:
    forms = [CloneForm(by=user, judge=lambda *_: FREE) for _turn in range(2)]

    tokens = {str(form["token"].value()) for form in forms}

    assert len(tokens) == 2
    assert str(uuid4()) not in tokens
