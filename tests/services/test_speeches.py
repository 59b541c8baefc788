"""Speeches: at most once, unknown where it is unknown, and true when read."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from voicestudio.models import Charge, ChargeKind, RateLimit, Speech, SpeechState, Voice, VoiceState
from voicestudio.practice.faults import Fault
from voicestudio.practice.server import StandIn
from voicestudio.services import speeches
from voicestudio.services.paid_calls import audio_download
from voicestudio.services.speeches import OrderRefused, SpeechOrder
from voicestudio.services.voices import bookkeeping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

OrderMaker = Callable[..., SpeechOrder]
Speaker = Callable[..., Speech]


@pytest.fixture
def spoken(speech_order: OrderMaker, person: User, standin: StandIn) -> Speaker:
    """Asks for a speech and runs it once, as the worker would."""

    def run(**changes: object) -> Speech:
        speech = speeches.submit(speech_order(**changes), by=person)
        speeches.run_speech.call(speech.pk)
        return Speech.objects.get(pk=speech.pk)

    return run


def _lines() -> list[tuple[str, int, Decimal, bool]]:
    lines = Charge.objects.counted().order_by("kind")
    return [(line.kind, line.units, line.amount, line.certain) for line in lines]


def test_speech_is_stored_charged_and_keeps_the_voice(
    spoken: Speaker, voice: Voice, standin: StandIn
) -> None:
    speech = spoken()

    voice.refresh_from_db()
    assert (speech.state, speech.status_code, speech.trouble) == (SpeechState.READY, 0, "")
    assert speech.trace_id != ""
    assert speech.audio.size == speech.audio_bytes
    assert (len(speech.audio_peaks), speech.usage_characters) == (110, 13)
    assert (speech.audio_problem, speech.is_running) == ("", False)
    assert voice.state == VoiceState.KEPT
    assert voice.last_used_at == voice.kept_at
    assert _lines() == [
        (ChargeKind.CLONE, 1, Decimal("1.50"), True),
        (ChargeKind.SPEECH, 13, Decimal("0.0013"), True),
    ]
    assert sum(line.amount for line in Charge.objects.all()) == sum(
        line.amount for line in standin.bill
    )


def test_speech_sends_the_order(spoken: Speaker, standin: StandIn) -> None:
    speech = spoken(
        speed=Decimal("1.25"), volume=Decimal("0.5"), pitch=-3, language="English", format="wav"
    )

    [call] = standin.calls_of("t2a_v2")
    assert speech.sent == call.json
    assert call.json["voice_setting"] == {
        "voice_id": speech.voice.voice_id, "speed": 1.25, "vol": 0.5, "pitch": -3,
    }  # fmt: skip
    assert (call.json["audio_setting"]["format"], call.json["language_boost"]) == ("wav", "English")
    assert str(speech.audio.name).endswith(".wav")


def test_speech_downloads_audio_from_link(spoken: Speaker, standin: StandIn) -> None:
    speech = spoken(text="A long text. " * 120, format="wav")

    assert standin.calls_of("t2a_v2")[0].json["output_format"] == "url"
    assert (speech.state, speech.audio_problem) == (SpeechState.READY, "")
    assert speech.audio.size == speech.audio_bytes


def test_failed_audio_download_is_charged_and_can_be_repeated(
    spoken: Speaker, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_download, "PAUSES", (0.01, 0.01))
    for _try in range(3):
        standin.script("audio", Fault(http_status=500))
    speech = spoken(text="A long text. " * 120, format="wav")
    assert (speech.state, speech.audio_problem) == (SpeechState.READY, "unreachable")

    audio_download.fetch_again(speech, by=speech.created_by)
    audio_download.fetch_audio.call("speech", speech.pk)

    speech.refresh_from_db()
    assert (speech.audio_problem, len(standin.calls_of("t2a_v2"))) == ("", 1)
    assert speech.audio.size > 1000


def test_audio_at_forbidden_address_is_not_fetched_again(spoken: Speaker, standin: StandIn) -> None:
    away = {"Location": "http://169.254.169.254/key"}
    standin.script("audio", Fault(http_status=302, body="", headers=away))
    speech = spoken(text="A long text. " * 120, format="wav")
    assert speech.audio_problem == "forbidden"

    audio_download.fetch_again(speech, by=speech.created_by)

    speech.refresh_from_db()
    assert (speech.audio_problem, speech.lease_until) == ("forbidden", None)


def test_second_speech_is_charged_no_clone_fee(spoken: Speaker) -> None:
    spoken()
    spoken()

    assert [what for what, *_rest in _lines()] == [
        ChargeKind.CLONE,
        ChargeKind.SPEECH,
        ChargeKind.SPEECH,
    ]


@pytest.mark.parametrize(
    ("fault", "works"),
    [
        (Fault(action="drop"), False),
        (Fault(action="drop", after="work"), True),
        (Fault(action="truncate", after="work"), True),
        (Fault(status_code=1001), False),
        (Fault(status_code=1013, after="work"), True),
        (Fault(http_status=502, body="<html>"), False),
        (Fault(body="{}{}", after="work"), True),
        (Fault(http_status=429, after="work"), True),
    ],
)
def test_unclear_answer_leaves_speech_unknown_without_retry(
    fault: Fault, works: bool, spoken: Speaker, voice: Voice, standin: StandIn, person: User
) -> None:
    standin.script("t2a_v2", fault)

    speech = spoken()
    speeches.run_speech.call(speech.pk)

    voice.refresh_from_db()
    assert speech.state == SpeechState.UNKNOWN
    assert len(standin.calls_of("t2a_v2")) == 1
    assert voice.state == VoiceState.TEMPORARY
    assert [certain for *_rest, certain in _lines()] == [False, False]
    assert speeches.message_for(speech) is not None

    assert speeches.settle_by_hand(speech, worked=works, note="as the bill says", by=person)

    voice.refresh_from_db()
    ours = {(line.kind, line.units, line.amount) for line in Charge.objects.counted()}
    assert ours == {(line.kind, line.units, line.amount) for line in standin.bill}
    assert voice.state == (VoiceState.KEPT if works else VoiceState.TEMPORARY)
    assert not speeches.settle_by_hand(speech, worked=not works, note="", by=person)


@pytest.mark.parametrize("code", [2054, 2042])
def test_voice_unknown_to_provider_is_marked_missing(
    code: int, spoken: Speaker, voice: Voice, standin: StandIn
) -> None:
    standin.script("t2a_v2", Fault(status_code=code))

    speech = spoken()

    voice.refresh_from_db()
    assert (speech.state, speech.status_code) == (SpeechState.FAILED, code)
    assert (voice.state, voice.missing_code) == (VoiceState.DELETED, code)
    assert _lines() == []
    with pytest.raises(speeches.VoiceUnavailable):
        spoken()


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (1000, SpeechState.FAILED), (1008, SpeechState.FAILED), (1026, SpeechState.STOPPED),
        (2013, SpeechState.FAILED), (2049, SpeechState.FAILED),
    ],
)  # fmt: skip
def test_refused_speech_is_not_charged(
    code: int, state: SpeechState, spoken: Speaker, standin: StandIn
) -> None:
    standin.script("t2a_v2", Fault(status_code=code))

    speech = spoken()

    assert (speech.state, speech.status_code, _lines()) == (state, code, [])


def test_slow_down_is_retried(spoken: Speaker, standin: StandIn) -> None:
    standin.script("t2a_v2", Fault(status_code=1002))
    speech = spoken()
    assert (speech.state, speech.trouble) == (SpeechState.WAITING, "rate_limit")
    assert speech.retry_at is not None
    assert speech.retry_at > timezone.now()

    RateLimit.objects.all().delete()
    Speech.objects.update(retry_at=None)
    speeches.run_speech.call(speech.pk)

    speech.refresh_from_db()
    first, second = standin.calls_of("t2a_v2")
    assert (speech.state, first.json) == (SpeechState.READY, second.json)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 10_000}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"model": "speech-9"}, "model"),
        ({"speed": Decimal("2.1")}, "speed"),
        ({"speed": Decimal("NaN")}, "speed"),
        ({"volume": Decimal(-1)}, "volume"),
        ({"pitch": 13}, "pitch"),
        ({"format": "pcm"}, "format"),
    ],
)
def test_submit_refuses_invalid_order(
    changes: dict[str, object], field: str, speech_order: OrderMaker, person: User
) -> None:
    with pytest.raises(OrderRefused) as refusal:
        speeches.submit(speech_order(**changes), by=person)

    assert (refusal.value.field, Speech.objects.count()) == (field, 0)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"created_at": timezone.now() - timedelta(hours=168)}, VoiceState.EXPIRED),
        ({"deleted_at": timezone.now()}, VoiceState.DELETED),
        ({"missing_at": timezone.now()}, VoiceState.DELETED),
        ({"uncertain": True}, VoiceState.UNKNOWN),
    ],
)
def test_submit_refuses_unavailable_voice(
    facts: dict[str, object],
    state: VoiceState,
    speech_order: OrderMaker,
    voice: Voice,
    person: User,
) -> None:
    Voice.objects.filter(pk=voice.pk).update(**facts)

    with pytest.raises(speeches.VoiceUnavailable) as refusal:
        speeches.submit(speech_order(), by=person)  # by the row as it is, not as the page had it

    assert refusal.value.state == state


def test_speech_is_never_sent_to_another_account(
    speech_order: OrderMaker, person: User, standin: StandIn, settings: Settings
) -> None:
    speech = speeches.submit(speech_order(), by=person)
    settings.MINIMAX_PROVIDER = "api.example.com"

    speeches.run_speech.call(speech.pk)

    speech.refresh_from_db()
    assert (speech.state, speech.trouble) == (SpeechState.FAILED, "other_account")
    assert (standin.calls_of("t2a_v2"), _lines()) == ([], [])


def test_voice_gone_while_waiting_sends_nothing(
    speech_order: OrderMaker, voice: Voice, person: User, standin: StandIn
) -> None:
    speech = speeches.submit(speech_order(), by=person)
    Voice.objects.filter(pk=voice.pk).update(deleted_at=timezone.now())

    speeches.run_speech.call(speech.pk)

    speech.refresh_from_db()
    assert (speech.state, speech.trouble) == (SpeechState.FAILED, "voice_gone")
    assert standin.calls_of("t2a_v2") == []


def test_submit_with_same_token_returns_same_speech(speech_order: OrderMaker, person: User) -> None:
    wanted = speech_order()

    assert speeches.submit(wanted, by=person) == speeches.submit(wanted, by=person)
    assert Speech.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_runs_send_speech_once(
    speech_order: OrderMaker, person: User, standin: StandIn
) -> None:
    speech = speeches.submit(speech_order(), by=person)
    barrier = Barrier(4)

    def work() -> None:
        barrier.wait(30)
        try:
            speeches.run_speech.call(speech.pk)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(standin.calls_of("t2a_v2")) == 1


def test_dead_worker_leaves_speech_unknown(speech_order: OrderMaker, person: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    speech = speeches.submit(speech_order(), by=person)
    rows = Speech.objects.filter(pk=speech.pk)

    rows.update(status=SpeechState.SENDING, lease_until=past)
    assert rows.get().state == SpeechState.INTERRUPTED
    assert speeches.retry_interrupted(speech, by=speech.created_by)
    rows.update(status=SpeechState.SPEAKING, lease_until=past, sent={}, sent_at=past)

    assert rows.get().state == SpeechState.UNKNOWN
    assert not speeches.retry_interrupted(speech, by=speech.created_by)
    assert bookkeeping.settle_lapsed() == 1
    assert [certain for *_rest, certain in _lines()] == [False, False]


def test_two_unknown_speeches_are_charged_one_clone_fee(
    spoken: Speaker, standin: StandIn, person: User, settings: Settings
) -> None:
    standin.script("t2a_v2", Fault(action="drop"))
    standin.script("t2a_v2", Fault(action="drop", after="work"))
    first, second = spoken(), spoken()
    assert [what for what, *_rest in _lines()] == [
        ChargeKind.CLONE,
        ChargeKind.SPEECH,
        ChargeKind.SPEECH,
    ]

    speeches.settle_by_hand(first, worked=False, note="", by=person)
    assert [what for what, *_rest in _lines()] == [ChargeKind.CLONE, ChargeKind.SPEECH]
    speeches.settle_by_hand(second, worked=True, note="", by=person)

    assert _lines() == [
        (ChargeKind.CLONE, 1, Decimal("1.50"), True),
        (ChargeKind.SPEECH, 13, Decimal("0.0013"), True),
    ]
