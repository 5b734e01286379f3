"""Data and deletes files as the contract wants them: UTF-8, LF, a header in each, split where one grows too
large.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb
import numpy as np
import pyarrow as pa
from pydantic import BaseModel

MAX_FILE_BYTES = 100_000_000
BATCH_ROWS = 50_000  # with the widest rows that the contract allows, a batch stays under Arrow's 2 GB of text


class DataFile(BaseModel):
    """One file of a sync, as the manifest names it. `rows` without the header; `bytes` with it."""

    name: str
    rows: int
    bytes: int
    sha256: str


def write_lines(
    con: duckdb.DuckDBPyConnection,
    query: str,
    folder: Path,
    stem: str,
    suffix: str,
    header: str,
    max_bytes: int = MAX_FILE_BYTES,
) -> list[DataFile]:
    """Write the one text column of `query`, a row a line, into `<stem>-0001.<suffix>` and on; at least one
    file.

    `header` stands first in every file ('' for none). Lines are handed over as DuckDB's own buffers: no row
    passes through Python. A line is never split, and a file is closed before the line that would carry it
    over `max_bytes`.
    """
    done: list[DataFile] = []
    with _Numbered(folder, stem, suffix, header) as out:
        con.complete()  # a result that was fetched in part would stand in the way
        reader = con.sql(f"select line || chr(10) as line from ({query})").to_arrow_reader(BATCH_ROWS)
        for batch in reader:
            column = batch.column(0).cast(pa.string())
            ends = np.frombuffer(column.buffers()[1], dtype=np.int32)[column.offset :][: len(column) + 1]
            text = memoryview(column.buffers()[2])
            first = 0
            while first < len(column):
                last = int(np.searchsorted(ends, int(ends[first]) + max_bytes - out.size, side="right")) - 1
                if last <= first and out.rows:
                    done.append(out.roll())
                    continue
                last = max(last, first + 1)
                out.write(text[ends[first] : ends[last]], last - first)
                first = last
        done.append(out.close())
    return done


@dataclass
class _Numbered:
    """The file being written, and its running number."""

    folder: Path
    stem: str
    suffix: str
    header: str
    number: int = 0
    rows: int = 0
    size: int = 0

    def __enter__(self) -> "_Numbered":
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.handle.close()

    def write(self, text: memoryview | bytes, rows: int) -> None:
        self.handle.write(text)
        self.digest.update(text)
        self.rows += rows
        self.size += len(text)

    def close(self) -> DataFile:
        self.handle.flush()
        os.fsync(self.handle.fileno())
        self.handle.close()
        return DataFile(name=self.name, rows=self.rows, bytes=self.size, sha256=self.digest.hexdigest())

    def roll(self) -> DataFile:
        closed = self.close()
        self._open()
        return closed

    def _open(self) -> None:
        self.number += 1
        self.rows = self.size = 0
        self.name = f"{self.stem}-{self.number:04d}.{self.suffix}"
        self.digest = hashlib.sha256()
        self.handle: IO[bytes] = (self.folder / self.name).open("wb")
        if self.header:
            self.write((self.header + "\n").encode(), 0)
