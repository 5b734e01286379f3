"""`kizuna why`: a listed row back to what set it off, in the sources."""

from typing import Any

import duckdb

from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.landing.origin_rows import origin_rows
from dagster_project.publish.reader import connect_published
from dagster_project.sql import dicts
from dagster_project.summary import print_table


def why(home: Home, feed_row_id: str) -> dict[str, Any]:
    """The listed row; its trigger's rows in the sources; the customer's latest acts before it, with theirs.

    Read from the ledger, which knows hourly runs before a daily one publishes them. Raises UsageError for an unknown
    row.
    """
    with connect_published(home) as con:
        target = _listed(con, home, feed_row_id)
        # Listed under an id that was merged since: its acts stand under today's.
        today = con.execute(
            "select customer_id from marts.customer_aliases where alias_id = ?", [target["customer_id"]]
        ).fetchone()
        customer_id = today[0] if today else target["customer_id"]
        acts = dicts(
            con.execute(
                "select occurred_at, action, product_id, content_id, source, source_key from marts.touchpoints"
                " where customer_id = ? and occurred_at <= ? order by occurred_at desc, touchpoint_id limit 10",
                [customer_id, target["send_at"]],
            )
        )
        members = con.execute(
            "select unnest(member_ids) from marts.customers where customer_id = ?", [customer_id]
        ).fetchall()
    trigger = _trigger_keys(target["trigger"], [member_id for (member_id,) in members])
    origins: dict[tuple[Any, Any], dict[str, Any]] = {}
    for row in origin_rows(home, [*trigger, *((act["source"], act["source_key"]) for act in acts)]):
        origins.setdefault((row["source"], row["source_key"]), row)
    for act in acts:
        origin = origins.get((act["source"], act["source_key"]), {})
        act |= {"file": origin.get("file"), "line_no": origin.get("line_no")}
    return {"target": target, "trigger_rows": [origins[key] for key in trigger if key in origins], "acts": acts}


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
        raise UsageError(f"no feed row {feed_row_id} was ever listed")
    return found[0]


def _trigger_keys(trigger: str, member_ids: list[str]) -> list[tuple[str, str]]:
    """The (source, key) of what set a scenario off: an act, an order, or a date that the member's record tells."""
    kind, _, key = trigger.partition(":")
    source = {"ec": "ec_orders", "store": "pos_receipts"}.get(kind, kind)
    return [("members", member_id) for member_id in member_ids] if kind == "birthday" else [(source, key)]


def print_why(found: dict[str, Any]) -> None:
    """The lineage as a person reads it."""
    print_table([{"column": name, "value": value} for name, value in found["target"].items()], title="The row")
    print_table(found["trigger_rows"], "none", title="What set it off, in the sources")
    print_table(found["acts"], "none", title="The customer's latest acts before it, with file and line")
