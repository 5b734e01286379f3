"""Faults of the rule tables in `seeds/rules`, named with file and line.

What a table must hold is declared once, beside it, as dbt's types and tests. dbt runs them inside a run; here the same
declarations are tried on the files before anything runs.
"""

import csv
import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from dagster_project.errors import Fault
from dagster_project.project import ROOT, seeds
from dagster_project.sql import literal

Rows = list[tuple[int, list[str]]]


def rule_faults() -> list[Fault]:
    """Rule tables against header, types and tests that their `.yml` declares."""
    faults: list[Fault] = []
    declared, misread = _declared()
    faults += misread
    folder = seeds() / "rules"
    shipped = {file.stem for file in (ROOT / "seeds" / "rules").glob("*.csv")}  # a folder of one's own may be older
    for name in sorted((declared.keys() | shipped) - {file.stem for file in folder.glob("*.csv")}):
        faults.append(Fault(f"seeds/rules/{name}.csv", 0, "is missing", "take it from the seeds of Kizuna"))
    with duckdb.connect() as con:
        for file in sorted(folder.glob("*.csv")):
            name = f"seeds/rules/{file.name}"
            if file.stem in declared or file.stem == "settings":  # settings are declared by what reads them
                faults += _table_faults(con, file, declared.get(file.stem, {}), name)
            elif not misread:
                remedy = (
                    "take that from the seeds of Kizuna"
                    if file.stem in shipped
                    else "take the table out, or declare it"
                )
                faults.append(Fault(name, 0, "stands in no .yml beside it", remedy))
    return faults


def faults_of(file: Path, table: str) -> list[Fault]:
    """Faults of a file that would stand in for the rule table `table`, under the file's own name."""
    with duckdb.connect() as con:
        return _table_faults(con, file, _declared()[0][table], str(file))


def load(con: duckdb.DuckDBPyConnection, file: Path, table: str, relation: str) -> None:
    """Write a sound file of the rule table `table` to a new table `relation`, typed as dbt types it."""
    types = _declared()[0][table]["config"]["column_types"]
    con.execute(f"create table {relation} ({', '.join(f'{column} {kind}' for column, kind in types.items())})")
    with file.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    _fill(con, relation, [[row[column] or None for row in rows] for column in types])


def _fill(con: duckdb.DuckDBPyConnection, relation: str, columns: list[list[str | None]]) -> None:
    """Insert cells into `relation`, column by column: row by row takes a second for all tables."""
    con.execute(f"insert into {relation} select {', '.join(['unnest(cast(? as varchar[]))'] * len(columns))}", columns)


def _table_faults(con: duckdb.DuckDBPyConnection, file: Path, seed: dict[str, Any], name: str) -> list[Fault]:
    types = (seed.get("config") or {}).get("column_types", {})
    rows: Rows = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle, strict=True)
            for row in reader:
                if row:
                    rows.append((reader.line_num, row))
    except UnicodeDecodeError:
        return [Fault(name, 0, "is not UTF-8", "save it as CSV UTF-8")]
    except csv.Error as error:
        line = rows[-1][0] + 1 if rows else 1
        return [Fault(name, line, f"cannot be read as CSV: {error}", "look at the quotes from there on")]
    if not rows:
        return [Fault(name, 1, "is empty", "a rule table has at least its header")]
    header = rows[0][1]
    if len(types) > 1 and len(header) == 1:
        return [Fault(name, 1, "is not parted by commas", "save it as CSV UTF-8, with commas")]
    faults = [
        Fault(name, 1, f"column {column} is missing", f"columns are {', '.join(types)}")
        for column in types
        if column not in header
    ]
    faults += [
        Fault(name, 1, f"column {column} stands twice", "keep one")
        for column in sorted({column for column in header if column and header.count(column) > 1})
    ]
    if "" in header:
        faults.append(Fault(name, 1, "has a column without a name", "delete the empty column, or its commas"))
    for line, row in rows[1:]:
        if len(row) != len(header):
            faults.append(
                Fault(
                    name, line, f"has {len(row)} cells, the header has {len(header)}", "quote a cell that holds a comma"
                )
            )
            continue
        if not any(row):
            faults.append(Fault(name, line, "is an empty row", "delete it"))
            continue
        for column, value in zip(header, row, strict=True):
            problem = _cell_problem(types.get(column, ""), value)
            if problem:
                faults.append(Fault(name, line, f"{column}: {problem}", _remedy(types[column])))
    return faults or _broken_tests(con, name, seed, types, rows)


def _broken_tests(
    con: duckdb.DuckDBPyConnection, name: str, seed: dict[str, Any], types: dict[str, str], rows: Rows
) -> list[Fault]:
    """Rows of a readable table that break what its tests declare."""
    header = rows[0][1]
    columns = ", ".join(f'"{column}" {types.get(column, "varchar")}' for column in header)
    con.execute(f"create or replace table rules (_line integer, {columns})")
    lines: list[str | None] = [str(line) for line, _ in rows[1:]]
    cells = [[row[place] or None for _, row in rows[1:]] for place in range(len(header))]
    try:
        _fill(con, "rules", [lines, *cells])
    except duckdb.ConversionException:
        return list(_unconvertible(con, name, types, rows))
    faults = []
    for message, query in _tests(seed):
        for (line,) in con.execute(query).fetchall():
            given = zip(header, dict(rows[1:])[line], strict=True)
            told = [f"{column} is {value!r}" for column, value in given if re.search(rf"\b{column}\b", message)]
            faults.append(Fault(name, line, message, ", ".join(told)))
    return faults


def _unconvertible(con: duckdb.DuckDBPyConnection, name: str, types: dict[str, str], rows: Rows) -> Iterable[Fault]:
    """Cells that Python reads and SQL does not: full-width digits, numbers too large, days without their hyphens."""
    for line, row in rows[1:]:
        for column, value in zip(rows[0][1], row, strict=True):
            kind = types.get(column, "varchar")
            if value and con.execute(f"select try_cast(? as {kind})", [value]).fetchall() == [(None,)]:
                yield Fault(name, line, f"{column}: {value!r} is no {kind}", _remedy(kind))


def _tests(seed: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """(what is wrong, SQL of the lines where it is) for each declared test that looks at this table alone."""
    for test in seed.get("data_tests") or []:
        [(kind, given)] = test.items()
        arguments = given.get("arguments", {})
        if kind == "unique_key":
            keys = arguments["key"]
            yield (f"{' and '.join(keys)}: stands twice", _repeated(keys))
            for key in keys:
                yield f"{key}: is empty", f'select _line from rules where "{key}" is null order by _line'
        elif kind == "same_within":
            column, within = arguments["column"], arguments["within"]
            yield (
                f"{column}: must be the same for the same {' and '.join(within)}",
                f"select distinct rules._line from rules join rules as others using ({', '.join(within)})"
                f' where rules."{column}" <> others."{column}" order by rules._line',
            )
        elif kind == "holds":
            for condition in arguments["conditions"]:
                yield (
                    f"breaks the rule: {condition}",
                    f"select _line from rules where not coalesce(({condition}), false) order by _line",
                )
    for column in seed.get("columns") or []:
        for test in column.get("data_tests") or []:
            kind, given = (test, {}) if isinstance(test, str) else next(iter(test.items()))
            yield from _column_tests(column["name"], kind, given or {})


def _column_tests(column: str, kind: str, given: dict[str, Any]) -> Iterable[tuple[str, str]]:
    arguments = given.get("arguments", {})
    if kind == "not_null":
        yield f"{column}: is empty", f'select _line from rules where "{column}" is null order by _line'
    elif kind == "unique":
        yield f"{column}: stands twice", _repeated([column])
    elif kind == "accepted_values":
        words = ", ".join(map(literal, arguments["values"]))
        yield (
            f"{column}: is none of {', '.join(map(str, arguments['values']))}",
            f'select _line from rules where "{column}" is not null and cast("{column}" as varchar) not in ({words})'
            " order by _line",
        )
    elif kind == "relationships":
        table = arguments["to"].removeprefix("ref('").removesuffix("')")
        words = ", ".join(map(literal, _words(table, arguments["field"])))
        if words:  # where that table cannot be read, it is told of by itself
            yield (
                f"{column}: is in no row of {table}.csv, column {arguments['field']}",
                f'select _line from rules where "{column}" is not null and "{column}" not in ({words}) order by _line',
            )
    elif kind == "bands_without_gap":
        until = arguments["until"]
        yield (
            f"{column} to {until}: bands must follow one another from 0 without gap or overlap, only the last open",
            f'select _line from (select _line, "{column}" as low, "{until}" as high,'
            f' row_number() over (order by "{column}", "{until}") as place,'
            f' lead("{column}") over (order by "{column}", "{until}") as following from rules)'
            " where low is null or (place = 1 and low <> 0) or coalesce(high, -1) <> coalesce(following, -1)"
            " order by _line",
        )


def read_rows(table: str) -> list[dict[str, str]] | None:
    """The rows of a rule table as text; None where it cannot be read, which is told of by itself."""
    try:
        with (seeds() / "rules" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as handle:
            return list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error):
        return None


def _words(table: str, column: str) -> list[str]:
    """The different values of a column of another rule table; none where it cannot be read."""
    return sorted({row.get(column) or "" for row in read_rows(table) or []} - {""})


def _repeated(keys: list[str]) -> str:
    names = ", ".join(f'"{key}"' for key in keys)
    return (
        f"select _line from (select _line, row_number() over (partition by {names} order by _line) as place from rules)"
        " where place > 1 order by _line"
    )


def _declared() -> tuple[dict[str, dict[str, Any]], list[Fault]]:
    """Rule table -> its entry in the `.yml` files beside it."""
    tables: dict[str, dict[str, Any]] = {}
    faults = []
    for file in sorted((seeds() / "rules").glob("*.yml")):
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            faults.append(Fault(f"seeds/rules/{file.name}", mark.line + 1 if mark else 0, f"is not YAML: {error}"))
            continue
        for seed in content.get("seeds", []):
            tables[seed["name"]] = seed
    return tables, faults


def _whole_number(value: str) -> int:
    if value != value.strip() or "_" in value:
        raise ValueError(value)
    return int(value)


_READ: dict[str, Callable[[str], Any]] = {
    "int": _whole_number,
    "bigint": _whole_number,
    "smallint": _whole_number,
    "decimal": float,
    "double": float,
    "float": float,
    "date": date.fromisoformat,
}


def _cell_problem(declared: str, value: str) -> str | None:
    kind = declared.lower()
    if not value or not kind:
        return None
    if kind == "boolean":
        return None if value.lower() in ("true", "false") else f"{value!r} is no boolean"
    for word, read in _READ.items():
        if kind.startswith(word):
            try:
                read(value)
            except ValueError:
                return f"{value!r} is no {kind}"
    return None


def _remedy(kind: str) -> str:
    if kind.lower() == "boolean":
        return "true or false"
    return (
        "write it as 2026-04-01" if kind.lower() == "date" else "plain digits (半角), and no more than the type holds"
    )
