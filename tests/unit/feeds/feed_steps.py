"""A feed over a small mart, and a receiver that applies what was delivered."""

import csv
import hashlib
import json
from datetime import date, datetime
from pathlib import Path

from dagster_project.activation.feeds import Feed
from dagster_project.home import Home

AS_OF = date(2024, 12, 31)
CUT_OFF = datetime(2024, 12, 31, 15)


def feed_of(**changes) -> Feed:
    """A mirror over marts.things with key `key` and one column `name`, with `changes`."""
    return Feed.model_validate(
        {
            "feed_id": "things",
            "description": "Things.",
            "source": {"table": "things"},
            "key": "key",
            "mode": "mirror",
            "columns": [{"name": "key", "from": "id"}, {"name": "name"}],
            "destination": {"type": "folder"},
            **changes,
        }
    )


def folders(home: Home, feed_id: str = "things") -> list[Path]:
    """The delivered syncs, oldest first."""
    return sorted((home.feeds / feed_id).glob("*"))


def receive(home: Home, feed_id: str = "things") -> dict[str, list[str]]:
    """What a receiver holds that applied every delivered sync in order: upserts data, then deletes. Checks
    sha256.
    """
    table: dict[str, list[str]] = {}
    for folder in folders(home, feed_id):
        manifest = json.loads((folder / "manifest.json").read_text())
        for file in manifest["files"]:
            content = (folder / file["name"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
            assert len(content) == file["bytes"]
            header, *rows = csv.reader(content.decode("utf-8").splitlines(keepends=True))
            assert len(rows) == file["rows"]
            for key, *cells in rows:
                if file["name"].startswith("deletes"):
                    assert header == [manifest["key"]]
                    del table[key]
                else:
                    table[key] = cells
    return table
