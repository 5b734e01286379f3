"""One customer from the command line: why a step was sent, what was not, and the card, held against the marts."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dagster_project.customer import card, why
from dagster_project.customer.card_text import print_card
from dagster_project.customer.not_suppressed import DRAWS, draw
from dagster_project.customer.why_text import print_suppressed, print_why
from dagster_project.home import Home
from dagster_project.project import ROOT
from tests.conftest import SALT, Shop


@pytest.fixture(autouse=True)
def _salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIZUNA_SALT", SALT)


def listed(shop: Shop) -> list[dict[str, Any]]:
    """Every row of the lists of the shop's run."""
    files = sorted((shop.home / "targets").rglob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_why_names_rule_conditions_marts_and_the_line_that_set_it_off(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    # Set off by an act or by an order, and ended by one.
    rows = [row for row in listed(shop) if row["scenario_id"] in ("cart_abandonment", "first_purchase_follow_up")]
    assert rows
    for row in {row["scenario_id"]: row for row in rows}.values():
        found = why.why(Home(shop.home), row["feed_row_id"])
        text = (ROOT / "seeds" / "scenarios" / f"{row['scenario_id']}.yml").read_text()
        assert found["rule"]["text"] == text
        assert found["rule"]["rule_version"] == hashlib.sha256(text.encode()).hexdigest()[:16]
        assert {each["condition"] for each in found["conditions"]} >= {"purchase"}
        stands = {each["reason"]: each["stands"] for each in found["not_suppressed"]}
        assert stands["erased"] == "known"
        assert stands["consent"] in (True, "own surface, none asked")
        assert stands["purchased"] == 0
        assert stands["holdout"] >= 1000
        marts = {each["mart"] for each in found["mart_rows"]}
        assert marts & {"touchpoints", "orders"}
        [origin] = found["trigger_rows"]
        [file] = shop.sources.glob(f"{origin['source']}/{origin['file'].rpartition('/')[2]}")
        assert origin["source_key"] in _line(file, origin["line_no"])
        assert all(act["file"] and act["line_no"] for act in found["acts"])
        print_why(found)
        assert text.splitlines()[0] in capsys.readouterr().out


def _line(file: Path, line_no: int) -> str:
    """A line of a delivered file; a row of a Parquet file."""
    if file.suffix == ".parquet":
        return str(pd.read_parquet(file).iloc[line_no - 1].to_dict())
    opened = pd.io.common.get_handle(file, "r", compression="infer", encoding="utf-8", errors="replace")
    with opened as handle:
        return list(handle.handle)[line_no - 1]


def test_the_draw_that_why_shows_is_the_one_that_decided(shop: Shop) -> None:
    rows = shop.query("select scenario_id, customer_id, holdout from marts.scenario_targets")
    assert {holdout for _, _, holdout in rows} == {True, False}
    wrong = [row for row in rows if (draw(SALT, row[0], row[1]) < DRAWS // 10) != row[2]]
    assert wrong == []


def test_what_was_not_sent_to_a_customer_is_listed_with_its_reason(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    [(customer_id, _)] = shop.query(
        "select customer_id, count(*) from marts.suppressions group by all order by count(*) desc, 1 limit 1"
    )
    told = why.why_not(Home(shop.home), customer_id, None)
    rows = [(row["scenario_id"], row["step"], row["reason"]) for row in told]
    expected = shop.query(
        "select scenario_id, step, reason from marts.suppressions where customer_id = ?", [customer_id]
    )
    assert sorted(rows) == sorted(expected)
    one = why.why_not(Home(shop.home), customer_id, rows[0][0])
    assert {row["scenario_id"] for row in one} == {rows[0][0]}
    print_suppressed(told)
    assert rows[0][2] in capsys.readouterr().out


def test_the_card_shows_what_a_visit_needs_and_no_personal_value(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    [(customer_id, member_id)] = shop.query(
        "select customers.customer_id, member_ids[1] from marts.customers"
        " inner join marts.touchpoints using (customer_id)"
        " where action = 'reservation' and len(member_ids) = 1 and orders > 2 order by orders desc, 1 limit 1"
    )
    found = card.look_up(Home(shop.home), customer_id)
    [(orders,)] = shop.query(
        "select count(*) from marts.orders where customer_id = ? and (is_counted or is_trial or is_return)",
        [customer_id],
    )
    assert len(found["purchases"]) == min(orders, card.SHOWN)
    assert found["purchases"][0]["products"]
    assert found["reservations"][0]["reserved_for"]
    assert found["stores"] and found["brand_ranks"] and found["recommendations"] and found["timeline"]
    assert {row["kind"] for row in found["recommendations"]} == {
        kind for (kind,) in shop.query("select kind from marts.recommendations where customer_id = ?", [customer_id])
    }
    print_card(found)
    printed = capsys.readouterr().out
    for told in ("may write", "Reservations", "Latest purchases", "In the cart", "Recommended", "Messages listed"):
        assert told in printed
    persons = [pd.read_csv(file, dtype=str) for file in (shop.sources / "members").glob("*.csv")]
    members = pd.concat(persons)
    own = members[members["member_id"] == member_id]
    values = own[["email", "phone", "last_name_kana", "first_name_kana", "address"]].stack().unique()
    assert len(values) >= 4
    assert [value for value in values if value in printed or value in json.dumps(found, default=str)] == []
