"""What scenarios and feeds see in an hourly run, under the names of every run: fresh tables as the run has built them,
and the marts of the last published day under today's customer ids.

It is a database of its own, made of views, in which activation writes its tables. So an hourly run leaves nothing in
the warehouse that the next daily run could take for its own, and a daily run that stopped half-way leaves nothing that
an hourly one could send by. It lives in memory: what is gone in a minute need not be compressed into a file, and where
memory is full DuckDB moves it beside the warehouse.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from dagster_project.home import Home
from dagster_project.publish.catalog import MARTS
from dagster_project.publish.descriptions import described
from dagster_project.settings import effective_settings
from dagster_project.sql import identifier, literal

# Schemas that are fresh whole: views over landing, rule tables, and what the run itself is about.
LIVE = ("landing", "rules", "run")
# Those of published marts, but for what activation itself makes.
FROM_PUBLISHED = ("core", "identity", "insights", "marts")
CHANNELS = ("email", "line", "sms", "push", "dm")  # of which a person may say whether we may write
# A published person's own columns that are read anew, from the tables of the same run; with all others stands what the
# last published day says, and for a person first seen since then zero, false or null.
FRESH_CUSTOMER = {
    "customer_id": "persons.customer_id",
    "first_seen_at": "persons.first_seen_at",
    "member_ids": "coalesce(ids.member_ids, [])",
    "card_nos": "coalesce(ids.card_nos, [])",
    "gender": "attributes.gender",
    "prefecture": "attributes.prefecture",
    "member_rank": "attributes.member_rank",
    **{f"consent_{channel}": f"coalesce(consents.consent_{channel}, false)" for channel in CHANNELS},
}
ALL_IDS = "identity.int_identity__aliases"  # ever published, and whose they are
ALL_ATTRIBUTES = "core.int_core__external_attributes"  # what other systems know, published or not
# Figures that are 0 for a customer of whom nothing is known; every other number is null then.
COUNTS = (
    "orders", "net_sales", "frequency", "gift_orders", "visits", "web_sessions_30d",
    "score_product", "score_lifestyle", "score_lifestance", "score_total",
)  # fmt: skip


@contextmanager
def hourly_view(con: duckdb.DuckDBPyConnection, home: Home, fresh: set[str]) -> Iterator[None]:
    """Within the context `con` sees the view in place of the warehouse.

    `fresh`: relations that this run has built. A relation that is neither fresh nor published is not there at all, so
    nothing can be sent by a table of nobody knows when; before the first published day its marts have no rows.
    """
    [(warehouse,)] = con.execute("select current_database()").fetchall()
    con.execute("create or replace table run.hourly_relations as select unnest(?) as relation", [sorted(fresh)])
    try:
        _attach_published(con, home)
        con.execute("attach ':memory:' as hourly")
        _create(con, warehouse, fresh)
        con.execute("use hourly")
        yield
    finally:
        con.execute(f"use {identifier(warehouse)}")
        for database in ("hourly", "published", "last_day"):
            con.execute(f"detach database if exists {database}")


def fresh_before(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The relations that were fresh when the last view was made in this home."""
    return {relation for (relation,) in con.execute("select relation from run.hourly_relations").fetchall()}


def _create(con: duckdb.DuckDBPyConnection, warehouse: str, fresh: set[str]) -> None:
    for schema in {*FROM_PUBLISHED, "pii", "activation", *(schema for schema, _ in _relations(con, warehouse))}:
        con.execute(f"create schema if not exists hourly.{identifier(schema)}")
    for schema, name in _relations(con, warehouse):
        if f"{schema}.{name}" in fresh or schema in LIVE:
            relation = f"{identifier(schema)}.{identifier(name)}"
            con.execute(f"create view hourly.{relation} as select * from {identifier(warehouse)}.{relation}")
    # A view, as the model of that name would have it whole: few ids are others' by now, and those are asked for.
    con.execute(f"create view hourly.identity.customer_aliases as select * from hourly.{ALL_IDS}")
    _note_moves(con)
    _create_customers(con)
    made = fresh | {"identity.customer_aliases", "insights.customers"}
    if ALL_ATTRIBUTES in fresh:
        _create_external_attributes(con)
        made.add("core.external_attributes")
    for mart, (relation, order) in MARTS.items():
        if relation not in made and relation.split(".")[0] in FROM_PUBLISHED:
            con.execute(f"create view hourly.{relation} as {_of_today(con, mart, order)}")


def _note_moves(con: duckdb.DuckDBPyConnection) -> None:
    """hourly.main.moved (published_id, customer_id): published customers and visitors who are others by now, or nobody;
    hourly.main.touched: both ids of each."""
    con.execute(
        "create table hourly.main.moved as select alias_id as published_id, customer_id"
        " from hourly.identity.customer_aliases where customer_id is distinct from alias_id and alias_id in ("
        "select customer_id from published.marts.customers union all select customer_id from published.marts.visitors)"
    )
    con.execute(
        "create table hourly.main.touched as select published_id as customer_id from hourly.main.moved"
        " union select customer_id from hourly.main.moved where customer_id is not null"
    )


def _of_today(con: duckdb.DuckDBPyConnection, mart: str, order: str) -> str:
    """The rows of a published mart under today's ids.

    Where two persons are one now and the mart has a row for each of them (and brand, badge ...), that of the id which
    stayed is taken. Rows of who is nobody now are left out.
    """
    columns = _columns(con, f"published.marts.{mart}")
    if "customer_id" not in columns or not con.execute("select 1 from hourly.main.moved limit 1").fetchall():
        return f"select * from published.marts.{mart}"
    key = [word.split()[0] for word in order.split(",")] if "customer_id" in order else []
    position = f"row_number() over (partition by {', '.join(key)} order by was_moved, published_id)" if key else "1"
    return (
        f"select * from published.marts.{mart}"
        " where customer_id is null or customer_id not in (select customer_id from main.touched)"
        f" union all by name select {', '.join(identifier(column) for column in columns)}"
        f" from (select *, {position} as hourly_position from ("
        "select rows.* replace (case when moved.published_id is null then rows.customer_id else moved.customer_id end"
        " as customer_id), moved.published_id is not null as was_moved, rows.customer_id as published_id"
        f" from published.marts.{mart} as rows left join main.moved as moved on rows.customer_id = moved.published_id"
        " where rows.customer_id in (select customer_id from main.touched)"
        ") where customer_id is not null) where hourly_position = 1"
    )


def _create_customers(con: duckdb.DuckDBPyConnection) -> None:
    """insights.customers: one row per customer of today, those of this hour too.

    A view: few of the customers are asked about in an hour. What all of them say anew is put together once, in the
    table main.fresh_customers, and the rows that two ids may claim in main.known_as_others.
    """
    columns = _columns(con, "published.marts.customers")
    fresh = ", ".join(
        f"cast({value} as {columns[column]}) as {column}"
        for column, value in FRESH_CUSTOMER.items()
        if column in columns
    )
    con.execute(
        f"create table hourly.main.fresh_customers as select {fresh} from hourly.identity.persons as persons"
        # by anchor where a table has it: a number is joined in a third of the time
        "  left join hourly.insights.int_insights__person_ids as ids on persons.anchor_key = ids.anchor_key"
        "  left join hourly.pii.person_attributes as attributes on persons.customer_id = attributes.customer_id"
        "  left join hourly.insights.int_insights__person_consents as consents"
        "   on persons.anchor_key = consents.anchor_key"
        "  where not persons.is_visitor"
        "  and persons.first_seen_at < (select as_of_end_at from hourly.run.context)"
    )
    con.execute(
        "create table hourly.main.known_as_others as"
        " with rows_of_moved as ("
        "  select rows.*, moved.published_id is not null as was_moved,"
        "   case when moved.published_id is null then rows.customer_id else moved.customer_id end as today_id"
        "  from published.marts.customers as rows"
        "  left join hourly.main.moved as moved on rows.customer_id = moved.published_id"
        "  where rows.customer_id in (select customer_id from hourly.main.touched)),"
        " ranked as (select *, row_number() over (partition by today_id order by was_moved, customer_id) as position"
        "  from rows_of_moved)"
        " select * exclude (was_moved, position) from ranked where position = 1"
    )
    known = []
    for column, kind in columns.items():
        default = "0" if column in COUNTS else "false" if kind == "BOOLEAN" else "null"
        value = f"fresh.{column}" if column in FRESH_CUSTOMER else f"coalesce(known.{identifier(column)}, {default})"
        known.append(f"cast({value} as {kind}) as {identifier(column)}")
    con.execute(
        f"create view hourly.insights.customers as select {', '.join(known)} from main.fresh_customers as fresh"
        # Hardly anybody has moved: all others' rows are taken as they stand.
        " left join (select * from main.known_as_others union all by name"
        "  select *, customer_id as today_id from published.marts.customers"
        "  where customer_id not in (select customer_id from main.touched)"
        " ) as known on fresh.customer_id = known.today_id"
    )


def _create_external_attributes(con: duckdb.DuckDBPyConnection) -> None:
    """core.external_attributes, as the model of that name has it: a view, since hardly any hour asks."""
    names = effective_settings().get("published_attributes", "").split()
    published = f"name in ({', '.join(map(literal, names))})" if names else "false"
    con.execute(
        "create view hourly.core.external_attributes as select customer_id, name, value, updated_at"
        f" from {ALL_ATTRIBUTES} where {published}"
    )


def _attach_published(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """The last published day as `published`; a mart that it does not know is there without rows."""
    if home.published.exists():
        con.execute(f"attach {literal(home.published)} as last_day (read_only)")
    else:
        con.execute("attach ':memory:' as last_day")
    con.execute("attach ':memory:' as published")
    con.execute("create schema published.marts")
    known = {name for schema, name in _relations(con, "last_day") if schema == "marts"}
    for mart, (relation, _) in MARTS.items():
        if mart in known:
            con.execute(f"create view published.marts.{mart} as select * from last_day.marts.{mart}")
        elif not relation.startswith("activation."):
            columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in described()[relation].columns)
            con.execute(f"create table published.marts.{mart} ({columns})")


def _relations(con: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str]]:
    """(schema, name) of the tables and views of an attached database."""
    return con.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = ? order by all", [catalog]
    ).fetchall()


def _columns(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"describe {relation}").fetchall()}
