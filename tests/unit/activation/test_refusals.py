"""A refusal that names neither address nor member is his to whom the message was sent, and nobody's by a guess."""

import pytest
from activation_shop import Shop, tokyo
from scenario_steps import scenario, step

from dagster_project.activation.scenarios.refusals import name_refusals
from dagster_project.run_context import RunContext

ANCHORS = {"anna": 1, "ben": 2}


@pytest.fixture
def rows(shop: Shop) -> dict[str, str]:
    """Customer -> feed_row_id of the message that was listed for him in an earlier run."""
    shop.con.execute(
        "create schema if not exists run; create table run.published_ids (customer_id text, anchor_key bigint)"
    )
    shop.scenarios = [scenario({"kind": "order"}, step("one"))]
    for name, anchor in ANCHORS.items():
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
        shop.con.execute("insert into run.published_ids values (?, ?)", [name, anchor])
    shop.run("2026-01-05")
    return dict(shop.con.execute("select customer_id, feed_row_id from activation.scenario_targets").fetchall())


def event(
    shop: Shop, key: str, action: str, message: str = "", row: str | None = None, member: int | None = None
) -> None:
    shop.con.execute(
        "insert into core.int_core__message_events (source_key, message_id, action, feed_row_id, party_key, member_key,"
        " occurred_at) values (?, ?, ?, ?, ?, ?, ?)",
        [key, message or key, action, row, member, member, tokyo("2026-01-06 10:00")],
    )


def named(shop: Shop) -> list[tuple[str, int]]:
    assert list(name_refusals(shop.con, shop.home, RunContext.daily(tokyo("2026-01-06 10:00").date()))) == []
    return shop.con.execute("select source_key, identifier_key from run.named_refusals order by all").fetchall()


@pytest.mark.parametrize("action", ["message_unsubscribed", "message_complained"])
def test_a_row_of_a_list_says_for_whom_it_was(shop: Shop, rows: dict[str, str], action: str) -> None:
    event(shop, "e1", action, row=rows["ben"])
    assert named(shop) == [("e1", ANCHORS["ben"])]


def test_another_event_of_the_message_names_the_row_or_the_member(shop: Shop, rows: dict[str, str]) -> None:
    event(shop, "e1", "message_sent", "x", row=rows["anna"])
    event(shop, "e2", "message_unsubscribed", "x")
    event(shop, "e3", "message_opened", "y", member=7)
    event(shop, "e4", "message_unsubscribed", "y")
    assert named(shop) == [("e2", ANCHORS["anna"]), ("e4", 7)]


def test_a_message_id_of_a_whole_campaign_says_nothing(shop: Shop, rows: dict[str, str]) -> None:
    for key, (name, anchor) in zip(("e1", "e2"), ANCHORS.items(), strict=True):
        event(shop, key, "message_sent", "x", row=rows[name], member=anchor)
    event(shop, "e3", "message_unsubscribed", "x")
    assert named(shop) == []


def test_who_names_himself_is_not_asked_about_and_rows_of_others_tell_nothing(shop: Shop, rows: dict[str, str]) -> None:
    event(shop, "e1", "message_unsubscribed", row=rows["anna"], member=9)
    event(shop, "e2", "message_opened", row=rows["anna"])
    event(shop, "e3", "message_unsubscribed", row="no row of ours")
    assert named(shop) == []


def test_before_anything_was_listed_there_is_nobody_to_name(shop: Shop) -> None:
    shop.con.execute(
        "create schema if not exists run; create table run.published_ids (customer_id text, anchor_key bigint)"
    )
    event(shop, "e1", "message_unsubscribed", row="r")
    assert named(shop) == []
