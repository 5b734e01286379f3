"""Fills pii.matching_keys: each distinct staged name, reading and address of members and cards, keyed once.

A day computes the day's new values; values that no record holds any more leave. Addresses, which only probabilistic
links compare, are keyed where these are on.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.identity import addresses, matching
from dagster_project.project import seeds
from dagster_project.settings import effective_settings
from dagster_project.staging.values import insert_computed

RECORDS = ("stg_members", "stg_store_cards")
COLUMNS = {
    "name": ("last_name", "first_name"),
    "kana": ("last_name_kana", "first_name_kana"),
    "address": ("address",),
}
_SCHEMA = pa.schema([("kind", pa.string()), ("value", pa.string()), ("key", pa.string()), ("reading", pa.string())])
_CODE = ("matching.py", "romaji.py", "addresses.py")


def fill(con: duckdb.DuckDBPyConnection, progress: Callable[[int, int], None] | None = None) -> int:
    """Key what staging holds and has no key yet; returns how many values were keyed.

    `progress(done, total)` is called after each chunk. Another rule table or other code keys all values anew.
    """
    con.execute("create schema if not exists pii")
    con.execute(
        "create table if not exists pii.matching_keys (kind varchar, value varchar, key varchar, reading varchar)"
    )
    con.execute("create schema if not exists run")
    con.execute("create table if not exists run.matching_keys_digest (digest varchar)")
    matching.variants.cache_clear()  # a process that outlives a run reads the table of each run
    digest = _digest()
    if con.execute("select digest from run.matching_keys_digest").fetchall() != [(digest,)]:
        con.execute("delete from pii.matching_keys")
    con.execute("create or replace temp table held_values as " + " union ".join(_held_values()))
    con.execute(
        "delete from pii.matching_keys as known where not exists"
        " (select 1 from held_values as held where held.kind = known.kind and held.value = known.value)"
    )
    unkeyed = con.sql(
        "select held.kind, held.value from held_values as held anti join pii.matching_keys as known"
        " on known.kind = held.kind and known.value = held.value order by held.kind, held.value"
    ).to_arrow_table()
    con.execute("drop table held_values")
    insert_computed(con, "pii.matching_keys", unkeyed, keyed, progress)
    con.execute("delete from run.matching_keys_digest")
    con.execute("insert into run.matching_keys_digest values (?)", [digest])
    return unkeyed.num_rows


def keyed(values: pa.Table) -> pa.Table:
    """(kind, value) -> (kind, value, key, reading); reading: the kana key of a name whose reading shows."""
    kinds, texts = values.column("kind").to_pylist(), values.column("value").to_pylist()
    keys = [_KEYS[kind](text) for kind, text in zip(kinds, texts, strict=True)]
    readings = [matching.reading_key(text) if kind == "name" else None for kind, text in zip(kinds, texts, strict=True)]
    return pa.table([kinds, texts, keys, readings], schema=_SCHEMA)


_KEYS: dict[str, Callable[[str], str | None]] = {
    "name": matching.name_key,
    "kana": matching.kana_key,
    "address": addresses.address_key,
}


def _held_values() -> list[str]:
    with_addresses = effective_settings()["probabilistic"] == "1"
    return [
        f"select '{kind}' as kind, {column} as value from staging.{records} where {column} is not null"
        for kind, columns in COLUMNS.items()
        if kind != "address" or with_addresses
        for column in columns
        for records in RECORDS
    ]


def _digest() -> str:
    folder = Path(__file__).parent
    texts = [(folder / name).read_bytes() for name in _CODE]
    texts.append((seeds() / "rules" / f"{matching.VARIANTS}.csv").read_bytes())
    return hashlib.sha256(b"\0".join(texts)).hexdigest()
