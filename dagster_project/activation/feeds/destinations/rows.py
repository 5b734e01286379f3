"""The files of a sync for destinations that take rows: which there are, their rows as JSON, and reasons without
values.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.feeds.destinations.protocol import MANIFEST, DestinationFailed
from dagster_project.sql import identifier, literal

LONGEST_REASON = 200
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+|\+?\d[\d\s()-]{6,}\d")  # e-mail; phone or card number


@dataclass(frozen=True)
class SyncFile:
    """One file of a sync. Deletes files have the key alone."""

    path: Path
    rows: int
    is_deletes: bool

    @property
    def is_csv(self) -> bool:
        """Whether it is CSV with a header; else one JSON object a line."""
        return self.path.suffix == ".csv"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The sync's manifest."""
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


def sync_files(folder: Path, manifest: dict[str, Any]) -> list[SyncFile]:
    """The files that the manifest names, in its order: data first, then deletes."""
    return [
        SyncFile(folder / file["name"], file["rows"], file["name"].startswith("deletes-")) for file in manifest["files"]
    ]


def batches(
    file: SyncFile, manifest: dict[str, Any], max_rows: int, max_bytes: int
) -> Iterator[tuple[list[str], list[str]]]:
    """The file's rows in order as (keys, JSON objects), at most `max_rows` and `max_bytes` of JSON in each; a larger
    row goes alone. An empty cell is null; numbers and booleans are JSON's own. Raises DestinationFailed where the
    file has not the rows that the manifest says.
    """
    keys: list[str] = []
    texts: list[str] = []
    size = seen = 0
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        found = con.execute(_as_json(file, manifest))
        while rows := found.fetchmany(max_rows):
            for key, text in rows:
                length = len(text.encode()) + 1
                if keys and (len(keys) == max_rows or size + length > max_bytes):
                    yield keys, texts
                    keys, texts, size = [], [], 0
                keys.append(key)
                texts.append(text)
                size += length
                seen += 1
    if seen != file.rows:
        raise DestinationFailed(f"{file.path.name} has {seen} rows, its manifest says {file.rows}; prepare it again")
    if keys:
        yield keys, texts


def _as_json(file: SyncFile, manifest: dict[str, Any]) -> str:
    """SQL of (key, the row as a JSON object)."""
    key, path = identifier(manifest["key"]), literal(file.path)
    if not file.is_csv:
        return (
            f"select json_extract_string(line, {literal('$.' + key)}), line from read_csv({path},"
            " columns = {'line': 'varchar'}, header = false, auto_detect = false, delim = chr(1), quote = '',"
            " escape = '')"
        )
    columns = [column for column in manifest["columns"] if not file.is_deletes or column["name"] == manifest["key"]]
    types = ", ".join(f"{literal(column['name'])}: 'varchar'" for column in columns)
    members = " || ', ' || ".join(
        f"{literal(json.dumps(column['name']) + ': ')} || coalesce({_as_json_value(column)}, 'null')"
        for column in columns
    )
    return (
        f"select {key}, '{{' || {members} || '}}' from read_csv({path}, columns = {{{types}}},"
        " header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '')"
    )


def _as_json_value(column: dict[str, str]) -> str:
    """SQL of a cell as JSON. Numbers are written as they stand: a double would not keep every digit of money."""
    name = identifier(column["name"])
    return name if column["type"] in {"integer", "number", "boolean"} else f"cast(to_json({name}) as varchar)"


def without_values(reason: str, values: Iterable[str | None]) -> str:
    """A receiver's `reason` fit for ledger and marts: the row's own values, and whatever looks like an address or a
    phone number, become `…`; one line of at most 200 signs.
    """
    for value in sorted({value for value in values if value}, key=len, reverse=True):
        whole = re.escape(value)
        is_plain = len(value) < 4 and value.isascii()  # `f` in `female` is no value
        reason = re.sub(rf"(?<!\w){whole}(?!\w)" if is_plain else whole, "…", reason, flags=re.IGNORECASE)
    reason = ADDRESS.sub("…", reason)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in reason).split())[:LONGEST_REASON]
