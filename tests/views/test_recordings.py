"""Recordings: brought, chosen, listed, let go."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests import factories
from tests.practice.recordings import hum
from tests.views import HTMX, message_levels
from voicestudio.models import AudioFile, Purpose
from voicestudio.practice.server import StandIn

pytestmark = pytest.mark.django_db


def wav(name: str = "anna.wav", seconds: float = 12) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, hum(seconds))


def left_over(settings: Settings) -> list[Path]:
    return list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


# Bringing one ----------------------------------------------------------------------------------


def test_upload_requires_a_sign_in(client: Client, data_dir: Path, settings: Settings) -> None:
    response = client.post("/recordings/", {"file": wav()}, headers=HTMX)

    assert response.status_code == 401
    assert AudioFile.objects.count() == 0
    assert left_over(settings) == []


def test_upload_is_stored_and_shown(client: Client, user: User, settings: Settings) -> None:
    response = client.post("/recordings/", {"file": wav()}, headers=HTMX)

    kept = AudioFile.objects.get()
    html = response.content.decode()
    assert response.status_code == 200
    assert (kept.name, kept.purpose, kept.created_by) == ("anna.wav", "voice_clone", user)
    assert kept.duration_ms == 12_000
    assert f'<input type="hidden" name="recording" value="{kept.pk}">' in html
    assert re.findall(r'dir="auto">(anna.wav)</b>\s*<span[^>]*>([^<]*)<', html) == [
        ("anna.wav", "0:12 · 188 KB")
    ]
    assert html.count(f'<audio controls preload="none" src="/audio/recordings/{kept.pk}/"') == 1
    assert html.count('<svg class="wave"') == 1
    assert "<html" not in html
    assert left_over(settings) == []


def test_converted_recording_shows_its_format(client: Client, user: User) -> None:
    recording = factories.make_recording(converted_from="opus")

    part = client.get(f"/recordings/{recording.pk}/", headers=HTMX).content.decode()

    assert part.count("Converted from opus to mp3. MiniMax accepts only mp3, m4a and wav.") == 1


def test_prompt_clip_is_stored(client: Client, user: User) -> None:
    sent = {"file": wav(seconds=6), "purpose": "prompt_audio"}

    response = client.post("/recordings/", sent, headers=HTMX)

    kept = AudioFile.objects.get()
    assert kept.purpose == Purpose.PROMPT
    assert f'name="prompt_clip" value="{kept.pk}"' in response.content.decode()


@pytest.mark.parametrize(("purpose", "field"), [("", "recording"), ("prompt_audio", "prompt_clip")])
def test_upload_without_script_redirects_to_the_form(
    client: Client, user: User, purpose: str, field: str
) -> None:
    seconds = 6 if purpose else 12

    response = client.post("/recordings/", {"file": wav(seconds=seconds), "purpose": purpose})

    assert response.status_code == 302
    assert response["Location"] == f"/new/?{field}={AudioFile.objects.get().pk}"


@pytest.mark.parametrize(
    ("file", "purpose", "words"),
    [
        (SimpleUploadedFile("a.mp3", b""), "voice_clone", "This file is empty."),
        (
            SimpleUploadedFile("a.mp3", b"Dear diary, " * 99),
            "voice_clone",
            "This isn&#x27;t an audio file we can read.",
        ),
        (SimpleUploadedFile("a.wav", hum(3)), "voice_clone", "This recording is too short."),
        (SimpleUploadedFile("a.wav", hum(9)), "prompt_audio", "This clip is too long."),
    ],
)
def test_refused_file_shows_its_error_in_place(
    client: Client,
    user: User,
    settings: Settings,
    file: SimpleUploadedFile,
    purpose: str,
    words: str,
) -> None:
    file.seek(0)

    response = client.post("/recordings/", {"file": file, "purpose": purpose}, headers=HTMX)

    html = response.content.decode()
    assert response.status_code == 422
    assert re.search(r"<b>(.*?)</b>", html).group(1) == words  # type: ignore[union-attr]
    assert "<html" not in html
    assert AudioFile.objects.count() == 0
    assert left_over(settings) == []


def test_refused_file_shows_its_error_above_the_list(client: Client, user: User) -> None:
    response = client.post("/recordings/", {"file": wav(seconds=3)})

    assert response.status_code == 422
    assert "MiniMax needs at least 10 seconds." in response.content.decode()
    assert "</html>" in response.content.decode()


@pytest.mark.parametrize(
    "sent", [{}, {"file": "not a file"}, {"purpose": "x", "file": "y"}, {"purpose": "\x00"}]
)
def test_post_without_a_file_is_refused(client: Client, user: User, sent: dict[str, str]) -> None:
    response = client.post("/recordings/", sent, headers=HTMX)

    assert response.status_code == 422
    assert AudioFile.objects.count() == 0


def test_file_over_the_limit_is_not_stored(client: Client, user: User, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000

    response = client.post("/recordings/", {"file": wav(seconds=30)}, headers=HTMX)

    assert response.status_code == 422
    assert "The limit is 97 KB." in response.content.decode()
    assert AudioFile.objects.count() == 0
    assert left_over(settings) == []


def test_content_length_over_the_limit_is_refused_unread(client: Client, user: User) -> None:
    response = client.generic(
        "POST", "/recordings/", b"not even multipart", "multipart/form-data; boundary=x",
        headers=HTMX, CONTENT_LENGTH=str(1025 * 1024**2 + 1),
    )  # fmt: skip

    assert response.status_code == 422
    assert "The limit is 1 GB." in response.content.decode()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("王芳 采访.wav", "王芳 采访.wav"),
        ("../../etc/passwd.wav", "passwd.wav"),
        ("C:\\Users\\Anna\\voice.wav", "voice.wav"),
        ("a\u202egnp.wav", "agnp.wav"),
        ("<b>bold</b>.wav", "b>.wav"),
        ("عينة.wav", "عينة.wav"),
    ],
)
def test_file_names_are_cleaned(client: Client, user: User, sent: str, shown: str) -> None:
    client.post("/recordings/", {"file": wav(sent)}, headers=HTMX)

    assert AudioFile.objects.get().name == shown


def test_long_name_is_shortened(client: Client, user: User) -> None:
    client.post("/recordings/", {"file": wav("x" * 240 + ".wav")}, headers=HTMX)

    kept = AudioFile.objects.get()
    assert len(kept.name) <= 255
    assert kept.name.endswith(".wav")


# Example and File ID ---------------------------------------------------------------------------


def test_examples_take_turns(client: Client, user: User, standin: StandIn) -> None:
    for _turn in range(2):
        assert client.post("/clone-form/use-example/", headers=HTMX).status_code == 200

    names = list(AudioFile.objects.order_by("pk").values_list("name", flat=True))
    assert names == ["Example recording 1.wav", "Example recording 2.wav"]


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_missing_example_is_an_error(
    headers: dict[str, str], client: Client, user: User, standin: StandIn
) -> None:
    standin.stop()

    response = client.post("/clone-form/use-example/", headers=headers)

    assert response.status_code == 422
    assert "The practice recordings cannot be reached" in response.content.decode()
    assert AudioFile.objects.count() == 0


def test_file_id_is_stored_once(client: Client, user: User) -> None:
    for _turn in range(2):
        response = client.post(
            "/clone-form/use-file-id/", {"file_id": " 362067136000001 "}, headers=HTMX
        )

    kept = AudioFile.objects.get()
    assert kept.file_id == 362067136000001
    assert f'name="recording" value="{kept.pk}"' in response.content.decode()
    assert b"<audio" not in response.content


def test_file_id_of_a_hidden_recording_is_refused_without_a_hint(client: Client) -> None:
    hidden = factories.make_recording(file_id=362067136000001, name="secret.wav")
    client.force_login(factories.make_user(project=factories.make_project()))
    typed = {"file_id": "362067136000001"}

    pages = [
        client.post("/clone-form/use-file-id/", typed, headers=HTMX),
        client.post("/clone-form/use-file-id/", typed),
        client.post("/new/", typed),
    ]

    for page in pages:
        text = page.content.decode()
        assert page.status_code == 422
        assert "This file ID can" in text
        assert ("secret" in text, f'value="{hidden.pk}"' in text) == (False, False)
    assert AudioFile.objects.get() == hidden


@pytest.mark.parametrize("given", ["", "x", "0", "-5", "1.5", "9" * 30, "\x00", "1e9"])
def test_invalid_file_id_is_an_error(client: Client, user: User, given: str) -> None:
    response = client.post("/clone-form/use-file-id/", {"file_id": given}, headers=HTMX)

    assert response.status_code == 422
    assert response["HX-Retarget"] == "#file-id-error"
    assert AudioFile.objects.count() == 0


# Choosing one that is here ---------------------------------------------------------------------


def test_recording_is_shown_to_a_colleague(client: Client, user: User) -> None:
    theirs = factories.make_recording(by=factories.make_user())

    response = client.get(f"/recordings/{theirs.pk}/", headers=HTMX)

    assert f'name="recording" value="{theirs.pk}"' in response.content.decode()


def test_recording_has_a_page_of_its_own(client: Client, user: User) -> None:
    theirs = factories.make_recording(name="anna.mp3", by=factories.make_user("mia"))

    html = client.get(f"/recordings/{theirs.pk}/").content.decode()

    assert re.findall(r"<h1[^>]*>(.*?)</h1>", html) == ["anna.mp3"]
    assert html.count(f'href="/new/?recording={theirs.pk}"') == 1
    assert html.count(f'href="/recordings/{theirs.pk}/cut/"') == 1
    assert html.count(f'href="/recordings/{theirs.pk}/clean-copy/"') == 1
    assert html.count(f'href="/audio/recordings/{theirs.pk}/?download=1"') == 1
    assert html.count(f'action="/recordings/{theirs.pk}/delete/"') == 1


def test_newest_twenty_are_offered_by_purpose_and_name(
    client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(25):
        factories.make_recording(by=user, name=f"interview {number:02d}.mp3")
    factories.make_recording(by=user, name="clip.mp3", purpose=Purpose.PROMPT)

    with django_assert_num_queries(4):
        every = client.get("/recordings/choose/").content.decode()
    some = client.get("/recordings/choose/?q=VIEW%200").content.decode()
    clips = client.get("/recordings/choose/?purpose=prompt_audio").content.decode()
    none = client.get("/recordings/choose/?q=%00%25_nothing").content.decode()

    def names(html: str) -> list[str]:
        return re.findall(r'<b dir="auto">(.*?)</b>', html)

    assert names(every) == [f"interview {number:02d}.mp3" for number in range(24, 4, -1)]
    assert names(some) == [f"interview {number:02d}.mp3" for number in range(9, -1, -1)]
    assert names(clips) == ["clip.mp3"]
    assert names(none) == []


# The list --------------------------------------------------------------------------------------


def ids(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="recording-(\d+)"', html)]


def test_list_goes_on_page_by_page(client: Client, user: User) -> None:
    made = [factories.make_recording(by=user).pk for _number in range(60)][::-1]

    first = ids(client.get("/recordings/").content.decode())
    second = ids(client.get(f"/recordings/?before={first[-1]}").content.decode())
    third = ids(client.get(f"/recordings/?before={second[-1]}").content.decode())
    back = ids(client.get(f"/recordings/?after={third[0]}").content.decode())

    assert first + second + third == made
    assert back == second


@pytest.mark.parametrize("rows", [1, 3])
def test_list_has_a_fixed_number_of_queries(
    client: Client, user: User, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _turn in range(rows):
        factories.make_attempt(by=user)
    client.get("/recordings/")

    with django_assert_num_queries(6):
        client.get("/recordings/")


@pytest.mark.parametrize(
    "query", ["before=x", "after=-1", "before=" + "9" * 30, "q=%00", "purpose=x"]
)
def test_invalid_query_string_is_ignored(client: Client, user: User, query: str) -> None:
    kept = factories.make_recording(by=user)

    response = client.get(f"/recordings/?{query}")

    assert response.status_code == 200
    assert ids(response.content.decode()) == [kept.pk]


def test_unused_recording_is_deleted_with_its_file(client: Client, user: User) -> None:
    gone = factories.make_recording(by=user, uploaded=False)
    path = Path(gone.file.path)

    response = client.post(f"/recordings/{gone.pk}/delete/", follow=True)

    assert response.redirect_chain == [("/recordings/", 302)]
    assert message_levels(response) == ["success"]
    assert AudioFile.objects.count() == 0
    assert not path.exists()


def test_used_recording_cannot_be_deleted(client: Client, user: User) -> None:
    attempt = factories.make_attempt(speaker_name="Wang Fang")

    response = client.post(f"/recordings/{attempt.recording_id}/delete/")

    html = response.content.decode()
    assert response.status_code == 422
    assert f"{attempt.recording.name} is still in use." in html
    assert f'<a href="/history/{attempt.pk}/"><bdi>Wang Fang</bdi>' in html
    assert AudioFile.objects.count() == 1


# Filters, families, several at once --------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("verdict=good", ["good", "clip"]),
        ("verdict=disappointing", ["poor"]),
        ("verdict=none", ["unjudged"]),
        ("purpose=prompt_audio", ["clip"]),
        ("purpose=voice_clone&verdict=good", ["good"]),
        ("verdict=good&q=cli", ["clip"]),
        ("verdict=nonsense", ["good", "clip", "poor", "unjudged"]),
    ],
)
def test_list_is_filtered_by_its_address(
    client: Client, user: User, query: str, expected: list[str]
) -> None:
    made = {
        "unjudged": factories.make_recording(by=user),
        "poor": factories.make_checked_recording("disappointing", by=user),
        "clip": factories.make_checked_recording(
            "good", by=user, purpose=Purpose.PROMPT, name="clip.mp3"
        ),
        "good": factories.make_checked_recording("good", by=user),
    }

    found = ids(client.get(f"/recordings/?{query}").content.decode())

    assert found == [made[name].pk for name in expected]


def test_search_keeps_the_filters(client: Client, user: User) -> None:
    html = client.get("/recordings/?verdict=usable&purpose=voice_clone").content.decode()

    search = html.partition('role="search"')[2].partition("</form>")[0]
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', search) == [
        ("purpose", "voice_clone"),
    ]  # fmt: skip
    assert re.findall(r'value="(\w+)" selected', search) == ["usable"]


def test_row_shows_verdict_first_finding_and_origin(client: Client, user: User) -> None:
    root = factories.make_recording(by=user, name="anna.m4a")
    found = [factories.make_finding(code) for code in ("hum", "noisy", "echo")]
    factories.make_checked_recording(
        "disappointing", *found, by=user, parent=root, origin="cut", from_ms=42_000, to_ms=90_000
    )

    html = client.get("/recordings/").content.decode()

    row = html.partition('<li id="recording-')[2].partition("</li>")[0]
    assert row.count("</svg> Poor</span>") == 1
    assert row.count("There is a steady hum or buzz under the words.") == 1
    assert row.count("and 2 more") == 1
    assert row.count("cut, 0:42–1:30") == 1
    assert row.count(f'<a href="/recordings/{root.pk}/" dir="auto">anna.m4a</a>') == 1


def test_row_shows_ancestors_and_copies(client: Client, user: User) -> None:
    root = factories.make_recording(by=user, name="anna.m4a")
    cut = factories.make_recording(
        by=user, name="part.mp3", parent=root, origin="cut", from_ms=42_000, to_ms=90_000
    )
    tidied = factories.make_recording(by=user, parent=cut, origin="cleaned", steps=["hum"])
    factories.make_recording(by=user, parent=tidied, origin="cleaned", steps=["mono"])
    factories.make_recording(by=user, parent=root, deleted_at=timezone.now())

    rows = client.get("/recordings/").content.decode().split('<li id="recording-')[1:]

    derived = [re.findall(r'derived" [^>]*>(\d) ', row) for row in rows]
    assert derived == [[], ["1"], ["1"], ["1"]]
    assert forebears(rows[0]) == f"… → {cut.name} → {tidied.name} → clean copy: converted to mono"
    assert forebears(rows[1]) == "anna.m4a → part.mp3 → clean copy: hum removed"
    assert forebears(rows[2]) == "anna.m4a → cut, 0:42–1:30"
    assert forebears(rows[3]) == ""


def test_prompt_clip_length_has_tenths(client: Client, user: User) -> None:
    """7.5 s may be sent; what is rounded to 0:08 would seem too long."""
    clip = factories.make_recording(by=user, purpose=Purpose.PROMPT, duration_ms=7_500)

    pages = [client.get(f"/recordings/{path}").content.decode() for path in ("", f"{clip.pk}/")] + [
        client.get(f"/new/?prompt_clip={clip.pk}").content.decode()
    ]

    assert [page.count("7.5\u00a0s") for page in pages] == [1, 1, 1]


def forebears(row: str) -> str:
    """What a row says of where it comes from."""
    origin = row.partition('origin">')[2].partition("</span>")[0]
    return " ".join(re.sub("<[^>]+>", "", origin).split())


@pytest.mark.parametrize("rows", [1, 20])
def test_families_add_no_queries_to_the_list(
    client: Client, user: User, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _turn in range(rows):
        root = factories.make_recording(by=user)
        factories.make_checked_recording(
            "usable", factories.make_finding("hum"), by=user, parent=root, origin="cleaned",
            steps=["hum"],
        )  # fmt: skip
        factories.make_recording(by=user, parent=root.children.get(), origin="cleaned")
    client.get("/recordings/")

    # session, user, recordings, their uses (none), people, counts
    with django_assert_num_queries(5):
        client.get("/recordings/")


def test_deleted_recording_is_not_listed(client: Client, user: User) -> None:
    gone = factories.make_recording(by=user, held=False, deleted_at=timezone.now())

    assert ids(client.get("/recordings/").content.decode()) == []
    page = client.get(f"/recordings/{gone.pk}/")
    assert page.content.decode().count("Its audio was deleted.") == 1
    assert client.get(f"/recordings/{gone.pk}/", headers=HTMX).status_code == 404


def test_each_of_several_uploads_is_a_line(client: Client, user: User) -> None:
    response = client.post("/recordings/", {"file": wav(), "several": "1"}, headers=HTMX)

    kept = AudioFile.objects.get()
    html = response.content.decode()
    assert response.status_code == 201
    assert re.findall(r'<li class="line" data-uploaded id="line-(\d+)"', html) == [str(kept.pk)]
    assert html.count("Checking…") == 2  # the badge, and what is said aloud
    assert "<html" not in html


def test_several_files_without_script_get_a_message_each(client: Client, user: User) -> None:
    files = [wav("one.wav"), wav("short.wav", seconds=3), wav("two.wav")]

    response = client.post("/recordings/", {"file": files, "several": "1"}, follow=True)

    assert [recording.name for recording in AudioFile.objects.order_by("pk")] == [
        "one.wav",
        "two.wav",
    ]
    assert response.redirect_chain == [("/recordings/", 302)]
    assert message_levels(response) == ["success", "error", "success"]


def test_several_files_require_at_least_one(client: Client, user: User) -> None:
    response = client.post("/recordings/", {"several": "1"}, follow=True)

    assert message_levels(response) == ["error"]


@pytest.mark.parametrize(
    ("codes", "label", "tones"),
    [
        (["too_long"], "Needs cutting", {"warn"}),
        (["too_long", "silence"], "Unusable", {"bad"}),
        ([], "Needs cutting", {"warn"}),
    ],
)
def test_recording_that_is_only_too_long_needs_cutting(
    client: Client, user: User, codes: list[str], label: str, tones: set[str]
) -> None:
    found = [factories.make_finding(code, severity=3) for code in codes]
    recording = factories.make_checked_recording(
        "unusable", *found, by=user, needs_cutting=True, duration_ms=420_000, sample_rate=22_050
    )

    page = client.get(f"/recordings/{recording.pk}/").content.decode()

    badge = re.search(rf'id="badge-{recording.pk}".*?</span>', page, re.DOTALL)
    assert badge is not None
    assert label in badge[0]
    assert set(re.findall(r'class="finding note" data-state="(\w+)"', page)) <= tones
    assert badge[0].count(f'data-state="{min(tones)}"') == 1
    assert ("data-only-too-long" in page) == (tones == {"warn"})
    assert "22,050" in page
    assert "22050" not in page


@pytest.mark.parametrize("words", ["żółć", "ZOŁC", "zolc", "ёлка", "Елка", "muller", "MÜLLER żółć"])
def test_recordings_are_found_in_any_case_and_accent(
    client: Client, user: User, words: str
) -> None:
    recording = factories.make_recording(by=user, name="MÜLLER Żółć Ёлка.mp3")
    factories.make_recording(by=user, name="another.mp3")

    listed = client.get("/recordings/", {"q": words}).content.decode()
    chosen = client.get("/recordings/choose/", {"q": words}).content.decode()

    for html in (listed, chosen):
        assert recording.name in html
        assert "another.mp3" not in html


def test_upload_keeps_the_name_that_the_browser_states(client: Client, user: User) -> None:
    name = 'say "hello" &amp; =1+1.wav'
    file = SimpleUploadedFile("say %22hello%22.wav", hum(12))

    client.post("/recordings/", {"name": name, "file": file}, headers=HTMX)

    assert AudioFile.objects.get().name == name


@pytest.mark.parametrize("several", [{}, {"several": "1"}])
def test_plain_form_decodes_what_browsers_encode_in_a_name(
    client: Client, user: User, several: dict[str, str]
) -> None:
    file = SimpleUploadedFile("100%25 %22hello%22%0D%0A2.wav", hum(12))

    client.post("/recordings/", {"file": file, **several})

    assert AudioFile.objects.get().name == '100%25 "hello" 2.wav'


def test_plain_form_keeps_the_name_of_a_file(client: Client, user: User) -> None:
    name = "R&amp;B می\u200cخواهم 👩\u200d🎤.wav"
    file = SimpleUploadedFile(f"folder/{name}", hum(12))
    file._name = f"folder\\{name}\0"  # type: ignore[attr-defined]  # not without its path

    client.post("/recordings/", {"file": file})

    assert AudioFile.objects.get().name == name


def test_recording_is_renamed_and_found_by_its_new_name(client: Client, user: User) -> None:
    recording = factories.make_recording(by=user)

    client.post(f"/recordings/{recording.pk}/rename/", {"name": "=Żółć, “a”\n2.wav"})

    recording.refresh_from_db()
    assert recording.name == "=Żółć, “a” 2.wav"
    assert ids(client.get("/recordings/?q=żółć").content.decode()) == [recording.pk]


def test_recording_keeps_its_name_instead_of_none(client: Client, user: User) -> None:
    recording = factories.make_recording(by=user)

    refused = client.post(f"/recordings/{recording.pk}/rename/", {"name": " "})

    html = refused.content.decode()
    assert (refused.status_code, html.count('<p class="error" id="id_name_error">')) == (422, 1)
    assert AudioFile.objects.get().name == recording.name


def test_recording_that_is_being_deleted_offers_nothing(client: Client, user: User) -> None:
    recording = factories.make_recording(by=user, deleted_at=timezone.now())

    page = client.get(f"/recordings/{recording.pk}/").content.decode()

    assert "This recording is being deleted." in page
    assert [link for link in ("cut", "clean-copy") if f"/{recording.pk}/{link}/" in page] == []


def test_source_is_hidden_where_nothing_was_derived(client: Client, user: User) -> None:
    recording = factories.make_recording(by=user)

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    assert "family-title" not in html
