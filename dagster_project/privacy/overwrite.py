"""Overwriting the rows of erased persons in a landed file: same file, same lines, same columns, no values.

What is left of a row is its place and, of sources that say so (`stays` of the contract), what tells nothing of a
person. A row that cannot stand without him is marked in `_problem`; staging counts it as erased. The file is written
aside, synced and renamed, so a stop leaves the old one or the new one, and doing it again changes nothing.
"""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from dagster_project.files import replace
from dagster_project.landing.contract import POSITION, UNREADABLE, Source
from dagster_project.privacy.carried import Carried

ERASED = "erased"
BATCH_ROWS = 1 << 17


def overwrite(path: Path, source: Source, found: Carried) -> set[str]:
    """Erase the rows and cells of `found` in `path`; returns the texts that went."""
    aside = path.with_name(path.name + ".tmp")
    gone: set[str] = set()
    whole = pa.array(sorted(found.whole), pa.int64())
    with parquet.ParquetFile(path) as old, os.fdopen(_new(aside), "wb") as handle:
        with parquet.ParquetWriter(handle, old.schema_arrow, compression="zstd", compression_level=1) as writer:
            for batch in old.iter_batches(BATCH_ROWS):
                writer.write_batch(_erased(batch, source, whole, found, gone))
        handle.flush()
        os.fsync(handle.fileno())
    replace(aside, path)
    return gone


def _new(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _erased(batch: pa.RecordBatch, source: Source, whole: pa.Array, found: Carried, gone: set[str]) -> pa.RecordBatch:
    lines = batch.column("_line_no")
    is_whole = pc.is_in(lines, value_set=whole)
    columns = []
    for name in batch.schema.names:
        column, mask = batch.column(name), is_whole
        if name == "_problem":
            if not source.stands_without_person:
                column = pc.if_else(is_whole, pa.scalar(ERASED, pa.string()), column)
            else:
                # A torn line of a source whose rows may stand has nothing left to stand on.
                torn = pc.and_(is_whole, pc.is_valid(column))
                column = pc.if_else(torn, pa.scalar(ERASED, pa.string()), column)
            columns.append(column)
            continue
        if name in POSITION or (name in source.stays and name not in UNREADABLE):
            columns.append(column)
            continue
        if name in found.cells:
            mask = pc.or_(mask, pc.is_in(lines, value_set=pa.array(sorted(found.cells[name]), pa.int64())))
        gone |= set(pc.unique(column.filter(mask)).to_pylist()) - {None}
        columns.append(pc.if_else(mask, pa.scalar(None, column.type), column))
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)
