"""Rows of JSON lines, block by block: one object per line, every value as text.

Numbers keep the digits that were written, nested values become JSON text, null is null. A line that is not an
object becomes a row with its text and the reason. A block of flat objects whose numbers are integers is read
by Arrow; any other line by line.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import json as arrow_json

from dagster_project.landing.columns import check_names, normalised
from dagster_project.landing.content import CR, LF, Text, filled
from dagster_project.landing.inspection import Unreadable

BLOCK = 1 << 24
FIRST_BLOCK = 1 << 20

# Control characters in strings are wrong JSON that many exports write; the row is readable all the same.
_parse = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False).decode
# Python neither reads nor writes integers of more digits than this: one stays text.
_MOST_DIGITS = 4000
_typed = json.JSONDecoder(parse_int=lambda digits: int(digits) if len(digits) < _MOST_DIGITS else digits, strict=False)


@dataclass
class _Keys:
    """The keys met so far, each with its column, and those among them that have held text."""

    shown: str
    columns: dict[str, str] = field(default_factory=dict)
    text: set[str] = field(default_factory=set)

    def meet(self, keys: list[str]) -> None:
        new = [key for key in keys if key not in self.columns]
        self.columns.update(zip(new, normalised(new), strict=True))
        faults = check_names(list(self.columns.values()), self.shown, 0) if new else []
        if faults:
            raise Unreadable(faults)


def read_rows(content: BinaryIO, encoding: str, shown: str) -> Iterator[pa.Table]:
    """Tables of text columns, one per key seen in the block, with _line_no, _raw_line and _problem.

    Raises Unreadable where two keys of the file are one column, or a key is no column name.
    """
    text, keys = Text(content, encoding), _Keys(shown)
    rest, line, is_last = b"", 1, False
    while not is_last:
        # The first block is small: it is read line by line, to learn which keys hold text.
        chunk = text.read(BLOCK if keys.columns else min(BLOCK, FIRST_BLOCK))
        is_last = not chunk
        block = rest + (b"\n" if is_last else chunk)
        cut = block.rfind(b"\n") + 1
        block, rest = block[:cut], block[cut:]
        table = _flat_block(block, line, keys) if keys.columns else None
        table = _exact_block(block, line, keys) if table is None else table
        line += block.count(b"\n")
        if table.num_rows:
            yield table


def _flat_block(block: bytes, line: int, keys: _Keys) -> pa.Table | None:
    """The block by Arrow, or None where a line is no flat object or a number is more than an integer."""
    octets = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(octets == LF)
    if not ends.size:
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    is_row = filled(octets, starts, ends)
    starts, ends, lines = starts[is_row], ends[is_row], line + np.flatnonzero(is_row)
    closing = octets[np.where(octets[ends - 1] == CR, ends - 2, ends - 1)]
    if not lines.size or (octets[starts] != ord("{")).any() or (closing != ord("}")).any():
        return None
    texts = pa.schema([(key, pa.string()) for key in sorted(keys.text)])
    try:
        table = arrow_json.read_json(
            pa.BufferReader(block),
            arrow_json.ReadOptions(block_size=1 << 22),
            arrow_json.ParseOptions(explicit_schema=texts),
        )
    except pa.ArrowInvalid:
        return None
    plain = (pa.string(), pa.int64(), pa.bool_(), pa.null())
    if table.num_rows != lines.size or any(kind not in plain for kind in table.schema.types):
        return None
    keys.meet(table.column_names)
    nothing = pa.nulls(lines.size, pa.string())
    return pa.table(
        {keys.columns[key]: table[key].cast(pa.string()) for key in table.column_names}
        | {"_line_no": pa.array(lines, pa.int64()), "_raw_line": nothing, "_problem": nothing}
    )


def _exact_block(block: bytes, first_line: int, keys: _Keys) -> pa.Table:
    """The block line by line."""
    lines = block.decode().split("\n")[:-1]
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    broken: dict[int, tuple[str, str]] = {}
    for number, text in enumerate(lines, first_line):
        if not text or text.isspace():
            continue
        try:
            row = _parse(text.strip())
            problem = None if isinstance(row, dict) else "not a JSON object"
        except json.JSONDecodeError as error:
            problem = f"not JSON: {error.msg} at character {error.pos + 1}"
        except RecursionError:
            problem = "JSON nested too deeply"
        if problem is None and not _is_unicode(text, row):
            problem = "half a character (a lone surrogate)"
        if problem:
            broken[len(rows)] = (text.rstrip("\r"), problem)
            row = {}
        rows.append(row)
        numbers.append(number)
    found = list(dict.fromkeys(key for row in rows for key in row))
    keys.meet(found)
    columns = {keys.columns[key]: _column(rows, key, lines, numbers, first_line) for key in found}
    for key in set(found) - keys.text:
        at = next((at for at, row in enumerate(rows) if row.get(key) is not None), None)
        if at is not None and isinstance(_typed.decode(lines[numbers[at] - first_line].strip())[key], str):
            keys.text.add(key)
    raw = pa.array([broken[at][0] if at in broken else None for at in range(len(rows))], pa.string())
    problems = pa.array([broken[at][1] if at in broken else None for at in range(len(rows))], pa.string())
    return pa.table(columns | {"_line_no": pa.array(numbers, pa.int64()), "_raw_line": raw, "_problem": problems})


def _column(rows: list[dict[str, Any]], key: str, lines: list[str], numbers: list[int], first_line: int) -> pa.Array:
    values = [row.get(key) for row in rows]
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array(
            [
                value if value is None or isinstance(value, str) else _text(value, key, lines[number - first_line])
                for value, number in zip(values, numbers, strict=True)
            ],
            pa.string(),
        )


def _text(value: Any, key: str, line: str) -> str:
    """A value that is neither text nor null, as JSON text; a nested one is parsed anew, since here its
    numbers are text.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(_typed.decode(line.strip())[key], ensure_ascii=False, separators=(",", ":"))


def _is_unicode(text: str, row: dict[str, Any]) -> bool:
    """Whether the row can be written as UTF-8; only an escape can bring in half a character."""
    if "\\ud" not in text and "\\uD" not in text:
        return True
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
