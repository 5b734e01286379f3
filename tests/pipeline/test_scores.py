"""`kizuna scores`: what scores were on a day, and would be under other rules, from the published file alone."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.project import seeds
from tests.conftest import LAST_DAY, Shop

SHIPPED = seeds() / "rules" / "score_rules.csv"


@pytest.fixture(autouse=True)
def nothing_changes(shop: Shop):
    """Whatever is asked, the home stays as it was."""
    before = hashlib.sha256((shop.home / "marts.duckdb").read_bytes()).digest()
    files = sorted(path for path in shop.home.rglob("*") if path.is_file())
    yield
    assert hashlib.sha256((shop.home / "marts.duckdb").read_bytes()).digest() == before
    assert sorted(path for path in shop.home.rglob("*") if path.is_file()) == files


def asked(shop: Shop, *options: str) -> dict[str, Any]:
    return json.loads(shop.kizuna("scores", "--json", *options).stdout)


def test_the_published_acts_under_the_published_rules_give_the_published_scores(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    found = asked(shop, "--rules", str(SHIPPED), "--out", str(out))
    assert found["as_of"] == str(LAST_DAY)
    with out.open() as handle:
        rows = list(csv.DictReader(handle))
    published = shop.query("select customer_id, product, lifestyle, lifestance, total from marts.scores order by 1")
    assert [tuple(row.values())[:1] + tuple(map(int, tuple(row.values())[5:9])) for row in rows] == published
    assert {row["change"] for row in rows} == {"0"}
    assert found["customers"]["rise"] == found["customers"]["fall"] == 0
    assert {row["rule_id"]: row["acts_after"] for row in found["by_rule"]} == dict(
        shop.query("select rule_id, count(*) from marts.score_ledger group by 1")
    )


def test_scores_of_a_month_end_are_those_of_score_history(shop: Shop) -> None:
    [(day, scored, product, lifestyle, lifestance, total)] = shop.query(
        "select as_of, customers_scored, product, lifestyle, lifestance, total from marts.score_history"
        " where as_of < (select max(as_of) from marts.score_history) order by as_of desc limit 1"
    )
    found = asked(shop, "--as-of", str(day))
    after = {row["category"]: row for row in found["categories"]}
    assert [after[name]["after"] for name in ("product", "lifestyle", "lifestance", "total")] == [
        product, lifestyle, lifestance, total,
    ]  # fmt: skip
    assert after["total"]["scored_after"] == scored
    assert found["customers"]["rise"] == 0
    assert found["customers"]["fall"] > 0


def test_other_rules_tell_who_rises_and_who_falls(shop: Shop, tmp_path: Path) -> None:
    rules = tmp_path / "mine.csv"
    lines = [line for line in SHIPPED.read_text().splitlines() if not line.startswith("page_view,")]
    bonus = ["opened,message_opened,,,,,,,,0,0,100,1,A mail was read"]
    rules.write_text("\n".join([*lines, *bonus, ""]))
    found = asked(shop, "--rules", str(rules))
    expected = dict(
        shop.query(
            "select customer_id, 100 * count(distinct t.occurred_on) filter (t.action = 'message_opened')"
            " - 8 * count(*) filter (t.action = 'page_view') from marts.touchpoints t"
            " join marts.customers using (customer_id) group by 1"
        )
    )
    changes = [change for change in expected.values() if change]
    assert found["customers"]["rise"] == sum(change > 0 for change in changes) > 0
    assert found["customers"]["fall"] == sum(change < 0 for change in changes) > 0
    assert {row["customer_id"]: row["change"] for row in found["most_moved"]}.items() <= expected.items()
    [total] = [row for row in found["categories"] if row["category"] == "total"]
    assert total["after"] - total["before"] == sum(changes)
    assert [total["least_change"], total["most_change"]] == [min(changes), max(changes)]


def test_points_fade_by_their_half_life(shop: Shop) -> None:
    found = asked(shop, "--half-life", "30")
    rows = shop.query(
        "select customer_id, list({'age': date_diff('day', cast(occurred_at + interval 9 hours as date),"
        f" date '{LAST_DAY}'), 'points': product}}) from marts.score_ledger group by 1"
    )
    expected = sum(int(sum(act["points"] * 0.5 ** (act["age"] / 30) for act in acts) + 0.5) for _, acts in rows)
    [product] = [row for row in found["categories"] if row["category"] == "product"]
    assert product["after"] == expected < product["before"]


def test_faulty_rules_are_named_with_file_and_line(shop: Shop, tmp_path: Path) -> None:
    rules = tmp_path / "mine.csv"
    rules.write_text(SHIPPED.read_text().replace("visit,visit,", "visit,vist,"))
    line = next(number for number, text in enumerate(SHIPPED.read_text().splitlines(), 1) if text.startswith("visit,"))
    told = shop.kizuna("scores", "--rules", str(rules), check=2).stderr
    assert f"{rules}:{line}:" in told
    assert "is after" in shop.kizuna("scores", "--as-of", "2026-04-01", check=2).stderr
