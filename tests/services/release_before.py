"""The release before this code, taken from the history of the repository."""

import re
import subprocess
from pathlib import Path

CHANGELOG = "CHANGELOG.md"


class NoRelease(Exception):  # noqa: N818 - a reason to leave a test out
    """There was no release before, or this copy of the repository lacks its commit."""


def read_releases(changelog: str) -> tuple[list[str], bool]:
    """The versions with a date, the newest first, and whether changes came after the newest."""
    before, *dated = re.split(r"^## \[(.+)\] - \d.*$", changelog, flags=re.MULTILINE)
    return dated[::2], "\n- " in before


def find_release_before(repository: Path) -> tuple[str, str]:
    """Version and commit of the release before the code in `repository`. Raises NoRelease.

    While nothing is unreleased, the code is the newest release itself, so the one before it is
    meant. Its commit has its tag; without a tag it is the last one before the next changes.
    """
    versions, has_changes = read_releases((repository / CHANGELOG).read_text())
    before = versions if has_changes else versions[1:]
    if not before:
        raise NoRelease("No release came before this one.")
    version = before[0]
    try:
        if tagged := _git(repository, "tag", "--list", f"v{version}").strip():
            return version, _git(repository, "rev-list", "-1", tagged).strip()
        for commit in _git(repository, "rev-list", "HEAD", "--", CHANGELOG).split():
            found, goes_on = read_releases(_git(repository, "show", f"{commit}:{CHANGELOG}"))
            if found[:1] == [version] and not goes_on:
                return version, commit
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoRelease(
            f"Release {version} can't be read: this is no clone of the repository, or git is "
            f"missing ({error})."
        ) from error
    raise NoRelease(
        f"Release {version} is not in this shallow clone: run git fetch --unshallow --tags."
    )


def unpack(repository: Path, commit: str, folder: Path) -> Path:
    """Write the files of a commit into a new folder."""
    archive = folder.with_suffix(".tar")
    _git(repository, "archive", "--output", str(archive), commit)
    folder.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
    archive.unlink()
    return folder


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout
