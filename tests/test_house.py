"""The structure of the package: which room may import which, and how modules are named.

That every public function has annotations and a docstring is checked by ruff (ANN and D1).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "voicestudio"
# A room may import from rooms on a lower floor only.
FLOORS = {
    "urls": 4,
    "wsgi": 4,
    "apps": 4,
    "views": 3,
    "management": 3,
    "admin": 3,
    "templatetags": 3,
    "services": 2,
    "forms": 2,
    "models": 1,
    "minimax": 1,
    "audio": 1,
    "words": 1,
}
# These import from no other room.
INDEPENDENT = {
    "settings", "bundles", "practice", "processes", "__init__", "minimax", "audio", "words",
}  # fmt: skip
# Which rooms may import these. The commands start them; settings are read through django.conf.
IMPORTED_BY = {
    "settings": {"management"},  # the form of an address that a command is given
    "practice": {"management"},
    "processes": {"management"},
    "bundles": set[str](),
}
# The same inside services/.
SERVICE_FLOORS = {
    "worker": 4,
    "backups": 6,
    "hold": 5,
    "bulk": 3,
    "search": 3,
    "clones": 3,
    "speeches": 3,
    "recordings": 2,
    "voices": 2,
    "paid_calls": 1,
    "money": 0,
    "queue": 0,
    "queue_storage": -1,  # used by the settings and by `health`
    "machines": -1,  # used by `health`
    "health": 0,
    "database_cache": -1,  # used by the settings
    "metrics": 1,
    "system": 2,
    "download_names": -1,
    "design_tokens": -1,
    "log_context": -1,  # used by the settings
    "reminders": 0,
    "drafts": 1,
    "retention": 3,
    "notes": 0,
    "stored_files": 2,
    "storage": 0,
    "audit": -1,  # told by all others
    "permissions": -2,  # asked by all others
    "projects": 0,
    "sign_in_limits": 0,
    "people": 0,
    "example_team": 3,
    "needs": 1,
    "help": 0,
}


# The file fields of all models.
FILE_FIELDS = {"file", "envelope", "playable", "tracks_file", "audio", "answer_file"}


def imports_of(path: Path) -> list[tuple[int, str]]:
    """Every import of our own modules, anywhere in this file: (line, dotted name)."""
    package = ["voicestudio", *path.relative_to(HOUSE).parent.parts]
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            if base in {"voicestudio", "voicestudio.services"}:  # `from voicestudio import words`
                found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, base))
    return [(line, name) for line, name in found if name.split(".")[0] == "voicestudio"]


def room_of(module: str) -> str:
    """The room of a module: "services" for `voicestudio.services.clones`."""
    parts = module.split(".")
    return "__init__" if len(parts) == 1 or parts[1] == "__version__" else parts[1]


def is_room_import_allowed(importing: str, imported: str) -> bool:
    """Whether a module of room `importing` may import from room `imported`."""
    if importing == imported or imported == "__init__":
        return True
    if importing in INDEPENDENT:
        return False
    if imported in IMPORTED_BY:
        return importing in IMPORTED_BY[imported]
    return FLOORS[importing] > FLOORS[imported]


def is_service_import_allowed(importing: str, imported: str) -> bool:
    """Whether a module of services/`importing` may import from services/`imported`."""
    return importing == imported or SERVICE_FLOORS[importing] > SERVICE_FLOORS[imported]


def is_import_allowed(importing: str, imported: str) -> bool:
    """Whether one module may import the other; both are dotted names."""
    if not is_room_import_allowed(room_of(importing), room_of(imported)):
        return False
    services = [name.split(".")[2] for name in (importing, imported) if is_service(name)]
    return len(services) < 2 or is_service_import_allowed(*services)


def is_service(module: str) -> bool:
    """Whether it is a module inside services/, not the package itself."""
    return module.startswith("voicestudio.services.")


def modules(house: Path) -> Iterator[tuple[Path, str]]:
    """Every module but the migrations, which Django writes: (file, dotted name)."""
    for path in sorted(house.rglob("*.py")):
        parts = path.relative_to(house.parent).with_suffix("").parts
        if "migrations" not in parts:
            yield path, ".".join(parts)


def forbidden_imports(house: Path) -> list[str]:
    """Every import that does not run downwards."""
    return [
        f"{path.relative_to(house.parent)}:{line} imports {imported}"
        for path, importing in modules(house)
        for line, imported in imports_of(path)
        if not is_import_allowed(importing, imported)
    ]


def test_imports_run_downwards_only() -> None:
    assert forbidden_imports(HOUSE) == []


def rooms_in(folder: Path) -> set[str]:
    """The modules and packages of this folder."""
    return {
        path.stem
        for path in folder.iterdir()
        if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    }


def test_every_room_has_a_floor() -> None:
    assert rooms_in(HOUSE) - set(FLOORS) - INDEPENDENT - {"migrations"} == set()
    assert rooms_in(HOUSE / "services") - {"__init__"} == set(SERVICE_FLOORS)


@pytest.mark.parametrize(
    ("importing", "imported", "allowed"),
    [
        ("views.voices", "services.voices", True),
        ("views.voices", "models.voices", True),
        ("views.voices", "practice.server", False),
        ("services.voices.ids", "models", True),
        ("services.voices.ids", "views", False),
        ("services.voices.ids", "forms", False),
        ("services.voices.ids", "settings", False),
        ("models.voices", "services.voices", False),
        ("models.voices", "minimax", False),
        ("minimax.client", "models", False),
        ("practice.server", "minimax", False),
        ("management.commands.studio", "practice", True),
        ("urls", "views", True),
        ("services.worker", "services.clones.run_clone.call", True),
        ("services.clones.submit", "services.voices.ids", True),
        ("services.clones.submit", "services.speeches", False),
        ("services.speeches.keep", "services.speeches.submit", True),
        ("services.recordings.store", "services.clones", False),
        ("services.paid_calls.runner", "services.money.charges", True),
        ("services.paid_calls.runner", "services.clones", False),
        ("services.money.charges", "services.paid_calls", False),
        ("services.queue", "services.worker", False),
    ],
)
def test_import_is_allowed_only_towards_a_lower_floor(
    importing: str, imported: str, allowed: bool
) -> None:
    assert is_import_allowed(f"voicestudio.{importing}", f"voicestudio.{imported}") is allowed


def test_relative_import_inside_a_function_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = tmp_path / "voicestudio"
    (house / "models").mkdir(parents=True)
    (house / "models" / "voices.py").write_text("def f():\n    from ..services import clones\n")
    monkeypatch.setattr("tests.test_house.HOUSE", house)

    assert forbidden_imports(house) == [
        "voicestudio/models/voices.py:2 imports voicestudio.services.clones"
    ]


def unexplained_imports(path: Path) -> list[str]:
    """Imports inside functions without a comment on their line or above their block."""
    source = path.read_text()
    lines = ["", *source.splitlines()]
    found = set()
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        explained = set[int]()  # lines of imports that have their reason
        for node in sorted(
            (each for each in ast.walk(function) if isinstance(each, ast.Import | ast.ImportFrom)),
            key=lambda each: each.lineno,
        ):
            above = node.lineno - 1
            commented = "#" in lines[node.lineno] or lines[above].lstrip().startswith("#")
            if commented or above in explained:  # or the line above is part of the same block
                explained.add(node.end_lineno or node.lineno)
            else:
                found.add(f"{path.relative_to(HOUSE.parent)}:{node.lineno}")
    return sorted(found)


def test_import_inside_a_function_has_its_reason_beside_it() -> None:
    assert [line for path, _ in modules(HOUSE) for line in unexplained_imports(path)] == []


def names_in(house: Path) -> set[str]:
    """The names of all modules and packages, as parts of a path."""
    return {part for _, module in modules(house) for part in module.split(".")}


def test_no_module_collects_helpers() -> None:
    boxes = {"utils", "helpers", "core", "common", "constants", "mixins"}
    assert names_in(HOUSE) & boxes == set()


# Names of modules and scripts that were replaced by words which a developer would search for.
REPLACED_NAMES = """
    merit mains piece stretches folding tidied tidying choosing measures measuring measured
    examination examining hearing judging growing moving shelf terms outcomes finding_out settling
    lineage comparing rates bringing keeping ledger passes leaving advising layouts wire
    tape take hear many parts live moments marking
""".split()
# Words that end in "ing" and are nouns of the field.
NOUNS = {
    "bookkeeping", "clipping", "cutting", "decoding", "encoding", "paging", "recording", "seeking",
}  # fmt: skip


def test_no_replaced_module_name_is_left() -> None:
    scripts = {path.stem for path in (HOUSE.parent / "static" / "js").glob("*.js")}
    assert (names_in(HOUSE) | scripts) & set(REPLACED_NAMES) == set()


def test_module_names_are_nouns() -> None:
    words = {word for name in names_in(HOUSE) for word in name.split("_")}
    assert {word for word in words if word.endswith("ing")} - NOUNS == set()


# What a machine times by its own clock, and why.
OWN_CLOCK = {
    "models/clock.py": "SQLite lies on one machine",
    "models/timed_signer.py": "gives the shared clock to Django's signer",
    "services/queue_storage.py": "huey schedules its tasks by the clock of the worker",
    "services/storage/bucket.py": "compares it with that of the bucket",
    # The age of a file, which the same machine has stamped.
    "services/paid_calls/journal.py": "an answer in the data folder",
    "services/recordings/store.py": "an upload in the folder for temporary files",
    "services/storage/cache.py": "a copy in the data folder",
}


def test_only_the_shared_clock_says_what_time_it_is() -> None:
    """The clock of a machine may be wrong, and other machines judge by what it has written."""
    own = re.compile(
        r"\b(timezone\.now|timezone\.localdate|datetime\.(now|utcnow|today)|date\.today|time\.time)\b"
        r"|\bauto_now(_add)?=True"
        # Of Django and django-allauth, which ask the machine.
        r"|\b(TimestampSigner|signing\.(dumps|loads)|ratelimit|check_rate_limit)\b"
    )
    rooms = ("models", "services", "forms", "views", "management", "templatetags")
    places = {str(path.relative_to(HOUSE)) for room in rooms
              for path in (HOUSE / room).rglob("*.py") if own.search(path.read_text())}  # fmt: skip

    assert places == set(OWN_CLOCK)


TEMPLATES = HOUSE.parent / "templates"


def find_in_templates(pattern: str) -> list[str]:
    """Every match of `pattern` in a template, with the template's name."""
    return [
        f"{path.relative_to(TEMPLATES)}: {match.group()}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for match in re.finditer(pattern, path.read_text(encoding="utf-8"))
    ]


def test_no_template_decides_what_a_person_may_do() -> None:
    assert find_in_templates(r"\bis_(staff|superuser)\b|\bperms\.") == []


def test_settings_are_named_only_as_code() -> None:
    """Where a template must name one, it does so for administrators."""
    assert find_in_templates(r"(?<!<code>)\b[A-Z]{2,}(_[A-Z]+)+\b") == []


def places_of_files(path: Path) -> list[str]:
    """Where this module asks the storage, or for the path of a file field, itself."""
    return [
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.alias) and node.name == "default_storage")
        or (
            isinstance(node, ast.Attribute)
            and node.attr in {"path", "storage"}
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in FILE_FIELDS
        )
    ]


def test_only_the_storage_room_knows_where_files_lie() -> None:
    places = {place for path in HOUSE.rglob("*.py") for place in places_of_files(path)}

    assert {place.split(":")[0] for place in places} == {"services/storage/__init__.py"}


def test_only_the_queue_knows_huey() -> None:
    """All else hands jobs to Django's tasks API, behind which another queue can take its place."""
    pattern = re.compile(r"^\s*(from|import) huey\b", re.MULTILINE)
    places = {str(path.relative_to(HOUSE)) for path, _ in modules(HOUSE)
              if pattern.search(path.read_text())}  # fmt: skip

    assert places == {"services/queue.py", "services/queue_storage.py"}


def test_only_the_audit_room_says_that_something_happened() -> None:
    """`services.audit.record` writes the audit trail and the timelines; no one writes past it."""
    pattern = re.compile(r"\b(Event|AuditEntry)(\.objects|\._default_manager)?\.(bulk_)?create\(")
    places = {str(path.relative_to(HOUSE)) for path in HOUSE.rglob("*.py")
              if pattern.search(path.read_text())}  # fmt: skip

    assert places == {"services/audit/entries.py"}
