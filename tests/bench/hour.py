"""One hour of a simulated day, cut out of its files: what a shop's systems bring between two daily runs.

Every source may come as JSON lines, so whatever format a file has, its rows of the hour go into one of those.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# The column that tells when a row came.
TIMES = {
    "ec_orders": "ordered_at",
    "external_attributes": "updated_at",
    "members": "updated_at",
    "message_events": "occurred_at",
    "pos_receipts": "receipted_at",
    "privacy_requests": "requested_at",
    "reviews": "posted_at",
    "social_actions": "occurred_at",
    "store_cards": "updated_at",
    "store_visits": "visited_at",
    "survey_answers": "answered_at",
    "web_events": "occurred_at",
}
# Rows without a time: source -> the one whose rows they belong to, and the key that both have.
LINES = {"ec_order_items": ("ec_orders", "order_id"), "pos_receipt_items": ("pos_receipts", "receipt_id")}


def cut(day: Path, out: Path, first: datetime) -> dict[str, int]:
    """Write the rows from `first` (Tokyo's time) and before an hour later of the files under `day` as sources under
    `out`; how many of each source that has any."""
    rows = {source: list(_of_hour(day / source, TIMES[source], first)) for source in sorted(TIMES)}
    for source, (whole, key) in LINES.items():
        keys = {row[key] for row in rows[whole]}
        rows[source] = [row for row in _rows(day / source) if row[key] in keys]
    rows = {source: found for source, found in rows.items() if found}
    for source, found in rows.items():
        (out / source).mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(row, ensure_ascii=False) for row in found]
        (out / source / f"{source}_{first:%Y-%m-%dT%H}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {source: len(found) for source, found in rows.items()}


def _of_hour(folder: Path, column: str, first: datetime) -> Iterator[dict[str, Any]]:
    for row in _rows(folder):
        try:
            at = datetime.fromisoformat(row[column]).replace(tzinfo=None)  # the simulator writes Tokyo's time
        except (KeyError, TypeError, ValueError):
            continue  # one of the bad rows
        if first <= at < first + timedelta(hours=1):
            yield row


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of the files of a source, where it has any."""
    for path in sorted(folder.glob("*")):
        content = path.read_bytes()
        text = _text(gzip.decompress(content) if path.suffix == ".gz" else content)
        if ".jsonl" in path.name:
            yield from map(json.loads, text.splitlines())
        else:
            delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
            yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp932")
