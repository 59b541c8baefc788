"""Every address: closed without a sign-in, to links that change something, and to forgery."""

from pathlib import Path
from typing import Final

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern

from tests import factories
from tests.views import HTMX
from voicestudio.models import Allowance, AudioFile, Charge, CloneAttempt, Event, Speech, Voice
from voicestudio.urls import CLONE_FORM_BUTTONS, urlpatterns

pytestmark = pytest.mark.django_db
# Addresses that need no sign-in.
OPEN: Final = {
    "sign_in", "account_login", "admin_sign_in", "sign_out", "healthz", "readyz", "metrics",
    "mfa_authenticate",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "account_confirm_email",
    "accept_invitation", "language",
    # Of the OpenID provider, in tests/views/test_openid.py: 404 without one.
    "openid_sign_in", "openid_callback", "openid_disconnect",
}  # fmt: skip
PATTERNS: Final = {
    str(pattern.name): str(pattern.pattern)
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern) and pattern.name not in OPEN
} | {f"clone_form:{button.name}": f"clone-form/{button.pattern}" for button in CLONE_FORM_BUTTONS}
# A passkey's address asks for the password before it looks for the passkey.
WITH_ID: Final = sorted(
    name for name, path in PATTERNS.items() if "<id:pk>" in path and name != "mfa_remove_webauthn"
)
# Pages, files and fragments; every other address changes something.
READ: Final = {
    "attempt", "attempt_answer", "attempt_tree_row", "attempt_row", "choose_recording", "compare",
    "costs", "cut_recording", "delete_voice", "preview_audio", "preview_waveform", "history",
    "home", "just_now", "new", "recorder", "recording", "recording_audio", "recording_shape",
    "recommendation", "recording_suggestions", "recordings", "speaker", "speaker_options",
    "speaker_question", "speech", "speech_answer",
    "recording_tracks", "speech_audio", "speech_waveform",
    "audit", "styleguide", "system", "hold", "retention", "due", "clean_copy", "people", "help",
    "person", "project", "projects", "search",
    "add_project",
    "verdict", "voice", "voice_id", "voices",
    "account", "account_change_password", "account_set_password", "account_reauthenticate",
    "mfa_activate_totp", "mfa_add_webauthn", "mfa_deactivate_totp", "mfa_download_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_index", "mfa_list_webauthn", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "mfa_remove_webauthn", "mfa_view_recovery_codes",
    "usersessions_list",
    "change_address",  # which leads to the page of its form
}  # fmt: skip


def _address(name: str, number: object = 1) -> str:
    return "/" + PATTERNS[name].replace("<id:pk>", str(number)).replace(
        "<field:field>", "recording"
    ).replace("<kind:kind>", "recordings").replace("<list:kind>", "history").replace(
        "<selectable:kind>", "history"
    )


@pytest.fixture
def rows(user: User) -> Voice:
    """A voice that was cloned here."""
    voice = factories.make_attempt(by=user).cloned_voice
    assert voice is not None
    return voice


def _counts() -> tuple[int, ...]:
    models = (Allowance, AudioFile, Charge, CloneAttempt, Event, Speech, Voice)
    return tuple(model._default_manager.count() for model in models)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_address_requires_a_sign_in(name: str, client: Client, data_dir: Path) -> None:
    url = _address(name)

    page = client.get(url)
    sent = client.post(url, {"name": "x"})
    fragment = client.get(url, headers=HTMX)

    assert (page.status_code, page["Location"]) == (302, f"/sign-in/?next={url}")
    # What is typed into the clone form is carried over to the next sign-in.
    assert sent.status_code == (401 if name.startswith(("new", "clone_form:")) else 302)
    # Nothing else that was sent is kept, so there is nothing to come back to.
    assert sent.get("Location", "/sign-in/?next=/") == "/sign-in/?next=/"
    assert (fragment.status_code, fragment.content) == (401, b"")
    assert fragment["HX-Trigger"] == "signed-out"


@pytest.mark.parametrize("name", sorted(PATTERNS.keys() - READ))
def test_get_of_a_button_is_not_allowed(name: str, client: Client, rows: Voice) -> None:
    before = _counts()

    assert client.get(_address(name, rows.pk)).status_code == 405
    assert client.head(_address(name, rows.pk)).status_code == 405
    assert _counts() == before


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_post_without_csrf_token_changes_nothing(name: str, rows: Voice, user: User) -> None:
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(user)
    before = _counts()

    assert forger.post(_address(name, rows.pk), {"voice_id": "x"}).status_code in (403, 405)
    assert _counts() == before


# Undo of what is not there any more says so on the list.
UNDO: Final = {"move_speaker_back", "restore_invitation", "restore_note"}


@pytest.mark.parametrize("name", WITH_ID)
def test_unknown_id_is_not_found(name: str, client: Client, user: User) -> None:
    for pk in (0, 999_999, 10**18 + 1, 2**63, 10**40):
        answers = [method(_address(name, pk)).status_code for method in (client.get, client.post)]
        # The method is checked before the row is looked for.
        if name in UNDO:
            assert answers in ([404, 404], [405, 302])
        else:
            assert sorted(answers) in ([404, 404], [404, 405])
