"""What was listed ahead is asked about again before it is sent, in the terms in which it was decided."""

from typing import Any

import pytest
from activation_shop import Shop
from scenario_steps import merged, opened, scenario, step

EVENING = {"send_window": {"start": "20:00", "end": "21:00"}}
ORDER = {"kind": "order", "every": True}


def withdrawn(shop: Shop) -> list[tuple[str, str, str | None]]:
    """(customer, step, why it was taken back) of all runs' rows."""
    rows = "select customer_id, step, withdrawn from activation.all_scenario_targets order by all"
    return shop.con.execute(rows).fetchall()


def viewed(**acts: Any) -> dict[str, Any]:
    """An exit: something viewed since the trigger."""
    return {"name": "viewed", "when": {"acts": {"action": "product_view", "since": "trigger", **acts}}}


def test_what_was_listed_ahead_is_looked_at_again_before_it_is_sent(shop: Shop) -> None:
    window = {"send_window": {"start": "20:00", "end": "21:00"}}
    shop.scenarios = [scenario({"kind": "order", "nth": 1}, step(after={"days": 1}), exits=["purchase"], **window)]
    for name in ("goes", "buys", "opts_out", "erased"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05")
    assert len(shop.listed()) == 4
    shop.order("buys", "2026-01-06 11:00")
    shop.con.execute("update insights.customers set consent_email = false where customer_id = 'opts_out'")
    shop.con.execute("delete from insights.customers where customer_id = 'erased'")
    shop.run("2026-01-06", hour=12)  # an hourly run works on no daily scenario, but looks at their rows
    rows = "select customer_id, withdrawn from activation.all_scenario_targets order by 1"
    expected = [("buys", "purchased"), ("erased", "erased"), ("goes", None), ("opts_out", "consent")]
    assert shop.con.execute(rows).fetchall() == expected
    shop.run("2026-01-06", hour=12)
    shop.run("2026-01-06")
    assert shop.con.execute(rows).fetchall() == expected and shop.suppressed("all_suppressions") == []


def test_an_emptied_cart_takes_back_only_the_step_that_it_leaves_out(shop: Shop) -> None:
    steps = (step("one"), step("two", {"hours": 1}, skip=["cart_emptied"]))
    shop.scenarios = [scenario({"kind": "cart_left"}, *steps, cadence="hourly", **EVENING)]
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.run("2026-01-05", hour=11)
    shop.cart("anna", "2026-01-05 11:30", "remove_from_cart")
    shop.run("2026-01-05", hour=12)
    assert withdrawn(shop) == [("anna", "one", None)]
    shop.scenarios = [scenario({"kind": "cart_left"}, *steps, cadence="hourly", exits=["cart_emptied"], **EVENING)]
    shop.run("2026-01-05", hour=13)
    assert withdrawn(shop) == [("anna", "one", "cart_emptied")]


def test_a_later_add_takes_back_the_reminder_of_the_cart_as_it_was(shop: Shop) -> None:
    shop.scenarios = [scenario({"kind": "cart_left"}, step(after={"hours": 3}), cadence="hourly", **EVENING)]
    for name in ("anna", "ben"):
        shop.customer(name)
        shop.cart(name, "2026-01-05 10:00")
    shop.run("2026-01-05", hour=13)
    shop.cart("anna", "2026-01-05 17:30")
    shop.cart("ben", "2026-01-05 17:30", "remove_from_cart", product="P2")  # which is not in it
    shop.run("2026-01-05", hour=18)
    assert withdrawn(shop) == [("anna", "one", "cart_renewed"), ("ben", "one", None)]
    shop.run("2026-01-05", hour=20)
    assert shop.listed() == [("anna", "one", "email", "2026-01-05 20:30")]


def test_what_ends_a_scenario_between_list_and_sending_ends_it_for_good(shop: Shop) -> None:
    rich = {"name": "rich", "when": {"member_rank": "platinum"}}
    steps = (step("one", skip=[{"name": "poor", "when": {"member_rank": "bronze"}}]), step("two", {"days": 1}))
    shop.scenarios = [scenario(ORDER, *steps, exits=[rich], cadence="hourly", **EVENING)]
    names = {"anna": "gold", "ben": "platinum", "cleo": "bronze"}
    for name in names:
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05", hour=12)
    for name, rank in names.items():
        shop.con.execute("update insights.customers set member_rank = ? where customer_id = ?", [rank, name])
    shop.run("2026-01-05", hour=13)
    shop.con.execute("update insights.customers set member_rank = 'gold'")
    shop.run("2026-01-06", hour=20)
    rows = [("anna", "one", None), ("anna", "two", None), ("ben", "one", "rich"), ("cleo", "one", "poor")]
    assert withdrawn(shop) == [*rows, ("cleo", "two", None)]


def test_a_condition_that_leaves_out_a_step_takes_it_back_and_no_other(shop: Shop) -> None:
    ways = {"channel": "web"}
    steps = (step("one", {"days": 1}, **ways), step("two", {"hours": 0}, skip=[viewed()], **ways))
    shop.scenarios = [scenario(ORDER, *steps, **EVENING)]
    for name in ("anna", "ben"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05")
    shop.act("anna", "2026-01-06 10:00", "product_view", product_id="P9")
    shop.scenarios = [scenario(ORDER, *steps, cadence="hourly", **EVENING)]
    shop.run("2026-01-06", hour=12)
    told = [("anna", "one", None), ("anna", "two", "viewed"), ("ben", "one", None), ("ben", "two", None)]
    assert withdrawn(shop) == told


@pytest.mark.parametrize("subject", ["product_id", "brand_id", "content_id", "store_id", "campaign_id"])
def test_a_condition_on_what_the_trigger_is_about_is_asked_again(shop: Shop, subject: str) -> None:
    about = {"product_id": "P1", "brand_id": "B1", "content_id": "k", "store_id": "S1", "campaign_id": "C1"}
    # The message is about another product and content: it is the trigger's that counts.
    said = step(after={"days": 1}, channel="web", product_id="P9")
    visit = {"kind": "act", "action": "visit", "every": True}
    exits = [viewed(**{subject: "trigger"})]
    shop.scenarios = [scenario(visit, said, exits=exits, **EVENING)]
    for name in ("same", "other"):
        shop.customer(name)
        shop.act(name, "2026-01-05 10:00", "visit", **about)
    shop.run("2026-01-05")
    shop.act("same", "2026-01-06 10:00", "product_view", **{subject: about[subject]})
    shop.act("other", "2026-01-06 10:00", "product_view", **{**about, subject: "P9"})
    shop.scenarios = [scenario(visit, said, exits=exits, cadence="hourly", **EVENING)]
    shop.run("2026-01-06", hour=12)
    assert withdrawn(shop) == [("other", "one", None), ("same", "one", "viewed")]


def test_the_triggers_product_bought_takes_back_a_message_about_another(shop: Shop) -> None:
    said = step(after={"days": 1}, channel="web", product_id="P9")
    view = {"kind": "act", "action": "product_view"}
    shop.scenarios = [scenario(view, said, exits=["product_purchase"], **EVENING)]
    for name in ("same", "other"):
        shop.customer(name)
        shop.act(name, "2026-01-05 10:00", "product_view", product_id="P1")
    shop.run("2026-01-05")
    shop.order("same", "2026-01-06 10:00", product="P1")
    shop.order("other", "2026-01-06 10:00", product="P9")
    shop.run("2026-01-06", hour=12)
    assert withdrawn(shop) == [("other", "one", None), ("same", "one", "purchased")]


def test_a_condition_since_the_step_before_is_asked_again(shop: Shop) -> None:
    steps = (
        step("one", channel="web"),
        step("two", {"hours": 22}, channel="web", skip=[viewed(since="previous_step")]),
    )
    for name in ("before", "after"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.scenarios = [scenario(ORDER, *steps, cadence="hourly", **EVENING)]
    shop.run("2026-01-05", hour=12)
    shop.act("before", "2026-01-05 15:00", "product_view")  # step one goes out at 20:00
    shop.run("2026-01-06", hour=18)
    shop.act("after", "2026-01-06 18:10", "product_view")
    shop.run("2026-01-06", hour=19)
    told = [("after", "one", None), ("after", "two", "viewed"), ("before", "one", None), ("before", "two", None)]
    assert withdrawn(shop) == told


def test_what_a_merged_customer_does_takes_back_what_was_listed_under_the_id_before(shop: Shop) -> None:
    badge = {"kind": "badge", "badge_id": "vision_reader"}
    steps = (step("one", channel="web"), step("two", {"hours": 22}, channel="web"))
    done = [{"name": "opened_it", "when": {"opened": "one"}}]
    shop.scenarios = [scenario(badge, *steps, exits=done, cadence="hourly", **EVENING)]
    for name in ("anna", "ben", "cleo"):
        shop.customer(name)
    for name in ("anna", "cleo"):
        shop.con.execute("insert into marts.badges values (?, 'vision_reader', '2026-01-05 01:00')", [name])
    shop.run("2026-01-05", hour=12)
    shop.run("2026-01-06", hour=18)
    told = [("anna", "one", None), ("anna", "two", None), ("cleo", "one", None), ("cleo", "two", None)]
    assert withdrawn(shop) == told
    opened(shop, "anna", "2026-01-06 18:10", "one")
    merged(shop, "anna", "ben")
    shop.run("2026-01-06", hour=19)
    told[1] = ("anna", "two", "opened_it")
    assert withdrawn(shop) == told
    [(rows,)] = shop.con.execute("select count(*) from activation.withdrawals").fetchall()
    assert rows == 1


def test_a_purchase_that_came_to_light_late_takes_back_what_was_listed_after_it(shop: Shop) -> None:
    said = step(after={"hours": 1}, channel="web")
    shop.scenarios = [scenario({"kind": "cart_left"}, said, exits=["purchase"], cadence="hourly", **EVENING)]
    for name in ("anna", "ben"):
        shop.customer(name)
        shop.cart(name, "2026-01-05 10:00")
    shop.run("2026-01-05", hour=12)
    shop.order("anna", "2026-01-05 11:00", channel="store")  # tills send their receipts later than the web its acts
    shop.run("2026-01-05", hour=13)
    assert withdrawn(shop) == [("anna", "one", "purchased"), ("ben", "one", None)]


def test_a_trial_order_takes_back_the_reminder_of_a_cart_as_an_order_does(shop: Shop) -> None:
    said = step(after={"hours": 1}, channel="web")
    shop.scenarios = [
        scenario({"kind": "cart_left"}, said, id="cart", exits=["purchase"], cadence="hourly", **EVENING),
        scenario(ORDER, said, id="thanks", exits=["purchase"], cadence="hourly", **EVENING),
    ]
    for name in ("anna", "ben"):
        shop.customer(name)
    shop.cart("anna", "2026-01-05 10:00")
    shop.order("ben", "2026-01-05 10:00")
    shop.run("2026-01-05", hour=12)
    for name in ("anna", "ben"):
        shop.order(name, "2026-01-05 12:30", trial=True)
    shop.run("2026-01-05", hour=13)
    assert withdrawn(shop) == [("anna", "one", "purchased"), ("ben", "one", None)]


def test_the_triggers_product_bought_before_the_list_was_made_takes_it_back(shop: Shop) -> None:
    said, view = step(after={"hours": 1}, channel="web"), {"kind": "act", "action": "product_view"}
    shop.scenarios = [scenario(view, said, exits=["product_purchase"], cadence="hourly", **EVENING)]
    for name in ("anna", "ben"):
        shop.customer(name)
        shop.act(name, "2026-01-05 10:00", "product_view", product_id="P1")
    shop.run("2026-01-05", hour=12)
    shop.order("anna", "2026-01-05 11:00", product="P1", channel="store")
    shop.run("2026-01-05", hour=13)
    assert withdrawn(shop) == [("anna", "one", "purchased"), ("ben", "one", None)]
