"""`kizuna why`: a listed row back to its rule, what that asked, what the customer was, and the rows in the sources."""

from typing import Any

import duckdb
import yaml

from dagster_project.customer import rule_text
from dagster_project.customer.named import customer_of
from dagster_project.customer.not_suppressed import checks, suppressed
from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.landing.origin_rows import origin_rows
from dagster_project.publish.reader import connect_published
from dagster_project.sql import dicts

ACTS = 10
# The parts of a scenario that ask something of the customer.
ASKING = ("when", "audience", "exits", "skip")
# What stands before the colon of a trigger that is no act and no order -> the mart of which a row set it off, and its
# columns in the key.
MART_TRIGGERS = {
    "badge": ("badges", ("badge_id",)),
    "brand_journeys": ("brand_journeys", ("brand_id", "stage")),
    "tags": ("tags", ("tag",)),
    "score": ("scores", ()),
    "entered": ("rf_customers", ()),
}
# What stands before the colon of a trigger that is a row of a source with another name.
SOURCES = {"ec": "ec_orders", "store": "pos_receipts", "launch": "products", "campaign": "campaigns"}


def why(home: Home, feed_row_id: str) -> dict[str, Any]:
    """The listed row, its rule, what it asked and the customer's values, and the rows of marts and sources behind.

    Read from the ledger, which knows hourly runs before a daily one publishes them; marts are those published last.
    Raises UsageError for an unknown row.
    """
    with connect_published(home) as con:
        target = _listed(con, home, feed_row_id)
        # Listed under an id that was merged since: its acts stand under today's.
        today = con.execute(
            "select customer_id from marts.customer_aliases where alias_id = ?", [target["customer_id"]]
        ).fetchone()
        customer_id = (today[0] if today else None) or target["customer_id"]
        customers = dicts(con.execute("select * from marts.customers where customer_id = ?", [customer_id]))
        customer = customers[0] if customers else {}
        text = rule_text.text_of(home, target["scenario_id"], target["rule_version"])
        rule = yaml.safe_load(text) if text else None
        acts = dicts(
            con.execute(
                "select occurred_at, action, product_id, content_id, source, source_key from marts.touchpoints"
                " where customer_id = ? and occurred_at <= ? order by occurred_at desc, touchpoint_id limit ?",
                [customer_id, target["send_at"], ACTS],
            )
        )
        trigger = _trigger_keys(target["trigger"], customer.get("member_ids") or [])
        mart_rows = _mart_rows(con, target, customer_id)
        held = checks(con, home, target, customer_id, customer, rule)
    origins: dict[tuple[Any, Any], dict[str, Any]] = {}
    for row in origin_rows(home, [*trigger, *((act["source"], act["source_key"]) for act in acts)]):
        origins.setdefault((row["source"], row["source_key"]), row)
    for act in acts:
        origin = origins.get((act["source"], act["source_key"]), {})
        act |= {"file": origin.get("file"), "line_no": origin.get("line_no")}
    return {
        "target": target,
        "rule": {"scenario_id": target["scenario_id"], "rule_version": target["rule_version"], "text": text},
        "conditions": list(_conditions(rule, customer)) if rule else [],
        "not_suppressed": held,
        "mart_rows": mart_rows,
        "trigger_rows": [origins[key] for key in trigger if key in origins],
        "acts": acts,
    }


def why_not(home: Home, who: str, scenario_id: str | None) -> list[dict[str, Any]]:
    """The steps that were not sent to a customer, with reasons. Raises UsageError where `who` names nobody."""
    with connect_published(home) as con:
        return suppressed(home, con, customer_of(con, home, who), scenario_id)


def _listed(con: duckdb.DuckDBPyConnection, home: Home, feed_row_id: str) -> dict[str, Any]:
    files = [str(file) for file in sorted((home.ledger / "scenario_steps").glob("*.parquet"))]
    found = (
        dicts(
            con.execute(
                "select as_of, feed_row_id, scenario_id, step, customer_id, channel, send_at, content_id, product_id,"
                " reason, rule_version, holdout, trigger, due_at"
                " from read_parquet(?, union_by_name = true) where feed_row_id = ?",
                [files, feed_row_id],
            )
        )
        if files
        else []
    )
    if not found:
        raise UsageError(
            f"no list holds a feed row {feed_row_id} (those of erased persons are forgotten);"
            " why not: kizuna why CUSTOMER --suppressed"
        )
    return found[0]


def _trigger_keys(trigger: str, member_ids: list[str]) -> list[tuple[str, str]]:
    """The (source, key) of what set a scenario off: an act, an order, or the record that tells its date."""
    kind, _, key = trigger.partition(":")
    if kind == "replenishment":
        return _trigger_keys(key.rpartition(":")[0], member_ids)
    return (
        [("members", member_id) for member_id in member_ids] if kind == "birthday" else [(SOURCES.get(kind, kind), key)]
    )


def _mart_rows(con: duckdb.DuckDBPyConnection, target: dict[str, Any], customer_id: str) -> list[dict[str, Any]]:
    """The rows of marts that set the step off or filled it: mart, then the row as text."""
    kind, _, key = target["trigger"].partition(":")
    order = key.rpartition(":")[0] if kind == "replenishment" else target["trigger"]
    asked: list[tuple[str, str, list[Any]]] = [
        ("touchpoints", "touchpoint_id = ?", [target["trigger"]]),
        ("orders", "order_id = ?", [order]),
        ("order_items", "order_id = ?", [order]),
    ]
    if kind in MART_TRIGGERS:
        mart, columns = MART_TRIGGERS[kind]
        values = key.split(":", len(columns) - 1) if columns else []
        asked.append(
            (mart, " and ".join(["customer_id = ?", *(f"{name} = ?" for name in columns)]), [customer_id, *values])
        )
    if target["product_id"]:
        asked.append(("recommendations", "customer_id = ? and product_id = ?", [customer_id, target["product_id"]]))
    rows = []
    for mart, condition, values in asked:
        for row in dicts(con.execute(f"select * from marts.{mart} where {condition} order by all", values)):
            rows.append({"mart": mart, "row": {name: value for name, value in row.items() if value is not None}})
    return rows


def _conditions(rule: Any, customer: dict[str, Any], place: str = "") -> Any:
    """What the scenario asks, with the customer's value where a condition names a column of `customers`."""
    if isinstance(rule, list):
        for number, part in enumerate(rule):
            name = part.get("step", part.get("channel", number)) if isinstance(part, dict) else number
            yield from _conditions(part, customer, f"{place}[{name}]")
    elif isinstance(rule, dict):
        for key, part in rule.items():
            here = f"{place}.{key}".lstrip(".")
            if key in ASKING:
                yield from _asked(part, customer, here)
            else:
                yield from _conditions(part, customer, here)


def _asked(condition: Any, customer: dict[str, Any], place: str) -> Any:
    if isinstance(condition, list):
        for part in condition:
            yield from _asked(part, customer, place)
    elif isinstance(condition, dict):
        for key, part in condition.items():
            if key in customer:
                yield {"where": place, "condition": f"{key}: {part}", "customer": customer[key]}
            elif key in ("all", "any", "not", "when"):
                yield from _asked(part, customer, f"{place}.{key}")
            elif key != "name":
                yield {"where": place, "condition": f"{key}: {part}", "customer": None}
    else:
        yield {"where": place, "condition": str(condition), "customer": None}
