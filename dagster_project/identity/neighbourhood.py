"""The part of the published identity graph around some identifiers: what explanations look at."""

from dataclasses import dataclass
from typing import Any

import duckdb

from dagster_project.sql import dicts

# Around one person lie a few dozen identifiers; a value that a whole shop shares ties up more than is of use.
MAX_IDENTIFIERS = 100_000

_STEP = """
    insert into reached
    with frontier as (
        select reached.key from reached
        where reached.level = $level and ($everything or reached.key not in (
            select identifier_key from marts.identity_nodes where is_blocklisted))
    ),
    found as (
        select edges.right_key as key from marts.identity_edges as edges
        inner join frontier on frontier.key = edges.left_key
        union
        select edges.left_key as key from marts.identity_edges as edges
        inner join frontier on frontier.key = edges.right_key
    )
    select key, $level + 1 from found where key not in (select key from reached)
"""
_NODES = """
    select identifier_key as key, identifier_kind as kind, identifier_hash as hash, customer_id, blocked_reason,
        is_blocklisted
    from marts.identity_nodes where identifier_key in (select key from reached) order by identifier_key
"""
_EDGES = """
    select left_key, right_key, rule, source, first_seen_at, observations, status, reason, {optional}
    from marts.identity_edges
    where left_key in (select key from reached) and right_key in (select key from reached)
    order by observations desc, first_seen_at nulls last, rule, source, left_hash, right_hash
"""
# Columns that a file published by an earlier version lacks.
_OPTIONAL = {"first_file_id": "varchar", "first_line_no": "bigint", "match_weight": "double"}


@dataclass(frozen=True)
class Neighbourhood:
    """`nodes`: key -> row of identity_nodes. `edges`: rows of identity_edges between them, most observed first."""

    nodes: dict[int, dict[str, Any]]
    edges: list[dict[str, Any]]


def reach(
    con: duckdb.DuckDBPyConnection,
    starts: list[int],
    until: list[int] | None = None,
    through_blocklisted: bool = False,
) -> bool:
    """Fill the temp table `reached` (key, level) with all that edges, used or blocked, tie to `starts`.

    Blocked values of the blocklist are reached but not passed through, unless `through_blocklisted`. Stops early where
    it grows large and one of `until` is reached already. False where it stopped at MAX_IDENTIFIERS, with part of them.
    """
    con.execute("create or replace temp table reached (key bigint, level integer)")
    con.execute("insert into reached select distinct unnest(?::bigint[]), 0", [starts])
    level, size = 0, len(starts)
    while True:
        con.execute(_STEP, {"level": level, "everything": through_blocklisted})
        [(grown, is_there)] = con.execute(
            "select count(*), coalesce(bool_or(list_contains(?::bigint[], key)), false) from reached", [until or []]
        ).fetchall()
        if grown == size or (grown > MAX_IDENTIFIERS // 10 and is_there):
            return True
        if grown > MAX_IDENTIFIERS:
            return False
        level, size = level + 1, grown


def gather(con: duckdb.DuckDBPyConnection) -> Neighbourhood:
    """What `reach` reached, as rows."""
    held = columns(con, "identity_edges")
    optional = ", ".join(name if name in held else f"null::{kind} as {name}" for name, kind in _OPTIONAL.items())
    nodes = dicts(con.execute(_NODES))
    return Neighbourhood({row["key"]: row for row in nodes}, dicts(con.execute(_EDGES.format(optional=optional))))


def columns(con: duckdb.DuckDBPyConnection, mart: str) -> set[str]:
    """The columns of a published mart, none where this file has no such mart."""
    found = con.execute(
        "select column_name from duckdb_columns() where schema_name = 'marts' and table_name = ?", [mart]
    ).fetchall()
    return {name for (name,) in found}
