"""Rows of Parquet, batch by batch, every value as text; `_line_no` is the row's number from 1.

Times with a zone are written in UTC with their offset, times without one as they are; whole numbers in a
floating column lose the `.0` that such a column gives them (an integer column with gaps is floating in many
tools).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from dagster_project.errors import Fault
from dagster_project.landing.columns import normalised
from dagster_project.landing.inspection import Unreadable

BATCH = 1 << 17
# From here on a float no longer tells neighbouring integers apart.
EXACT_INTEGERS = 2.0**53


def read_names(path: Path, shown: str) -> list[str]:
    """The normalised column names. Raises Unreadable where the file is not Parquet."""
    try:
        return normalised(parquet.read_schema(path).names)
    except (pa.ArrowException, OSError):
        raise Unreadable([Fault(shown, 0, "is not a Parquet file", "deliver the file again")]) from None


def read_rows(path: Path, names: list[str], shown: str) -> Iterator[pa.Table]:
    """Tables of text columns named `names`, with _line_no, _raw_line and _problem (both null)."""
    line = 1
    try:
        with parquet.ParquetFile(path, memory_map=False) as file:
            for batch in file.iter_batches(BATCH):
                columns = dict(zip(names, map(_text, batch.columns), strict=True))
                nothing = pa.nulls(batch.num_rows, pa.string())
                numbers = pa.array(np.arange(line, line + batch.num_rows), pa.int64())
                yield pa.table(columns | {"_line_no": numbers, "_raw_line": nothing, "_problem": nothing})
                line += batch.num_rows
    except UnicodeDecodeError:
        raise Unreadable([Fault(shown, 0, "holds text that is not UTF-8", "write its text as UTF-8")]) from None
    except (pa.ArrowException, OSError):
        raise Unreadable([Fault(shown, 0, "is broken Parquet", "deliver the file again")]) from None


def _text(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz:
        plain = pc.cast(values.cast(pa.timestamp(kind.unit)), pa.string())
        return pc.binary_join_element_wise(plain, "+00:00", "")
    if pa.types.is_floating(kind):
        return _numbers(values.cast(pa.float64()) if kind == pa.float16() else values)
    if pa.types.is_nested(kind):
        return pa.array(
            [
                None if each is None else json.dumps(each, ensure_ascii=False, separators=(",", ":"), default=str)
                for each in values.to_pylist()
            ],
            pa.string(),
        )
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array(
            [None if each is None else each.decode("utf-8", "backslashreplace") for each in values.to_pylist()],
            pa.string(),
        )
    try:
        text = values.cast(pa.string())
        text.validate(full=True)  # some tools put bytes of any encoding into columns of text
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.array([None if each is None else str(each) for each in values.to_pylist()], pa.string())
    return text


def _numbers(values: pa.Array) -> pa.Array:
    # Not a number is how floating columns say that there is no value.
    values = pc.if_else(pc.is_nan(values), None, values)
    numbers = values.drop_null().to_numpy(zero_copy_only=False)
    if np.all(np.abs(numbers) < EXACT_INTEGERS) and np.all(numbers == np.floor(numbers)):
        return values.cast(pa.int64()).cast(pa.string())
    # numpy prints the shortest text that reads back as the same number, in the column's own width.
    return pa.array([None if each is None else _number(each, values.type) for each in values.to_pylist()], pa.string())


def _number(value: float, kind: pa.DataType) -> str:
    shortest = np.float32(value) if kind == pa.float32() else np.float64(value)
    return np.format_float_positional(shortest, trim="-") if np.isfinite(shortest) else str(value)
