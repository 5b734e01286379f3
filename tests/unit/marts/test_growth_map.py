"""The User Growth Map against the rules written once more act by act, and its curves against `lifelines`."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import NormalDist
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from rendered import build, render, write_run

AS_OF = date(2026, 11, 20)
KINDS = ["article", "review", "vision", "advert"]
TOKYO = timedelta(hours=9)
MODELS = (
    "int_marts__information_runs",
    "int_marts__growth_steps",
    "int_marts__growth_paths",
    "growth_map",
    "growth_map_curve",
    "growth_map_paths",
)


@dataclass
class Story:
    """What one person did with one brand: (kind, time) of touches, times of counted and of trial orders."""

    person: str
    brand: str
    touches: list[tuple[str, datetime]] = field(default_factory=list)
    orders: list[datetime] = field(default_factory=list)
    trials: list[datetime] = field(default_factory=list)

    @property
    def bought_at(self) -> datetime | None:
        return min(self.orders, default=None)

    @property
    def path(self) -> list[tuple[str, datetime]]:
        """The touches before the first purchase, in order of time."""
        return sorted((t for t in self.touches if self.bought_at is None or t[1] < self.bought_at), key=lambda t: t[1])


def stories(seed: int) -> list[Story]:
    """Random stories of 150 customers and 15 visitors (`v...`) with two brands; no two acts at one time."""
    chance = random.Random(seed)
    seconds = iter(chance.sample(range(300 * 86_400), 5000))
    end = datetime(2026, 11, 20, 15)
    told = []
    for number in range(165):
        person = f"v{number}" if number < 15 else f"c{number}"
        for brand in ("b1", "b2"):
            story = Story(person, brand)
            for _ in range(chance.choice([0, 1, 1, 2, 3, 9])):
                story.touches.append((chance.choice(KINDS), end - timedelta(seconds=next(seconds) + 1)))
            if person[0] == "c":
                story.orders = [end - timedelta(seconds=next(seconds) + 1) for _ in range(chance.choice([0, 0, 1, 2]))]
                story.trials = [end - timedelta(seconds=next(seconds) + 1) for _ in range(chance.choice([0, 0, 1]))]
            if story.touches and story.orders and chance.random() < 0.3:  # a touch and a purchase on one day
                story.touches.append(("vision", min(story.orders) - timedelta(seconds=chance.choice([0, 1, 600]))))
            told.append(story)
    return told


def warehouse(told: list[Story], **settings: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    given = {"growth_confidence": "0.95", "growth_paths": "10", "growth_path_steps": "5"} | settings
    write_run(con, AS_OF, **given)
    acts: list[tuple[Any, ...]] = []
    orders: list[tuple[str, bool]] = []
    for story in told:
        about = (story.person, story.brand)
        acts += [(*about, kind, "content_view", None, at) for kind, at in story.touches]
        for is_counted, times in ((True, story.orders), (False, story.trials)):
            for at in times:
                order = f"ec:{len(orders)}"
                orders.append((order, is_counted))
                acts += [(*about, None, "purchase", order, at)] * 2
    acts += [(None, "b1", "article", "content_view", None, datetime(2026, 1, 1))]
    acts += [("c20", "b1", "video", "content_view", None, datetime(2026, 11, 20, 15))]  # the day after
    con.execute(
        "create table touchpoints (customer_id varchar, brand_id varchar, information_kind varchar, action varchar,"
        " order_id varchar, occurred_at timestamp, touchpoint_id varchar)"
    )
    con.register("acts", pd.DataFrame([(*act, f"t{number}") for number, act in enumerate(acts)]))
    con.execute("insert into touchpoints select * from acts")
    con.execute("create table orders (order_id varchar, is_counted boolean)")
    con.register("all_orders", pd.DataFrame(orders))
    con.execute("insert into orders select * from all_orders")
    con.execute(
        "create table persons as select distinct customer_id, customer_id[1] = 'v' as is_visitor from touchpoints"
    )
    build(con, *MODELS)
    return con


def day(at: datetime) -> date:
    return (at + TOKYO).date()


def cells(told: list[Story]) -> dict[tuple[str, str], dict[str, Any]]:
    """Per brand and kind, the customers touched as (days, bought), and the growth map's counts."""
    found: dict[tuple[str, str], dict[str, Any]] = defaultdict(lambda: {"lives": [], "counts": Counter()})
    for story in told:
        bought = story.bought_at
        for kind in {kind for kind, _ in story.touches}:
            cell = found[story.brand, kind]
            first = min(at for touched, at in story.touches if touched == kind)
            if story.person[0] == "v":
                cell["counts"]["visitors"] += 1
            elif bought is not None and first >= bought:
                cell["counts"]["already_buyers"] += 1
            else:
                until = AS_OF if bought is None else day(bought)
                cell["lives"].append(((until - day(first)).days, bought is not None))
                cell["counts"]["first_touched"] += story.path[0][0] == kind
                cell["counts"]["first_touch_buyers"] += story.path[0][0] == kind and bought is not None
                cell["counts"]["last_touch_buyers"] += story.path[-1][0] == kind and bought is not None
    return {key: cell for key, cell in found.items() if cell["lives"] or cell["counts"]["already_buyers"]}


def test_who_was_touched_who_bought_and_after_how_many_days() -> None:
    told = stories(1)
    counts = ("already_buyers", "first_touched", "first_touch_buyers", "last_touch_buyers", "visitors")
    rows = warehouse(told).execute(
        "select brand_id, information_kind, touched, buyers, conversion, p25_days, median_days, p75_days,"
        f" {', '.join(counts)} from growth_map"
    )
    expected = {}
    for key, cell in cells(told).items():
        days = [life for life, bought in cell["lives"] if bought]
        figures = (len(cell["lives"]), len(days), len(days) / len(cell["lives"]), *np.percentile(days, [25, 50, 75]))
        expected[key] = (*figures, *(cell["counts"][name] for name in counts))
    assert {row[:2]: row[2:] for row in rows.fetchall()} == expected
    assert all(sum(row[i] for row in expected.values()) for i in range(len(counts) + 6)), "every count must occur"
    assert any(0 in [life for life, bought in cell["lives"] if bought] for cell in cells(told).values())


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_curves_are_those_of_lifelines(confidence: float) -> None:
    told = stories(2)
    # of those whom b3's advert touched all buy in the end, the last two on one day
    noon = datetime(2026, 10, 1, 3)
    for number, days in enumerate((0, 3, 8, 8)):
        told.append(Story(f"c{20 + number}", "b3", [("advert", noon)], [noon + timedelta(days=days, hours=1)]))
    con = warehouse(told, growth_confidence=str(confidence))
    for (brand, kind), cell in cells(told).items():
        lives, bought = zip(*cell["lives"], strict=True)
        fit = KaplanMeierFitter(alpha=1 - confidence).fit(lives, bought)
        table = fit.event_table
        curve = con.execute(
            "select * from growth_map_curve where brand_id = ? and information_kind = ? order by day", [brand, kind]
        ).df()
        assert curve["day"].tolist() == table.index.tolist()
        for column, theirs in {"at_risk": "at_risk", "events": "observed", "censored": "censored"}.items():
            assert curve[column].tolist() == table[theirs].tolist()
        band = fit.confidence_interval_
        for ours, expected in (
            (curve["survival"], fit.survival_function_.iloc[:, 0]),
            (curve["ci_low"], band.iloc[:, 0]),
            (curve["ci_high"], band.iloc[:, 1]),
        ):
            np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
    assert con.execute("select min(survival), max(survival) from growth_map_curve").fetchall() == [(0.0, 1.0)]


def test_the_most_usual_paths_before_the_purchase() -> None:
    told = stories(3)
    paths: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for story in told:
        if story.bought_at and story.path and story.person[0] == "c":
            kinds = [kind for kind, _ in story.path]
            runs = [kind for place, kind in enumerate(kinds) if place == 0 or kinds[place - 1] != kind]
            shown = " > ".join(runs if len(runs) <= 2 else ["...", *runs[-2:]])
            paths[story.brand].append((shown, (day(story.bought_at) - day(story.path[0][1])).days))
    expected = []
    for brand, taken in paths.items():
        ranked = sorted(Counter(path for path, _ in taken).items(), key=lambda entry: (-entry[1], entry[0]))
        expected += [
            (brand, place, path, count, count / len(taken), float(np.median([days for p, days in taken if p == path])))
            for place, (path, count) in enumerate(ranked[:9], start=1)
        ]
    con = warehouse(told, growth_paths="9", growth_path_steps="2")
    assert con.execute("select * from growth_map_paths order by all").fetchall() == sorted(expected)
    assert any("..." in row[2] for row in expected)
    assert any(" > " in row[2] for row in expected)


def test_the_normal_quantile_is_pythons() -> None:
    levels = np.unique([*np.linspace(0.5, 0.99995, 400), 0.925, 0.975, 1 - 1e-9])
    con = duckdb.connect()
    con.execute("create table levels as select unnest($1) as p", [levels.tolist()])
    found = con.execute(render("select p, {{ normal_quantile('p') }} from levels")).fetchall()
    for p, z in found:
        assert z == pytest.approx(NormalDist().inv_cdf(p), rel=1e-12, abs=1e-12)
    assert len(found) == len(levels)
