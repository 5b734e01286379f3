"""Why a step was sent, seen from the other side: each reason for which it could have been suppressed, and how it stood.

Consent and addresses are today's; the draw of the hold-out is the same whenever it is made.
"""

import hashlib
from datetime import timedelta
from typing import Any

import duckdb

from dagster_project.activation.scenarios.rules import ten_thousandths
from dagster_project.home import Home
from dagster_project.settings import effective_settings
from dagster_project.sql import dicts

DRAWS = 10_000
DAYS_SHOWN = 7
CONSENTED = ("email", "line", "sms", "push", "dm")


def draw(salt: str, scope: str, customer_id: str) -> int:
    """The place of a customer among 10,000 in the draw of a hold-out: hash(salt, scope, customer id)."""
    return int(hashlib.sha256(f"{salt}|holdout|{scope}|{customer_id}".encode()).hexdigest()[:15], 16) % DRAWS


def checks(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    target: dict[str, Any],
    customer_id: str,
    customer: dict[str, Any],
    rule: Any,
) -> list[dict[str, Any]]:
    """One row per reason: what was asked, and the customer's answer."""
    settings, channel = effective_settings(), target["channel"]
    rule = rule or {}
    default = 0.0 if rule.get("is_transactional") else float(settings["default_holdout"])
    share = float(rule.get("holdout", default))
    listed = target["customer_id"]
    found: list[dict[str, Any]] = [
        {
            "reason": "erased",
            "asked": "nobody asked to erase this person",
            "stands": "known" if customer else "gone since",
        },
        {
            "reason": "consent",
            "asked": f"may we write by {channel}",
            "stands": customer.get(f"consent_{channel}") if channel in CONSENTED else "own surface, none asked",
        },
        {
            "reason": "holdout",
            "asked": f"draw of the scenario under {ten_thousandths(share)} of {DRAWS}",
            "stands": draw(home.salt(), target["scenario_id"], listed),
        },
        {
            "reason": "holdout (global)",
            "asked": f"draw under {ten_thousandths(float(settings['global_holdout']))} of {DRAWS}",
            "stands": draw(home.salt(), "global", listed),
        },
        {
            "reason": "purchased",
            "asked": "counted orders from due time to send time",
            "stands": con.execute(
                "select count(*) from marts.orders where customer_id = ? and is_counted"
                " and ordered_at >= ? and ordered_at < ?",
                [customer_id, target["due_at"], target["send_at"]],
            ).fetchall()[0][0],
        },
    ]
    others = _other_messages(con, home, target)
    found.append(
        {
            "reason": "frequency_cap",
            "asked": f"other messages in the {DAYS_SHOWN} days before it",
            "stands": ", ".join(f"{row['messages']} by {row['channel']}" for row in others) or "none",
        }
    )
    return found


def _other_messages(con: duckdb.DuckDBPyConnection, home: Home, target: dict[str, Any]) -> list[dict[str, Any]]:
    files = [str(file) for file in sorted((home.ledger / "scenario_steps").glob("*.parquet"))]
    return dicts(
        con.execute(
            "select channel, count(*) as messages from read_parquet(?, union_by_name = true) where customer_id = ?"
            " and not holdout and feed_row_id <> ? and send_at <= ? and send_at > ? group by channel order by channel",
            [
                files,
                target["customer_id"],
                target["feed_row_id"],
                target["send_at"],
                target["send_at"] - timedelta(days=DAYS_SHOWN),
            ],
        )
    )


def suppressed(
    home: Home, con: duckdb.DuckDBPyConnection, customer_id: str, scenario_id: str | None
) -> list[dict[str, Any]]:
    """Every step that was not sent to a customer (under any id that he had), newest first, with its reason."""
    files = [str(file) for file in sorted((home.ledger / "suppressions").glob("*.parquet"))]
    if not files:
        return []
    return dicts(
        con.execute(
            "select * exclude (match_key, continues, run_id) from read_parquet($files, union_by_name = true)"
            " where customer_id in"
            " (select alias_id from marts.customer_aliases where customer_id = $who union select $who)"
            " and coalesce(scenario_id = $scenario, true)"
            " order by as_of desc, due_at desc nulls last, scenario_id, step",
            {"files": files, "who": customer_id, "scenario": scenario_id},
        )
    )
