"""Every public function of the services: what it asks of a person, or why it asks nothing.

A new function without a line here fails the test. One that takes `by` is called as every role.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.tasks import Task
from django.utils import timezone

import voicestudio.services
from tests.factories import make_attempt, make_project, make_recording, make_speaker, make_user
from voicestudio.models import (
    Action,
    AudioFile,
    CloneAttempt,
    Invitation,
    Note,
    Person,
    Project,
    Role,
    RoleName,
    Speaker,
    Speech,
    Voice,
)
from voicestudio.models.permissions import ALLOWED
from voicestudio.practice.server import StandIn
from voicestudio.services import (
    bulk,
    clones,
    example_team,
    hold,
    projects,
    recordings,
    retention,
    speeches,
    system,
)
from voicestudio.services import notes as dated_notes
from voicestudio.services.audit.names import read_names
from voicestudio.services.clones import attempt_tree, rebuild, reconcile
from voicestudio.services.example_team.access import require_practice
from voicestudio.services.money import limits
from voicestudio.services.paid_calls import audio_download
from voicestudio.services.people import (
    accounts,
    activation,
    administrators,
    directory,
    invitations,
    roles,
)
from voicestudio.services.permissions import NotAllowed
from voicestudio.services.speeches import keep
from voicestudio.services.voices import deletion, moves, notes, speakers, sync

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


class House(NamedTuple):
    """One project with a row of every kind, and people of every role."""

    project: Project
    speaker: Speaker
    recording: AudioFile
    attempt: CloneAttempt
    voice: Voice
    speech: Speech
    people: dict[str, User]


def note(h: House) -> Note:
    """A note of the manager."""
    by = h.people["manager"]
    return Note.objects.create(project=h.project, by=by, voice=h.voice, text="Warm.")


@pytest.fixture
def house(standin: StandIn) -> House:
    """The project of the rows, with members, and another one with a manager."""
    project, other = make_project("Here"), make_project("There")
    persons = {
        "manager": make_user(project=project),
        "reviewer": make_user(project=project, role=Role.REVIEWER),
        "viewer": make_user(project=project, role=Role.VIEWER),
        "administrator": make_user(is_staff=True),
        "auditor": make_user(role=None),
        "stranger": make_user(project=other),
        "gone": make_user(project=project, is_active=False),
    }
    Person.objects.create(user=persons["auditor"], is_auditor=True)
    attempt = make_attempt(by=persons["manager"], project=project)
    voice = attempt.cloned_voice
    assert voice is not None
    speech = Speech.objects.create(
        project=project, voice=voice, token=uuid4(), provider="practice",
        created_by=persons["manager"], text="Hello.", model="speech-2.8-hd", status="failed",
    )  # fmt: skip
    recording = make_recording(by=persons["manager"], project=project)
    return House(project, attempt.speaker, recording, attempt, voice, speech, persons)


def order(house: House) -> clones.Order:
    return clones.Order(
        token=uuid4(), speaker_name="Zoe", voice_id="Zoe-7k2ppp", permission=True,
        recording=house.recording,
    )  # fmt: skip


def text(house: House) -> speeches.SpeechOrder:
    return speeches.SpeechOrder(
        token=uuid4(), voice=house.voice, text="Hello.", model="speech-2.8-hd"
    )


def example_person(house: House) -> User:
    """The viewer, as one of the example team."""
    person = house.people["viewer"]
    Person.objects.update_or_create(user=person, defaults={"is_example": True})
    return User.objects.get(pk=person.pk)


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.wav", b"no sound")


type Call = Callable[[House, Any], object]
# What each function that takes `by` asks for, and a call of it.
ASKS: Final[dict[str, tuple[Action, Call]]] = {
    "audit.names.read_names": (Action.READ_AUDIT, lambda _h, by: read_names([], by=by)),
    "clones.attempt_tree.pin": (
        Action.MANAGE_SPEAKERS, lambda h, by: attempt_tree.pin(h.attempt, by=by)),
    "clones.attempt_tree.unpin": (
        Action.MANAGE_SPEAKERS, lambda h, by: attempt_tree.unpin(h.speaker, by=by)),
    "clones.rebuild.rebuild_voice": (
        Action.CLONE, lambda h, by: rebuild.rebuild_voice(h.voice, by=by)),
    "clones.reconcile.request_check": (
        Action.SETTLE, lambda h, by: reconcile.request_check(h.attempt, by=by)),
    "clones.reconcile.settle_by_hand": (
        Action.SETTLE,
        lambda h, by: reconcile.settle_by_hand(h.attempt, worked=True, note="", by=by)),
    "clones.submission.retry_interrupted": (
        Action.CLONE, lambda h, by: clones.retry_interrupted(h.attempt, by=by)),
    "clones.submission.submit": (Action.CLONE, lambda h, by: clones.submit(order(h), by=by)),
    "example_team.access.require_practice": (
        Action.MANAGE_PEOPLE, lambda _h, by: require_practice(by)),
    "example_team.creation.show_team": (
        Action.MANAGE_PEOPLE, lambda _h, by: example_team.show_team(by=by)),
    "example_team.looks.end_look": (
        Action.MANAGE_PEOPLE, lambda h, by: example_team.end_look(h.people["viewer"], by=by)),
    "example_team.looks.start_look": (
        Action.MANAGE_PEOPLE, lambda h, by: example_team.start_look(example_person(h), by=by)),
    "example_team.removal.remove_team": (
        Action.MANAGE_PEOPLE, lambda _h, by: example_team.remove_team(by=by)),
    "money.limits.allow_more": (
        Action.ALLOW_MORE, lambda _h, by: limits.allow_more(Decimal(1), by=by)),
    "paid_calls.audio_download.fetch_again": (
        Action.SETTLE, lambda h, by: audio_download.fetch_again(h.attempt, by=by)),
    "paid_calls.audio_download.fetch_now": (
        Action.SETTLE, lambda h, by: audio_download.fetch_now(h.speech, by=by)),
    "people.accounts.set_address": (
        Action.MANAGE_PEOPLE, lambda h, by: accounts.set_address(h.people["gone"], "", by=by)),
    "people.activation.deactivate": (
        Action.MANAGE_PEOPLE, lambda h, by: activation.deactivate(h.people["viewer"], by=by)),
    "people.activation.reactivate": (
        Action.MANAGE_PEOPLE, lambda h, by: activation.reactivate(h.people["gone"], by=by)),
    "people.activation.reset": (
        Action.MANAGE_PEOPLE, lambda h, by: activation.reset(h.people["viewer"], by=by)),
    "people.administrators.lock_person": (
        Action.MANAGE_PEOPLE,
        lambda h, by: administrators.lock_person(h.people["viewer"], by=by)),
    "people.directory.filter_people": (
        Action.MANAGE_PEOPLE, lambda _h, by: directory.filter_people(by=by)),
    "people.directory.find_invitations": (
        Action.MANAGE_PEOPLE, lambda _h, by: directory.find_invitations(by=by)),
    "people.directory.find_people": (
        Action.MANAGE_PEOPLE, lambda _h, by: directory.find_people("a", 1, by=by)),
    "people.directory.list_people": (
        Action.MANAGE_PEOPLE, lambda _h, by: directory.list_people(by=by)),
    "people.roles.set_role": (
        Action.MANAGE_PEOPLE,
        lambda h, by: roles.set_role(h.people["viewer"], h.project, None, by=by)),
    "people.roles.set_roles": (
        Action.MANAGE_PEOPLE,
        lambda h, by: roles.set_roles(h.people["viewer"], {h.project: None}, by=by)),
    "people.roles.set_studio_role": (
        Action.MANAGE_PEOPLE,
        lambda h, by: roles.set_studio_role(h.people["viewer"], RoleName.AUDITOR, by=by)),
    "people.invitations.invite": (
        Action.MANAGE_PEOPLE,
        lambda _h, by: invitations.invite("a@example.com", by=by, roles={})),
    "people.invitations.list_open": (
        Action.MANAGE_PEOPLE, lambda _h, by: invitations.list_open(by=by)),
    "people.invitations.restore": (
        Action.MANAGE_PEOPLE, lambda _h, by: invitations.restore(Invitation(), by=by)),
    "people.invitations.revoke": (
        Action.MANAGE_PEOPLE, lambda _h, by: invitations.revoke(Invitation(), by=by)),
    "people.invitations.revoke_all_of": (
        Action.MANAGE_PEOPLE, lambda h, by: invitations.revoke_all_of(h.people["gone"], by=by)),
    "people.invitations.revoke_all_to": (
        Action.MANAGE_PEOPLE, lambda h, by: invitations.revoke_all_to(h.people["gone"], by=by)),
    "projects.archive_project": (
        Action.MANAGE_PROJECTS, lambda h, by: projects.archive_project(h.project, by=by)),
    "projects.change_project": (
        Action.MANAGE_PROJECTS,
        lambda h, by: projects.change_project(h.project, projects.ProjectFacts("There 2"), by=by)),
    "projects.create_project": (
        Action.MANAGE_PROJECTS,
        lambda _h, by: projects.create_project(projects.ProjectFacts("New"), by=by)),
    "projects.reopen_project": (
        Action.MANAGE_PROJECTS, lambda h, by: projects.reopen_project(h.project, by=by)),
    "bulk.actions.add_tags": (Action.NOTE, lambda h, by: bulk.add_tags([h.voice], ["a"], by=by)),
    "bulk.actions.delete_recordings": (
        Action.DELETE, lambda h, by: bulk.delete_recordings([h.recording], by=by)),
    "bulk.actions.mark_heard": (Action.NOTE, lambda h, by: bulk.mark_heard([h.voice], by=by)),
    "bulk.actions.mark_unheard": (
        Action.NOTE,
        lambda h, by: bulk.mark_unheard([h.voice], {h.voice.pk: timezone.now()}, by=by)),
    "bulk.actions.remove_taggings": (
        Action.NOTE, lambda h, by: bulk.remove_taggings([h.voice], {h.voice.pk: [1]}, by=by)),
    "bulk.actions.move_back": (
        Action.MOVE_SPEAKERS,
        lambda h, by: bulk.move_back([h.speaker], {h.speaker.pk: 1}, by=by)),
    "bulk.actions.move_recordings": (
        Action.MOVE_SPEAKERS,
        lambda h, by: bulk.move_recordings([h.recording], make_project(), by=by)),
    "bulk.actions.move_speakers": (
        Action.MOVE_SPEAKERS,
        lambda h, by: bulk.move_speakers([h.speaker], make_project(), by=by)),
    "bulk.archive.plan_archive": (
        Action.DOWNLOAD, lambda h, by: bulk.plan_archive([h.recording], by=by)),
    "retention.deletion.delete_all": (
        Action.MANAGE_RETENTION, lambda _h, by: retention.delete_all("drafts", by=by)),
    "retention.deletion.delete_listed": (
        Action.MANAGE_RETENTION, lambda _h, by: retention.delete_listed("drafts", [], by=by)),
    "retention.rules.change_rule": (
        Action.MANAGE_RETENTION,
        lambda _h, by: retention.change_rule("drafts", days=9, is_automatic=False, by=by)),
    "retention.rules.list_rules": (
        Action.MANAGE_RETENTION, lambda _h, by: retention.list_rules(by=by)),
    "recordings.checks.check_again": (
        Action.UPLOAD, lambda h, by: recordings.check_again(h.recording, by=by)),
    "recordings.cutting.clean_recording": (
        Action.UPLOAD,
        lambda h, by: recordings.clean_recording(
            h.recording, trim=True, level=True, dc_and_hum=True, mono=True, by=by)),
    "recordings.cutting.cut_recording": (
        Action.UPLOAD,
        lambda h, by: recordings.cut_recording(
            h.recording, start_ms=0, end_ms=11_000, purpose="voice_clone", by=by)),
    "recordings.store.rename_recording": (
        Action.UPLOAD, lambda h, by: recordings.rename_recording(h.recording, "b", by=by)),
    "recordings.store.store_file": (
        Action.UPLOAD,
        lambda h, by: recordings.store_file(
            Path(__file__), "a.wav", project=h.project, purpose="voice_clone", by=by)),
    "recordings.tracks.use_track": (
        Action.UPLOAD, lambda h, by: recordings.use_track(h.recording, 1, by=by)),
    "recordings.uploads.add_by_file_id": (
        Action.UPLOAD,
        lambda h, by: recordings.add_by_file_id(
            7, project=h.project, purpose="voice_clone", by=by)),
    "recordings.deletion.delete_recording": (
        Action.DELETE, lambda h, by: recordings.delete_recording(h.recording, by=by)),
    "recordings.uploads.fetch_example": (
        Action.UPLOAD, lambda h, by: recordings.fetch_example(voice=1, project=h.project, by=by)),
    "recordings.uploads.store_local_file": (
        Action.UPLOAD,
        lambda h, by: recordings.store_local_file(
            Path(__file__), project=h.project, purpose="voice_clone", by=by)),
    "recordings.uploads.store_upload": (
        Action.UPLOAD,
        lambda h, by: recordings.store_upload(
            upload(), project=h.project, purpose="voice_clone", by=by)),
    "hold.end": (Action.END_HOLD, lambda _h, by: hold.end(by=by)),
    "hold.go_on": (Action.END_HOLD, lambda h, by: hold.go_on(h.attempt, by=by)),
    "hold.list_undecided": (Action.END_HOLD, lambda _h, by: hold.list_undecided(by=by)),
    "hold.withdraw": (Action.END_HOLD, lambda h, by: hold.withdraw(h.attempt, by=by)),
    "system.check_key": (Action.CHECK_KEY, lambda _h, by: system.check_key(by=by)),
    "system.get_report": (Action.SEE_SYSTEM, lambda _h, by: system.get_report(by=by)),
    "speeches.keep.dismiss_reminder": (
        Action.NOTE, lambda h, by: keep.dismiss_reminder(h.voice, by=by)),
    "speeches.keep.keep_voice": (Action.KEEP, lambda h, by: keep.keep_voice(h.voice, by=by)),
    "speeches.reconcile.settle_by_hand": (
        Action.SETTLE,
        lambda h, by: speeches.settle_by_hand(h.speech, worked=True, note="", by=by)),
    "speeches.submission.retry_interrupted": (
        Action.SPEAK, lambda h, by: speeches.retry_interrupted(h.speech, by=by)),
    "speeches.submission.submit": (Action.SPEAK, lambda h, by: speeches.submit(text(h), by=by)),
    "voices.deletion.delete_voice": (
        Action.DELETE, lambda h, by: deletion.delete_voice(h.voice, confirmation="x", by=by)),
    "notes.add_note": (Action.NOTE, lambda h, by: dated_notes.add_note(h.attempt, "a", by=by)),
    "notes.delete_note": (Action.NOTE, lambda h, by: dated_notes.delete_note(note(h), by=by)),
    "notes.restore_note": (
        Action.NOTE,
        lambda h, by: dated_notes.restore_note(
            h.attempt, pk=9_999, text="a", at=timezone.now(), by=by)),
    "voices.moves.list_targets": (
        Action.MOVE_SPEAKERS, lambda h, by: moves.list_targets([h.speaker.project], by=by)),
    "voices.moves.move_recording": (
        Action.MOVE_SPEAKERS,
        lambda h, by: moves.move_recording(h.recording, make_project(), by=by)),
    "voices.moves.move_recording_back": (
        Action.MOVE_SPEAKERS,
        lambda h, by: moves.move_recording_back(h.recording, 1, by=by)),
    "voices.moves.move_speaker_back": (
        Action.MOVE_SPEAKERS,
        lambda h, by: moves.move_speaker_back(h.speaker, 1, by=by)),
    "voices.moves.move_speaker": (
        Action.MOVE_SPEAKERS, lambda h, by: moves.move_speaker(h.speaker, make_project(), by=by)),
    "voices.notes.add_tags": (Action.NOTE, lambda h, by: notes.add_tags(h.voice, ["a"], by=by)),
    "voices.notes.mark_heard": (Action.NOTE, lambda h, by: notes.mark_heard(h.voice, by=by)),
    "voices.notes.mark_unheard": (
        Action.NOTE, lambda h, by: notes.mark_unheard(h.voice, timezone.now(), by=by)),
    "voices.notes.remove_taggings": (
        Action.NOTE, lambda h, by: notes.remove_taggings(h.voice, [1], by=by)),
    "voices.notes.save_notes": (Action.NOTE, lambda h, by: notes.save_notes(h.voice, "a", by=by)),
    "voices.notes.set_tags": (Action.NOTE, lambda h, by: notes.set_tags(h.voice, ["a"], by=by)),
    "voices.speakers.choose_speaker": (
        Action.CLONE,
        lambda h, by: speakers.choose_speaker(
            "Zoe", project=h.project, speaker_id=None, is_new=True, by=by)),
    "voices.speakers.merge_speakers": (
        Action.MANAGE_SPEAKERS,
        lambda h, by: speakers.merge_speakers(
            make_speaker(project=h.project, by=h.people["manager"]), h.speaker, by=by)),
    "voices.speakers.rename_speaker": (
        Action.MANAGE_SPEAKERS, lambda h, by: speakers.rename_speaker(h.speaker, "Zoe", by=by)),
    "voices.sync.compare_voices": (Action.COMPARE, lambda _h, by: sync.compare_voices(by=by)),
    "voices.sync.import_voice": (
        Action.IMPORT,
        lambda h, by: sync.import_voice("Voice-9999", name="Zoe", project=h.project, by=by)),
}  # fmt: skip
# Called by functions that have asked.
AFTERWARDS: Final = {
    "audit.entries.record", "audit.entries.record_call", "bulk.archive.record_download",
    "paid_calls.orders.check_owner",
    "recordings.deletion.delete_due_recording", "recordings.store.save_recording",
    "voices.deletion.delete_call_audio",
}  # fmt: skip
# Reading, arithmetic, sentences, the worker's steps and chores, and signing in: these get rows that
# the caller has found with `visible_to`, or act for no person.
NO_PERSON: Final = {
    "help": "list_facts list_sections list_shortcuts search",
    "metrics": "count_calls get_waiting sum_storage",
    "audit.entries": "describe export_entries",
    "audit.known_settings": "record_setting_changes",
    "audit.origins": "acting_from current_origin current_person use_for_process",
    "audit.seal": "seal_entries seal_head",
    "audit.search": "find_subjects",
    "audit.sign_ins": "connect record_locked record_refused",
    "audit.verification": "verify_entries verify_trail",
    "backups.backup": "make_backup",
    "backups.manifest": (
        "checksum_of open_checked read_lines read_manifest read_part write_manifest"
    ),
    "backups.places": (
        "delete_folder file_path has_file is_verified list_backups list_folder mark_verified "
        "marked_as_pruning marked_as_started open_bucket open_folder put_file"
    ),
    "backups.contents": "compare_files compare_rows load_files load_rows reset_sequences",
    "backups.data_folder": "copied_database locked refuse_new_locks",
    "backups.move": "move_in",
    "backups.progress": "report_nothing reported",
    "backups.prune": "prune_backups",
    "backups.restoration": "restore",
    "backups.tables": (
        "as_columns file_columns models_in_backup read_file_names read_rows snapshot write_table"
    ),
    "backups.versions": "applied_migrations as_keys has_unknown last_migrations models_of",
    "backups.verification": "verify_backup",
    "bulk.archive": "stream_archive",
    "bulk.export": "columns export_rows",
    "bulk.selection": "find_rows name_of speakers_of voices_of",
    "clones.attempt_tree": "best_attempt get_row relatives tree_page",
    "clones.changes": "changes_by_attempt compare",
    "clones.messages": "message_for",
    "clones.orders": "check_order find_differences",
    "clones.rebuild": "estimate_rebuild",
    "clones.reconcile": "check_with_provider record_from_journal",
    "clones.steps": "answer_columns run_clone send_clone sent_request upload_recordings",
    "design_tokens": "contrast measure",
    "download_names": "download_name",
    "drafts": "delete_draft delete_old_drafts save_draft take_drafts",
    "health": "check_health find_database_obstacle find_obstacle lacks_migrations",
    "hold": "is_held start",
    "machines": (
        "delete_report find_different_keys list_others report report_and_compare start_reporting "
        "warn_of_clock"
    ),
    "log_context": "log_call log_fields log_requested",
    "money.budget_mails": "send_due_mails",
    "money.budgets": "get_budget get_project_budgets sum_allowances sum_in_flight",
    "money.charges": (
        "cancel_attempt cancel_speech charge_attempt charge_clone_fee charge_speech find_difference"
    ),
    "money.costs": (
        "iterate_charges sum_by_voice sum_charges sum_groups sum_month sum_months sum_voices"
    ),
    "money.limits": (
        "check_budget is_administrator list_administrators list_allowances "
        "list_people_to_ask list_project_budgets list_warnings may_see message_for_reader"
    ),
    "money.prices": (
        "billable_characters billed_characters estimate_clone estimate_speech "
        "is_clone_fee_due price_of price_per_character price_per_million"
    ),
    "notes": "column_of delete_all_notes list_notes",
    "paid_calls.audio_download": "enqueue_fetch fetch fetch_audio store_bytes",
    "example_team.access": "example_people is_shown",
    "example_team.looks": "find_person role_names",
    "example_team.material": "make_material",
    "example_team.rows": "files_of_transaction write_rows",
    "paid_calls.call_log": "logged_call message_for_free_call trouble_of",
    "paid_calls.clock_changes": "correct_future_times",
    "paid_calls.journal": (
        "delete_unrecorded entries files folder has_room moved_to_storage read remove write"
    ),
    "paid_calls.late_answers": "record_from_journal",
    "paid_calls.leases": "hold lease_end release_all",
    "paid_calls.messages": "message_for",
    "paid_calls.orders": "check_model",
    "paid_calls.provider": "client quick_client",
    "paid_calls.provider_files": "delete_file",
    "paid_calls.rate_limit": "longest_wait record_success reserve_slot slow_down",
    "paid_calls.results": "finish_journal record_answer record_error record_failure",
    "paid_calls.retries": "enqueue_when_due final_columns may_retry schedule_retry wait_for_slot",
    "paid_calls.runner": "retry_interrupted run",
    "paid_calls.waveforms": "draw_lost_waveforms draw_waveform",
    "people.account_signals": "connect",
    "people.accounts": "change_profile change_theme drop_new_address",
    "people.administrators": "keep_one lock_with_administrators message_if_last",
    "people.id_tokens": "check_nonce read_identity read_token",
    "people.invitations": "accept accept_for find find_account mail",
    "people.openid": "disconnect find_person is_joined list_accounts",
    "people.password_links": "mail_links make_link valid_for",
    "people.provider_roles": "read_roles",
    "people.roles": "set_provider_roles studio_role",
    "needs": "find_needs has_attempts",
    "people.ended_sign_ins": "forget_ended has_ended name_sign_in record_ended",
    "people.hints": "dismiss_hints list_hints",
    "people.columns": "choose_columns list_columns",
    "people.saved_filters": "delete_filter list_filters rename_filter restore_filter save_filter",
    "people.second_factor": "is_missing",
    "permissions": "may require sees_studio_costs",
    "projects": (
        "count_rows default_choice default_for list_allowed list_choices list_colleagues "
        "list_colleagues_of_several use_project work_in"
    ),
    "queue": "count_jobs create_consumer delete_lost_records delete_record get_queue is_empty",
    "queue_storage": "connect_to_database is_busy is_readable last_replaced_at replace_if_broken",
    "recordings.checks": "check_recording ensure_playable requeue_lost_checks run_check",
    "recordings.cutting": "file_stem waveform_bars",
    "recordings.family": "list_family",
    "recordings.store": "clean_file_name delete_abandoned_uploads ingest_file",
    "recordings.tracks": "find_track_source list_tracks",
    "recordings.deletion": "finish_deletions",
    "recordings.uploads": "download_example ensure_uploaded forget_uploads",
    "reminders": "choose_expiring count_expiring expiring_voices send send_if_due",
    "search": "find_everywhere",
    "retention.deletion": "apply_rules",
    "retention.due": "due_rows find_due list_due summarize walk_due",
    "sign_in_limits": (
        "clear_expired clear_failures find_account is_openid_refused is_refused record "
        "record_openid_failure"
    ),
    "speeches.keep": "estimate_keep is_speaking model_for",
    "speeches.messages": "message_for",
    "speeches.orders": "check_order check_voice find_differences",
    "speeches.steps": (
        "answer_columns check_voice make_request record_from_journal run_speech send_speech"
    ),
    "storage": (
        "address chunks clean_cache delete exists is_away link local_file put size_and_time walk"
    ),
    "storage.bucket": "disk_errors",
    "storage.cache": "clean forget hold",
    "stored_files": "check_rows checksum delete_orphan find_orphans find_orphans_at_provider",
    "voices.bookkeeping": (
        "cancel_charge charge_uncertain confirm_late confirm_voice discard_voice mark_missing "
        "record_clone record_speech record_uncertain_voice record_unknown record_use "
        "renew_uncertain_voice settle_lapsed voice_search_text"
    ),
    "voices.deletion": "plan_deletion",
    "voices.moves": "has_way_back",
    "voices.notes": (
        "list_tags list_tags_of notes_version update_search_text visible_voices voice_timeline "
        "voices_in_use"
    ),
    "voices.speakers": (
        "current_id find_by_id find_named find_similar former_names list_changes list_names "
        "list_options offered_to"
    ),
    "voices.voice_ids": "check is_taken suggest",
    "worker": "on_start on_stop record_kept_answers requeue_lost_calls write_heartbeat",
}


def list_functions() -> dict[str, Any]:
    """Every public function and job of the services, by its dotted name."""
    found: dict[str, Any] = {}
    package = voicestudio.services
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            function = value.func if isinstance(value, Task) else value
            is_own = inspect.isfunction(function) and function.__module__ == info.name
            if is_own and not name.startswith("_"):
                found[f"{info.name.removeprefix(f'{package.__name__}.')}.{name}"] = function
    return found


def test_every_function_has_its_line() -> None:
    functions = list_functions()
    with_person = {
        name
        for name, function in functions.items()
        if "by" in inspect.signature(function).parameters
    }
    without = {f"{module}.{name}" for module, names in NO_PERSON.items() for name in names.split()}

    assert with_person == ASKS.keys() | AFTERWARDS
    assert functions.keys() - with_person == without


class Undone(Exception):  # noqa: N818
    """Ends a transaction whose changes are not wanted."""


def is_refused(call: Call, house: House, person: User) -> bool:
    """Whether this person may not call it; a refusal of rows that do not fit is none."""
    try:
        with transaction.atomic():
            call(house, person)
            raise Undone
    except NotAllowed:
        return True
    except Exception:
        return False


@pytest.mark.parametrize("name", sorted(ASKS))
def test_function_asks_the_table(name: str, house: House) -> None:
    action, call = ASKS[name]

    refused = {role for role, person in house.people.items() if is_refused(call, house, person)}

    allowed = {role.value for role in ALLOWED[action]}
    assert refused == house.people.keys() - allowed
