"""Which staged tables no longer follow from landing as today's rules read it, and so are rebuilt from there.

A table is rebuilt where its source's declaration, the SQL or the normaliser changed, where it holds rows of a file
that is withdrawn, or lacks one that landed before others that it holds: a restored one. Every rebuild raises the
source's generation: what is built incrementally on it compares that number with the one it was built from, so a run
that dies between the two rebuilds the rest the next time.
"""

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb

from dagster_project.project import DBT_PROJECT
from dagster_project.staging.source_table import declared_sources
from dagster_project.staging.values import create_table, has_table

_NORMALISER = ("normalise.py", "times.py", "numerals.py", "prefectures.py")


def prepare(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Drop the staged tables that must be rebuilt; returns their sources (all of them in a new home).

    Call it before `normalise_new_values`, in a transaction. Needs run.files.
    """
    create_table(con)
    con.execute(
        "create table if not exists staging.fingerprints"
        " (source varchar primary key, fingerprint varchar, generation bigint)"
    )
    known = {source: fingerprint for source, fingerprint, _ in _rows(con)}
    normaliser_changed = known.get("", "") != _normaliser()
    rebuilt = {
        source
        for source in declared_sources()
        if normaliser_changed
        or known.get(source) != fingerprint_of(source)
        or not has_table(con, f"base_{source}")
        or _holds_other_files(con, source)
    }
    if normaliser_changed:
        con.execute("delete from staging.normalised_values")
        _record(con, "", _normaliser())
    for source in sorted(rebuilt):
        _drop(con, source)
        _record(con, source, fingerprint_of(source))
    return rebuilt


def generations(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Source -> how many times its staged table was rebuilt in this warehouse."""
    return {source: generation for source, _, generation in _rows(con) if source}


def fingerprint_of(source: str) -> str:
    """What the rows of staging.base_<source> follow from, besides landing."""
    declared = json.dumps(declared_sources()[source], sort_keys=True)
    return hashlib.sha256(f"{declared}\n{_sql()}\n{_normaliser()}".encode()).hexdigest()


@cache
def _sql() -> str:
    macros = DBT_PROJECT / "macros"
    files = sorted([*(macros / "staging").glob("*.sql"), macros / "portable" / "text.sql"])
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()


@cache
def _normaliser() -> str:

    folder = Path(__file__).parent
    text = b"\n".join((folder / name).read_bytes() for name in _NORMALISER)
    return hashlib.sha256(text + version("phonenumbers").encode()).hexdigest()


def _rows(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int]]:
    return con.execute("select source, fingerprint, generation from staging.fingerprints").fetchall()


def _record(con: duckdb.DuckDBPyConnection, source: str, fingerprint: str) -> None:
    con.execute(
        "insert into staging.fingerprints values (?, ?, 1) on conflict (source) do update"
        " set fingerprint = excluded.fingerprint, generation = generation + 1",
        [source, fingerprint],
    )


def _drop(con: duckdb.DuckDBPyConnection, source: str) -> None:
    con.execute(f"drop table if exists staging.base_{source}")


def _holds_other_files(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    """Whether rows are held of a file that is withdrawn, or one is restored that landed before others that are held:
    of an event, the copy that landed first is staged.
    """
    return bool(
        con.execute(
            "with files as (select file_id, file_no from run.files where source = ? and rows > 0),"
            " held as materialized (select distinct _file_id as file_id, _file_no as file_no"
            f" from staging.base_{source}),"
            " withdrawn as (select file_id from held anti join files using (file_id)),"
            " restored as (select file_id from files anti join held using (file_id)"
            " where file_no < (select max(file_no) from held))"
            " select count(*) from (select file_id from withdrawn union all select file_id from restored)",
            [source],
        ).fetchall()[0][0]
    )
