"""The validation of the clone form."""

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


def approve(_voice_id: str, _speaker: str) -> VoiceIdCheck:
    return VoiceIdCheck("free", "Free to use")


@pytest.fixture
def user() -> User:
    return factories.make_user()


@pytest.fixture
def recording(user: User, data_dir: object) -> AudioFile:
    return factories.make_recording(by=user)


@pytest.fixture
def clip(user: User, data_dir: object) -> AudioFile:
    return factories.make_recording(by=user, purpose=Purpose.PROMPT)


def fill_form(user: User, chosen: AudioFile | None, /, **changes: Any) -> CloneForm:
    """A valid form apart from `changes`; None leaves a field out."""
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
    return CloneForm(data, by=user, check_voice_id=approve)


def error_codes(form: CloneForm) -> dict[str, list[str]]:
    return {
        field: [str(error.code or "") for error in errors]
        for field, errors in form.errors.as_data().items()
    }


def test_order_holds_every_cleaned_value(user: User, recording: AudioFile, clip: AudioFile) -> None:
    form = fill_form(
        user, recording,
        prompt_clip=clip.pk, prompt_text="This voice sounds natural", noise_reduction="on",
        volume_normalization="on", watermark="on", text_validation="blue moon", accuracy="0.85",
        language="Chinese,Yue", rehearsal="flagged",
    )  # fmt: skip

    assert form.errors == {}
    assert form.order() == {
        "token": UUID(TOKEN),
        "parent": None,
        "speaker_name": "Anna Larsen",
        "speaker_id": None,
        "is_new_speaker": False,
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


def test_optional_fields_may_be_empty(user: User, recording: AudioFile) -> None:
    form = fill_form(user, recording, preview_text="", model="", language="")

    assert form.errors == {}
    assert form.order()["preview_text"] == ""
    assert form.order()["accuracy"] is None
    assert form.order()["prompt_clip"] is None


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"speaker": ""}, {"speaker": "required"}),
        ({"speaker": "\x00\u202e"}, {"speaker": "required"}),
        ({"speaker": "x" * 121}, {"speaker": "too_long"}),
        ({"speaker": "x" * 1_000_000}, {"speaker": "too_long"}),
        ({"voice_id": ""}, {"voice_id": "required"}),
        *(({"permission": value}, {"permission": "required"}) for value in (None, "off", "0")),
        ({"recording": ""}, {"recording": ""}),
        *(
            ({"recording": value}, {"recording": "invalid_choice"})
            for value in ("0", "-1", "9" * 19, "9" * 30, "9" * 5000, "\x00", "1; DROP TABLE")
        ),
        ({"file_id": "abc"}, {"file_id": "invalid"}),
        ({"file_id": "0"}, {"file_id": "min_value"}),
        ({"file_id": str(2**63)}, {"file_id": "max_value"}),
        ({"file_id": "1" * 5000}, {"file_id": "invalid"}),
        ({"preview_text": "é" * 1001}, {"preview_text": "too_long"}),
        ({"model": "speech-9"}, {"model": "invalid_choice"}),
        ({"language": "Klingon"}, {"language": "invalid_choice"}),
        ({"language": "Tamil", "model": "speech-02-hd"}, {"language": ""}),
        ({"prompt_text": "Hello"}, {"prompt_clip": ""}),
        ({"prompt_clip": "77777"}, {"prompt_clip": "invalid_choice"}),
        ({"accuracy": "0.5"}, {"text_validation": ""}),
        *(
            ({"text_validation": "x", "accuracy": value}, {"accuracy": "invalid"})
            for value in ("1.5", "-0.1", "NaN", "0.12345", "1e99999")
        ),
        ({"text_validation": "x" * 201}, {"text_validation": "too_long"}),
        ({"rehearsal": "boom"}, {"rehearsal": "invalid_choice"}),
        ({"token": "no"}, {"token": "invalid"}),
    ],
)
def test_invalid_value_is_an_error_of_its_field(
    user: User, recording: AudioFile, changes: dict[str, Any], errors: dict[str, str]
) -> None:
    form = fill_form(user, recording, **changes)

    assert error_codes(form) == {field: [code] for field, code in errors.items()}


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"preview_text": "😀" * 1000}, "preview_text", "😀" * 1000),
        ({"preview_text": "a\r\n" * 500}, "preview_text", ("a\n" * 500).strip()),
        ({"language": "Tamil", "model": "speech-2.6-hd"}, "language", "Tamil"),
        ({"language": "Tamil", "model": "speech-02-hd", "preview_text": ""}, "language", "Tamil"),
        ({"text_validation": "x", "accuracy": "0"}, "accuracy", Decimal(0)),
        ({"speaker": "عُمَر"}, "speaker_name", "عُمَر"),
        ({"noise_reduction": "false"}, "noise_reduction", False),
    ],
)
def test_unusual_value_is_valid(
    user: User, recording: AudioFile, changes: dict[str, Any], field: str, value: Any
) -> None:
    form = fill_form(user, recording, **changes)

    assert form.errors == {}
    assert form.order()[field] == value


def test_recording_of_the_other_purpose_is_invalid(
    user: User, recording: AudioFile, clip: AudioFile
) -> None:
    form = fill_form(user, clip, prompt_clip=recording.pk, prompt_text="Hello.")

    assert error_codes(form) == {"recording": ["invalid_choice"], "prompt_clip": ["invalid_choice"]}


def test_clip_without_text_is_an_error_of_the_text(
    user: User, recording: AudioFile, clip: AudioFile
) -> None:
    form = fill_form(user, recording, prompt_clip=clip.pk)

    assert error_codes(form) == {"prompt_text": [""]}


@pytest.mark.parametrize("state", ["taken", "invalid"])
def test_check_of_the_voice_id_is_its_error(user: User, recording: AudioFile, state: str) -> None:
    form = fill_form(user, recording)
    form.check_voice_id = lambda voice_id, speaker: VoiceIdCheck(
        state, f"{speaker}: {voice_id}", ["Free-1234"]
    )

    assert form.errors == {"voice_id": ["Anna Larsen: AnnaLarsen-7k2p"]}
    assert form.verdict is not None
    assert form.verdict.suggestions == ["Free-1234"]


def test_incomplete_form_has_only_its_refusals(user: User, recording: AudioFile) -> None:
    data = QueryDict(f"token={TOKEN}&recording={recording.pk}")
    form = CloneForm(
        data, by=user, check_voice_id=approve, refusals={"file": "Too short."}, is_complete=False
    )

    assert form.errors == {"file": ["Too short."]}
    assert form.chosen("recording") == recording


def test_mistakes_link_to_visible_controls(user: User) -> None:
    form = fill_form(user, None, speaker="")

    assert [mistake["anchor"] for mistake in form.mistakes()] == ["id_speaker", "id_file"]


def test_refusal_is_an_error_of_its_field(user: User, recording: AudioFile) -> None:
    form = fill_form(user, recording)
    assert form.is_valid()
    form.check_voice_id = lambda voice_id, speaker: VoiceIdCheck("taken", "Taken", ["Free-1234"])

    form.add_refusal("voice_id", "Taken")
    form.add_refusal("unheard of", "Something else")

    assert form.errors == {"voice_id": ["Taken"], "__all__": ["Something else"]}
    assert form.verdict == VoiceIdCheck("taken", "Taken", ["Free-1234"])
    assert form.mistakes() == [
        {"anchor": "id_voice_id", "sentence": "Taken"},
        {"anchor": "", "sentence": "Something else"},
    ]


def test_every_field_has_help_text(user: User) -> None:
    form = CloneForm(by=user, check_voice_id=approve)
    without_help = {
        "token",
        "parent",
        "speaker",
        "speaker_choice",
        "language",
        "recording",
        "file",
        "prompt_clip",
        "prompt_file",
        "voice_id",
        "model",
    }

    bare = {name for name, field in form.fields.items() if not field.help_text}

    assert bare - without_help == set()  # the page has the help for those


def test_inactive_user_can_choose_no_recording(recording: AudioFile) -> None:
    stranger = factories.make_user(is_active=False)

    assert error_codes(fill_form(stranger, recording)) == {"recording": ["invalid_choice"]}


def test_permission_label_is_the_stored_wording() -> None:
    assert str(CloneForm.base_fields["permission"].label) == str(PERMISSION_WORDING)


def test_rehearsals_exist_only_in_practice_mode(settings: Settings, user: User) -> None:
    form = CloneForm(by=user, check_voice_id=approve)
    settings.PRACTICE_MODE = False
    real = CloneForm(by=user, check_voice_id=approve)

    assert "rehearsal" in form.fields
    assert "rehearsal" not in real.fields
    assert [value for value, _label in REHEARSALS] == [
        "ready", "flagged", "refused", "slow_down", "out_of_credit", "wrong_key", "lost_answer",
        "slow",
    ]  # fmt: skip


def test_each_form_has_its_own_token(user: User) -> None:
    forms = [CloneForm(by=user, check_voice_id=approve) for _turn in range(2)]

    tokens = {str(form["token"].value()) for form in forms}

    assert len(tokens) == 2
    assert str(uuid4()) not in tokens
