"""From a fact back to the rows that it came from: source and key to file and line, or to what no mart carries."""

from collections.abc import Iterable

import duckdb

from dagster_project.home import Home
from dagster_project.landing import contract, manifest


def origin_rows(home: Home, keys: Iterable[tuple[str, str]]) -> list[dict[str, str | int]]:
    """Every landed row of the given (source, key), versions and copies too, in landing order; composite keys are
    joined by `:`.

    One dict per row: source, source_key, file (its name), file_id, line_no.
    """
    wanted: dict[str, set[str]] = {}
    for source, key in keys:
        wanted.setdefault(source, set()).add(key)
    files = manifest.read(home).in_use
    names = {file.file_id: file.name for file in files}
    found = []
    with duckdb.connect() as con:
        for source in sorted(wanted.keys() & contract.sources().keys()):
            paths = [str(manifest.parquet_path(home, file)) for file in files if file.source == source]
            if not paths:
                continue
            key = " || ':' || ".join(f'trim("{column}")' for column in contract.sources()[source].key)
            rows = con.execute(
                f"select {key}, _file_id, _line_no from read_parquet(?, union_by_name = true)"
                f" where list_contains(?, {key}) order by 1, _file_no, _line_no",
                [paths, sorted(wanted[source])],
            ).fetchall()
            found += [
                {
                    "source": source,
                    "source_key": value,
                    "file": names[file_id],
                    "file_id": file_id,
                    "line_no": int(line_no),
                }
                for value, file_id, line_no in rows
            ]
    return found


def landed_values(home: Home, keys: Iterable[tuple[str, str]], column: str) -> dict[tuple[str, str], str]:
    """(source, key) -> the text of `column` in the row that landed last, where it has any. A name of the contract's."""
    found: dict[tuple[str, str], str] = {}
    wanted: dict[str, set[str]] = {}
    for source, key in keys:
        wanted.setdefault(source, set()).add(key)
    files = manifest.read(home).in_use
    with duckdb.connect() as con:
        for source in sorted(wanted.keys() & contract.sources().keys()):
            paths = [str(manifest.parquet_path(home, file)) for file in files if file.source == source]
            if not paths or column not in contract.sources()[source].column_names:
                continue
            key = " || ':' || ".join(f'trim("{name}")' for name in contract.sources()[source].key)
            rows = con.execute(
                f'select {key}, "{column}" from read_parquet(?, union_by_name = true)'
                f' where list_contains(?, {key}) and "{column}" is not null order by _file_no, _line_no',
                [paths, sorted(wanted[source])],
            ).fetchall()
            found |= {(source, value): text for value, text in rows}
    return found
