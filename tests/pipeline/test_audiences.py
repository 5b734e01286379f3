"""Audiences on the marts of a whole run: they find whom they should, in the published file and in the warehouse."""

from datetime import timedelta
from typing import Any

import duckdb
import pytest

from dagster_project import warehouse
from dagster_project.activation.audiences.compiling import predicate
from dagster_project.activation.audiences.library import read_library
from dagster_project.activation.audiences.measuring import nobody, sample
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.reading import condition_at
from dagster_project.activation.audiences.schema import Schema, prepare
from dagster_project.home import Home
from dagster_project.identity.hashing import identifier_hash
from dagster_project.publish.reader import connect_published
from dagster_project.run_context import end_of_day
from tests.conftest import LAST_DAY, SALT, Shop

END = end_of_day(LAST_DAY)


def condition(data: Any) -> Condition:
    return condition_at(data, "audience.yml", {(): 1})


def fulfilling(con: duckdb.DuckDBPyConnection, data: Any) -> set[str]:
    return set(sample(con, condition(data), Schema.of(con, END), 1_000_000))


@pytest.mark.parametrize(
    ("data", "sql"),
    [
        (
            {"rf_cell": {"recency_band": ["00", "01"], "frequency_band": "1"}},
            "select customer_id from marts.rf_customers where recency_band in ('00', '01') and frequency_band = '1'",
        ),
        (
            {"tag": {"name": "product_views", "value": {"at_least": 10}}},
            "select customer_id from marts.tags where tag = 'product_views' and cast(value as bigint) >= 10",
        ),
        (
            {"brand_potential": "B01"},
            "select customer_id from marts.brand_ranks semi join marts.customers using (customer_id)"
            " where brand_id = 'B01' and is_potential",
        ),
        (
            {"badge": "vision_reader"},
            "select customer_id from marts.badges semi join marts.customers using (customer_id)"
            " where badge_id = 'vision_reader'",
        ),
        (
            {"orders": {"at_least": 2}},
            "select customer_id from marts.orders where is_counted and customer_id is not null group by 1"
            " having count(*) > 1",
        ),
        (
            {"acts": {"action": "product_view", "from": LAST_DAY - timedelta(days=29), "days": {"at_least": 3}}},
            "select customer_id from marts.touchpoints semi join marts.customers using (customer_id)"
            " where action = 'product_view' and occurred_on > (select max(day) from marts.kpi_daily) - 30"
            " group by 1 having count(distinct occurred_on) > 2",
        ),
        ({"has_recommendation": "repeat"}, "select customer_id from marts.recommendations where kind = 'repeat'"),
    ],
)
def test_an_analysis_becomes_a_list(shop: Shop, data: Any, sql: str) -> None:
    with connect_published(Home(shop.home)) as con:
        expected = {customer_id for (customer_id,) in con.execute(sql).fetchall()}
        assert expected
        assert fulfilling(con, data) == expected


def test_what_ships_reads_the_published_marts_and_the_warehouse_alike(shop: Shop) -> None:
    library = read_library()
    ready = {one.id: one.condition for one in library.named()} | library.examples
    # What other systems say is not published unless a setting names it.
    conditions = {name: condition for name, condition in ready.items() if not condition.externals}
    assert len(ready) > len(conditions) > 70
    with connect_published(Home(shop.home)) as con:
        published = nobody(con, conditions, Schema.of(con, END))
    con = warehouse.connect(Home(shop.home))
    try:
        assert nobody(con, conditions, Schema.of(con, END)) == published
    finally:
        con.close()
    assert len(published) < len(conditions) / 2, published


def test_attributes_of_other_systems_are_read_in_the_warehouse(shop: Shop) -> None:
    """`skin_type` is not among the published attributes; scenarios read it all the same."""
    dry = condition({"external": {"name": "skin_type", "is": "dry"}})
    con = warehouse.connect(Home(shop.home))
    try:
        members = con.execute(
            "select identifier from staging.stg_external_attributes where name = 'skin_type' and value = 'dry'"
        ).fetchall()
        hashes = [identifier_hash(SALT, "member_id", member_id) for (member_id,) in members]
        of_members = "select distinct customer_id from identity.identity_map where list_contains(?, identifier_hash)"
        expected = {customer_id for (customer_id,) in con.execute(of_members, [hashes]).fetchall()}
        prepare(con, [dry])
        sql = predicate(dry, "people", Schema.of(con, END)).sql(dialect="duckdb")
        found = con.execute(f"select customer_id from insights.customers as people where {sql}").fetchall()
    finally:
        con.close()
    assert expected
    assert {customer_id for (customer_id,) in found} == expected
    assert shop.query("select count(*) from marts.external_attributes") == [(0,)]
