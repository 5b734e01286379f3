"""The record of published runs, in the ledger: which days were published, from which files, under which rules."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from dagster_project.errors import UsageError
from dagster_project.files import digest_of, write_atomically
from dagster_project.home import Home
from dagster_project.project import seeds


def _folder(home: Home) -> Path:
    return home.ledger / "runs"


def newest_published(home: Home) -> date | None:
    """The latest as_of that was published in this home, None before the first."""
    return max(published_files(home), default=None)


def require_published(home: Home) -> date:
    """The latest as_of that was published. Raises UsageError before the first."""
    newest = newest_published(home)
    if newest is None:
        raise UsageError(f"{home.path} has no published run yet; run: kizuna run --home {home.path}")
    return newest


def published_files(home: Home) -> dict[date, Path]:
    """Every as_of that was published in this home, with its record."""
    return {date.fromisoformat(file.stem): file for file in _folder(home).glob("*.json")}


def rules_hash() -> str:
    """SHA-256 over every rule table, scenario and feed, by name and content."""
    return digest_of(seeds())


def record(home: Home, as_of: date, file_ids: list[str]) -> None:
    """Keep that `as_of` was published from `file_ids`; repeating a day replaces its record."""
    write_atomically(
        _folder(home) / f"{as_of}.json",
        json.dumps(
            {
                "as_of": str(as_of),
                "file_ids": sorted(file_ids),
                "rules": rules_hash(),
                "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
            },
            indent=1,
        ).encode(),
    )
