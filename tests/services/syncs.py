"""Syncs to send to a real receiver: a folder of files as the engine writes them, and the engine itself."""

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.activation.feeds import Delivery, Feed, deliver, prepare
from dagster_project.activation.feeds.destinations import Receipt, checked_destination, open_destination
from dagster_project.home import Home

FIRST, SECOND = "20250101T000000Z", "20250102T000000Z"
STRINGS = (("key", "string"), ("name", "string"))


class Killed(BaseException):
    """Stands for kill -9: nothing may catch it."""


def killed_after(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Let the process die right after `owner.name`."""
    real = getattr(owner, name)

    def act(*given: Any, **named: Any) -> None:
        real(*given, **named)
        raise Killed

    monkeypatch.setattr(owner, name, act)


def killed_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Let the process die where `owner.name` is called."""

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(owner, name, die)


@dataclass
class Sync:
    """Files in `folder` and what `send` takes."""

    folder: Path
    sync_id: str
    names: list[str]
    feed_id: str = "things"

    @property
    def id(self) -> tuple[str, str]:
        return self.feed_id, self.sync_id


def written(
    folder: Path,
    rows: list[tuple],
    gone: tuple[str, ...] = (),
    sync_id: str = FIRST,
    columns: tuple[tuple[str, str], ...] = STRINGS,
    suffix: str = "csv",
) -> Sync:
    """A sync of `rows` (cells in the order of `columns`, the first is the key) and of keys `gone`."""
    folder = folder / sync_id
    folder.mkdir(parents=True)
    names = [name for name, _ in columns]
    files = []
    for stem, header, lines in (("data-0001", names, rows), ("deletes-0001", names[:1], [(key,) for key in gone])):
        if not lines:
            continue
        out = io.StringIO()
        if suffix == "csv":
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(lines)
        else:
            out.writelines(
                json.dumps(dict(zip(header, line, strict=True)), ensure_ascii=False) + "\n" for line in lines
            )
        content = out.getvalue().encode()
        name = f"{stem}.{suffix}"
        (folder / name).write_bytes(content)
        files.append(
            {"name": name, "rows": len(lines), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        )
    manifest = {
        "feed_id": "things",
        "sync_id": sync_id,
        "as_of": "2024-12-31",
        "mode": "mirror",
        "columns": [{"name": name, "type": kind} for name, kind in columns],
        "files": files,
        "key": names[0],
        "is_full": False,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Sync(folder, sync_id, [*(file["name"] for file in files), "manifest.json"])


def opened(given: dict[str, Any], home: Home) -> Any:
    """The destination of a YAML block, checked as a declaration is."""
    return open_destination(checked_destination(given), home)


def sent(destination: Any, sync: Sync) -> Receipt:
    """Send it; the receipt."""
    return destination.send(sync.id, sync.folder, sync.names)


@dataclass
class Engine:
    """A feed over marts.things (id, name, amount) in memory, delivered to `destination`."""

    home: Home
    destination: dict[str, Any]
    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def __post_init__(self) -> None:
        self.con.execute("set TimeZone = 'UTC'; create schema marts")
        self.con.execute("create table marts.things (id varchar, name varchar, amount decimal(18, 2))")

    def put(self, rows: dict[str, str]) -> None:
        """Make these the mart's rows (id: name)."""
        self.con.execute("delete from marts.things")
        for key, name in rows.items():
            self.con.execute("insert into marts.things values (?, ?, 1.50)", [key, name])

    def feed(self, **changes: Any) -> Feed:
        """The feed, with `changes`."""
        return Feed.model_validate(
            {
                "feed_id": "things",
                "description": "Things.",
                "source": {"table": "things"},
                "key": "key",
                "mode": "mirror",
                "columns": [{"name": "key", "from": "id"}, {"name": "name"}, {"name": "amount", "type": "number"}],
                "destination": self.destination,
                **changes,
            }
        )

    def sync(self, **changes: Any) -> Delivery:
        """Prepare and deliver. Raises StageFailed where it was not delivered."""
        feed = self.feed(**changes)
        return deliver(self.home, prepare(self.con, self.home, feed, date(2024, 12, 31), datetime(2024, 12, 31, 15)))
