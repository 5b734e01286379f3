"""Rows of CSV, block by block, each with the physical line on which it begins (1-based, the header counted).

A block in which every quote stands where RFC 4180 wants it, and every row has the header's width, is read by
Arrow; its line numbers come from the positions of its line feeds. Any other block is read record by record,
exactly: a line that cannot be split becomes a row with its text and the reason, and reading goes on with the
next line.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from dagster_project.errors import Fault
from dagster_project.landing.columns import normalised
from dagster_project.landing.content import CR, LF, Text, filled
from dagster_project.landing.inspection import Unreadable

# Large enough for Arrow to work in parallel, small enough that a few blocks in flight stay far below a
# gigabyte.
BLOCK = 1 << 24
# A cell beyond this is an open quote that swallows the file, not text that someone wrote.
LONGEST_CELL = 1 << 20
LONGEST_HEADER = 1 << 20
LONGEST_HEADER_LINES = 1000
QUOTE = 34


@dataclass(frozen=True)
class Header:
    """Normalised names; `line` is where the header stands, `end_line` the line after it."""

    names: list[str]
    delimiter: str
    line: int
    end_line: int


def read_header(content: BinaryIO, encoding: str, delimiter: str | None, shown: str) -> Header:
    """The header, its delimiter found (comma or tab) where None is given. Raises Unreadable."""
    return _split_header(Text(content, encoding).read(LONGEST_HEADER), delimiter, shown)[0]


def read_rows(content: BinaryIO, encoding: str, header: Header, shown: str) -> Iterator[pa.Table]:
    """Tables of all-text columns named as the header, with _line_no, _raw_line and _problem."""
    text = Text(content, encoding)
    block = text.read(LONGEST_HEADER)
    used = _split_header(block, header.delimiter, shown)[1]
    block, line, is_last = block[used:], header.end_line, False
    while block or not is_last:
        chunk = text.read(BLOCK)
        is_last = not chunk
        if is_last and block and not block.endswith(b"\n"):
            block += b"\n"
        table, used, lines = _clean_block(block, line, header) or _exact_block(block, line, header, is_last)
        if table.num_rows:
            yield table
        block, line = block[used:] + chunk, line + lines


def _split_header(head: bytes, delimiter: str | None, shown: str) -> tuple[Header, int]:
    """The header and the bytes that it takes, blank lines before it included."""
    csv.field_size_limit(LONGEST_CELL)
    if len(head) >= LONGEST_HEADER and b"\n" not in head:
        raise Unreadable([Fault(shown, 1, f"has a first line of more than {LONGEST_HEADER} bytes", "is it a table?")])
    octets = [each + b"\n" for each in head.split(b"\n", LONGEST_HEADER_LINES)]
    physical = [each.decode("utf-8", "replace") for each in octets]
    blank = next((at for at, each in enumerate(physical) if each.strip()), len(physical))
    if blank == len(physical):
        raise Unreadable([Fault(shown, 1, "has no header", "the first line names the columns")])
    if delimiter is None:
        delimiter = "\t" if physical[blank].count("\t") > physical[blank].count(",") else ","
    reader = csv.reader(physical[blank:], delimiter=delimiter, strict=True)
    try:
        names = next(reader)
    except csv.Error:
        raise Unreadable(
            [
                Fault(
                    shown,
                    blank + 1,
                    "has a header that cannot be split into columns",
                    "the first line names the columns",
                )
            ]
        ) from None
    end = blank + reader.line_num
    return Header(normalised(names), delimiter, blank + 1, end + 1), sum(map(len, octets[:end]))


def _clean_block(block: bytes, line: int, header: Header) -> tuple[pa.Table, int, int] | None:
    """The block's whole records by Arrow, or None where quoting or a row's width calls for exact reading."""
    if block.count(b"\r") != block.count(b"\r\n"):
        return None
    octets = np.frombuffer(block, np.uint8)
    feeds = np.flatnonzero(octets == LF)
    quotes = np.flatnonzero(octets == QUOTE) if b'"' in block else feeds[:0]
    ends = feeds[np.searchsorted(quotes, feeds) % 2 == 0] if quotes.size else feeds
    if not ends.size:
        return None
    used = int(ends[-1]) + 1
    quotes = quotes[quotes < used]
    before = np.where(quotes[0::2] > 0, octets[quotes[0::2] - 1], LF)
    after = octets[quotes[1::2] + 1]
    delimiter = ord(header.delimiter)
    if not (np.isin(before, (delimiter, LF, QUOTE)).all() and np.isin(after, (delimiter, LF, CR, QUOTE)).all()):
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    lines = line + np.searchsorted(feeds, starts)[filled(octets, starts, ends)]
    try:
        table = (
            arrow_csv.read_csv(
                pa.py_buffer(memoryview(block)[:used]),
                arrow_csv.ReadOptions(column_names=header.names, block_size=1 << 22),
                arrow_csv.ParseOptions(
                    delimiter=header.delimiter,
                    newlines_in_values=bool(ends.size < np.searchsorted(feeds, used)),
                ),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(header.names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    check_utf8=False,
                ),
            )
            if lines.size
            else _table([[] for _ in header.names], [], [], [], header)
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines.size:
        return None
    if lines.size:
        nothing = pa.nulls(lines.size, pa.string())
        table = (
            table.append_column("_line_no", pa.array(lines, pa.int64()))
            .append_column("_raw_line", nothing)
            .append_column("_problem", nothing)
        )
    return table, used, int(np.searchsorted(feeds, used))


def _exact_block(block: bytes, line: int, header: Header, is_last: bool) -> tuple[pa.Table, int, int]:
    """The block's whole records one by one. A record that the block's end cuts is left for the next block."""
    physical = [each + "\n" for each in block[: block.rfind(b"\n") + 1].decode().split("\n")[:-1]]
    width, at = len(header.names), 0
    rows: list[list[str | None]] = []
    lines: list[int] = []
    raw: list[str | None] = []
    problems: list[str | None] = []
    while at < len(physical):
        is_plain = '"' not in physical[at]
        reader = csv.reader(
            (physical[at],) if is_plain else _from(physical, at), delimiter=header.delimiter, strict=True
        )
        cells: list[str] = []
        try:
            cells = next(reader)
            taken = reader.line_num
            problem = None if len(cells) in (0, width) else f"{len(cells)} cells where the header has {width}"
        except csv.Error:
            is_cut = not is_last and at + reader.line_num >= len(physical)
            if is_cut and sum(map(len, physical[at:])) < LONGEST_CELL:
                break
            problem = "a carriage return in a cell" if is_plain else "a quote that is not closed, or inside a cell"
        if problem:
            # Over several lines a wrong row has an open quote in its first: only that line is set apart.
            taken = 1
            raw.append(physical[at].rstrip("\r\n"))
        elif cells:
            raw.append(None)
        if cells or problem:
            rows.append([None] * width if problem else [cell or None for cell in cells])
            problems.append(problem)
            lines.append(line + at)
        at += taken
    used = sum(len(each.encode()) for each in physical[:at])
    columns = [list(each) for each in zip(*rows, strict=True)] if rows else [[] for _ in header.names]
    return _table(columns, lines, raw, problems, header), used, at


def _from(physical: list[str], at: int) -> Iterator[str]:
    for number in range(at, len(physical)):
        yield physical[number]


def _table(
    columns: list[list[str | None]],
    lines: list[int],
    raw: list[str | None],
    problems: list[str | None],
    header: Header,
) -> pa.Table:
    arrays = [pa.array(each, pa.string()) for each in (*columns, raw, problems)]
    arrays.insert(len(columns), pa.array(lines, pa.int64()))
    return pa.table(arrays, names=[*header.names, "_line_no", "_raw_line", "_problem"])
