"""Source files as the shop's systems would leave them: months of history, then a file a day, each system in
its own format.

A file is named after its first day, so that names sort by time. Same rows, same bytes: gzip carries no time
stamp.
"""

import gzip
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.sample.blemishes import BAD, COPIED, TWICE, bad_rows, delivered_twice
from dagster_project.sample.shop import Shop
from dagster_project.sql import literal

# How each source is written: history format, daily format. A large shop's event streams come as Parquet.
FORMATS = {
    "members": ("csv bom", "csv bom"),
    "store_cards": ("csv cp932", "csv cp932"),
    "ec_orders": ("csv", "csv"),
    "ec_order_items": ("csv", "csv"),
    "pos_receipts": ("csv.gz cp932", "csv.gz cp932"),
    "pos_receipt_items": ("csv.gz", "csv.gz"),
    "store_visits": ("tsv", "tsv"),
    "web_events": ("csv.gz", "jsonl"),
    "message_events": ("jsonl.gz", "jsonl"),
    "reviews": ("jsonl", "jsonl"),
    "products": ("csv cp932", "csv cp932"),
    "contents": ("jsonl", "jsonl"),
}
PARQUET_WHEN_LARGE = ("web_events", "message_events")
BY_MONTH = ("web_events", "ec_orders", "ec_order_items", "pos_receipts", "pos_receipt_items")
DAILY_FILES = 3  # the last days come as one file each

Span = tuple[int, int]


@dataclass
class Delivery:
    """Writes sources under `out`; files of the last `hold_back` days under `later`. Keeps account of every
    row.
    """

    shop: Shop
    out: Path
    later: Path
    hold_back: int
    accounts: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._con = duckdb.connect()

    def write(self, source: str, rows: Callable[[Span], pa.Table], superseded: int = 0) -> None:
        """All files of a source; `rows(span)` gives the rows delivered on those days, `superseded` of them
        in all older versions.
        """
        account = {"rows": 0, "quarantined": 0, "duplicates": 0, "superseded": superseded}
        pending, broken = None, any(entry[0] == source for entry in BAD)
        for span, is_day in self._spans(source):
            table = rows(span)
            names = [name for name in table.column_names if name != "_day"]
            table = table.select(names)
            fresh = table
            if pending is not None:
                account["duplicates"] += len(pending)
                table = pa.concat_tables([table, pending])
                pending = None
            if broken and len(fresh):
                bad = bad_rows(self.shop, source, fresh)
                account["quarantined"] += len(bad)
                table, broken = pa.concat_tables([table, bad]), False
            if source in TWICE and len(fresh):
                pending = delivered_twice(fresh)
            account["rows"] += len(table)
            if len(table):
                self._write_file(source, table, span, is_day)
        self.accounts[source] = account

    def write_master(self, source: str, rows: pa.Table) -> None:
        """A master: one file, no history."""
        self.accounts[source] = {"rows": len(rows), "quarantined": 0, "duplicates": 0, "superseded": 0}
        style = FORMATS.get(source, ("csv",))[0]
        self._write(rows, self.out / source, source, style)

    def _spans(self, source: str) -> Iterator[tuple[Span, bool]]:
        """The days that each file covers, oldest first: months or one span of history, then single days."""
        daily = min(max(DAILY_FILES, self.hold_back), self.shop.days)
        end = self.shop.days - daily
        start = 0
        while start < end:
            first = self.shop.first_day + timedelta(days=start)
            following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            stop = min(end, (following - self.shop.first_day).days) if source in BY_MONTH else end
            yield (start, stop - 1), False
            start = stop
        for day in range(end, self.shop.days):
            yield (day, day), True

    def _write_file(self, source: str, table: pa.Table, span: Span, is_day: bool) -> None:
        base = self.later if span[0] >= self.shop.days - self.hold_back else self.out
        style = FORMATS.get(source, ("csv", "csv"))[is_day]
        if self.shop.is_large and source in PARQUET_WHEN_LARGE and not is_day:
            style = "parquet"
        name = f"{source}_{self.shop.first_day + timedelta(days=span[0]):%Y-%m-%d}"
        path = self._write(table, base / source, name, style)
        if source in COPIED and span[0] == 0:
            shutil.copyfile(path, path.with_name(path.name.replace(source, f"{source}_copy", 1)))

    def _write(self, table: pa.Table, folder: Path, name: str, style: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        ending, _, encoding = style.partition(" ")
        path = folder / f"{name}.{ending.replace('tsv', 'csv')}"
        if ending == "parquet":
            pq.write_table(table.combine_chunks(), path, compression="zstd", row_group_size=500_000)
            return path
        plain = folder / f".{name}.part"
        self._con.register("rows_to_write", table)
        kind = "format json" if "jsonl" in ending else f"header, delimiter '{chr(9) if ending == 'tsv' else ','}'"
        self._con.execute(f"copy (select * from rows_to_write) to {literal(plain)} ({kind})")
        self._con.unregister("rows_to_write")
        _encode(plain, path, encoding)
        plain.unlink()
        return path


def _encode(plain: Path, path: Path, encoding: str) -> None:
    """From UTF-8 to the file's own encoding, compressed where its name says so."""
    target = gzip.GzipFile(path, "wb", 1, mtime=0) if path.suffix == ".gz" else path.open("wb")
    with target, plain.open("rb") as lines:
        if encoding == "bom":
            target.write(b"\xef\xbb\xbf")
        if encoding != "cp932":
            shutil.copyfileobj(lines, target, 1 << 20)
            return
        while block := lines.readlines(1 << 22):
            target.write(b"".join(block).decode().encode("cp932"))
