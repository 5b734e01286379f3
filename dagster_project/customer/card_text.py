"""The card of a customer as a person reads it: what a conversation begins with first, evidence last."""

from datetime import datetime
from typing import Any

import click

from dagster_project.customer.card import LOOKED_DAYS, TIMELINE_ROWS
from dagster_project.run_context import TOKYO
from dagster_project.summary import print_table

# Lines of the card's head: label, and the columns of `customers` that tell it.
HEAD = {
    "known by": ("member_ids", "card_nos"),
    "person": ("gender", "age_band", "prefecture", "member_rank"),
    "buys": ("rf_segment", "orders", "net_sales", "average_order_value", "last_order_at", "next_purchase_on"),
    "likes": ("favourite_brand_id", "favourite_category", "price_band", "gift_orders"),
    "comes": ("visits", "web_sessions_30d", "days_since_last_visit", "visit_source"),
    "scores": ("score_product", "score_lifestyle", "score_lifestance", "score_total"),
    "predicted": ("audience_score", "ltv_365d", "best_channel", "best_hour"),
}
SECTIONS = {
    "reservations": ("Reservations", "none"),
    "purchases": ("Latest purchases", "none"),
    "stores": ("Stores", "never in a store"),
    "looked_at": (f"Looked at within {LOOKED_DAYS} days", "nothing"),
    "cart": ("In the cart", "empty"),
    "recommendations": ("Recommended", "nothing"),
    "badges": ("Badges", "none earned"),
    "brand_ranks": ("Brand ranks", "no brand touched"),
    "tags": ("Tags", "none"),
    "messages": ("Messages listed", "none"),
    "message_acts": ("What became of messages", "nothing known"),
    "timeline": (f"Latest {TIMELINE_ROWS} acts", "no acts"),
    "identifiers": ("Identifiers (hashed)", "none"),
}


def print_card(card: dict[str, Any]) -> None:
    """Print it. Times are Tokyo's here; `--json` keeps UTC."""
    click.echo(f"customer {card['customer_id']}")
    for customer in card["customer"]:
        for label, columns in HEAD.items():
            told = [(name, customer.get(name)) for name in columns]
            click.echo(
                f"  {label:<10} {', '.join(_said(name, value) for name, value in told if _is_told(value)) or '-'}"
            )
        consents = {name.removeprefix("consent_"): yes for name, yes in customer.items() if name.startswith("consent_")}
        yes, no = ([channel for channel, given in consents.items() if given is is_yes] for is_yes in (True, False))
        click.echo(f"  {'may write':<10} {', '.join(yes) or 'nowhere'}" + (f" (not by {', '.join(no)})" if no else ""))
    for section, (title, empty) in SECTIONS.items():
        shown = [
            {name: _tokyo(value) for name, value in row.items() if name not in ("source", "source_key")}
            for row in card[section]
        ]
        print_table(shown, empty, title=title)
    print_table(_origins(card["attributes"]), "no record tells any", title="Attributes, and where they come from")


def _is_told(value: Any) -> bool:
    return value is not None and value != []


def _said(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{name.removesuffix('s')} {' '.join(value)}"
    return f"{name} {_tokyo(value)}"


def _tokyo(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value + TOKYO).strftime("%Y-%m-%d %H:%M")
    return " ".join(value) if isinstance(value, list) else value


def _origins(attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The origin of each attribute, as narrow as a terminal."""
    return [
        {
            "attribute": row["attribute"],
            "source": row["source"] + (f" ({row['record_status']})" if row["record_status"] != "active" else ""),
            "record": f"{row['record_kind']}:{row['record_hash'][:12]}",
            "updated_at": _tokyo(row["updated_at"]),
            "rule": f"{row['priority']}, {row['choose']}",
            "decided_by": row["decided_by"],
            "others": row["other_records"],
            "disagree": row["disagreeing_records"],
        }
        for row in attributes
    ]
