"""The large marts of the database that is published next: those of the last one, with what has changed since.

They are most of its bytes, and a day changes few of their rows. What has changed is seen in one of two ways.

By batch: every build of an incremental table gives the rows that it writes a batch of their own, and a row that changes
leaves its batch, so a published row whose batch is known is as it was. Which batches a publication holds, and up to
when, stands in the comment of its table, in the same file.

By part: rows come and go in parts, such as runs and syncs, which hardly ever change; parts are held against parts by
sums.
"""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

from dagster_project.home import Home
from dagster_project.publish.catalog import AS_OF_END, EVENT_TIME, MARTS, rows_of
from dagster_project.sql import literal

# Rows go with a customer: of few, and then all that he has, whatever the month or the attribute.
CUSTOMERS = "hash(customer_id) % 1000"
# Mart -> the incremental table that it shows, the key of its rows, and by what it falls into parts, such as days: rows
# that are gone are looked for in the parts that have lost some.
BY_BATCH = {
    "touchpoints": ("core.int_core__touchpoints", ("touchpoint_id",), "cast(occurred_at as date)"),
    "orders": ("core.int_core__customer_orders", ("order_id",), "cast(ordered_at as date)"),
    "order_items": ("core.int_core__customer_order_items", ("order_id", "line_no"), "cast(ordered_at as date)"),
    "score_ledger": ("marts.int_marts__score_ledger", ("touchpoint_id", "rule_id"), "cast(occurred_at as date)"),
    "customer_attribute_sources": ("core.int_core__attribute_sources", ("customer_id", "attribute"), CUSTOMERS),
    "customer_identifiers": (
        "(select * from identity.identity_map where customer_id is not null)",
        ("identifier_hash",),
        "cast(first_seen_at as date)",
    ),
    "identity_nodes": ("identity.identity_map", ("identifier_key",), "first_landing_seen_ms // 86400000"),
    "identity_edges": (
        "identity.int_identity__links",
        ("left_key", "right_key", "rule", "source"),
        "coalesce(cast(first_seen_at as date), date '1970-01-01')",
    ),
    "brand_ranks": ("marts.int_marts__brand_ranks", ("customer_id", "brand_id"), "brand_id"),
    "brand_group_ranks": (
        "(select * from marts.int_marts__brand_group_ranks where months_before = 0)",
        ("customer_id", "group_id"),
        "group_id",
    ),
    "brand_rank_history": ("marts.int_marts__brand_rank_months", ("as_of", "customer_id", "brand_id"), CUSTOMERS),
    "rf_customers": ("marts.int_marts__rf_customers", ("customer_id",), "frequency_band"),
    "brand_journeys": ("marts.int_marts__brand_journeys", ("customer_id", "brand_id"), "brand_id"),
}
BY_PART = {  # mart -> what names its parts
    "scenario_targets": ("as_of", "scenario_id"),
    "suppressions": ("as_of", "scenario_id"),
    "sync_rows": ("feed_id", "sync_id"),
}
# Rows that an earlier publication did not show, whatever their batch, since their day had not come: `until` was the
# end of its day.
BECOMES_VISIBLE = {
    **{mart: f"{column} >= {{until}}" for mart, column in EVENT_TIME.items()},
    "brand_rank_history": "as_of >= cast({until} as date)",  # a day ends at 15:00 UTC
    **dict.fromkeys(
        ("customer_attribute_sources", "customer_identifiers", "identity_nodes"),
        "customer_id in (select customer_id from identity.persons where first_seen_at >= {until})",
    ),
}
# Deleting and adding so large a share of the rows costs more than writing all of them anew.
LARGEST_SHARE = 0.3
# A file that was copied and changed keeps the blocks it no longer needs; with so many of them it is written anew.
LARGEST_FREE_SHARE = 0.5


def copy_published(home: Home, to: Path) -> bool:
    """Copy the database published last to `to`; False where there is none."""
    if not home.published.exists():
        return False
    shutil.copyfile(home.published, to)
    return True


def take_spare(home: Home, to: Path) -> bool:
    """Move the database published before the last to `to`, where it was kept; False where it was not, or is still
    somebody's under another name: the published one itself after a crash, or that of a backup by hard links."""
    spare = _spare(home)
    if not spare.exists() or spare.stat().st_nlink > 1:
        return False
    spare.replace(to)
    return True


def keep_spare(home: Home) -> None:
    """Keep the published database for `take_spare`, before another takes its name: to bring it up to date by two days
    costs a large shop less than a copy of what is published."""
    forget_spare(home)
    if home.published.exists():
        with suppress(OSError):  # a file system without hard links: the next run copies
            os.link(home.published, _spare(home))


def forget_spare(home: Home) -> None:
    """Delete what `keep_spare` kept."""
    _spare(home).unlink(missing_ok=True)


def _spare(home: Home) -> Path:
    return home.scratch / "marts.before.duckdb"


def keep_marts(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the attached copy is worth building on: of this pipeline, and not mostly empty. Drops what is no mart."""
    found = con.execute(
        "select free_blocks <= total_blocks * ? from pragma_database_size() where database_name = 'publication'",
        [LARGEST_FREE_SHARE],
    ).fetchall()
    if found != [(True,)] or _kept(con, "touchpoints") is None:
        return False
    for (table,) in con.execute(
        "select table_name from duckdb_tables() where database_name = 'publication'"
    ).fetchall():
        if table not in MARTS:
            con.execute(f'drop table publication.marts."{table}"')
    return True


def bring_up_to_date(con: duckdb.DuckDBPyConnection, mart: str) -> bool:
    """Change a mart of the attached copy to that of this run; False where it must be written anew.

    Whatever was published, the result is what the warehouse holds, or False.
    """
    if mart in BY_BATCH:
        return _same_columns(con, mart) and _by_batch(con, mart)
    return mart in BY_PART and _same_columns(con, mart) and _by_part(con, mart)


def note(con: duckdb.DuckDBPyConnection) -> None:
    """Write into the publication which rows it holds of the marts that were written anew; what was brought up to date
    says it already."""
    for mart in BY_BATCH:
        if _kept(con, mart) is None:
            _note(con, mart, _batches(con, mart))


def _note(con: duckdb.DuckDBPyConnection, mart: str, batches: list[str]) -> None:
    [(until,)] = con.execute(f"select cast({AS_OF_END} as varchar)").fetchall()
    text = json.dumps({"batches": batches, "until": until})
    con.execute(f"comment on table {_published(mart)} is {literal(text)}")


def _by_batch(con: duckdb.DuckDBPyConnection, mart: str) -> bool:
    """Put in every row of another batch or of later days; where the count then differs, rows are gone."""
    rows, key, _ = BY_BATCH[mart]
    kept, now = _kept(con, mart), _batches(con, mart)
    if kept is None:
        return False
    [(is_later,)] = con.execute(f"select cast(? as timestamp) > {AS_OF_END}", [kept["until"]]).fetchall()
    # A batch that is nowhere any more may be one that this warehouse, restored from a backup, never knew.
    if is_later or not set(kept["batches"]) <= set(now):
        return False
    current, listed = f"({rows_of(mart, rows)})", _listed(con, mart)
    # Batches and times are written out, so that blocks of a table that hold none of them are not read.
    changed = f"select {listed} from {current} where {_is_of(set(now) - set(kept['batches']))}"
    if mart in BECOMES_VISIBLE:
        came = BECOMES_VISIBLE[mart].format(until=f"timestamp {literal(kept['until'])}")
        changed += f" union all select {listed} from {current} where {came} and {_is_of(kept['batches'])}"
    con.execute(f"create or replace temp table changed as {changed}")
    try:
        if not _is_small_share(con, "changed", mart):
            return False
        same = " and ".join(f"held.{column} = other.{column}" for column in key)
        con.execute(
            f"delete from {_published(mart)} as held where exists (select 1 from changed as other where {same})"
        )
        con.execute(f"insert into {_published(mart)} select * from changed")
    finally:
        con.execute("drop table changed")
    count = _count(con, current)
    if _count(con, _published(mart)) != count:
        _delete_gone(con, mart, current)
    _note(con, mart, now)
    return _count(con, _published(mart)) == count


def _delete_gone(con: duckdb.DuckDBPyConnection, mart: str, current: str) -> None:
    """Delete published rows that are not among `current`, all of which are published: they are looked for in the parts
    (days ...) that hold more published rows than current ones."""
    _, key, part = BY_BATCH[mart]
    columns = ", ".join(key)
    counts = f"select {part} as part, count(*) as row_count from {{}} group by all"
    con.execute(
        "create or replace temp table parts as select part"
        f" from ({counts.format(_published(mart))}) as held"
        f" left join ({counts.format(current)}) as other using (part)"
        " where held.row_count is distinct from other.row_count"
    )
    found = f"from (select *, {part} as part from {{}}) semi join parts using (part)"
    con.execute(
        f"delete from {_published(mart)} where rowid in (select row_id"
        f" from (select row_id, {columns} {found.format(f'(select *, rowid as row_id from {_published(mart)})')})"
        f" anti join (select {columns} {found.format(current)}) using ({columns}))"
    )
    con.execute("drop table parts")


def _by_part(con: duckdb.DuckDBPyConnection, mart: str) -> bool:
    """Write anew the parts of which the rows, or the sum of their hashes, are not those of this run."""
    listed, part = _listed(con, mart), ", ".join(BY_PART[mart])
    sums = f"select {part}, count(*), sum(cast(hash({listed}) as hugeint)) from {{}} group by {part}"
    now, was = sums.format(f"({rows_of(mart)})"), sums.format(_published(mart))
    con.execute(
        f"create or replace temp table parts as select distinct {part}"
        f" from (({now} except {was}) union all ({was} except {now}))"
    )
    con.execute(
        f"create or replace temp table new as select {listed} from ({rows_of(mart)}) semi join parts using ({part})"
    )
    try:
        if not _is_small_share(con, "new", mart):
            return False
        con.execute(f"delete from {_published(mart)} where ({part}) in (select ({part}) from parts)")
        con.execute(f"insert into {_published(mart)} select * from new")
        return True
    finally:
        con.execute("drop table parts; drop table new")


def _kept(con: duckdb.DuckDBPyConnection, mart: str) -> dict | None:
    """What `note` wrote into the attached copy; None where it is not there."""
    found = con.execute(
        "select comment from duckdb_tables() where database_name = 'publication' and schema_name = 'marts'"
        " and table_name = ? and comment is not null",
        [mart],
    ).fetchall()
    return json.loads(found[0][0]) if found else None


def _published(mart: str) -> str:
    return f"publication.marts.{mart}"


def _batches(con: duckdb.DuckDBPyConnection, mart: str) -> list[str]:
    rows = BY_BATCH[mart][0]
    return [batch for (batch,) in con.execute(f"select distinct _batch from {rows} order by _batch").fetchall()]


def _is_of(batches: Iterable[str]) -> str:
    return f"_batch in ({', '.join(literal(batch) for batch in sorted(batches))})" if batches else "false"


def _same_columns(con: duckdb.DuckDBPyConnection, mart: str) -> bool:
    """Whether the mart was published, with the columns that it has now."""
    found = con.execute(
        "select column_name, data_type from duckdb_columns() where database_name = 'publication'"
        " and schema_name = 'marts' and table_name = ? order by column_index",
        [mart],
    ).fetchall()
    return found == _columns(con, MARTS[mart][0])


def _columns(con: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    return [(name, kind) for name, kind, *_ in con.execute(f"describe {relation}").fetchall()]


def _listed(con: duckdb.DuckDBPyConnection, mart: str) -> str:
    return ", ".join(name for name, _ in _columns(con, MARTS[mart][0]))


def _is_small_share(con: duckdb.DuckDBPyConnection, rows: str, mart: str) -> bool:
    return _count(con, rows) <= LARGEST_SHARE * _count(con, _published(mart))


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    return con.execute(f"select count(*) from {rows}").fetchall()[0][0]
