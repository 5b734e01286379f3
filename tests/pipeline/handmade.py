"""Sources written by hand: a few rows, in whatever format a test wants, and a home that runs them.

`Sources.add` collects rows per file; `Sources.write` writes them. The format follows the file's name; encoding and
delimiter are said per file. Rows are dicts of text, except in Parquet, whose cells keep their Python types.
"""

import csv
import gzip
import io
import json
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet

from dagster_project.project import ROOT
from tests.conftest import Shop

Row = dict[str, Any]


@dataclass
class File:
    """Rows of one file; columns are those of any row, in the order met, unless `columns` says them."""

    rows: list[Row] = field(default_factory=list)
    encoding: str = "utf-8"
    delimiter: str = ","
    columns: list[str] = field(default_factory=list)


@dataclass
class Sources:
    """Files by (source, name)."""

    files: dict[tuple[str, str], File] = field(default_factory=dict)

    def add(self, source: str, *rows: Row, name: str = "01.csv", encoding: str = "utf-8", delimiter: str = ",") -> None:
        """Add rows to a file of a source, made where it is new."""
        self.files.setdefault((source, name), File(encoding=encoding, delimiter=delimiter)).rows.extend(rows)

    def write(self, folder: Path) -> Path:
        """Write every file under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for (source, name), file in self.files.items():
            (folder / source).mkdir(exist_ok=True)
            (folder / source / name).write_bytes(_content(name, file))
        return folder

    def rows(self, source: str) -> int:
        """How many rows the files of a source hold."""
        return sum(len(file.rows) for (of, _), file in self.files.items() if of == source)

    def shuffled(self, seed: int, keep: set[tuple[str, str]]) -> "Sources":
        """The same rows in another order, dealt over two other files per source; files in `keep` as they are."""
        chance = random.Random(seed)
        other = Sources({key: file for key, file in self.files.items() if key in keep})
        rows: dict[str, list[Row]] = {}
        for (source, name), file in self.files.items():
            if (source, name) not in keep:
                rows.setdefault(source, []).extend(file.rows)
        for source, mixed in rows.items():
            columns = list(dict.fromkeys(column for row in mixed for column in row))
            chance.shuffle(mixed)
            half = len(mixed) // 2
            for name, part in (("b.csv", mixed[:half]), ("a.csv", mixed[half:])):
                if part:
                    other.files[source, name] = File(part, columns=columns)
        return other


def _content(name: str, file: File) -> bytes:
    columns = file.columns or list(dict.fromkeys(column for row in file.rows for column in row))
    if name.endswith(".parquet"):
        target = pa.BufferOutputStream()
        parquet.write_table(pa.table({c: [row.get(c) for row in file.rows] for c in columns}), target)
        return target.getvalue().to_pybytes()
    if ".jsonl" in name:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in file.rows)
    else:
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, columns, delimiter=file.delimiter, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(file.rows)
        text = out.getvalue()
    octets = text.encode(file.encoding)
    return gzip.compress(octets, mtime=0) if name.endswith(".gz") else octets


def open_shop(folder: Path, sources: Sources, rules: Mapping[str, Sequence[str]] | None = None) -> Shop:
    """A home over hand-made sources; `rules` are lines to add to rule tables, by the table's name."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = None
    if rules:
        seeds = folder / "seeds"
        shutil.copytree(ROOT / "seeds", seeds)
        for table, lines in rules.items():
            file = seeds / "rules" / f"{table}.csv"
            file.write_text("\n".join([file.read_text().rstrip("\n"), *lines, ""]))
    return Shop(folder / "home", sources.write(folder / "sources"), seeds)


@contextmanager
def warehouse(shop: Shop) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse between runs, for what the marts do not show: staging's accounts and quarantine."""
    with duckdb.connect(str(shop.home / "warehouse.duckdb"), read_only=True) as con:
        yield con


def customer(shop: Shop, member_id: str, columns: str = "customer_id") -> tuple:
    """Columns of mart `customers` of the person with a member id."""
    [row] = shop.query(f"select {columns} from marts.customers where list_contains(member_ids, ?)", [member_id])
    return row


def who(shop: Shop, touchpoint_id: str) -> str | None:
    """The customer of a touchpoint."""
    [(customer_id,)] = shop.query("select customer_id from marts.touchpoints where touchpoint_id = ?", [touchpoint_id])
    return customer_id
