"""URLs: every address of the studio."""

from allauth.account import views as allauth
from allauth.account.decorators import reauthentication_required
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter

from .models import Throttle
from .views import (
    account,
    attempts,
    audio,
    audit,
    checks,
    clean_copies,
    clone_form_buttons,
    columns,
    converters,
    costs,
    cutting,
    example_team,
    health,
    history,
    hold,
    home,
    invitations,
    languages,
    looks,
    metrics,
    notes,
    openid,
    password_reset,
    people,
    projects,
    reconcile,
    recorder,
    recording_uploads,
    recordings,
    retention,
    saved_filters,
    search,
    second_factor,
    selections,
    sign_in,
    speakers,
    speeches,
    styleguide,
    sync,
    system,
    tracks,
    voice_deletion,
    voices,
)
from .views import help as help_views
from .views.client_address import get_client_network
from .views.throttled import throttled

handler403 = "voicestudio.views.permitted.forbidden"
handler404 = "voicestudio.views.permitted.not_found"
handler500 = "voicestudio.views.server_errors.server_error"

form_page = account.form_page
register_converter(converters.RowIdConverter, "id")
register_converter(converters.RecordingFieldConverter, "field")
register_converter(converters.ListKindConverter, "list")
register_converter(converters.SelectableListConverter, "selectable")
register_converter(converters.RetentionKindConverter, "kind")

# Buttons of the clone form that do not request a voice yet.
CLONE_FORM_BUTTONS = [
    path("upload/", clone_form_buttons.upload, name="upload"),
    path("refresh/", clone_form_buttons.refresh, name="refresh"),
    path("use-voice-id/", clone_form_buttons.use_voice_id, name="use_voice_id"),
    path("use-example/", clone_form_buttons.use_example, name="use_example"),
    path("use-file-id/", clone_form_buttons.use_file_id, name="use_file_id"),
    path("check/<id:pk>/", clone_form_buttons.check, name="check"),
    path("remove/<field:field>/", clone_form_buttons.remove, name="remove"),
    path("cut/<field:field>/", clone_form_buttons.cut, name="cut"),
    path("clean-up/<field:field>/", clone_form_buttons.clean_up, name="clean_up"),
    path("tracks/<field:field>/", clone_form_buttons.choose_track, name="choose_track"),
    path("suggest-best-part/", clone_form_buttons.suggest_best_part, name="suggest_best_part"),
    path("cut-prompt-clip/", clone_form_buttons.cut_prompt_clip, name="cut_prompt_clip"),
]

# My account. The names of django-allauth's pages are its own, since it looks its pages up by them.
ACCOUNT_PAGES = [
    path("account/", account.account, name="account"),
    path("account/appearance/", account.change_theme, name="change_theme"),
    path("account/address/", account.change_address, name="change_address"),
    path(
        "account/password/",
        throttled(Throttle.NEW_PASSWORD, form_page(allauth.password_change)),
        name="account_change_password",
    ),
    # Asks those without a password for their second factor, if they have one.
    path(
        "account/password/set/",
        throttled(
            Throttle.NEW_PASSWORD, reauthentication_required(form_page(allauth.password_set))
        ),
        name="account_set_password",
    ),
    path("account/openid/disconnect/", openid.disconnect, name="openid_disconnect"),
    path("account/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("account/second-factor/", mfa.index, name="mfa_index"),
    path("account/second-factor/", mfa.index, name="mfa_list_webauthn"),
    path("account/second-factor/app/", form_page(totp.activate_totp), name="mfa_activate_totp"),
    path("account/second-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new/",
        codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/recovery-codes/download/",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("account/passkeys/add/", form_page(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("account/passkeys/<id:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path(
        "account/confirm/",
        throttled(Throttle.CONFIRMATION, form_page(allauth.reauthenticate)),
        name="account_reauthenticate",
    ),
    path(
        "account/confirm/code/",
        throttled(Throttle.CONFIRMATION, form_page(mfa.reauthenticate)),
        name="mfa_reauthenticate",
    ),
    path(
        "account/confirm/passkey/",
        throttled(Throttle.CONFIRMATION, form_page(webauthn.reauthenticate_webauthn)),
        name="mfa_reauthenticate_webauthn",
    ),
]
# Pages for people who are not signed in.
ENTRANCE_PAGES = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),  # django-allauth's name
    path("language/", languages.choose_language, name="language"),
    path(
        "sign-in/second-factor/",
        form_page(second_factor.SecondStep.as_view()),
        name="mfa_authenticate",
    ),
    path("sign-in/openid/", openid.start, name="openid_sign_in"),
    path("sign-in/openid/back/", openid.callback, name="openid_callback"),
    path(
        "forgot-password/",
        form_page(password_reset.PasswordReset.as_view()),
        name="account_reset_password",
    ),
    path("forgot-password/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    path(
        "new-password/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(  # only the key may contain a hyphen
        r"^new-password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        throttled(
            Throttle.LINK_USE, form_page(allauth.password_reset_from_key), get_client_network
        ),
        name="account_reset_password_from_key",
    ),
    path("invitation/<str:token>/", invitations.accept, name="accept_invitation"),
    path(
        "verify-address/<str:key>/", account.VerifyAddress.as_view(), name="account_confirm_email"
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("hints/dismiss/", home.dismiss_hints, name="dismiss_hints"),
    # Requesting a voice
    path("new/", attempts.new, name="new"),
    path("voice-id/", attempts.voice_id, name="voice_id"),
    path("just-now/", attempts.just_now, name="just_now"),
    path("clone-form/", include((CLONE_FORM_BUTTONS, "clone_form"))),
    # Clone attempts
    path("history/", history.history, name="history"),
    path("history/<id:pk>/", history.attempt, name="attempt"),
    path("history/<id:pk>/row/", history.attempt_row, name="attempt_row"),
    path("history/<id:pk>/preview/", history.fetch_preview, name="fetch_preview"),
    path("history/<id:pk>/check/", reconcile.check, name="check_attempt"),
    path("history/<id:pk>/settle/", reconcile.settle, name="settle_attempt"),
    path("history/<id:pk>/try-again/", history.try_again, name="try_again"),
    path("history/<id:pk>/pin/", speakers.pin, name="pin_attempt"),
    path("history/<id:pk>/tree-row/", speakers.attempt_tree_row, name="attempt_tree_row"),
    path("speakers/options/", speakers.options, name="speaker_options"),
    path("speakers/question/", speakers.question, name="speaker_question"),
    path("speakers/<id:pk>/", speakers.speaker, name="speaker"),
    path("speakers/<id:pk>/rename/", speakers.rename, name="rename_speaker"),
    path("speakers/<id:pk>/merge/", speakers.merge, name="merge_speaker"),
    path("speakers/<id:pk>/move/", speakers.move, name="move_speaker"),
    path("speakers/<id:pk>/move-back/", speakers.move_back, name="move_speaker_back"),
    # Recordings and voices
    path("recordings/", recording_uploads.recording_list, name="recordings"),
    path("recordings/recorder/", recorder.recorder, name="recorder"),
    path("recordings/choose/", recording_uploads.choose, name="choose_recording"),
    path("recordings/<id:pk>/", recordings.recording, name="recording"),
    path("recordings/<id:pk>/verdict/", checks.verdict, name="verdict"),
    path("recordings/<id:pk>/check/", checks.check_again, name="check_recording"),
    path("recordings/<id:pk>/clean-copy/", clean_copies.clean_copy, name="clean_copy"),
    path("recordings/<id:pk>/recommendation/", clean_copies.recommendation, name="recommendation"),
    path("recordings/<id:pk>/cut/", cutting.cut, name="cut_recording"),
    path("recordings/<id:pk>/shape/", cutting.shape, name="recording_shape"),
    path("recordings/<id:pk>/suggestions/", cutting.suggestions, name="recording_suggestions"),
    path("recordings/<id:pk>/use-track/", tracks.use_track, name="use_track"),
    path("recordings/<id:pk>/rename/", recordings.rename, name="rename_recording"),
    path("recordings/<id:pk>/delete/", recordings.delete, name="delete_recording"),
    path("voices/", voices.voices, name="voices"),
    path("voices/compare/", sync.compare, name="compare"),
    path("voices/import/", sync.import_voice, name="import_voice"),
    path("voices/<id:pk>/", voices.voice, name="voice"),
    path("voices/<id:pk>/heard/", voices.mark_heard, name="mark_heard"),
    path("voices/<id:pk>/keep/", voices.keep_voice, name="keep_voice"),
    path("voices/<id:pk>/dismiss-reminder/", voices.dismiss_reminder, name="dismiss_reminder"),
    path("voices/<id:pk>/rebuild/", voices.rebuild_voice, name="rebuild"),
    path("voices/<id:pk>/notes/", voices.notes, name="voice_notes"),
    path("voices/<id:pk>/delete/", voice_deletion.delete, name="delete_voice"),
    path("voices/<id:pk>/speak/", speeches.speak, name="speak"),
    path("voices/<id:pk>/price/", speeches.price, name="speech_price"),
    path("speeches/<id:pk>/", speeches.speech, name="speech"),
    path("speeches/<id:pk>/try-again/", speeches.try_again, name="try_speech_again"),
    path("speeches/<id:pk>/fetch/", speeches.fetch, name="fetch_speech"),
    path("speeches/<id:pk>/settle/", speeches.settle, name="settle_speech"),
    path("search/", search.search, name="search"),
    path("help/", help_views.help_page, name="help"),
    # Saved filters of a list
    path("<list:kind>/filters/save/", saved_filters.save, name="save_filter"),
    path("<list:kind>/filters/rename/", saved_filters.rename, name="rename_filter"),
    path("<list:kind>/filters/delete/", saved_filters.delete, name="delete_filter"),
    path("<list:kind>/filters/restore/", saved_filters.restore, name="restore_filter"),
    path("<list:kind>/columns/", columns.choose, name="choose_columns"),
    # The selected rows of a list
    path("<selectable:kind>/selected/tag/", selections.tag, name="tag_selected"),
    path("<selectable:kind>/selected/untag/", selections.untag, name="untag_selected"),
    path("<selectable:kind>/selected/heard/", selections.mark_heard, name="mark_selected_heard"),
    path("<selectable:kind>/selected/unheard/", selections.unmark_heard, name="unmark_heard"),
    path("<selectable:kind>/selected/move/", selections.move, name="move_selected"),
    path("<selectable:kind>/selected/move-back/", selections.move_back, name="move_selected_back"),
    path("<selectable:kind>/selected/download/", selections.download, name="download_selected"),
    path("<selectable:kind>/selected/export/", selections.export, name="export_selected"),
    path("recordings/selected/delete/", selections.delete, name="delete_selected"),
    # Projects
    path("projects/", projects.project_list, name="projects"),
    path("projects/new/", projects.add, name="add_project"),
    path("projects/<id:pk>/", projects.project, name="project"),
    path("projects/<id:pk>/change/", projects.change, name="change_project"),
    path("projects/<id:pk>/archive/", projects.archive, name="archive_project"),
    path("projects/<id:pk>/reopen/", projects.reopen, name="reopen_project"),
    path("projects/<id:pk>/members/", projects.set_member, name="set_member"),
    # Notes
    path("history/<id:pk>/note/", notes.on_attempt, name="note_on_attempt"),
    path("voices/<id:pk>/note/", notes.on_voice, name="note_on_voice"),
    path("recordings/<id:pk>/note/", notes.on_recording, name="note_on_recording"),
    path("notes/<id:pk>/delete/", notes.delete, name="delete_note"),
    path("notes/<id:pk>/restore/", notes.restore, name="restore_note"),
    # Costs
    path("costs/", costs.costs_page, name="costs"),
    path("costs/allow/", costs.allow, name="allow_more"),
    path("audit/", audit.trail, name="audit"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("system/", system.system_page, name="system"),
    path("system/check-key/", system.check_key, name="check_key"),
    path("system/hold/", hold.hold_page, name="hold"),
    path("system/hold/decide/", hold.decide_hold, name="decide_hold"),
    path("system/hold/end/", hold.end_hold, name="end_hold"),
    path("system/retention/", retention.retention_page, name="retention"),
    path("system/retention/<kind:kind>/", retention.due_page, name="due"),
    path("system/retention/<kind:kind>/rule/", retention.change_rule, name="change_retention"),
    path("system/retention/<kind:kind>/delete/", retention.delete_due, name="delete_due"),
    # People
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite_person"),
    path("people/invitations/<id:pk>/revoke/", people.revoke_invitation, name="revoke_invitation"),
    path(
        "people/invitations/<id:pk>/restore/", people.restore_invitation, name="restore_invitation"
    ),
    path("people/example-team/", example_team.show, name="show_team"),
    path("people/example-team/remove/", example_team.remove, name="remove_team"),
    path("people/<id:pk>/look/", looks.look_as, name="look_as"),
    path("go-back/", looks.go_back, name="go_back"),
    path("people/<id:pk>/", people.person, name="person"),
    path("people/<id:pk>/studio-role/", people.change_studio_role, name="change_studio_role"),
    path("people/<id:pk>/roles/", people.change_project_roles, name="change_project_roles"),
    path("people/<id:pk>/address/", people.set_address, name="set_address"),
    path("people/<id:pk>/deactivate/", people.deactivate, name="deactivate_person"),
    path("people/<id:pk>/reactivate/", people.reactivate, name="reactivate_person"),
    path("people/<id:pk>/reset/", people.reset, name="reset_person"),
    # Audio
    path("audio/recordings/<id:pk>/", audio.recording, name="recording_audio"),
    path("audio/recordings/<id:pk>/tracks/", audio.tracks, name="recording_tracks"),
    path("audio/previews/<id:pk>/", audio.preview, name="preview_audio"),
    path("audio/previews/<id:pk>/waveform/", audio.preview_waveform, name="preview_waveform"),
    path("audio/speeches/<id:pk>/waveform/", audio.speech_waveform, name="speech_waveform"),
    path("audio/previews/<id:pk>/heard/", audio.mark_preview_heard, name="mark_preview_heard"),
    path("audio/speeches/<id:pk>/", audio.speech, name="speech_audio"),
    path("history/<id:pk>/answer/", audio.attempt_answer, name="attempt_answer"),
    path("speeches/<id:pk>/answer/", audio.speech_answer, name="speech_answer"),
    path("audio/speeches/<id:pk>/heard/", audio.mark_speech_heard, name="mark_speech_heard"),
    # Sign-in and administration
    *ENTRANCE_PAGES,
    *ACCOUNT_PAGES,
    path("sign-in/extend/", sign_in.extend_sign_in, name="extend_sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    # One way to sign in, with one limit, and one way to sign out, in place of the admin's own.
    path("admin/login/", sign_in.admin_sign_in, name="admin_sign_in"),
    path("admin/logout/", sign_in.sign_out, name="admin_sign_out"),
    path("admin/", admin.site.urls),
]
