"""Rows of JSON lines, block by block: one object per line, every value as text.

Numbers keep the digits that were written, nested values become JSON text, null is null. A line that is not an object
becomes a row with its text and the reason.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa

from dagster_project.landing.columns import check_names, normalised
from dagster_project.landing.inspection import BOM, Unreadable

BLOCK = 1 << 24

# Control characters in strings are wrong JSON that many exports write; the row is readable all the same.
_parse = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False).decode


def read_rows(content: BinaryIO, encoding: str, shown: str) -> Iterator[pa.Table]:
    """Tables of text columns, one per key seen in the block, with _line_no, _raw_line and _problem.

    Raises Unreadable where two keys of the file are one column, or a key is no column name.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    names: dict[str, str] = {}
    rest, line, is_start, is_last = "", 1, True, False
    while not is_last:
        chunk = content.read(BLOCK)
        is_last = not chunk
        if is_start:
            chunk, is_start = chunk.removeprefix(BOM), False
        text = rest + decoder.decode(chunk, final=is_last)
        lines = text.split("\n")
        rest = "" if is_last else lines.pop()
        table = _table(lines, line, names, shown)
        line += len(lines)
        if table.num_rows:
            yield table


def _table(lines: list[str], first_line: int, names: dict[str, str], shown: str) -> pa.Table:
    """The lines' rows; `names` maps each key met so far to its column and grows."""
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
    keys = list(dict.fromkeys(key for row in rows for key in row))
    new = [key for key in keys if key not in names]
    if new:
        names.update(zip(new, normalised(new), strict=True))
        faults = check_names(list(names.values()), shown, 0)
        if faults:
            raise Unreadable(faults)
    columns = {names[key]: _column(rows, key, lines, numbers, first_line) for key in keys}
    raw = pa.array([broken[at][0] if at in broken else None for at in range(len(rows))], pa.string())
    problems = pa.array([broken[at][1] if at in broken else None for at in range(len(rows))], pa.string())
    return pa.table(columns | {"_line_no": pa.array(numbers, pa.int64()), "_raw_line": raw, "_problem": problems})


def _column(rows: list[dict[str, Any]], key: str, lines: list[str], numbers: list[int], first_line: int) -> pa.Array:
    values = [row.get(key) for row in rows]
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([value if value is None or isinstance(value, str) else
                         _text(value, key, lines[number - first_line])
                         for value, number in zip(values, numbers, strict=True)], pa.string())


def _text(value: Any, key: str, line: str) -> str:
    """A value that is neither text nor null, as JSON text; a nested one is parsed anew, since here its numbers are text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(json.loads(line, strict=False)[key], ensure_ascii=False, separators=(",", ":"))


def _is_unicode(text: str, row: dict[str, Any]) -> bool:
    """Whether the row can be written as UTF-8; only an escape can bring in half a character."""
    if "\\ud" not in text and "\\uD" not in text:
        return True
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
