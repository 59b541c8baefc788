"""A studio in practice mode with its example team, whose clock and random values never change.

So pictures that are taken again differ only where the pages do. Everything runs in this process:
the clock and the random values of the real processes cannot be fixed from outside.
"""

import io
import os
import random
import secrets
import tempfile
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from unittest import mock

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Late in a month, so that all costs of the example team fall into it.
NOW: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NOISY: Final = "edgar-hale-phone.wav"


class PracticeStudio(NamedTuple):
    """The address of the studio, and a cookie with which the administrator is signed in."""

    url: str
    cookie: dict[str, str]


def set_up_django() -> None:
    """Choose the settings of the tests; call it before anything imports a model."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    # Playwright keeps an event loop in this thread, where Django would refuse queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    import django

    django.setup()


@contextmanager
def practice_studio() -> Iterator[PracticeStudio]:
    """The running studio. It is gone after the block, with all its data."""
    from django.conf import settings
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.management import call_command
    from django.test.testcases import LiveServerThread

    from voicestudio.management import catalogues
    from voicestudio.practice.server import StandIn

    with ExitStack() as stack:
        _fix_time_and_chance(stack)
        standin = stack.enter_context(StandIn())
        settings.MINIMAX_BASE_URL = standin.url
        settings.PRACTICE_PORT = int(standin.url.rpartition(":")[2])
        for folder in (settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
            Path(folder).mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        catalogues.compile_if_changed()
        administrator = _make_data()
        server = LiveServerThread("127.0.0.1", StaticFilesHandler)
        server.daemon = True
        server.start()
        stack.callback(server.terminate)
        server.is_ready.wait()
        if server.error:
            raise server.error
        url = f"http://127.0.0.1:{server.port}"
        yield PracticeStudio(url, _sign_in(administrator, url))


def _fix_time_and_chance(stack: ExitStack) -> None:
    """Stop the clock, and let voice IDs, file IDs and trace IDs be the same in each run."""
    stack.enter_context(mock.patch("django.utils.timezone.now", return_value=NOW))
    hexes = random.Random(1)
    # One generator for each: which thread asks first for another one makes no difference then.
    for name, value in (
        ("choice", random.Random(1).choice),
        ("randbelow", random.Random(1).randrange),
        ("token_hex", lambda count=16: hexes.randbytes(count).hex()),
    ):
        stack.enter_context(mock.patch.object(secrets, name, value))


def _make_data() -> "User":
    """An administrator, the example team, and a recording with problems; all are checked."""
    from django.contrib.auth.models import User

    from voicestudio.models import AudioFile, Project
    from voicestudio.services import example_team
    from voicestudio.services.example_team.content import GAME, PROJECTS
    from voicestudio.services.recordings import checks, uploads

    administrator = User.objects.create_superuser("marit", first_name="Marit Holm")
    example_team.show_team(by=administrator)
    project = Project.objects.get(name=PROJECTS[GAME].name)
    with tempfile.TemporaryDirectory() as folder:
        noisy = _record_noisy(Path(folder))
        uploads.store_local_file(noisy, project=project, purpose="voice_clone", by=administrator)
    for pk in AudioFile.objects.values_list("pk", flat=True):
        checks.run_check(pk)
    return administrator


def _record_noisy(folder: Path) -> Path:
    """An example recording whose peaks are clipped, with the hum of the mains."""
    import numpy as np

    from voicestudio.practice.examples import example
    from voicestudio.practice.sound import Sound, encode_wav

    with wave.open(io.BytesIO(example(2, folder))) as source:
        rate = source.getframerate()
        speech = np.frombuffer(source.readframes(source.getnframes()), np.int16) / 32_768
    hum = 0.03 * np.sin(2 * np.pi * 50 * np.arange(len(speech)) / rate)
    spoiled = np.clip(3 * speech, -0.5, 0.5) + hum
    path = folder / NOISY
    path.write_bytes(encode_wav(Sound((spoiled * 32_000).astype(np.int16).tobytes(), rate)).data)
    return path


def _sign_in(user: "User", url: str) -> dict[str, str]:
    """The cookie of a session."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
