"""From events to ids as the pipeline goes it: the steps of the bench of identity, without dbt."""

from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.identity.assign import changes, clusters
from tests.bench.identity_graph import KEY

PAIRS = pa.schema([("left_key", pa.int64()), ("right_key", pa.int64())])
OVERRIDES = PAIRS.append(pa.field("action", pa.string()))
LIKELY = PAIRS.append(pa.field("match_weight", pa.float64()))


def scan(con: duckdb.DuckDBPyConnection) -> None:
    """Read once what identity reads of the events."""
    columns = "_landing_no", "_file_id", "_line_no", "visitor_id", "member_id", "email", "occurred_at"
    con.sql(
        f"select {', '.join(f'max({column})' for column in columns)} from base_web_events where row_outcome = 'staged'"
    ).fetchall()


def tuples_of_events(con: duckdb.DuckDBPyConnection) -> None:
    """Events to distinct tuples per file, each value hashed: what `int_identity__tuples` does of each day's files."""
    con.execute(
        "create or replace table tuples as select *, "
        + ", ".join(f"{KEY.format(kind)} as {kind}_key" for kind in ("visitor_id", "member_id", "email"))
        + " from (select _file_id, visitor_id, member_id, email, min(_landing_no) as landing_no,"
        " min(occurred_at) as first_seen_at, max(occurred_at) as last_seen_at, count(*) as observations,"
        " min(_line_no) as first_line_no from base_web_events where row_outcome = 'staged'"
        " and coalesce(visitor_id, member_id, email) is not null group by _file_id, visitor_id, member_id, email)"
    )


def edges_of_tuples(con: duckdb.DuckDBPyConnection) -> None:
    """Tuples to pairs, pairs to edges with their first line, and the edges of other sources to these: what
    `int_identity__pairs` and `__edges` do, of all files every day.
    """
    kinds = [("member_id", "email"), ("member_id", "visitor_id"), ("email", "visitor_id")]
    pairs = " union all ".join(
        f"select {a}_key as left_key, {b}_key as right_key, * from tuples"
        f" where {a}_key is not null and {b}_key is not null"
        for a, b in kinds
    )
    con.execute(
        "create or replace table edges as from other_edges union all select left_key, right_key, 'order' as rule,"
        " 'web_events' as source, cast(sum(observations) as bigint), min(landing_no), min(cast(landing_no *"
        " 10000000000000 + epoch_ms(first_seen_at) as hugeint) * 10000000000000000 + first_line_no)"
        f" from ({pairs}) group by left_key, right_key"
    )


def some_conflicts(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every fourth pair of members that share a value or a cookie, as if their records contradicted each other: two
    members are two persons anyway, so ids stay, but their components are resolved again.
    """
    known = con.from_arrow(clusters(*_tables(con, "int_identity__edges"), OVERRIDES.empty_table()))
    members = con.table("identifiers").filter("identifier_kind = 'member_id'").project("identifier_key")
    pairs: Any = known.join(members, "identifier_key", "semi").query(
        "members",
        "select min(identifier_key) as left_key, max(identifier_key) as right_key from members"
        " group by component having count(*) = 2 and min(identifier_key) % 4 = 0 order by left_key",
    )
    return pairs.to_arrow_table()


def assignments(clusters: Any, changed: Any) -> Any:
    """`int_identity__assignments` of the rows of two models, as relations."""
    columns = "identifier_key, anchor_key, blocked_reason"
    return clusters.join(changed, "identifier_key", "anti").project(columns).union(changed.project(columns))


def ids_of_edges(con: duckdb.DuckDBPyConnection, conflicts: pa.Table, edges: str = "int_identity__edges") -> pa.Table:
    """identifier_key and anchor_key of each identifier: what the models from `int_identity__clusters` to
    `__assignments` do. Which records conflict is given.
    """
    tables, none = _tables(con, edges), OVERRIDES.empty_table()
    known = con.from_arrow(clusters(*tables, none))
    changed = changes(*tables, none, known, conflicts, LIKELY.empty_table(), con.from_arrow)
    return assignments(known, con.from_arrow(changed)).to_arrow_table()


def ids_of_events(con: duckdb.DuckDBPyConnection, conflicts: pa.Table) -> pa.Table:
    """The whole way of a first run."""
    tuples_of_events(con)
    return ids_of_tuples(con, conflicts)


def ids_of_tuples(con: duckdb.DuckDBPyConnection, conflicts: pa.Table) -> pa.Table:
    """The way of every later run, but for the tuples of the day's own files."""
    edges_of_tuples(con)
    return ids_of_edges(con, conflicts, "edges")


def _tables(con: duckdb.DuckDBPyConnection, edges: str) -> tuple[pa.Table, Any, Any]:
    """Kinds, identifiers and edges as the functions of `assign` take them."""
    return con.table("identity_kinds").to_arrow_table(), con.table("identifiers"), con.table(edges)
