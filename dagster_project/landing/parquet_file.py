"""Writing one landed Parquet file: the contract's columns, the file's other columns, position, and what was
unreadable.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from dagster_project.landing.contract import POSITION, UNREADABLE, Source

# The Arrow types of the columns that are not text.
NUMBERS = {"_line_no": pa.int64(), "_file_no": pa.int32(), "_landing_no": pa.int32()}
# Tables handed to the writing thread and not yet written; bounds the memory of a file of any size.
IN_FLIGHT = 2


@dataclass(frozen=True)
class Written:
    """`problems`: rows that could not be read. `columns`: of the Parquet file. `found`: of the delivered
    file.
    """

    rows: int
    problems: int
    columns: list[str]
    found: list[str]


def write(
    target: Path, source: Source, names: list[str], tables: Iterable[pa.Table], position: dict[str, str | int]
) -> Written:
    """Write `tables` to `target` (mode 0600, on disk when this returns).

    `names` are the file's columns as far as they are known; JSON lines may bring more. `position` gives
    _file_id, _file_no and _landing_no.
    """
    rows = problems = 0
    found = dict.fromkeys(names)
    columns = [*source.column_names, *(name for name in names if name not in source.column_names)]
    parts = [target]
    with _Part(target, columns) as part:
        for table in tables:
            found |= dict.fromkeys(name for name in table.column_names if name not in (*POSITION, *UNREADABLE))
            new = [name for name in found if name not in columns]
            if new:
                columns = [*columns, *new]
                part.close()
                parts.append(target.with_name(f"{target.name}.{len(parts)}"))
                part.open(parts[-1], columns)
            rows += table.num_rows
            problems += table.num_rows - table["_problem"].null_count
            part.write(_complete(table, columns, position))
    if len(parts) > 1:
        _merge(parts, columns)
    return Written(rows, problems, columns, list(found))


def schema(columns: list[str]) -> pa.Schema:
    """The Arrow schema of a landed file with these columns."""
    return pa.schema([(name, NUMBERS.get(name, pa.string())) for name in (*columns, *POSITION, *UNREADABLE)])


class _Part:
    """An open Parquet file that a thread of its own writes, so that reading and writing use two cores."""

    def __init__(self, path: Path, columns: list[str]):
        self._pool = ThreadPoolExecutor(1)
        self._pending: list[Future[None]] = []
        self.open(path, columns)

    def open(self, path: Path, columns: list[str]) -> None:
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._writer = parquet.ParquetWriter(self._file, schema(columns), compression="zstd", compression_level=1)

    def write(self, table: pa.Table) -> None:
        while len(self._pending) >= IN_FLIGHT:
            self._pending.pop(0).result()
        self._pending.append(self._pool.submit(self._writer.write_table, table))

    def close(self) -> None:
        while self._pending:
            self._pending.pop(0).result()
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            if error is None:
                self.close()
            else:
                with contextlib.suppress(Exception):
                    self.close()
        finally:
            self._pool.shutdown()


def _complete(table: pa.Table, columns: list[str], position: dict[str, str | int]) -> pa.Table:
    """The table with every column of the schema: absent ones null, the position the same on each row."""
    wanted = schema(columns)
    arrays = []
    for each in wanted:
        if each.name in position:
            arrays.append(pa.repeat(pa.scalar(position[each.name], each.type), table.num_rows))
        elif each.name in table.column_names:
            arrays.append(table[each.name])
        else:
            arrays.append(pa.nulls(table.num_rows, each.type))
    return pa.table(arrays, schema=wanted)


def _merge(parts: list[Path], columns: list[str]) -> None:
    """Make one file of parts whose columns grew, at the place of the first."""
    whole = parts[0].with_name(parts[0].name + ".whole")
    with _Part(whole, columns) as target:
        for table in _tables(parts):
            target.write(_complete(table, columns, {}))
    whole.replace(parts[0])
    for part in parts[1:]:
        part.unlink()


def _tables(parts: list[Path]) -> Iterator[pa.Table]:
    for part in parts:
        with parquet.ParquetFile(part) as file:
            for batch in file.iter_batches(1 << 17):
                yield pa.Table.from_batches([batch])
