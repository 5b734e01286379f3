"""A receiver of rows, as an HTTP API or a database is one: it upserts and deletes by key, refuses rows, breaks
half-way, and may or may not remember which syncs it had.
"""

import csv
import json
from pathlib import Path

from pydantic import BaseModel

from dagster_project.activation.feeds.destinations import MANIFEST, Receipt


class Killed(BaseException):
    """Stands for kill -9: nothing may catch it."""


class RowReceiver:
    """One table. `breaks_after` rows it raises `breaks_with`, before or after it has answered."""

    by_row = True

    def __init__(self, leaves_parts: bool = True, remembers: bool = False):
        self.leaves_parts, self.remembers = leaves_parts, remembers
        self.table: dict[str, list[str]] = {}
        self.refuses: dict[str, str] = {}
        self.receipts: dict[tuple[str, str], Receipt] = {}
        self.breaks_after: int | None = None
        self.breaks_with: BaseException = OSError("it broke")
        self.applied = 0

    def send(self, sync: tuple[str, str], folder: Path, names: list[str]) -> Receipt:
        rejected = []
        self.applied = 0
        for name in names:
            if name == MANIFEST:
                continue
            with (folder / name).open(encoding="utf-8", newline="") as file:
                _, *rows = csv.reader(file)
            for key, *cells in rows:
                if self.applied == self.breaks_after:
                    raise self.breaks_with
                self.applied += 1
                if key in self.refuses:
                    rejected.append((key, self.refuses[key]))
                elif name.startswith("deletes"):
                    self.table.pop(key, None)
                else:
                    self.table[key] = cells
        receipt = Receipt("a table", tuple(rejected))
        if self.remembers:
            self.receipts[sync] = receipt
        if self.breaks_after is not None:  # it has everything, and nobody hears of it
            raise self.breaks_with
        return receipt

    def holds(self, sync: tuple[str, str]) -> Receipt | None:
        return self.receipts.get(sync)

    def discard(self, sync: tuple[str, str]) -> None:
        pass


class RowSettings(BaseModel):
    type: str
    name: str = "rows"


def last_manifest(folder: Path) -> dict:
    """The manifest of the newest sync in a folder of syncs."""
    return json.loads((sorted(folder.glob("*"))[-1] / MANIFEST).read_text())
