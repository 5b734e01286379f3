"""Each kind of trigger: when it sets a scenario off, whom, and its edges."""

import pytest
from activation_shop import Shop, tokyo
from scenario_steps import merged, opened, scenario, sent, step, triggers


def test_the_first_view_of_each_product_triggers_and_later_ones_do_not(shop: Shop) -> None:
    shop.scenarios = [scenario({"kind": "act", "action": "product_view", "of_each": "product_id"})]
    shop.customer("anna")
    shop.act("anna", "2025-03-01 10:00", "product_view", product_id="P3")  # long before
    first = shop.act("anna", "2026-01-05 10:00", "product_view", product_id="P1")
    for product, at in (("P1", "11:00"), ("P3", "12:00")):
        shop.act("anna", f"2026-01-05 {at}", "product_view", product_id=product)
    other = shop.act("anna", "2026-01-05 13:00", "product_view", product_id="P2")
    shop.act("anna", "2026-01-05 14:00", "page_view", product_id="P9")
    shop.run("2026-01-05")
    assert triggers(shop) == [first, other]


@pytest.mark.parametrize(("months", "at"), [(1, "2026-01-31 12:00"), (2, "2025-12-31 12:00"), (6, "2025-08-31 12:00")])
def test_an_act_of_months_ago_triggers_on_the_day_that_february_has_for_it(shop: Shop, months: int, at: str) -> None:
    every = {"kind": "act", "action": "purchase", "every": True}
    shop.scenarios = [scenario(every, step(after={"months": months}, channel="web"))]
    shop.customer("anna")
    act = shop.act("anna", at, "purchase")
    shop.run("2026-02-26")
    assert triggers(shop) == []
    shop.run("2026-02-27")
    assert triggers(shop) == [act]


def test_the_nth_visits_trigger_whichever_the_store(shop: Shop) -> None:
    shop.scenarios = [scenario({"kind": "act", "action": "visit", "nth": [2, 4]}, step(channel="web"))]
    shop.customer("anna")
    acts = [shop.act("anna", f"2026-01-05 1{n}:00", "visit", store_id=f"S{n % 2}") for n in range(5)]
    shop.run("2026-01-05")
    assert triggers(shop) == [acts[1], acts[3]]
    stores = "select store_id from activation.all_scenario_targets order by send_at, trigger"
    assert shop.con.execute(stores).fetchall() == [("S1",), ("S1",)]


def test_an_order_of_several_lines_is_one_act_and_one_of_each_product(shop: Shop) -> None:
    every = {"kind": "act", "action": "purchase", "every": True}
    shop.scenarios = [
        scenario(every, step(channel="web", product="trigger"), id="orders"),
        scenario({**every, "of_each": "product_id"}, step(channel="web", product="trigger"), id="products"),
    ]
    shop.customer("anna")
    for line, product in enumerate(("P1", "P2", "P1")):
        shop.act("anna", "2026-01-05 10:00", "purchase", product_id=product, order_id="ec:1", is_first_line=not line)
    shop.run("2026-01-05")
    rows = "select scenario_id, product_id from activation.scenario_targets order by all"
    assert shop.con.execute(rows).fetchall() == [("orders", "P1"), ("products", "P1"), ("products", "P2")]


def test_a_purchase_counts_only_after_a_message_about_that_product_was_opened(shop: Shop) -> None:
    view = {"kind": "act", "action": "product_view", "of_each": "product_id"}
    bought = {"kind": "act", "action": "purchase", "every": True}
    after = {"scenario": "story", "event": "opened", "same": "product_id"}
    shop.scenarios = [
        scenario(view, step("story", {"days": 1}, product="trigger"), id="story"),
        scenario({**bought, "after": after}, step("thanks", {"days": 3}), id="thanks"),
    ]
    for name in ("anna", "ben", "cleo"):
        shop.customer(name)
        shop.act(name, "2026-01-01 10:00", "product_view", product_id="P1")
    shop.run("2026-01-01")
    opened(shop, "anna", "2026-01-02 11:00", "story", scenario_id="story")
    opened(shop, "ben", "2026-01-02 11:00", "story", scenario_id="story")
    opened(shop, "cleo", "2026-01-05 11:00", "story", scenario_id="story")  # after buying
    bought_at = {"anna": "P1", "ben": "P2", "cleo": "P1"}
    acts = {
        name: shop.act(name, "2026-01-04 12:00", "purchase", product_id=product) for name, product in bought_at.items()
    }
    for day in ("2026-01-05", "2026-01-06"):
        shop.run(day)
    assert triggers(shop)[-1] == acts["anna"] and not {acts["ben"], acts["cleo"]} & set(triggers(shop))
    assert sent(shop)[-1] == ("thanks", "2026-01-07 12:00")


def test_a_badge_triggers_at_the_act_that_earned_it_and_a_merged_person_has_it_once(shop: Shop) -> None:
    shop.scenarios = [
        scenario({"kind": "badge", "badge_id": ["vision_reader", "vision_reader"]}, step(after={"hours": 2}))
    ]
    for name in ("anna", "ben"):
        shop.customer(name)
    shop.con.execute("insert into marts.badges values ('anna', 'vision_reader', ?)", [tokyo("2026-01-05 10:00")])
    shop.con.execute("insert into marts.badges values ('ben', 'store_regular', ?)", [tokyo("2026-01-05 10:00")])
    shop.run("2026-01-05")
    assert triggers(shop) == ["badge:vision_reader"] and sent(shop) == [("one", "2026-01-06 00:00")]
    merged(shop, "anna", "ben")
    shop.run("2026-01-06")
    assert triggers(shop) == ["badge:vision_reader"]


def test_rows_of_a_mart_trigger_on_their_tokyo_day(shop: Shop) -> None:
    journeys = {
        "kind": "row",
        "mart": "brand_journeys",
        "at": "since",
        "at_time": "10:00",
        "key": ["brand_id", "stage"],
    }
    shop.scenarios = [scenario({**journeys, "where": {"stage": ["repeated", "loyal"]}})]
    shop.customer("anna")
    for brand, stage, day in (
        ("B1", "repeated", "2026-01-06"),
        ("B2", "aware", "2026-01-06"),
        ("B3", "loyal", "2025-01-01"),
    ):
        shop.con.execute("insert into marts.brand_journeys values ('anna', ?, ?, ?)", [brand, stage, day])
    shop.run("2026-01-05")
    assert triggers(shop) == ["brand_journeys:B1:repeated"] and sent(shop) == [("one", "2026-01-06 11:00")]


def score(shop: Shop, points: dict[str, list[tuple[str, int]]]) -> None:
    """Points of lifestance that acts at ten o'clock, or at the hour given, brought or took."""
    for name, acts in points.items():
        shop.customer(name)
        for number, (at, gained) in enumerate(acts):
            shop.con.execute(
                "insert into marts.score_ledger values (?, 'r', ?, ?, 9, 9, ?)",
                [f"{name}{number}", name, tokyo(at if " " in at else f"{at} 10:00"), gained],
            )


def test_a_score_triggers_at_the_act_that_reached_the_level(shop: Shop) -> None:
    shop.scenarios = [scenario({"kind": "score", "category": "lifestance", "reaches": 20})]
    points = {
        "anna": [("2024-06-01", 12), ("2026-01-05", 7), ("2026-01-06", 1)],
        "ben": [("2024-06-01", 20), ("2026-01-06", 5)],
    }
    score(shop, points)
    shop.run("2026-01-05")
    assert triggers(shop) == []
    shop.run("2026-01-06")
    assert [row[0] for row in shop.listed()] == ["anna"] and triggers(shop) == ["score:lifestance:20"]


def test_a_level_once_reached_is_reached_whatever_points_are_taken_later(shop: Shop) -> None:
    steps = (step("one"), step("two", {"days": 1}))
    shop.scenarios = [scenario({"kind": "score", "category": "lifestance", "reaches": 20}, *steps)]
    points = {
        "anna": [("2026-01-05 10:00", 20), ("2026-01-05 11:00", -8)],
        "ben": [("2026-01-05 10:00", 20), ("2026-01-06 10:00", -8)],
        "reached it long ago": [("2024-06-01", 20), ("2024-07-01", -8), ("2026-01-05", 8)],
        "never": [("2024-06-01", 19), ("2026-01-05 10:00", -8), ("2026-01-05 11:00", 8)],
    }
    score(shop, points)
    told = []
    for day in ("2026-01-05", "2026-01-06", "2026-01-07"):
        shop.run(day)
        told += [row[:2] for row in shop.listed()]
    assert told == [("anna", "one"), ("ben", "one"), ("anna", "two"), ("ben", "two")]


@pytest.mark.parametrize(
    ("ahead", "ordered", "days", "expected"),
    [
        (None, "2025-08-31", ("2025-12-29", "2025-12-30"), "entered:new_dormant:2025-12-31"),
        (None, "2025-10-31", ("2026-02-26", "2026-02-27"), "entered:new_dormant:2026-02-28"),
        ({"days": 14}, "2025-09-20", ("2026-01-04", "2026-01-05"), "entered:new_dormant:2026-01-20"),
    ],
)
def test_a_customer_enters_a_segment_on_the_exact_day_or_so_many_days_ahead(
    shop: Shop, ahead: dict[str, int] | None, ordered: str, days: tuple[str, ...], expected: str
) -> None:
    trigger = {"kind": "entered", "rf_segment": ["new_dormant", "promising_dormant"], "ahead": ahead}
    shop.scenarios = [scenario(trigger)]
    shop.customer("anna")
    shop.order("anna", f"{ordered} 22:00")
    *early, due = days  # a daily run looks one day on
    for day in early:
        shop.run(day)
        assert triggers(shop) == []
    shop.run(due)
    assert triggers(shop) == [expected]


def test_orders_and_time_that_stay_within_the_named_segments_enter_nothing(shop: Shop) -> None:
    active = {"kind": "entered", "rf_segment": ["new_active", "promising_active"]}
    shop.scenarios = [scenario(active, step(channel="web"))]
    for name in ("stays", "comes", "tries"):
        shop.customer(name)
    for name, at in (
        ("stays", "2025-11-01"),
        ("stays", "2026-01-05"),
        ("comes", "2025-01-05"),
        ("comes", "2026-01-05"),
    ):
        shop.order(name, f"{at} 10:00")
    shop.order("tries", "2026-01-05 10:00", trial=True)
    shop.run("2026-01-05")
    assert [(row[0], row[3]) for row in shop.listed()] == [("comes", "2026-01-06 00:00")]
    assert triggers(shop) == ["entered:promising_active:2026-01-05"]


def test_a_product_is_due_again_when_it_is_used_up_unless_it_was_bought_again(shop: Shop) -> None:
    trigger = {"kind": "replenishment", "ahead": {"days": 5}, "bought": 2, "category": "lotion"}
    shop.scenarios = [scenario(trigger, step(product="trigger"), exits=["product_purchase"])]
    for name, orders in {
        "anna": ["2025-11-01", "2025-12-12"],  # 30 days from the second: 11 January, five ahead
        "once": ["2025-12-12"],
        "again": ["2025-11-01", "2025-12-12", "2025-12-30"],
    }.items():
        shop.customer(name)
        orders_of = [shop.order(name, f"{day} 10:00", product="P1") for day in orders]
        shop.order(name, "2025-12-13 10:00", product="P2")
        if name == "anna":
            expected = f"replenishment:{orders_of[1]}:P1"
    shop.run("2026-01-05")
    assert triggers(shop) == [expected] and sent(shop) == [("one", "2026-01-06 11:00")]


def test_calendar_days_and_seasons_are_for_their_audience_alone(shop: Shop) -> None:
    women, twice = {"gender": "female"}, ["mothers_day", "mothers_day"]
    shop.scenarios = [
        scenario({"kind": "calendar", "dates": ["02-28", "02-29", "2027-03-03"]}, id="days", audience=women),
        scenario({"kind": "season", "season": twice, "ahead": {"days": 46}}, id="season", audience=women),
    ]
    shop.customer("anna")
    shop.customer("ben")
    shop.con.execute("update insights.customers set gender = 'male' where customer_id = 'ben'")
    for day in ("2027-02-27", "2027-03-02"):
        shop.run(day)
    assert triggers(shop) == ["calendar:2027-02-28", "season:mothers_day:2027", "calendar:2027-03-03"]
    assert {row[0] for row in shop.listed("all_scenario_targets")} == {"anna"}
    assert shop.suppressed("all_suppressions") == []


def test_a_calendar_day_goes_on_to_its_next_step_for_who_has_left_the_audience(shop: Shop) -> None:
    steps = (step("one"), step("two", {"days": 1}))
    shop.scenarios = [scenario({"kind": "calendar", "dates": ["01-06"]}, *steps, audience={"gender": "female"})]
    shop.customer("anna")
    shop.run("2026-01-05")
    shop.con.execute("update insights.customers set gender = 'male'")
    shop.customer("late")
    shop.run("2026-01-06")
    shop.run("2026-01-09")
    assert [row[:2] for row in shop.listed("all_scenario_targets")] == [
        ("anna", "one"),
        ("late", "one"),
        ("anna", "two"),
        ("late", "two"),
    ]


def test_a_campaign_is_announced_ahead_with_its_store_and_brand(shop: Shop) -> None:
    trigger = {"kind": "campaign_start", "campaign_kind": "store_event", "ahead": {"days": 14}}
    shop.scenarios = [scenario(trigger, audience={"gender": "female"})]
    shop.customer("anna")
    shop.con.execute(
        "insert into staging.stg_campaigns values ('C1', 'store_event', 'S1', 'B1', '2026-01-20'),"
        " ('C2', 'coupon', 'S1', 'B1', '2026-01-20')"
    )
    shop.run("2026-01-05")
    assert sent(shop) == [("one", "2026-01-06 10:00")]
    rows = "select trigger, campaign_id, store_id, brand_id from activation.scenario_targets"
    assert shop.con.execute(rows).fetchall() == [("campaign:C1", "C1", "S1", "B1")]


def test_a_launch_is_told_to_recent_buyers_of_the_brand_who_do_not_have_it(shop: Shop) -> None:
    shop.scenarios = [scenario({"kind": "new_product", "bought_within": {"days": 365}}, step(product="trigger"))]
    shop.con.execute("update staging.stg_products set launched_on = '2026-01-06' where product_id = 'P2'")
    for name, product, day in (
        ("buyer", "P1", "2025-06-01"),
        ("long_ago", "P1", "2024-06-01"),
        ("of_others", "P9", "2025-06-01"),
        ("has_it", "P2", "2026-01-05"),
    ):
        shop.customer(name)
        shop.order(name, f"{day} 10:00", product=product)
    shop.run("2026-01-05")
    assert [row[0] for row in shop.listed()] == ["buyer"] and triggers(shop) == ["launch:P2"]


def test_a_birthday_may_be_told_ahead_and_is_by_the_customers_own_clock(shop: Shop) -> None:
    shop.scenarios = [
        scenario({"kind": "birthday", "ahead": {"days": 7}}, step(after={"hours": 0}), id="ahead"),
        scenario({"kind": "birthday", "at": "09:00"}, step(after={"hours": 0}, channel="line"), id="day"),
    ]
    shop.customer("anna", born="1990-01-13")
    shop.customer("york", born="1990-01-06")
    shop.tell("york", "time_zone", "America/New_York")
    shop.run("2026-01-05")
    # Nine in the morning in New York is 23:00 in Tokyo, in winter.
    assert [(row[0], row[3]) for row in shop.listed()] == [("anna", "2026-01-06 09:00"), ("york", "2026-01-06 23:00")]


def test_every_order_triggers_where_it_should(shop: Shop) -> None:
    shop.scenarios = [scenario({"kind": "order", "every": True}), scenario({"kind": "order", "nth": 2}, id="second")]
    shop.customer("anna")
    orders = [shop.order("anna", f"2026-01-05 1{number}:00") for number in range(3)]
    shop.run("2026-01-05")
    rows = "select scenario_id, trigger_key from activation.candidates order by all"
    assert shop.con.execute(rows).fetchall() == [("s", order) for order in orders] + [("second", orders[1])]
