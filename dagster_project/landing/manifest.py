"""The landing manifest: what was landed, withdrawn and restored, as JSON lines that are only ever added to.

`home/landing/manifest.jsonl`; an entry's `entry` says what it is: `landed` (a Landed), `withdrawn`, `restored`
(file_id, at) or `erased` (the same, and rows). A file is landed only once its entry stands here: Parquet without one
is what a stopped run left, and is overwritten.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.errors import KizunaError
from dagster_project.files import parse, write_atomically
from dagster_project.home import Home

_REMEDY = "restore it from a backup, or move the home aside and land anew"


@dataclass(frozen=True)
class Landed:
    """One landed file. `problems`: rows that could not be split into columns. landed_at: ISO 8601, UTC."""

    source: str
    file_id: str
    name: str
    format: str
    sha256: str
    bytes: int
    rows: int
    problems: int
    columns: tuple[str, ...]
    file_no: int
    landing_no: int
    landed_at: str


@dataclass(frozen=True)
class Manifest:
    """All landed files in landing order, and the ids of those that are withdrawn now."""

    landed: tuple[Landed, ...] = ()
    withdrawn: frozenset[str] = field(default_factory=frozenset)

    @property
    def in_use(self) -> list[Landed]:
        """The files that are not withdrawn."""
        return [file for file in self.landed if file.file_id not in self.withdrawn]

    @property
    def next_file_no(self) -> int:
        """The number after the last landed file's; withdrawn files keep theirs."""
        return max((file.file_no for file in self.landed), default=0) + 1

    @property
    def next_landing_no(self) -> int:
        """The number of the next landing that brings a file."""
        return max((file.landing_no for file in self.landed), default=0) + 1


def file_id(source: str, sha256: str) -> str:
    """The id of a content in a source: the same whatever the file is called and whenever it is landed."""
    return hashlib.sha256(f"{source}\0{sha256}".encode()).hexdigest()[:16]


def parquet_path(home: Home, file: Landed) -> Path:
    """Where a landed file's rows lie."""
    return home.landing / file.source / f"{file.file_id}.parquet"


def now() -> str:
    """The time of an entry."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(home: Home) -> Manifest:
    """The manifest as it stands. Raises KizunaError where it is damaged, with the line, or lost."""
    landed: dict[str, Landed] = {}
    withdrawn: set[str] = set()
    known = [each.name for each in fields(Landed)]
    path = _path(home)
    text = path.read_text(encoding="utf-8").removesuffix("\n") if path.exists() else ""
    if not text and (path.exists() or _has_published_files(home)):
        raise KizunaError(f"{path}: the landing manifest is {'empty' if path.exists() else 'gone'}; {_REMEDY}")
    # Names may hold characters that `splitlines` takes for the end of a line (U+2028, U+0085).
    for number, line in enumerate(text.split("\n") if text else (), 1):
        try:
            entry = json.loads(line)
            if entry["entry"] == "landed":
                entry["columns"] = tuple(entry["columns"])
                landed[entry["file_id"]] = Landed(**{name: entry[name] for name in known})
            elif entry["entry"] == "withdrawn":
                withdrawn.add(entry["file_id"])
            elif entry["entry"] == "restored":
                withdrawn.discard(entry["file_id"])
        except (ValueError, KeyError, TypeError):
            raise KizunaError(f"{path}:{number}: the landing manifest is damaged; {_REMEDY}") from None
    return Manifest(tuple(landed.values()), frozenset(withdrawn))


def add_landing(home: Home, files: list[Landed], erased: Sequence[dict[str, Any]] = ()) -> None:
    """Enter all files of one landing, all or none, with the entries of what was erased in them."""
    append(home, [*({"entry": "landed"} | asdict(file) for file in files), *erased])


def append(home: Home, entries: list[dict[str, Any]]) -> None:
    """Add entries, all or none: the file is written anew beside the old one and renamed, so that no stop can
    tear it.
    """
    path = _path(home)
    before = path.read_bytes() if path.exists() else b""
    added = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    write_atomically(path, before + added.encode())


def _has_published_files(home: Home) -> bool:
    """Whether a day was published from landed files: withdrawals of some may be known to the manifest alone."""
    return any(parse(run, json.loads)["file_ids"] for run in (home.ledger / "runs").glob("*.json"))


def _path(home: Home) -> Path:
    return home.landing / "manifest.jsonl"
