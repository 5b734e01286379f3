"""Whom a run merged and split, and which lists and feeds that touches, from the published marts of its day."""

from datetime import date
from typing import Any

import duckdb

from dagster_project.activation.feeds import Feed
from dagster_project.sql import dicts, literal

FIRST = 5
# Ids of customers; a visitor who logs in, or whose cookie goes, is on no list and in no feed of customers.
_TOUCHED = """
    select from_id as customer_id from marts.identity_changes where as_of = $1 and from_id is not null
        and not from_is_visitor
    union
    select to_id from marts.identity_changes where as_of = $1 and to_id is not null and not to_is_visitor
        and not from_is_visitor
"""
_COUNTS = """
    select change, because, count(distinct coalesce(case when change in ('split', 'returned') then to_id end, from_id))
        as persons, cast(sum(identifiers) as bigint) as identifiers
    from marts.identity_changes where as_of = ? group by change, because
    order by array_position(['merged', 'split', 'moved', 'gone', 'returned', 'identified'], change), because
"""
_FIRST = """
    select change, from_id, to_id, identifiers, because from marts.identity_changes
    where as_of = ? and change <> 'identified' and not from_is_visitor
    order by array_position(['merged', 'split', 'moved', 'gone', 'returned'], change), from_id, to_id limit ?
"""
_LISTS = """
    select 'list' as what, scenario_id as name, count(*) as rows from marts.scenario_targets
    where as_of = $1 and not holdout and customer_id in (select customer_id from touched)
    group by scenario_id order by scenario_id
"""


def identity_changes(con: duckdb.DuckDBPyConnection, as_of: date, feeds: list[Feed]) -> dict[str, list[dict[str, Any]]]:
    """What became of customer ids in the run of `as_of`, on a connection to its marts.

    counts: per change and cause, persons (merged or gone away, or come out) and identifiers; first: a few changes
    of customers; affected: rows of this run's lists, and rows of feeds, about customers so changed (the feeds' own
    report says how many of them were sent).
    """
    con.execute("create or replace temp table touched as " + _TOUCHED, [as_of])
    affected = dicts(con.execute(_LISTS, [as_of]))
    [(any_touched,)] = con.execute("select count(*) > 0 from touched").fetchall()
    for feed in feeds if any_touched else []:
        if "customer_id" in {name for name, *_ in con.execute(f"describe {feed.source.select}").fetchall()}:
            affected += dicts(
                con.execute(
                    f"select 'feed' as what, {literal(feed.feed_id)} as name, count(*) as rows"
                    f" from ({feed.source.select})"
                    " where customer_id in (select customer_id from touched) having count(*) > 0"
                )
            )
    return {
        "counts": dicts(con.execute(_COUNTS, [as_of])),
        "first": dicts(con.execute(_FIRST, [as_of, FIRST])),
        "affected": affected,
    }
