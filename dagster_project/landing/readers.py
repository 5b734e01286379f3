"""The formats of files: format -> how its columns are found and its rows are read. All rows come as tables of
text.

A further format joins here; a further place that files come from joins in `connectors.py`.
"""

import contextlib
import gzip
import zlib
from collections.abc import Iterator

import pyarrow as pa

from dagster_project.errors import Fault
from dagster_project.landing import csv_rows, jsonl_rows, parquet_rows
from dagster_project.landing.columns import check_names, check_required
from dagster_project.landing.connectors import Delivery
from dagster_project.landing.content import open_content
from dagster_project.landing.contract import Source
from dagster_project.landing.inspection import Inspected, Unreadable


def read_columns(source: Source, file: Inspected) -> list[str]:
    """The file's columns, checked against the contract; empty for JSON lines, whose keys only their rows
    tell.

    Raises Unreadable with every fault of them.
    """
    delivery, names, line = file.delivery, list[str](), 0
    if delivery.format == "csv":
        with _still_there(delivery):
            header = _header(file)
        names, line = header.names, header.line
    elif delivery.format == "parquet":
        names = parquet_rows.read_names(delivery.path, delivery.shown)
    else:
        return names
    faults = check_names(names, delivery.shown, line) + check_required(source, names, delivery.shown, line)
    if faults:
        raise Unreadable(faults)
    return names


def read_rows(file: Inspected, names: list[str]) -> Iterator[pa.Table]:
    """The file's rows: text columns under their normalised names, _line_no BIGINT, _raw_line and _problem."""
    delivery = file.delivery
    with _still_there(delivery):
        if delivery.format == "parquet":
            yield from parquet_rows.read_rows(delivery.path, names, delivery.shown)
            return
        with open_content(delivery.path, delivery.is_compressed) as content:
            if delivery.format == "csv":
                yield from csv_rows.read_rows(content, file.encoding or "utf-8", _header(file), delivery.shown)
            else:
                yield from jsonl_rows.read_rows(content, file.encoding or "utf-8", delivery.shown)


@contextlib.contextmanager
def _still_there(delivery: Delivery) -> Iterator[None]:
    """A file that could be read when it was inspected and cannot any more is Unreadable."""
    try:
        yield
    except (OSError, EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError):
        raise Unreadable([Fault(delivery.shown, 0, "changed or went away while it was read", "run again")]) from None


def _header(file: Inspected) -> csv_rows.Header:
    delivery = file.delivery
    with open_content(delivery.path, delivery.is_compressed) as content:
        return csv_rows.read_header(content, file.encoding or "utf-8", delivery.delimiter, delivery.shown)
