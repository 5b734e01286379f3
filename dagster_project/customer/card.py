"""`kizuna card`: one customer with identifiers, where attributes come from, marts and latest acts."""

from typing import Any

import click

from dagster_project.customer.named import customer_of
from dagster_project.home import Home
from dagster_project.publish.reader import connect_published
from dagster_project.sql import dicts
from dagster_project.summary import print_table

TIMELINE_ROWS = 20


def look_up(home: Home, who: str) -> dict[str, Any]:
    """The customer's row, identifiers (hashed), marts and latest acts."""
    with connect_published(home) as con:
        customer_id = customer_of(con, home, who)

        def rows(sql: str) -> list[dict[str, Any]]:
            return dicts(con.execute(sql, [customer_id]))

        return {
            "customer_id": customer_id,
            "customer": rows("select * from marts.customers where customer_id = ?"),
            "identifiers": rows(
                "select identifier_kind, identifier_hash, first_seen_at, last_seen_at, sources"
                " from marts.customer_identifiers where customer_id = ? order by all"
            ),
            "attributes": rows(
                "select attribute, source, record_status, record_kind, record_hash, updated_at, priority, choose,"
                " decided_by, other_records, disagreeing_records from marts.customer_attribute_sources"
                " where customer_id = ? order by attribute"
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
    print_table(_origins(card["attributes"]), "no record tells any", title="Attributes, and where they come from")
    print_table(card["brand_ranks"], "no brand touched", title="Brand ranks")
    print_table(card["badges"], "none earned", title="Badges")
    print_table(card["timeline"], "no acts", title=f"Latest {TIMELINE_ROWS} acts")


def _origins(attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The origin of each attribute, as narrow as a terminal."""
    return [
        {
            "attribute": row["attribute"],
            "source": row["source"] + (f" ({row['record_status']})" if row["record_status"] != "active" else ""),
            "record": f"{row['record_kind']}:{row['record_hash'][:12]}",
            "updated_at": row["updated_at"].strftime("%Y-%m-%d %H:%M"),
            "rule": f"{row['priority']}, {row['choose']}",
            "decided_by": row["decided_by"],
            "others": row["other_records"],
            "disagree": row["disagreeing_records"],
        }
        for row in attributes
    ]
