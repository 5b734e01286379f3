"""Scenarios in a few words, and what became of them, for tests over the shop."""

from datetime import timedelta
from typing import Any

from activation_shop import Shop, tokyo

from dagster_project.activation.scenarios.declaration import Scenario


def step(name: str = "one", after: dict[str, int] | None = None, **variant: Any) -> dict[str, Any]:
    """A step with one way of sending (e-mail unless said), an hour after what comes before unless said."""
    words = {key: variant.pop(key) for key in ("smart", "skip", "variants") if key in variant}
    ways = {"variants": [{"channel": "email", "content_id": "c", **variant}], **words}
    return {"step": name, "delay": after or {"hours": 1}, **ways}


def scenario(trigger: dict[str, Any], *steps: dict[str, Any], **changes: Any) -> Scenario:
    """A daily scenario of one step, unless said otherwise, that may send at any time."""
    return Scenario.model_validate(
        {
            "id": "s",
            "description": "d",
            "cadence": "daily",
            "trigger": trigger,
            "steps": list(steps) or [step()],
            "send_window": {"start": "00:00", "end": "24:00"},
            **changes,
        }
    )


def thanks(**changes: Any) -> Scenario:
    """After the first order: at once by e-mail, and a day later by LINE, in the usual hours; `changes` on top."""
    steps = [step(), step("two", {"days": 1}, channel="line")]
    usual = {"id": "thanks", "exits": ["purchase"], "send_window": None, "steps": steps}
    return scenario(changes.pop("trigger", {"kind": "order"}), **{**usual, **changes})


def opened(
    shop: Shop,
    name: str,
    at: str,
    step_name: str,
    event: str = "opened",
    scenario_id: str = "s",
    product: str | None = None,
) -> None:
    """The customer opened (clicked, bounced ...) the message of a step (and product), told by its feed row."""
    shop.acts += 1
    row, channel = None, "email"
    if scenario_id in {one.id for one in shop.scenarios or []}:
        [(row, channel)] = shop.con.execute(
            "select feed_row_id, channel from activation.all_scenario_targets"
            " where scenario_id = ? and step = ? and customer_id = ?"
            " and product_id is not distinct from coalesce(?, product_id)",
            [scenario_id, step_name, name, product],
        ).fetchall()
    shop.con.execute("insert into core.party_customers values (?, ?)", [shop.acts, name])
    shop.con.execute(
        "insert into core.int_core__message_events (source_key, party_key, occurred_at, channel, action, message_id,"
        " scenario_id, step, feed_row_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            f"m{shop.acts}",
            shop.acts,
            tokyo(at),
            channel,
            f"message_{event}",
            f"m{shop.acts}",
            scenario_id,
            step_name,
            row,
        ],
    )


def merged(shop: Shop, gone: str, into: str) -> None:
    """From here on `gone` is `into`: all that was the one's is the other's."""
    for table in ("core.touchpoints", "core.orders", "core.order_items", "marts.badges", "core.party_customers"):
        shop.con.execute(f"update {table} set customer_id = ? where customer_id = ?", [into, gone])
    for table in ("insights.customers", "pii.person_attributes"):
        shop.con.execute(f"delete from {table} where customer_id = ?", [gone])
    shop.con.execute("insert into identity.customer_aliases values (?, ?)", [gone, into])


def sent(shop: Shop) -> list[tuple[str, str]]:
    """(step, send time in Tokyo) of all runs' rows to send."""
    return [(row[1], row[3]) for row in shop.listed("all_scenario_targets")]


def triggers(shop: Shop) -> list[str]:
    """What set off all runs' rows to send, in the order of their send times."""
    rows = shop.con.execute(
        "select trigger from activation.all_scenario_targets where not holdout order by send_at, trigger"
    ).fetchall()
    return [trigger for (trigger,) in rows]


def later(at: str, **time: int) -> str:
    """A Tokyo clock time, so much later."""
    return (tokyo(at) + timedelta(hours=9) + timedelta(**time)).strftime("%Y-%m-%d %H:%M")
