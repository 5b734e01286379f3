"""What came of the messages that a home listed: the receiver's events, and the orders that a planted effect adds.

Only rows that were listed to be sent are answered; those held out get nothing, which is the whole point of them. The
files lie beside the simulated ones and are landed by the next run; what was planted lies in `truth/`.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from dagster_project.files import write_atomically
from dagster_project.home import Home
from dagster_project.publish.reader import connect_published
from dagster_project.sql import dicts

# Planted chance that a message which arrives adds an order within ADDS_WITHIN days; 0 plants that nothing comes of it.
EFFECTS = {"birthday": 0.0, "event_invitation": 0.0}
EFFECT = 0.25  # of every other scenario: large, since the demo's shop is small
ADDS_WITHIN = timedelta(days=12)
BOUNCES, OPENS, CLICKS, LEAVES = 0.02, 0.4, 0.3, 0.01  # clicks and unsubscriptions: of the opened

# Tools differ in what they hand back: the row's id with every event, with the first alone, or no more than scenario,
# step and member. Shares of the messages.
HANDS_BACK = (0.7, 0.2, 0.1)

LISTED = """
    select targets.feed_row_id, targets.scenario_id, targets.step, targets.channel, targets.send_at,
        coalesce(targets.product_id, favourites.product_id) as product_id, customers.member_ids[1] as member_id
    from marts.scenario_targets as targets
    inner join marts.customers as customers on targets.customer_id = customers.customer_id
    cross join (select min(product_id) as product_id from marts.order_items) as favourites
    where targets.as_of = ? and not targets.holdout and len(customers.member_ids) > 0
    order by targets.feed_row_id
"""
PRICES = "select product_id, max(amount) as price from marts.order_items where quantity = 1 group by all"


def respond(home: Home, as_of: date, sources: Path, seed: int) -> dict[str, int]:
    """Write message_events, ec_orders and ec_order_items that answer the lists of `as_of` under `sources`.

    Returns rows by source. The same lists and seed give the same bytes. Raises UsageError where nothing was published.
    """
    with connect_published(home) as con:
        listed = dicts(con.execute(LISTED, [as_of]))
        prices = {product: int(price) for product, price in con.execute(PRICES).fetchall()}
    rng = np.random.default_rng([seed, as_of.toordinal(), 5])
    plan = [_fate(rng, row) for row in listed]
    events = [event for number, one in enumerate(plan, start=1) for event in _events(number, one)]
    moved = [one for one in plan if one["ordered_at"] is not None]
    orders = [_order(number, one, prices) for number, one in enumerate(moved, start=1)]
    lines = [_line(order, one) for order, one in zip(orders, moved, strict=True)]
    for source, rows in (("message_events", events), ("ec_orders", orders), ("ec_order_items", lines)):
        if rows:
            _write(sources / source / f"{source}_responses_{as_of}.csv", rows)
    _plant(sources / "truth", plan)
    return {"message_events": len(events), "ec_orders": len(orders), "ec_order_items": len(lines)}


def _fate(rng: np.random.Generator, row: dict[str, Any]) -> dict[str, Any]:
    """The row with what becomes of its message, and when the order that it adds is placed (None: it adds none)."""
    draw = rng.random(6)
    arrives = bool(draw[0] >= BOUNCES)
    opened = arrives and bool(draw[1] < OPENS)
    moved = arrives and bool(draw[3] < EFFECTS.get(row["scenario_id"], EFFECT))
    return row | {
        "events": [
            ("sent", timedelta(0), True),
            ("delivered", timedelta(seconds=8), arrives),
            ("bounced", timedelta(seconds=9), not arrives),
            ("opened", timedelta(minutes=20), opened),
            ("clicked", timedelta(minutes=21), opened and bool(draw[2] < CLICKS)),
            ("unsubscribed", timedelta(minutes=22), opened and bool(draw[2] > 1 - LEAVES)),
        ],
        "ordered_at": row["send_at"] + timedelta(hours=1) + float(draw[4]) * ADDS_WITHIN if moved else None,
        "hands_back": int(np.searchsorted(np.cumsum(HANDS_BACK), draw[5])),
    }


def _events(number: int, one: dict[str, Any]) -> list[dict[str, str]]:
    by_row, by_first = one["hands_back"] == 0, one["hands_back"] == 1
    return [
        {
            "message_event_id": f"ke{number:08d}{position}",
            "message_id": f"km{number:08d}",
            "scenario_id": one["scenario_id"],
            "step": one["step"],
            "feed_row_id": one["feed_row_id"] if by_row or (by_first and event == "sent") else "",
            "channel": one["channel"],
            "address": "",
            "member_id": one["member_id"],
            "event": event,
            "occurred_at": _utc(one["send_at"] + after),
        }
        for position, (event, after, happened) in enumerate(one["events"])
        if happened
    ]


def _order(number: int, one: dict[str, Any], prices: dict[str, int]) -> dict[str, str]:
    return {
        "order_id": f"ECR{number:08d}",
        "member_id": one["member_id"],
        "ordered_at": _utc(one["ordered_at"]),
        "status": "paid",
        "total_amount": str(prices.get(one["product_id"], 3000)),
    }


def _line(order: dict[str, str], one: dict[str, Any]) -> dict[str, str]:
    return {
        "order_id": order["order_id"],
        "line_no": "1",
        "product_id": one["product_id"],
        "quantity": "1",
        "amount": order["total_amount"],
    }


def _plant(truth: Path, plan: list[dict[str, Any]]) -> None:
    """truth/scenario_effects.parquet: per scenario and step how many messages went, and how many orders they added."""
    steps = sorted({(one["scenario_id"], one["step"]) for one in plan})
    rows = []
    for scenario_id, step in steps:
        own = [one for one in plan if (one["scenario_id"], one["step"]) == (scenario_id, step)]
        rows.append(
            {
                "scenario_id": scenario_id,
                "step": step,
                "planted_uplift": EFFECTS.get(scenario_id, EFFECT) * (1 - BOUNCES),
                "sent": len(own),
                "moved": sum(one["ordered_at"] is not None for one in own),
            }
        )
    truth.mkdir(parents=True, exist_ok=True)
    schema = pa.schema(
        {
            "scenario_id": pa.string(),
            "step": pa.string(),
            "planted_uplift": pa.float64(),
            "sent": pa.int64(),
            "moved": pa.int64(),
        }
    )
    pq.write_table(pa.Table.from_pylist(rows, schema), truth / "scenario_effects.parquet")


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.Table.from_pylist(rows), content)
    write_atomically(path, content.getvalue().to_pybytes())


def _utc(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
