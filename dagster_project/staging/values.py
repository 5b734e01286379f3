"""Fills staging.normalised_values: distinct raw values of new files that SQL's fast path leaves to Python, and
the identifiers in rule tables.
"""

from collections.abc import Callable

import duckdb
import pyarrow as pa

from dagster_project.staging.fast_path import is_plain, trimmed
from dagster_project.staging.normalise import READERS
from dagster_project.staging.source_table import Column, columns_of, declared_sources

CHUNK = 50_000
# The kind that a word in a `kind_from` column names, every other word an id; as macro kinds_by_word().
KINDS_BY_WORD = {"email": "email", "phone": "phone", "sms": "phone"}
_SCHEMA = pa.schema([("kind", pa.string()), ("raw", pa.string()), ("value", pa.string()), ("problem", pa.string())])


def normalise_new_values(con: duckdb.DuckDBPyConnection, progress: Callable[[int, int], None] | None = None) -> int:
    """Normalise what files hold that staging has not read yet; returns how many values were added.

    `progress(done, total)` is called after each chunk. Needs run.files and the views of schema landing.
    """
    create_table(con)
    con.execute("create or replace temp table unread_values (kind varchar, raw varchar)")
    for source in declared_sources():
        files = new_files(con, source)
        if files:
            for column in columns_of(source):
                _collect(con, source, column, files)
    _collect_rules(con)
    unread = con.sql(
        "select unread.kind, unread.raw from (select distinct kind, raw from unread_values) as unread"
        " anti join staging.normalised_values as known on known.kind = unread.kind and known.raw = unread.raw"
        " order by unread.kind, unread.raw"
    ).to_arrow_table()
    con.execute("drop table unread_values")
    return insert_computed(con, "staging.normalised_values", unread, normalised, progress)


def insert_computed(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    given: pa.Table,
    compute: Callable[[pa.Table], pa.Table],
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Insert `compute(rows)` of all rows of `given` into `relation`, by column name; returns how many rows those are.

    A chunk at a time: `progress(done, total)` is called after each.
    """
    for start in range(0, given.num_rows, CHUNK):
        chunk = given.slice(start, CHUNK)
        con.register("computed_chunk", compute(chunk))
        con.execute(f"insert into {relation} by name select * from computed_chunk")
        con.unregister("computed_chunk")
        if progress:
            progress(start + chunk.num_rows, given.num_rows)
    return given.num_rows


def create_table(con: duckdb.DuckDBPyConnection) -> None:
    """Make staging.normalised_values where it is not there yet."""
    con.execute("create schema if not exists staging")
    con.execute(
        "create table if not exists staging.normalised_values"
        " (kind varchar, raw varchar, value varchar, problem varchar)"
    )


def normalised(values: pa.Table) -> pa.Table:
    """(kind, raw) -> (kind, raw, value, problem)."""
    kinds, raws = values.column("kind").to_pylist(), values.column("raw").to_pylist()
    readings = [READERS[kind](raw) for kind, raw in zip(kinds, raws, strict=True)]
    return pa.table(
        [kinds, raws, [value for value, _ in readings], [problem for _, problem in readings]], schema=_SCHEMA
    )


def has_table(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether staging holds a table of that name."""
    return bool(
        con.execute(
            "select count(*) from information_schema.tables where table_schema = 'staging' and table_name = ?",
            [name],
        ).fetchall()[0][0]
    )


def new_files(con: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """Ids of the source's files that its base table does not hold yet, in landing order."""
    held = (
        f"select distinct _file_id from staging.base_{source}"
        if has_table(con, f"base_{source}")
        else "select null where false"
    )
    query = f"select file_id from run.files where source = ? and file_id not in ({held})"
    return [file_id for (file_id,) in con.execute(query + " order by file_no", [source]).fetchall()]


def _collect_rules(con: duckdb.DuckDBPyConnection) -> None:
    """Add the identifiers that people wrote into the rule tables of identity, as they come to mind there."""
    tables = {
        name
        for (name,) in con.execute(
            "select table_name from information_schema.tables where table_schema = 'rules'"
        ).fetchall()
    }
    for table, kind, value, condition in (
        ("identity_blocklist", "kind", "value", "match = 'value'"),
        ("identity_overrides", "left_kind", "left_value", "true"),
        ("identity_overrides", "right_kind", "right_value", "true"),
    ):
        if table in tables:
            con.execute(
                f"insert into unread_values"
                f" select distinct case when {kind} in ('email', 'phone') then {kind} else 'id' end, {value}"
                f" from rules.{table} where {condition} and {value} is not null"
            )


def _collect(con: duckdb.DuckDBPyConnection, source: str, column: Column, files: list[str]) -> None:
    """Add the distinct values of one column that the fast path leaves to Python."""
    if column.kind_from:
        word = f"lower({trimmed(column.kind_from)})"
        for kind in ("email", "phone", "id"):
            words = [known for known, of_kind in KINDS_BY_WORD.items() if of_kind == kind]
            condition = (
                f"{word} in ({', '.join(repr(known) for known in words)})"
                if words
                else f"coalesce({word}, '') not in ({', '.join(repr(known) for known in KINDS_BY_WORD)})"
            )
            _collect_kind(con, source, column.name, kind, files, condition)
    elif column.type not in ("text", "enum"):
        _collect_kind(con, source, column.name, "id" if column.type == "product_id" else column.type, files, "true")


def _collect_kind(
    con: duckdb.DuckDBPyConnection, source: str, column: str, kind: str, files: list[str], condition: str
) -> None:
    # File ids are written out: only literals keep DuckDB from opening the Parquet of other days.
    listed = ", ".join(f"'{file_id}'" for file_id in files)
    con.execute(
        f"insert into unread_values select distinct '{kind}', {column} from landing.{source}"
        f" where _file_id in ({listed}) and {column} is not null"
        f" and not {is_plain(kind, column)} and {condition}"
    )
