"""One customer, and why he is one: `kizuna card`, `kizuna path`, `kizuna why`. Never opens the warehouse.

A user names a person by customer_id or by `kind:value`; the value is normalised and hashed as the pipeline does it,
so no address need be stored in a mart to be found again.
"""

from typing import Any

import click
import duckdb

from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.identity import explain
from dagster_project.identity.hashing import identifier_hash
from dagster_project.landing.origin_rows import origin_rows
from dagster_project.publish.reader import connect_published
from dagster_project.staging import normalise
from dagster_project.summary import print_table

READERS = {"email": normalise.read_email, "phone": normalise.read_phone}
KINDS = ("member_id", "card_no", "line_user_id", "email", "phone", "visitor_id")
TIMELINE_ROWS = 20


def normalised(word: str) -> tuple[str, str]:
    """(kind, value as staging leaves it) of `kind:value`. Raises UsageError for an unknown kind or value."""
    kind, _, value = word.partition(":")
    if kind not in KINDS or not value.strip():
        raise UsageError(f"{kind!r} is neither a customer_id nor kind:value; kinds are {', '.join(KINDS)}")
    read, problem = READERS.get(kind, normalise.read_id)(value)
    if read is None:
        raise UsageError(f"this {kind} cannot be read: {problem}")
    return kind, str(read)


def hashed(home: Home, word: str) -> tuple[str, str]:
    """(kind, identifier_hash) of `kind:value`; errors as `normalised`."""
    kind, value = normalised(word)
    return kind, identifier_hash(home.salt(), kind, value)


def customer_of(con: duckdb.DuckDBPyConnection, home: Home, word: str) -> str:
    """The current customer_id of a customer_id (an older one included) or `kind:value`. Raises UsageError."""
    if ":" not in word:
        rows = con.execute("select customer_id from marts.customer_aliases where alias_id = ?", [word]).fetchall()
        if rows and rows[0][0] is None:
            raise UsageError(f"{word} was published once, but its identifiers are gone")
    else:
        rows = con.execute(
            "select customer_id from marts.customer_identifiers where identifier_kind = ? and identifier_hash = ?",
            list(hashed(home, word)),
        ).fetchall()
    if not rows:
        raise UsageError(f"nobody is known by this {word.partition(':')[0] if ':' in word else 'customer_id'}")
    return rows[0][0]


def look_up(home: Home, who: str) -> dict[str, Any]:
    """The customer's row, identifiers (hashed), marts and latest acts."""
    with connect_published(home) as con:
        customer_id = customer_of(con, home, who)

        def rows(sql: str) -> list[dict[str, Any]]:
            return _rows(con.execute(sql, [customer_id]))

        return {
            "customer_id": customer_id,
            "customer": rows("select * from marts.customers where customer_id = ?"),
            "identifiers": rows(
                "select identifier_kind, identifier_hash, first_seen_at, last_seen_at, sources"
                " from marts.customer_identifiers where customer_id = ? order by all"
            ),
            "brand_ranks": rows(
                "select brand_id, rank, purchases, views, reviews, reason from marts.brand_ranks"
                " where customer_id = ? order by rank = 'S' desc, rank, brand_id"
            ),
            "badges": rows("select badge_id, earned_at, evidence from marts.badges where customer_id = ? order by all"),
            "timeline": rows(
                "select occurred_at, channel, action, brand_id, product_id, content_id, store_id, amount,"
                " source, source_key from marts.touchpoints where customer_id = ?"
                f" order by occurred_at desc, touchpoint_id limit {TIMELINE_ROWS}"
            ),
        }


def print_card(card: dict[str, Any]) -> None:
    """The card as a person reads it."""
    click.echo(f"customer {card['customer_id']}")
    for customer in card["customer"]:
        print_table(
            [
                {"attribute": name, "value": value if not isinstance(value, list) else " ".join(value)}
                for name, value in customer.items()
                if value is not None
            ]
        )
    print_table(card["identifiers"], title="Identifiers (hashed)")
    print_table(card["brand_ranks"], "no brand touched", title="Brand ranks")
    print_table(card["badges"], "none earned", title="Badges")
    print_table(card["timeline"], "no acts", title=f"Latest {TIMELINE_ROWS} acts")


def path(home: Home, a: str, b: str) -> dict[str, Any]:
    """The chain of evidence between two identifiers or customers; empty where they are two persons."""
    with connect_published(home) as con:
        customers = [customer_of(con, home, word) for word in (a, b)]
        one = customers[0] == customers[1]
        ends = [":".join(normalised(word)) if ":" in word else word for word in (a, b)]
        return {
            "customers": customers,
            "is_one_person": one,
            "chain": explain.path(con, home.salt(), *ends) if one else [],
        }


def print_path(found: dict[str, Any]) -> None:
    """The chain as a person reads it."""
    if not found["is_one_person"]:
        click.echo(f"two persons: {' and '.join(found['customers'])}; no chain of used edges joins them")
        return
    click.echo(f"one person: {found['customers'][0]}")
    print_table(found["chain"], "they are the same identifier", title="Evidence, step by step")


def why(home: Home, feed_row_id: str) -> dict[str, Any]:
    """The listed row; its trigger's rows in the sources; the customer's latest acts before it, with theirs.

    Read from the ledger, which knows hourly runs before a daily one publishes them. Raises UsageError for an unknown
    row.
    """
    with connect_published(home) as con:
        target = _listed(con, home, feed_row_id)
        acts = _rows(
            con.execute(
                "select occurred_at, action, product_id, content_id, source, source_key from marts.touchpoints"
                " where customer_id = ? and occurred_at <= ? order by occurred_at desc, touchpoint_id limit 10",
                [target["customer_id"], target["send_at"]],
            )
        )
        members = con.execute(
            "select unnest(member_ids) from marts.customers where customer_id = ?", [target["customer_id"]]
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
        _rows(
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


def _rows(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def print_why(found: dict[str, Any]) -> None:
    """The lineage as a person reads it."""
    print_table([{"column": name, "value": value} for name, value in found["target"].items()], title="The row")
    print_table(found["trigger_rows"], "none", title="What set it off, in the sources")
    print_table(found["acts"], "none", title="The customer's latest acts before it, with file and line")
