"""Windows, edges of Tokyo days, first and last acts, and moments of a scenario: each case worked out by hand."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from audience_shop import AudienceShop, utc

from dagster_project.activation.audiences.compiling import predicate
from dagster_project.activation.audiences.library import Library
from dagster_project.activation.audiences.measuring import count, explain, nobody, sample, unknown_ids
from dagster_project.activation.audiences.reading import condition_at
from dagster_project.activation.audiences.schema import Schema

END = utc("2026-04-01 00:00")  # of 31 March
Ask = Callable[..., bool]


@pytest.fixture
def shop() -> AudienceShop:
    shop = AudienceShop.empty()
    shop.customer("c", gender="female", orders=0, member_ids=[])
    return shop


def asks(shop: AudienceShop, condition: Any, cut_off_at: datetime = END, **moments: datetime) -> bool:
    """Whether customer c fulfils a condition."""
    read = condition_at(condition, "audience.yml", {(): 1}, library=Library())
    sql = predicate(read, "frame", Schema.of(shop.con, cut_off_at)).sql(dialect="duckdb")
    columns = "".join(f", timestamp '{moment}' as {name}" for name, moment in moments.items())
    [(found,)] = shop.con.execute(f"select {sql} from (select 'c' as customer_id{columns}) as frame").fetchall()
    return found


def viewed(**window: Any) -> dict[str, Any]:
    return {"acts": {"action": "product_view", **window}}


@pytest.mark.parametrize(
    ("at", "window", "is_in"),
    [
        ("2026-03-31 23:59:59", {}, True),
        ("2026-04-01 00:00", {}, False),  # at the cut-off it is not known yet
        ("2026-03-31 00:00", {"within": {"days": 1}}, True),
        ("2026-03-30 23:59:59", {"within": {"days": 1}}, False),
        ("2026-03-01 00:00", {"within": {"months": 1}}, True),
        ("2026-02-28 23:59:59", {"within": {"months": 1}}, False),
        ("2026-02-28 23:59:59", {"before": {"months": 1}}, True),
        ("2026-03-01 00:00", {"before": {"months": 1}}, False),
        ("2026-03-31 21:00", {"within": {"hours": 3}}, True),
        ("2026-03-31 20:59:59", {"within": {"hours": 3}}, False),
        ("2026-03-30 00:00", {"from": date(2026, 3, 30)}, True),
        ("2026-03-29 23:59:59", {"from": date(2026, 3, 30)}, False),
        ("2026-03-30 23:59:59", {"until": date(2026, 3, 30)}, True),
        ("2026-03-31 00:00", {"until": date(2026, 3, 30)}, False),
        ("2026-03-24 23:59:59", {"within": {"days": 30}, "before": {"days": 7}}, True),
        ("2026-03-25 00:00", {"within": {"days": 30}, "before": {"days": 7}}, False),
    ],
)
def test_a_window_ends_with_the_tokyo_day(shop: AudienceShop, at: str, window: dict[str, Any], is_in: bool) -> None:
    shop.act("c", at, "product_view")
    assert asks(shop, viewed(**window)) is is_in


@pytest.mark.parametrize(("at", "is_in"), [("2026-02-28 15:00", True), ("2026-02-28 14:59:59", False)])
def test_a_month_is_clamped_to_the_months_end_in_tokyo(shop: AudienceShop, at: str, is_in: bool) -> None:
    shop.act("c", at, "product_view")
    assert asks(shop, viewed(within={"months": 1}), cut_off_at=utc("2026-03-31 15:00")) is is_in


def test_an_hourly_run_knows_the_hours_before_it(shop: AudienceShop) -> None:
    shop.act("c", "2026-03-31 14:59:59", "product_view")
    shop.act("c", "2026-03-31 15:00", "visit")
    at_three = utc("2026-03-31 15:00")
    assert asks(shop, viewed(within={"hours": 1}), at_three)
    assert not asks(shop, {"acts": {"action": "visit"}}, at_three)


@pytest.mark.parametrize(
    ("next_on", "test", "passes"),
    [
        (date(2026, 3, 31), {"within": {"days": 1}}, True),
        (date(2026, 3, 30), {"within": {"days": 1}}, False),
        (date(2026, 3, 30), {"before": {"days": 1}}, True),
        (date(2026, 3, 31), {"before": {"days": 1}}, False),
        (date(2026, 3, 31), {"ahead": {"days": 7}}, False),
        (date(2026, 4, 1), {"ahead": {"days": 7}}, True),
        (date(2026, 4, 7), {"ahead": {"days": 7}}, True),
        (date(2026, 4, 8), {"ahead": {"days": 7}}, False),
        (date(2026, 4, 30), {"ahead": {"months": 1}}, True),  # 31 March and a month
        (date(2026, 5, 1), {"ahead": {"months": 1}}, False),
        (None, {"ahead": {"days": 7}}, False),
        (None, {"is_not": date(2026, 4, 1)}, True),
    ],
)
def test_days_are_counted_from_the_runs_own_day(
    shop: AudienceShop, next_on: date | None, test: dict[str, Any], passes: bool
) -> None:
    shop.con.execute("update marts.customers set next_purchase_on = ?", [next_on])
    assert asks(shop, {"next_purchase_on": test}) is passes
    assert asks(shop, {"not": {"next_purchase_on": test}}) is not passes


@pytest.mark.parametrize(
    ("test", "passes"),
    [
        (date(2026, 3, 31), True),
        ({"at_most": date(2026, 3, 31)}, True),
        ({"above": date(2026, 3, 30)}, True),
        ({"above": date(2026, 3, 31)}, False),
        ({"below": date(2026, 3, 31)}, False),
        ({"between": [date(2026, 3, 30), date(2026, 3, 31)]}, True),
        ({"is_not": date(2026, 3, 31)}, False),
        ([date(2026, 1, 1), date(2026, 3, 31)], True),
        ({"at_least": datetime(2026, 3, 31, 23, 30)}, True),  # Tokyo's clock
        ({"at_least": datetime(2026, 3, 31, 23, 31)}, False),
    ],
)
def test_a_time_is_compared_with_tokyo_days(shop: AudienceShop, test: Any, passes: bool) -> None:
    shop.con.execute("update marts.customers set first_order_at = ?", [utc("2026-03-31 23:30")])
    assert asks(shop, {"first_order_at": test}) is passes


@pytest.mark.parametrize(
    ("test", "passes"),
    [
        (date(2026, 3, 31), True),
        (date(2026, 3, 30), False),
        ({"above": date(2026, 3, 30)}, True),
        ({"at_most": date(2026, 3, 30)}, False),
        ({"until": date(2026, 3, 30)}, False),
        ({"below": date(2026, 3, 31)}, False),
        ({"from": date(2026, 3, 31)}, True),
    ],
)
def test_midnight_belongs_to_the_day_that_begins(shop: AudienceShop, test: Any, passes: bool) -> None:
    shop.con.execute("update marts.customers set first_order_at = ?", [utc("2026-03-31 00:00")])
    assert asks(shop, {"first_order_at": test}) is passes


def test_an_order_counts_once_however_many_of_its_lines_match(shop: AudienceShop) -> None:
    shop.purchase("c", "2026-03-01 10:00", "ec:1", ("P11", 2, 1000), ("P11", 1, 500), ("P12", 1, 800))
    for condition, passes in [
        ({"action": "purchase", "count": 1}, True),
        ({"action": "purchase", "product_id": "P11", "count": 1}, True),
        ({"action": "purchase", "product_id": "P12", "count": 1}, True),  # not the order's first line
        ({"product_id": ["P11", "P12"], "count": 1}, True),
        ({"action": "purchase", "product_id": "P11", "quantity": {"at_least": 3}}, True),
        ({"action": "purchase", "amount": 2300}, True),
        ({"action": "purchase", "days": {"above": 1}}, False),
        ({"action": ["purchase", "product_view"], "count": 2}, False),
    ]:
        assert asks(shop, {"acts": condition}) is passes, condition
        assert asks(shop, {"acts": {**condition, "since": "trigger"}}, triggered_at=utc("2026-02-01 00:00")) is passes


def test_what_was_never_done_is_counted_as_nothing(shop: AudienceShop) -> None:
    assert asks(shop, {"acts": {"action": "purchase", "count": 0}})
    assert asks(shop, {"acts": {"action": "purchase", "amount": {"at_most": 100}}})
    assert not asks(shop, {"last": {"action": "purchase", "before": {"days": 1}}})
    assert asks(shop, {"not": {"last": {"action": "purchase", "before": {"days": 1}}}})


def test_first_and_last_acts_are_of_all_time_and_of_any_of_their_lines(shop: AudienceShop) -> None:
    shop.purchase("c", "2025-12-01 10:00", "ec:1", ("P11", 1, 1000), ("P21", 1, 500))
    shop.purchase("c", "2026-03-20 10:00", "ec:2", ("P12", 1, 1000))
    for condition, passes in [
        ({"first": {"action": "purchase", "was": {"product_id": "P21"}}}, True),
        ({"first": {"action": "purchase", "was": {"product_id": "P12"}}}, False),
        ({"first": {"action": "purchase", "product_id": "P12", "within": {"days": 30}}}, True),
        ({"first": {"action": "purchase", "within": {"days": 30}}}, False),
        ({"last": {"action": "purchase", "within": {"days": 30}, "was": {"brand_id": "B1"}}}, True),
        ({"last": {"action": "purchase", "within": {"days": 30}, "was": {"brand_id": "B2"}}}, False),
        ({"last": {"action": "purchase", "before": {"days": 30}}}, False),
    ]:
        assert asks(shop, condition) is passes, condition


TRIGGERED = utc("2026-03-10 10:00")


@pytest.mark.parametrize(
    ("at", "window", "is_in"),
    [
        ("2026-03-10 10:00", {}, False),  # the trigger itself is not since the trigger
        ("2026-03-10 10:00:01", {}, True),
        ("2026-03-13 10:00", {"within": {"days": 3}}, True),
        ("2026-03-13 10:00:01", {"within": {"days": 3}}, False),
        ("2026-04-01 00:00", {}, False),  # not known yet
    ],
)
def test_acts_since_the_trigger(shop: AudienceShop, at: str, window: dict[str, Any], is_in: bool) -> None:
    shop.act("c", at, "product_view")
    shop.act("c", "2026-03-01 10:00", "product_view")
    condition = viewed(since="trigger", **window)
    assert asks(shop, condition, triggered_at=TRIGGERED) is is_in
    assert asks(shop, {"not": condition}, triggered_at=TRIGGERED) is not is_in


def test_each_row_has_its_own_moments(shop: AudienceShop) -> None:
    shop.act("c", "2026-03-12 10:00", "message_opened")
    opened = {"acts": {"action": "message_opened", "since": "previous_step"}}
    either = {"any": [opened, {"gender": "male"}, {"all": [{"gender": "female"}, {"orders": {"above": 3}}]}]}
    read = condition_at(either, "audience.yml", {(): 1}, library=Library())
    sql = predicate(read, "frame", Schema.of(shop.con, END)).sql(dialect="duckdb")
    found = shop.con.execute(
        f"select previous_at, {sql} from (select 'c' as customer_id, unnest([timestamp '2026-03-11', timestamp"
        " '2026-03-13']) as previous_at) as frame order by 1"
    ).fetchall()
    assert [fulfils for _, fulfils in found] == [True, False]


def test_acts_about_what_the_trigger_is_about(shop: AudienceShop) -> None:
    shop.act("c", "2026-03-12 10:00", "product_view", product_id="P11")
    shop.act("c", "2026-03-12 10:00", "product_view", product_id=None)
    again = condition_at(viewed(product_id="trigger"), "audience.yml", {(): 1}, library=Library())
    assert (again.moments, set(again.subjects)) == ({"trigger"}, {"product_id"})
    sql = predicate(again, "frame", Schema.of(shop.con, END)).sql(dialect="duckdb")
    found = shop.con.execute(
        f"select product_id, {sql} from (select 'c' as customer_id, unnest(['P11', 'P12', null]) as product_id) frame"
    ).fetchall()
    assert found == [("P11", True), ("P12", False), (None, False)]


def test_touchpoints_are_scanned_once_for_all_acts_of_a_condition(shop: AudienceShop) -> None:
    condition = condition_at(
        [viewed(count=2), {"not": viewed(within={"days": 3})}, {"last": {"action": "purchase", "before": {"days": 9}}},
         {"first": {"action": "purchase", "was": {"channel": "ec"}}}, {"acts": {"action": "visit", "days": 2}}],
        "audience.yml", {(): 1}, library=Library(),
    )  # fmt: skip
    sql = predicate(condition, "frame", Schema.of(shop.con, END)).sql(dialect="duckdb")
    assert sql.count('"touchpoints"') == 1


def test_values_are_literals_whatever_they_hold(shop: AudienceShop) -> None:
    shop.con.execute("update marts.customers set age_band = ?", ["o'; drop table marts.customers; --"])
    assert asks(shop, {"age_band": "o'; drop table marts.customers; --"})
    assert not asks(shop, {"age_band": {"starts_with": "' or true --"}})


def test_parts_are_counted_alone_and_one_after_the_other(shop: AudienceShop) -> None:
    for name, gender, orders in [("d", "female", 2), ("e", "male", 2), ("f", None, 2)]:
        shop.customer(name, gender=gender, orders=orders)
    condition = condition_at(
        [{"gender": "female"}, {"any": [{"orders": {"above": 1}}, {"orders": 9}]}], "a.yml", {(): 1}, library=Library()
    )
    schema = Schema.of(shop.con, END)
    steps, everybody = explain(shop.con, condition, schema)
    assert everybody == 4
    assert [(step.depth, step.part, step.customers, step.left) for step in steps] == [
        (0, "all of", 1, None),
        (1, "{gender: female}", 2, 2),
        (1, "any of", 3, 1),
        (2, "{orders: {above: 1}}", 3, None),
        (2, "{orders: 9}", 0, None),
    ]
    assert count(shop.con, condition, schema) == (1, 4)
    assert sample(shop.con, condition, schema, 5) == ["d"]


def test_who_matches_nobody_is_named_with_the_ids_that_nothing_carries(shop: AudienceShop) -> None:
    shop.act("c", "2026-03-01 10:00", "product_view", product_id="P11")
    conditions = {
        name: condition_at(viewed(product_id=product), "a.yml", {(): 1}, library=Library())
        for name, product in [("some", "P11"), ("none", ["P11X", "P99"])]
    }
    assert nobody(shop.con, conditions, Schema.of(shop.con, END)) == ["none"]
    assert unknown_ids(shop.con, conditions["some"]) == []
    assert unknown_ids(shop.con, conditions["none"]) == [
        "a.yml:1: no act has the product_id `P11X`",
        "a.yml:1: no act has the product_id `P99`",
    ]
