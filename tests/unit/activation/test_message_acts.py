"""Whose message was opened: by its row, by another event of the same message, or by scenario, step and customer."""

import pytest
from activation_shop import Shop
from scenario_steps import opened, scenario, step


@pytest.fixture
def branched(shop: Shop) -> Shop:
    """Anna and Ben were sent the first step; the second is by LINE where that was opened, else by e-mail."""
    ways = [{"when": {"opened": "one"}, "channel": "line", "content_id": "c"}, {"channel": "email", "content_id": "c"}]
    steps = (step("one"), step("two", {"days": 1}, variants=ways))
    shop.scenarios = [scenario({"kind": "order"}, *steps)]
    for name in ("anna", "ben"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05")
    return shop


def second(shop: Shop) -> dict[str, str]:
    """Customer -> the channel of the second step."""
    shop.run("2026-01-06")
    return {name: channel for name, step_name, channel, _ in shop.listed("all_scenario_targets") if step_name == "two"}


def told(shop: Shop, name: str, **changes: object) -> None:
    """An opening of the first message by the customer, with `changes` of the event."""
    opened(shop, name, "2026-01-06 03:00", "one")
    columns = ", ".join(f"{column} = ?" for column in changes)
    shop.con.execute(
        f"update core.int_core__message_events set {columns} where source_key = ?",
        [*changes.values(), f"m{shop.acts}"],
    )


def test_a_row_alone_says_whose_message_it_was(branched: Shop) -> None:
    told(branched, "anna", party_key=None, scenario_id=None, step=None)
    assert second(branched) == {"anna": "line", "ben": "email"}


def test_another_event_of_the_message_says_of_which_row_it_was(branched: Shop) -> None:
    told(branched, "anna", action="message_sent", message_id="x", party_key=None)
    for who in ({}, {"party_key": None}):
        told(branched, "anna", message_id="x", feed_row_id=None, scenario_id=None, step=None, **who)
    assert second(branched) == {"anna": "line", "ben": "email"}


@pytest.mark.parametrize("rows", [["anna"], ["anna", "ben"]])
def test_a_message_id_of_a_whole_campaign_leads_nobody_to_anothers_row(branched: Shop, rows: list[str]) -> None:
    for name in rows:
        told(branched, name, action="message_sent", message_id="x")
    told(branched, "ben", message_id="x", feed_row_id=None, scenario_id=None, step=None)
    assert second(branched) == {"anna": "email", "ben": "line" if "ben" in rows else "email"}
