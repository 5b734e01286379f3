"""What set a step off is found where it stands: in a source, or in a mart."""

from datetime import date
from typing import Any

import duckdb
import pytest

from dagster_project.customer.why import _mart_rows, _trigger_keys


@pytest.mark.parametrize(
    ("trigger", "origin"),
    [
        ("web_events:e1", ("web_events", "e1")),
        ("ec:1001", ("ec_orders", "1001")),
        ("replenishment:store:r1:p1", ("pos_receipts", "r1")),
        ("birthday:2026-04-01", ("members", "m1")),
        ("launch:p1", ("products", "p1")),
        ("campaign:c1", ("campaigns", "c1")),
    ],
)
def test_the_row_of_a_source_that_set_a_step_off(trigger: str, origin: tuple[str, str]) -> None:
    assert _trigger_keys(trigger, ["m1"]) == [origin]


def test_who_came_into_a_segment_is_shown_in_it() -> None:
    target: dict[str, Any] = {"trigger": "entered:new_dormant:2026-04-15", "product_id": None}
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute("create table marts.touchpoints (touchpoint_id varchar)")
        con.execute("create table marts.orders (order_id varchar)")
        con.execute("create table marts.order_items (order_id varchar)")
        con.execute("create table marts.rf_customers as select 'anna' as customer_id, 'new_dormant' as segment")
        con.execute("insert into marts.rf_customers values ('berta', 'new_dormant')")
        rows = _mart_rows(con, target | {"as_of": date(2026, 4, 15)}, "anna")
    assert rows == [{"mart": "rf_customers", "row": {"customer_id": "anna", "segment": "new_dormant"}}]
