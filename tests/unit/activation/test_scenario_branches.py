"""What a step says, through which channel and when: branches, exits, schedules, clocks, and how often one may enter."""

from typing import Any

import pytest
from activation_shop import Shop
from scenario_steps import opened, scenario, sent, step, triggers

ORDER = {"kind": "order", "every": True}


def test_who_has_not_opened_the_first_message_gets_the_second_through_another_channel(shop: Shop) -> None:
    branch = [
        {"when": {"not_opened": "one"}, "channel": "line", "content_id": "again"},
        {"channel": "email", "content_id": "more"},
    ]
    shop.scenarios = [scenario(ORDER, step("one"), step("two", {"days": 2}, variants=branch))]
    for name in ("opens", "clicks", "silent"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05")
    opened(shop, "opens", "2026-01-06 12:00", "one")
    opened(shop, "clicks", "2026-01-06 12:00", "one", event="clicked")
    shop.run("2026-01-07")
    assert {row[0]: row[2] for row in shop.listed()} == {"opens": "email", "clicks": "email", "silent": "line"}


def test_content_follows_conditions_on_the_customer_and_on_purchases_since(shop: Shop) -> None:
    branch = [
        {"when": {"purchased": True}, "channel": "email", "content_id": "thanks"},
        {"when": {"gender": "male", "rf_segment": ["new_active"]}, "channel": "email", "content_id": "men"},
        {"channel": "email", "content_id": "all"},
    ]
    shop.scenarios = [scenario({"kind": "order", "nth": 1}, step(variants=branch, after={"days": 1}))]
    for name in ("anna", "ben", "cleo"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.con.execute("update insights.customers set gender = 'male' where customer_id = 'ben'")
    shop.order("cleo", "2026-01-05 12:00")
    shop.run("2026-01-05")
    said = dict(shop.con.execute("select customer_id, content_id from activation.scenario_targets").fetchall())
    assert said == {"anna": "all", "ben": "men", "cleo": "thanks"}


def test_an_exit_may_be_any_condition_since_the_trigger_and_a_skip_leaves_out_one_step(shop: Shop) -> None:
    read_it = {"name": "read_it", "when": {"acts": {"action": "content_view", "content_id": "k", "since": "trigger"}}}
    opened_it = {"name": "opened_it", "when": {"opened": "one"}}
    steps = (step("one"), step("two", {"days": 1}, skip=[opened_it]), step("three", {"days": 1}))
    shop.scenarios = [scenario(ORDER, *steps, exits=[read_it])]
    for name in ("goes_on", "reads", "opens"):
        shop.customer(name)
        shop.act(name, "2026-01-01 10:00", "content_view", content_id="k")  # before the trigger
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05")
    shop.act("reads", "2026-01-06 12:00", "content_view", content_id="k")
    opened(shop, "opens", "2026-01-06 12:00", "one")
    for day in ("2026-01-06", "2026-01-07", "2026-01-08"):
        shop.run(day)
    listed = [row[:2] for row in shop.listed("all_scenario_targets") if row[1] != "one"]
    assert listed == [("goes_on", "two"), ("goes_on", "three"), ("opens", "three")]
    assert shop.suppressed("all_suppressions") == [("opens", "two", "opened_it"), ("reads", "two", "read_it")]


def test_of_several_reasons_to_leave_out_a_later_step_the_first_is_told(shop: Shop) -> None:
    read_it = {"name": "read_it", "when": {"acts": {"action": "content_view", "since": "trigger"}}}
    never = [{"name": name, "when": {"gender": "male"}} for name in ("never", "nor_ever")]
    steps = (step("one", skip=never), step("two", {"days": 1}, skip=["purchase", read_it]))
    shop.scenarios = [scenario({"kind": "act", "action": "visit"}, *steps)]
    shop.customer("anna")
    shop.act("anna", "2026-01-05 10:00", "visit")
    shop.run("2026-01-05")
    shop.act("anna", "2026-01-06 10:00", "content_view")
    shop.order("anna", "2026-01-06 11:00")
    shop.run("2026-01-06")
    assert shop.suppressed("all_suppressions") == [("anna", "two", "purchased")]


def test_contents_and_products_follow_a_schedule_by_the_day_of_sending(shop: Shop) -> None:
    april = {"from": "2026-04-01", "until": "2026-04-30", "content_id": "april", "product_id": "P7"}
    may = {"from": "2026-05-01", "until": "2026-05-31", "product_id": "P8"}
    shop.scenarios = [scenario(ORDER, step(after={"days": 1}, schedule=[may, april], product="trigger"))]
    shop.customer("anna")
    shop.run("2026-03-29")
    for day in ("2026-03-30", "2026-03-31", "2026-04-29", "2026-05-30", "2026-05-31"):
        shop.order("anna", f"{day} 10:00")
        shop.run(day)
    rows = "select content_id, product_id from activation.all_scenario_targets order by send_at"
    said = [("c", "P1"), ("april", "P7"), ("april", "P7"), ("c", "P8"), ("c", "P1")]
    assert shop.con.execute(rows).fetchall() == said


def test_a_smart_step_takes_the_customers_best_channel_and_hour_where_they_can_be_used(shop: Shop) -> None:
    ways = [{"channel": channel, "content_id": "c"} for channel in ("email", "line")]
    smart = step(variants=ways, smart=["channel", "hour"])
    shop.scenarios = [scenario(ORDER, smart, send_window={"start": "09:00", "end": "20:00"})]
    best = {
        "anna": ("line", 18),
        "ben": ("line", 18),
        "cleo": (None, None),
        "dora": ("email", 23),
        "early": ("sms", 10),
    }
    for name, (channel, hour) in best.items():
        shop.customer(name, consent="email" if name == "ben" else "email line")
        shop.con.execute(
            "update insights.customers set best_channel = ?, best_hour = ? where customer_id = ?", [channel, hour, name]
        )
        shop.order(name, "2026-01-06 12:10")
    shop.con.execute("update core.orders set ordered_at = ordered_at - interval 1 day + interval 9 hours")
    shop.run("2026-01-05")
    assert {row[0]: row[2:] for row in shop.listed()} == {
        "anna": ("line", "2026-01-06 18:00"),
        "ben": ("email", "2026-01-06 18:00"),
        "cleo": ("email", "2026-01-06 09:00"),
        "dora": ("email", "2026-01-06 09:00"),  # nothing is sent at 23:00
        "early": ("email", "2026-01-06 10:00"),
    }


@pytest.mark.parametrize(
    ("zone", "due", "quiet", "expected"),
    [
        ("Asia/Tokyo", "2026-01-06 12:30", {"start": "12:00", "end": "13:00"}, "2026-01-06 13:00"),
        ("Asia/Tokyo", "2026-01-06 21:30", {"start": "22:00", "end": "10:00"}, "2026-01-07 10:00"),
        ("Asia/Tokyo", "2026-01-06 19:59", {"start": "18:00", "end": "21:00"}, "2026-01-07 09:00"),
        ("America/New_York", "2026-01-06 12:00", None, "2026-01-06 23:00"),  # 22:00 there: nine the next morning
        ("America/New_York", "2026-03-08 12:00", None, "2026-03-08 22:00"),  # there, clocks go forward that night
        ("Nowhere/At_All", "2026-01-06 12:00", None, "2026-01-06 12:00"),
    ],
)
def test_windows_and_quiet_hours_are_by_the_customers_clock(
    shop: Shop, zone: str, due: str, quiet: dict[str, str] | None, expected: str
) -> None:
    window: dict[str, Any] = {"send_window": {"start": "09:00", "end": "20:00"}, "quiet_hours": quiet}
    shop.scenarios = [scenario({"kind": "trial_arrived"}, step(after={"days": 1}), **window)]
    shop.customer("anna")
    shop.tell("anna", "time_zone", zone)
    arrived = shop.con.execute(
        "select strftime(cast(? as timestamp) - interval 1 day, '%Y-%m-%d %H:%M')", [due]
    ).fetchone()
    shop.order("anna", "2026-01-01 12:00", trial=True, delivered=arrived[0])
    shop.run(arrived[0][:10])
    assert sent(shop) == [("one", expected)]


@pytest.mark.parametrize(
    ("again", "expected"),
    [("always", [0, 1, 2, 3]), ("never", [0]), ({"after": {"days": 10}}, [0, 2])],
)
def test_a_scenario_is_entered_again_as_its_rule_says(shop: Shop, again: Any, expected: list[int]) -> None:
    shop.scenarios = [scenario(ORDER, step(channel="web"), re_entry=again)]
    shop.customer("anna")
    days = ("2026-01-05", "2026-01-05", "2026-01-15", "2026-01-16")
    orders = [shop.order("anna", f"{day} 1{number}:00") for number, day in enumerate(days)]
    for day in ("2026-01-05", "2026-01-15", "2026-01-16"):
        shop.run(day)
    assert triggers(shop) == [orders[number] for number in expected]
    assert shop.suppressed("all_suppressions") == []


def test_a_scenario_may_be_entered_so_often_for_each_of_what_its_triggers_are_about(shop: Shop) -> None:
    visit = {"kind": "act", "action": "visit", "every": True}
    shop.scenarios = [scenario(visit, step(channel="web"), re_entry={"after": {"days": 10}, "of_each": "store_id"})]
    shop.customer("anna")
    shop.customer("held", consent="")
    acts = {
        (day, store): shop.act("anna", f"2026-01-{day} 10:0{number}", "visit", **({"store_id": store} if store else {}))
        for number, (day, store) in enumerate(
            [("05", "S1"), ("05", "S2"), ("05", ""), ("09", "S1"), ("09", ""), ("09", "S3"), ("15", "S1"), ("16", "S2")]
        )
    }
    for day in ("05", "09", "15", "16"):
        shop.run(f"2026-01-{day}")
    early = {("09", "S1"), ("09", "")}
    assert triggers(shop) == [act for key, act in acts.items() if key not in early]
    assert shop.suppressed("all_suppressions") == []


def test_an_entry_counts_also_where_its_message_was_suppressed_or_is_about_something_else(shop: Shop) -> None:
    view = {"kind": "act", "action": "product_view", "every": True}
    again = {"once": True, "of_each": "product_id"}
    shop.scenarios = [scenario(view, step(product_id="P9"), re_entry=again)]
    shop.customer("anna")
    shop.customer("ben", consent="")
    views = {}
    for day, product in (("05", "P1"), ("06", "P1"), ("06", "P2")):
        for name in ("anna", "ben"):
            views[name, day, product] = shop.act(name, f"2026-01-{day} 10:00", "product_view", product_id=product)
        shop.run(f"2026-01-{day}")
    entered = {views[name, day, product] for name in ("anna", "ben") for day, product in (("05", "P1"), ("06", "P2"))}
    told = "select trigger from activation.all_scenario_targets union select trigger from activation.all_suppressions"
    assert {trigger for (trigger,) in shop.con.execute(told).fetchall()} == entered


def test_an_entry_of_which_the_ledger_does_not_say_what_it_was_about_counts_for_all(shop: Shop) -> None:
    visit = {"kind": "act", "action": "visit", "every": True}
    again = {"after": {"days": 10}, "of_each": "store_id"}
    shop.scenarios = [scenario(visit, step(channel="web"), re_entry=again)]
    shop.customer("anna")
    first = shop.act("anna", "2026-01-05 10:00", "visit", store_id="S1")
    shop.run("2026-01-05")
    file = shop.home.ledger / "scenario_steps" / "2026-01-05.parquet"
    shop.con.execute("create temp table old as select * exclude (about, previous_at) from read_parquet(?)", [str(file)])
    shop.con.execute(f"copy old to '{file}' (format parquet)")
    shop.act("anna", "2026-01-06 10:00", "visit", store_id="S2")
    shop.run("2026-01-06")
    assert triggers(shop) == [first]


def test_the_audience_is_asked_when_the_first_step_falls_due_and_not_again(shop: Shop) -> None:
    shop.scenarios = [scenario(ORDER, step(), step("two", {"days": 1}), audience={"gender": "female"})]
    for name in ("anna", "never", "long_after"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.con.execute("update insights.customers set gender = 'male' where customer_id <> 'anna'")
    shop.run("2026-01-05")
    shop.con.execute("update insights.customers set gender = 'male'")
    shop.run("2026-01-06")
    shop.run("2026-01-10")
    shop.con.execute("update insights.customers set gender = 'female' where customer_id = 'long_after'")
    shop.run("2026-01-11")
    assert [row[:2] for row in shop.listed("all_scenario_targets")] == [("anna", "one"), ("anna", "two")]
    assert shop.suppressed("all_suppressions") == []


def test_the_price_of_a_message_stands_in_the_ledger_and_hold_outs_cost_nothing(shop: Shop) -> None:
    steps = (step("one"), step("two", channel="sms", cost_per_message=8))
    shop.scenarios = [scenario(ORDER, *steps, cost_per_message=1.5), scenario(ORDER, step(), id="held", holdout=1)]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 10:00")
    shop.run("2026-01-05")
    rows = "select scenario_id, step, cast(cost as double) from activation.scenario_targets order by all"
    assert shop.con.execute(rows).fetchall() == [("held", "one", 0.0), ("s", "one", 1.5), ("s", "two", 8.0)]


COLD = {"name": "cold", "when": {"not_opened": "one"}}
IDLE = {"name": "idle", "when": {"not": {"acts": {"action": "product_view", "since": "previous_step"}}}}


@pytest.mark.parametrize("end", [COLD, IDLE], ids=["not opened", "nothing viewed since"])
def test_an_exit_that_asks_of_a_step_before_is_asked_from_the_step_after_it_on(shop: Shop, end: dict[str, Any]) -> None:
    steps = (
        step("one", channel="web"),
        step("two", {"days": 1}, channel="web"),
        step("three", {"days": 1}, channel="web"),
    )
    shop.scenarios = [scenario({"kind": "order", "every": True}, *steps, exits=[end])]
    for name in ("anna", "ben"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05")
    assert [row[:2] for row in shop.listed()] == [("anna", "one"), ("ben", "one")] and shop.suppressed() == []
    opened(shop, "anna", "2026-01-06 03:00", "one")
    shop.act("anna", "2026-01-06 03:00", "product_view", product_id="P1")
    shop.run("2026-01-06")
    assert [row[:2] for row in shop.listed()] == [("anna", "two")]
    assert shop.suppressed() == [("ben", "two", end["name"])]


@pytest.mark.parametrize("end", [COLD, IDLE], ids=["not opened", "nothing viewed since"])
def test_an_exit_that_asks_of_a_step_takes_back_only_what_comes_after_it(shop: Shop, end: dict[str, Any]) -> None:
    steps = (step("one", {"hours": 1}, channel="web"), step("two", {"days": 1}, channel="web"))
    evening = {"send_window": {"start": "20:00", "end": "21:00"}}
    shop.scenarios = [scenario({"kind": "order", "every": True}, *steps, exits=[end], cadence="hourly", **evening)]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 10:00")
    shop.run("2026-01-05", hour=12)
    shop.run("2026-01-05", hour=13)
    told = shop.con.execute("select step, withdrawn from activation.all_scenario_targets").fetchall()
    assert told == [("one", None)]
