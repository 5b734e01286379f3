"""Scores by the models' own SQL, against the document's customers and against rules tried act by act in Python."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dagster_project import rule_tables
from dagster_project.project import seeds
from dagster_project.scores.models import render

AS_OF = date(2026, 11, 20)
MODELS = (
    "int_marts__score_ledger", "int_marts__score_sums", "int_marts__score_parts", "scores", "score_contributions",
    "score_history",
)  # fmt: skip
TABLES = ("touchpoints", "persons", "score_rules", "int_core__contents", "int_marts__as_of_days", *MODELS)
HEADER = (
    "rule_id,action,score_category,information_kind,content_id,brand_id,product_id,valid_from,valid_to,"
    "product,lifestyle,lifestance,daily_cap,description"
)
# field of an act -> column of touchpoints
COLUMNS = {
    "key": ("touchpoint_id", "varchar"),
    "customer": ("customer_id", "varchar"),
    "action": ("action", "varchar"),
    "at": ("occurred_at", "timestamp"),
    "category": ("score_category", "varchar"),
    "kind": ("information_kind", "varchar"),
    "content": ("content_id", "varchar"),
    "brand": ("brand_id", "varchar"),
    "product": ("product_id", "varchar"),
    "order": ("order_id", "varchar"),
    "is_first_line": ("is_first_line", "boolean"),
}
Scores = dict[str, tuple[int, int, int, int]]


@dataclass(frozen=True)
class Act:
    """One line of an act; an order has several, the first of which has `is_first_line`."""

    key: str
    customer: str
    action: str
    at: datetime
    category: str | None = None
    kind: str | None = None
    content: str | None = None
    brand: str | None = None
    product: str | None = None
    order: str | None = None
    is_first_line: bool = True


def score(acts: list[Act], rules: Path, half_life: str = "") -> duckdb.DuckDBPyConnection:
    """The models of scores as tables over `acts`, all by customers, as of AS_OF."""
    con = duckdb.connect()
    con.execute("create schema run")
    con.execute(
        f"create table run.context as select date '{AS_OF}' as as_of, timestamp '{AS_OF} 15:00' as as_of_end_at"
    )
    con.execute("create table run.settings (name varchar, value varchar)")
    con.execute("insert into run.settings values ('score_half_life_days', ?)", [half_life])
    rule_tables.load(con, rules, "score_rules", "score_rules")
    given = pa.table({name: pa.array([getattr(act, name) for act in acts]) for name in COLUMNS})
    con.register("given", given)
    con.execute(
        "create table touchpoints as select "
        + ", ".join(f'cast("{name}" as {kind}) as {column}' for name, (column, kind) in COLUMNS.items())
        + ", cast(\"at\" + interval '9 hours' as date) as occurred_on from given"
    )
    con.execute(
        "create table persons as select customer_id, false as is_visitor, min(occurred_at) as first_seen_at"
        " from touchpoints group by customer_id"
    )
    con.execute(
        "create table int_core__contents as select distinct content_id, score_category, information_kind"
        " from touchpoints where content_id is not null"
    )
    con.execute(
        "create table int_marts__as_of_days as select as_of from run.context union all select date '2026-10-31'"
    )
    relations = {name: name for name in ("run.context", "run.settings", "run.score_parts_due", *TABLES)}
    for model in MODELS:
        con.execute(f"create table {model} as {render(model, relations)}")
    return con


def scores(con: duckdb.DuckDBPyConnection) -> Scores:
    rows = con.execute("select customer_id, product, lifestyle, lifestance, total from scores").fetchall()
    return {customer: tuple(points) for customer, *points in rows}


def rules_file(folder: Path, *lines: str) -> Path:
    file = folder / "score_rules.csv"
    file.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    assert rule_tables.faults_of(file, "score_rules") == []
    return file


def test_a_web_view_is_8_a_purchase_10_a_visit_5_and_each_once_is_23() -> None:
    at = datetime(2026, 11, 1, 3)
    once = {"view": "product_view", "buy": "purchase", "visit": "visit"}
    acts = [Act(name, name, action, at, order="o" if name == "buy" else None) for name, action in once.items()]
    acts += [Act(f"A{name}", "A", action, at, order="oA" if name == "buy" else None) for name, action in once.items()]
    found = scores(score(acts, seeds() / "rules" / "score_rules.csv"))
    assert found == {"view": (3, 5, 0, 8), "buy": (8, 1, 1, 10), "visit": (0, 0, 5, 5), "A": (11, 6, 6, 23)}


def test_the_five_customers_of_the_document(tmp_path: Path) -> None:
    rules = rules_file(
        tmp_path,
        "goods,product_view,,,,,,,,1,0,0,,",
        "world,content_view,,,,,,,,0,1,0,,",
        "view,visit,,,,,,,,0,0,1,,",
    )
    points = {"A": (10, 12, 8), "B": (12, 7, 3), "C": (15, 3, 0), "D": (0, 0, 30), "E": (8, 0, 8)}
    acts = [
        Act(f"{customer}{action}{number}", customer, action, datetime(2026, 11, 1, 3) + timedelta(hours=number))
        for customer, counts in points.items()
        for action, count in zip(("product_view", "content_view", "visit"), counts, strict=True)
        for number in range(count)
    ]
    con = score(acts, rules)
    found = scores(con)
    assert found == {customer: (*three, sum(three)) for customer, three in points.items()}
    assert [found[customer][3] for customer in "ABCDE"] == [30, 22, 18, 30, 16]
    # A and D tie by their totals; only A and B know all three sides.
    best = con.execute("select customer_id from scores where total = (select max(total) from scores) order by 1")
    assert best.fetchall() == [("A",), ("D",)]
    assert {customer for customer, three in found.items() if min(three) > 0} == {"A", "B"}
    history = con.execute("select as_of, customers_scored, customers_all_three, total from score_history order by 1")
    assert history.fetchall() == [(date(2026, 10, 31), 0, 0, 0), (AS_OF, 5, 2, 116)]


RULES: tuple[tuple[Any, ...], ...] = (
    # rule, action, filters {field: value}, from, to, points, cap
    ("any_view", "content_view", {}, None, None, (1, 2, 0), None),
    ("vision", "content_view", {"category": "lifestance"}, date(2026, 10, 15), None, (0, 0, 7), 2),
    ("of_kind", "content_view", {"kind": "how_to"}, None, date(2026, 11, 5), (3, 0, 0), 1),
    ("of_content", "content_view", {"content": "k1"}, None, None, (0, 4, 0), None),
    ("buys", "purchase", {}, None, None, (8, 1, 1), 1),
    ("buys_brand", "purchase", {"brand": "b1"}, None, None, (5, 0, 0), None),
    ("buys_product", "purchase", {"product": "p2", "brand": "b1"}, None, None, (0, 0, 9), 1),
)


def csv_line(rule: tuple) -> str:
    name, action, filters, start, end, points, cap = rule
    cells = [filters.get(field, "") for field in ("category", "kind", "content", "brand", "product")]
    return ",".join(map(str, [name, action, *cells, start or "", end or "", *points, cap or "", ""]))


def random_acts(seed: int) -> list[Act]:
    chance = random.Random(seed)
    acts = []
    for number in range(900):
        customer, day = f"c{chance.randint(1, 25)}", AS_OF - timedelta(days=chance.randint(-2, 60))
        # few hours, so that times tie
        at = datetime(day.year, day.month, day.day, chance.choice([1, 14, 16]))
        if chance.random() < 0.7:
            category, kind = chance.choice([("lifestance", "vision"), ("product", "how_to"), (None, None)])
            content = chance.choice(["k1", "k2"])
            acts.append(Act(f"e{number}", customer, "content_view", at, category, kind, f"{content}{category or ''}"))
        else:
            lines = [(chance.choice(["b1", "b2"]), chance.choice(["p1", "p2"])) for _ in range(chance.randint(1, 3))]
            acts += [
                Act(f"o{number}:{line}", customer, "purchase", at, brand=brand, product=product, order=f"o{number}",
                    is_first_line=line == 0)
                for line, (brand, product) in enumerate(lines)
            ]  # fmt: skip
    return acts


def ledger_of(acts: list[Act]) -> set[tuple[str, str]]:
    """(act, rule) by RULES as `domain.md` and `_marts.yml` word them, one rule after another."""
    found = set()
    for name, action, filters, start, end, _, cap in RULES:
        of_lines = action == "purchase" and bool({"brand", "product"} & set(filters))
        per_day = defaultdict(list)
        for act in acts:
            day = (act.at + timedelta(hours=9)).date()
            if (
                act.action == action and (start or day) <= day <= (end or AS_OF) and day <= AS_OF
                and all(getattr(act, field) == value for field, value in filters.items())
                and (act.is_first_line or of_lines)
            ):  # fmt: skip
                per_day[act.customer, day].append(act)
        for met in per_day.values():
            met.sort(key=lambda act: (act.at, act.key))
            orders: dict[str, Act] = {}
            for act in sorted(met, key=lambda act: (not act.is_first_line, act.key)):
                orders.setdefault(act.order or act.key, act)
            counted = [act for act in met if act in orders.values()]
            found |= {(act.key, name) for act in counted[:cap]}
    return found


@pytest.mark.parametrize(("seed", "half_life"), [(0, ""), (1, "0"), (2, "10"), (3, "10")])
def test_scores_follow_rules_tried_act_by_act(seed: int, half_life: str, tmp_path: Path) -> None:
    acts = random_acts(seed)
    con = score(acts, rules_file(tmp_path, *map(csv_line, RULES)), half_life)
    expected = ledger_of(acts)
    assert set(con.execute("select touchpoint_id, rule_id from int_marts__score_ledger").fetchall()) == expected
    assert {rule for _, rule in expected} == {rule[0] for rule in RULES}, "the acts must try every rule"

    points = {rule[0]: rule[5] for rule in RULES}
    by_key = {act.key: act for act in acts}
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for key, rule in expected:
        act = by_key[key]
        age = (AS_OF - (act.at + timedelta(hours=9)).date()).days
        weight = Decimal(0.5 ** (age / 10) if half_life == "10" else 1)
        sums[act.customer] = [
            total + weight * given for total, given in zip(sums[act.customer], points[rule], strict=True)
        ]
    rounded = {
        customer: [int(value.quantize(Decimal(1), ROUND_HALF_UP)) for value in three]
        for customer, three in sums.items()
    }
    assert scores(con) == {customer: (*three, sum(three)) for customer, three in rounded.items()}
