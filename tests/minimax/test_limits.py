"""The limits of the provider agree with the rules of the stand-in."""

import pytest

from voicestudio.forms import languages
from voicestudio.minimax import limits
from voicestudio.practice import rules, speech_rules


def test_limits_agree_with_the_stand_in() -> None:
    assert set(rules.LANGUAGES) == {*limits.LANGUAGES, limits.AUTO_LANGUAGE}
    assert rules.VOICE_ID.pattern == limits.VOICE_ID_PATTERN.pattern
    assert (
        rules.MAX_PREVIEW_CHARACTERS,
        speech_rules.MAX_SPEECH_CHARACTERS,
        rules.MAX_VALIDATION_CHARACTERS,
    ) == (
        limits.MAX_PREVIEW_CHARACTERS,
        limits.MAX_SPEECH_CHARACTERS,
        limits.MAX_VALIDATION_CHARACTERS,
    )
    assert set(limits.SPEECH_FORMATS) <= set(speech_rules.FORMATS)


def test_every_language_has_a_name() -> None:
    assert set(languages.NAMES) == set(limits.LANGUAGES)


def test_voice_id_pattern_has_the_stated_lengths() -> None:
    assert limits.VOICE_ID_PATTERN.fullmatch("a" * limits.MIN_VOICE_ID_LENGTH)
    assert limits.VOICE_ID_PATTERN.fullmatch("a" * limits.MAX_VOICE_ID_LENGTH)
    assert not limits.VOICE_ID_PATTERN.fullmatch("a" * (limits.MIN_VOICE_ID_LENGTH - 1))
    assert not limits.VOICE_ID_PATTERN.fullmatch("a" * (limits.MAX_VOICE_ID_LENGTH + 1))


@pytest.mark.parametrize("model", rules.MODELS)
def test_models_support_languages_and_tags_like_the_stand_in(model: str) -> None:
    missing = {name for name in limits.LANGUAGES if not limits.supports_language(model, name)}

    assert missing == (
        set(rules.NOT_IN_OLD_MODELS) if model.startswith(rules.OLD_MODELS) else set()
    )
    assert limits.supports_tags(model) is ("2.8" in model)
