"""Floor 4: every address of the house, in one place."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from .views import (
    attempts,
    audio,
    collection,
    cutting,
    finding_out,
    health,
    history,
    recorder,
    recordings,
    signing_in,
    speakers,
    speaking,
    tidying,
    verdicts,
    voices,
)

urlpatterns: list[URLPattern | URLResolver] = [
    # Asking for a voice
    path("", attempts.new, name="new"),
    path("voice-id/", attempts.voice_id, name="voice_id"),
    path("just-now/", attempts.just_now, name="just_now"),
    # What was asked for
    path("history/", history.history, name="history"),
    path("history/<int:pk>/", history.attempt, name="attempt"),
    path("history/<int:pk>/row/", history.attempt_row, name="attempt_row"),
    path("history/<int:pk>/demo/", history.fetch_demo, name="fetch_demo"),
    path("history/<int:pk>/check/", finding_out.check, name="check_attempt"),
    path("history/<int:pk>/settle/", finding_out.settle, name="settle_attempt"),
    path("history/<int:pk>/try-again/", history.try_again, name="try_again"),
    path("history/<int:pk>/pin/", speakers.pin, name="pin_attempt"),
    path("history/<int:pk>/leaf/", speakers.leaf, name="attempt_leaf"),
    path("speakers/<int:pk>/", speakers.speaker, name="speaker"),
    # What we hold
    path("recordings/", recordings.recordings, name="recordings"),
    path("recordings/recorder/", recorder.recorder, name="recorder"),
    path("recordings/choose/", recordings.choose, name="choose_recording"),
    path("recordings/example/", recordings.example, name="example_recording"),
    path("recordings/file-id/", recordings.by_file_id, name="recording_by_file_id"),
    path("recordings/<int:pk>/", collection.recording, name="recording"),
    path("recordings/<int:pk>/verdict/", verdicts.verdict, name="verdict"),
    path("recordings/<int:pk>/check/", verdicts.check_again, name="check_recording"),
    path("recordings/<int:pk>/tidy/", tidying.tidy, name="tidy_recording"),
    path("recordings/<int:pk>/better/", tidying.better, name="better_recording"),
    path("recordings/<int:pk>/cut/", cutting.cut, name="cut_recording"),
    path("recordings/<int:pk>/shape/", cutting.shape, name="recording_shape"),
    path("recordings/<int:pk>/suggestions/", cutting.suggestions, name="recording_suggestions"),
    path("recordings/<int:pk>/delete/", collection.delete, name="delete_recording"),
    path("voices/", voices.voices, name="voices"),
    path("voices/<int:pk>/", voices.voice, name="voice"),
    path("voices/<int:pk>/heard/", voices.heard, name="voice_heard"),
    path("voices/<int:pk>/keep/", voices.keep, name="keep_voice"),
    path("voices/<int:pk>/let-go/", voices.let_go, name="let_go"),
    path("voices/<int:pk>/rebuild/", voices.rebuild, name="rebuild"),
    path("voices/<int:pk>/notes/", voices.notes, name="voice_notes"),
    path("voices/<int:pk>/speak/", speaking.speak, name="speak"),
    path("voices/<int:pk>/price/", speaking.price, name="speech_price"),
    path("speeches/<int:pk>/", speaking.speech, name="speech"),
    path("speeches/<int:pk>/try-again/", speaking.try_again, name="try_speech_again"),
    path("speeches/<int:pk>/fetch/", speaking.fetch, name="fetch_speech"),
    path("speeches/<int:pk>/settle/", speaking.settle, name="settle_speech"),
    # What can be heard
    path("audio/recordings/<int:pk>/", audio.recording, name="recording_audio"),
    path("audio/demos/<int:pk>/", audio.demo, name="demo_audio"),
    path("audio/demos/<int:pk>/heard/", audio.demo_heard, name="demo_heard"),
    path("audio/speeches/<int:pk>/", audio.speech, name="speech_audio"),
    path("audio/speeches/<int:pk>/heard/", audio.speech_heard, name="speech_heard"),
    # The door
    path("sign-in/", signing_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", signing_in.sign_out, name="sign_out"),
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
