"""From a fact back to the rows that it came from: source and key to file and line, or to what no mart carries."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import duckdb
from duckdb.func import SPECIAL

from dagster_project.home import Home
from dagster_project.landing import contract, manifest
from dagster_project.landing.contract import Source
from dagster_project.landing.manifest import Landed
from dagster_project.staging.fast_path import is_plain, plain_value, trimmed
from dagster_project.staging.normalise import READERS


def origin_rows(home: Home, keys: Iterable[tuple[str, str]]) -> list[dict[str, str | int]]:
    """Every landed row of the given (source, key), versions and copies too, in landing order, those of withdrawn files
    last; composite keys are joined by `:`.

    One dict per row: source, source_key, file (its name), file_id, line_no, is_withdrawn.
    """
    known = manifest.read(home)
    in_use = known.in_use
    # A file that is gone is given up by withdrawing it.
    out = [file for file in known.landed if file not in in_use and manifest.parquet_path(home, file).exists()]
    names = {file.file_id: file.name for file in known.landed}
    rows = [
        {
            "source": source,
            "source_key": key,
            "file": names[file_id],
            "file_id": file_id,
            "line_no": int(line_no),
            "is_withdrawn": file_id in known.withdrawn,
        }
        for source, key, file_id, line_no in _landed(home, [*in_use, *out], keys, "_file_id", "_line_no")
    ]
    return sorted(rows, key=lambda row: bool(row["is_withdrawn"]))


def landed_values(home: Home, keys: Iterable[tuple[str, str]], column: str) -> dict[tuple[str, str], str]:
    """(source, key) -> the text of `column` in the row that landed last, where it has any. A name of the contract's."""
    rows = _landed(home, manifest.read(home).in_use, keys, column)
    return {(source, key): text for source, key, text in rows if text is not None}


def _landed(home: Home, files: Iterable[Landed], keys: Iterable[tuple[str, str]], *columns: str) -> Iterator[Any]:
    """(source, key, values of `columns`) of every row of `files` with one of the keys, by source, key and landing. A
    source that has not these columns gives none.
    """
    wanted: dict[str, set[str]] = {}
    for name, key in keys:
        wanted.setdefault(name, set()).add(key)
    with duckdb.connect() as con:
        for kind in ("id", "integer"):
            con.create_function(f"read_{kind}", _reader(kind), ["varchar"], "varchar", null_handling=SPECIAL)
        for name in sorted(wanted.keys() & contract.sources().keys()):
            source = contract.sources()[name]
            paths = [str(manifest.parquet_path(home, file)) for file in files if file.source == name]
            if not paths or not {*contract.POSITION, *source.column_names}.issuperset(columns):
                continue
            key = " || ':' || ".join(_as_staged(source, column) for column in source.key)
            listed = ", ".join(f'"{column}"' for column in columns)
            yield from con.execute(
                f"select '{name}', {key}, {listed} from read_parquet(?, union_by_name = true)"
                f" where list_contains(?, {key}) order by 2, _file_no, _line_no",
                [paths, sorted(wanted[name])],
            ).fetchall()


def _reader(kind: str) -> Callable[[str], str | None]:
    return lambda raw: READERS[kind](raw)[0]


def _as_staged(source: Source, name: str) -> str:
    """SQL for a column of the key as staging reads it: facts have it so. What SQL cannot read goes to Python."""
    [column] = [column for column in source.columns if column.name == name]
    text = f'"{name}"'
    if column.type == "integer":
        plain = f"cast({plain_value('integer', text)} as varchar)"
        return f"case when {text} is null or {is_plain('integer', text)} then {plain} else read_integer({text}) end"
    if column.type in ("id", "product_id"):
        is_ascii = f"strlen({text}) = length({text})"
        return f"case when {text} is null or {is_ascii} then {trimmed(text)} else read_id({text}) end"
    return trimmed(text)
