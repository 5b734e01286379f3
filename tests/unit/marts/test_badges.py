"""Badges against their rules worded once more: at each act, what has come together so far within the window."""

import csv
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from rendered import build, load_rules, write_run

from dagster_project.project import seeds

AS_OF = date(2026, 11, 20)
TOKYO = timedelta(hours=9)
CATEGORIES = {"p1": "cream", "p2": "cream", "p3": "soap", "p4": "soap"}
RULES: list[dict[str, Any]] = [
    {"badge_id": "regular", "what": "store_uses", "min_count": 4},
    {"badge_id": "regular_of_a_month", "what": "store_uses", "min_count": 3, "window_days": 30},
    {"badge_id": "lover", "what": "product_units", "min_count": 6},
    {"badge_id": "hoarder", "what": "units", "min_count": 9, "window_days": 14, "category": "cream"},
    {"badge_id": "explorer", "what": "products", "min_count": 3, "window_days": 20},
    {"badge_id": "explorer_of_all", "what": "products", "min_count": 4},
    {"badge_id": "orders", "what": "orders", "min_count": 3, "window_days": 15, "brand_id": "b1"},
    {"badge_id": "brand_orders", "what": "brand_orders", "min_count": 3, "channel": "ec"},
    {"badge_id": "buyer_of_kinds", "what": "categories", "min_count": 2, "window_days": 3},
    {"badge_id": "viewer", "what": "views", "min_count": 3, "window_days": 7},
    {"badge_id": "days_of_views", "what": "view_days", "min_count": 3, "window_days": 10},
    {"badge_id": "reader", "what": "contents", "min_count": 2, "information_kind": "vision"},
    {"badge_id": "reader_of_one", "what": "views", "min_count": 2, "content_id": "k1"},
    {"badge_id": "social", "what": "social_acts", "min_count": 2, "window_days": 1},
]
FILTERS = ("information_kind", "brand_id", "category", "content_id", "channel")


@dataclass(frozen=True)
class Act:
    """One touchpoint; `at` is UTC and differs between acts, but for the lines of an order."""

    id: str
    customer: str
    action: str
    at: datetime
    order_id: str | None = None
    product_id: str | None = None
    store_id: str | None = None
    content_id: str | None = None
    quantity: int = 0

    @property
    def on(self) -> date:
        return (self.at + TOKYO).date()

    @property
    def brand_id(self) -> str | None:
        return {"p1": "b1", "p2": "b2", "p3": "b1", "p4": "b2"}.get(self.product_id or "")

    @property
    def category(self) -> str | None:
        return CATEGORIES.get(self.product_id or "")

    @property
    def information_kind(self) -> str | None:
        return {"k1": "vision", "k2": "vision", "k3": "article"}.get(self.content_id or "")

    @property
    def channel(self) -> str:
        return "store" if self.store_id else "ec" if self.order_id else "web"


def random_acts(seed: int) -> list[Act]:
    chance = random.Random(seed)
    end = datetime(2026, 11, 20, 15)
    seconds = iter(chance.sample(range(-86_400, 70 * 86_400), 5000))  # the last ones lie after as_of
    acts: list[Act] = []
    for number in range(80):
        customer = f"v{number}" if number < 8 else f"c{number}"
        for _ in range(chance.choice([2, 8, 25])):
            at, name = end - timedelta(seconds=next(seconds) + 1), f"t{len(acts)}"
            store = chance.choice(["s1", "s2"])
            action = chance.choice(["purchase", "receipt", "visit", "visit", "product_view", "content_view", "like"])
            if action in ("purchase", "receipt"):
                place = store if action == "receipt" else None
                for line in range(chance.choice([1, 2, 3])):
                    product, quantity = chance.choice(list(CATEGORIES)), chance.choice([0, 1, 1, 3])
                    acts.append(
                        Act(f"{name}:{line}", customer, "purchase", at, name, product, place, quantity=quantity)
                    )
            elif action == "visit":
                acts.append(Act(name, customer, action, at, store_id=store))
            elif action == "content_view":
                acts.append(Act(name, customer, action, at, content_id=chance.choice(["k1", "k2", "k3"])))
            else:
                acts.append(Act(name, customer, action, at, product_id=chance.choice(list(CATEGORIES))))
    return acts


def shipped_words() -> dict[str, list[dict[str, str]]]:
    words = defaultdict(list)
    with (seeds() / "rules" / "badge_acts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            words[row["what"]].append(row)
    return words


def item_of(act: Act, counted: str) -> tuple[str | None, int]:
    """What `act` counts as, and how much."""
    if counted == "units":
        return (act.id if act.quantity > 0 else None), act.quantity
    if counted == "acts":
        return (act.order_id if act.action == "purchase" else act.id), 1
    if counted == "days":
        return str(act.on), 1
    columns = {"products": "product_id", "categories": "category", "contents": "content_id", "brands": "brand_id"}
    return getattr(act, columns[counted]), 1


def earned(acts: list[Act]) -> dict[tuple[str, str], datetime]:
    """(customer, badge) -> the first act at which enough has come together."""
    words = shipped_words()
    found: dict[tuple[str, str], datetime] = {}
    end = datetime(2026, 11, 20, 15)
    for rule in RULES:
        word = words[rule["what"]]
        counted, within = word[0]["counted"], word[0]["within"]
        together: dict[tuple[str, str], list[Act]] = defaultdict(list)
        for act in sorted(acts, key=lambda act: act.at):
            if act.customer[0] == "v" or act.at >= end or act.action not in {row["action"] for row in word}:
                continue
            if any(name in rule and getattr(act, name) != rule[name] for name in FILTERS):
                continue
            columns = {"store": "store_id", "product": "product_id", "brand": "brand_id", "category": "category"}
            subject = getattr(act, columns[within]) if within else ""
            if subject is None or item_of(act, counted)[0] is None:
                continue
            held = together[act.customer, subject]
            held.append(act)
            since = act.on - timedelta(days=rule.get("window_days", 10_000))
            items = dict(item_of(other, counted) for other in held if other.on > since)
            key = (act.customer, rule["badge_id"])
            if sum(items.values()) >= rule["min_count"] and act.at < found.get(key, end):
                found[key] = act.at
    return found


def warehouse(acts: list[Act]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    load_rules(con)
    write_run(con, AS_OF)
    con.execute("delete from badge_rules")
    for rule in RULES:
        con.execute(
            f"insert into badge_rules ({', '.join(rule)}) values ({', '.join('?' * len(rule))})", [*rule.values()]
        )
    con.execute(
        "create table touchpoints (touchpoint_id varchar, customer_id varchar, action varchar, occurred_at timestamp,"
        " order_id varchar, product_id varchar, store_id varchar, content_id varchar, quantity bigint,"
        " occurred_on date, brand_id varchar, information_kind varchar, channel varchar, score_category varchar,"
        " campaign_id varchar, category varchar)"
    )
    rows = [
        (*vars(act).values(), act.on, act.brand_id, act.information_kind, act.channel, None, None, act.category)
        for act in acts
    ]
    con.register("acts", pd.DataFrame(rows))
    con.execute("insert into touchpoints select * from acts")
    con.execute(
        "create table persons as select distinct customer_id, customer_id[1] = 'v' as is_visitor from touchpoints"
    )
    build(con, "int_marts__badge_units", "badges")
    return con


@pytest.mark.parametrize("seed", [1, 2])
def test_badges_are_earned_at_the_act_that_completes_the_count(seed: int) -> None:
    acts = random_acts(seed)
    expected = earned(acts)
    rows = warehouse(acts).execute("select customer_id, badge_id, earned_at from badges").fetchall()
    assert {row[:2]: row[2] for row in rows} == expected
    assert len(rows) == len(expected)
    for rule in RULES:
        owners = sum(badge == rule["badge_id"] for _, badge in expected)
        assert 0 < owners < 72, f"{rule['badge_id']} must part customers"
