"""Acts that come to light after later ones: nobody is told twice of what was the first once."""

from activation_shop import Shop
from scenario_steps import scenario, sent, step, triggers

FIRST_VIEW = {"kind": "act", "action": "product_view", "of_each": "product_id"}


def test_an_act_before_one_that_was_told_of_as_the_first_is_not_told_of_as_well(shop: Shop) -> None:
    shop.scenarios = [scenario(FIRST_VIEW, step(after={"days": 1}))]
    for name in ("anna", "ben"):
        shop.customer(name)
    told = shop.act("anna", "2026-01-05 10:00", "product_view", product_id="P1")
    shop.run("2026-01-05")
    # What she looked at before she logged in becomes hers afterwards.
    shop.act("anna", "2026-01-05 08:00", "product_view", product_id="P1")
    other = shop.act("anna", "2026-01-05 08:00", "product_view", product_id="P2")
    bens = shop.act("ben", "2026-01-05 08:30", "product_view", product_id="P1")
    shop.run("2026-01-06")
    assert sorted(triggers(shop)) == sorted([told, other, bens])
    assert shop.suppressed("all_suppressions") == []


def test_the_next_number_is_counted_with_what_came_to_light(shop: Shop) -> None:
    shop.scenarios = [scenario({"kind": "act", "action": "visit", "nth": [1, 3]}, step(after={"days": 1}))]
    shop.customer("anna")
    first = shop.act("anna", "2026-01-05 10:00", "visit")
    shop.run("2026-01-05")
    shop.act("anna", "2026-01-05 09:00", "visit")
    third = shop.act("anna", "2026-01-06 10:00", "visit")
    shop.run("2026-01-06")
    assert triggers(shop) == [first, third]


def test_a_chain_under_way_goes_on_whatever_comes_to_light(shop: Shop) -> None:
    shop.scenarios = [scenario(FIRST_VIEW, step("one"), step("two", {"days": 1}))]
    shop.customer("anna")
    for at in ("10:00", "11:00"):
        shop.act("anna", f"2026-01-05 {at}", "product_view", product_id=f"P{at[1]}")
    shop.run("2026-01-05")
    shop.run("2026-01-06")
    assert [row[0] for row in sent(shop)] == ["one", "one", "two", "two"]
