"""A person's values stay where they may lie; after he asked to be erased they lie nowhere, and everybody else is as
before.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagster_project.home import Home
from dagster_project.landing.manifest import parquet_path, read
from tests.conftest import Shop
from tests.pipeline import handmade, handmade_erasure
from tests.pipeline.canaries import found_in
from tests.pipeline.handmade_erasure import (
    CANARIES,
    CARD,
    CONTESTED,
    EMAIL,
    FAMILY,
    FREE,
    MEMBER,
    OTHERS,
    SHARED,
    UNKNOWN,
)
from tests.unit.privacy import landed_files

FIRST, SECOND = date(2026, 3, 31), date(2026, 4, 1)
# Marts and the customers feed name a person by these, by contract; an order names its coupon.
PUBLIC = {MEMBER, CARD, FREE["coupon"]}
PRIVATE = ("landing/", "warehouse.duckdb")  # opened by the pipeline alone


@dataclass
class Erased:
    """The shop after both days; what was found and known after the first, and what the runs printed."""

    shop: Shop
    customer_id: str
    found_before: dict[str, set[str]]
    shared_before: dict[str, str | None]
    sales_before: list[tuple[Any, ...]]
    listed_before: int
    printed: str


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    shop = handmade.open_shop(tmp_path_factory.mktemp("erased"), handmade_erasure.shop())
    first = shop.run(FIRST)
    [(customer_id,)] = shop.query(
        "select customer_id from marts.customers where list_contains(member_ids, ?)", [MEMBER]
    )
    before, shared = found_in(shop.home, CANARIES), _shared(shop)
    sales, listed = _sales(shop), _listed(shop, customer_id)
    handmade_erasure.second_day().write(shop.sources)
    shutil.copy(shop.sources / "members" / "canary.csv", shop.sources / "members" / "copy.csv")
    [old] = [file for file in read(Home(shop.home)).landed if file.name == "canary-old.csv"]
    shop.kizuna("landing", "withdraw", old.file_id)
    second = shop.run(SECOND)
    printed = first.stdout + first.stderr + second.stdout + second.stderr
    yield Erased(shop, customer_id, before, shared, sales, listed, printed)


def _sales(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.query(
        "select ordered_on, count(*), sum(net_amount) from marts.orders where ordered_on <= ?"
        " group by all order by all",
        [FIRST],
    )


def _shared(shop: Shop) -> dict[str, str | None]:
    """Acts on the shared browser -> the member whose they are."""
    keys = ["w-10", "w-11", "w-12", "qw-10", "qw-11", "qw-12", "qw-13", "qs-3"]
    return dict(
        shop.query(
            "select source_key, member_ids[1] from marts.touchpoints left join marts.customers using (customer_id)"
            " where list_contains(?, source_key)",
            [keys],
        )
    )


def _listed(shop: Shop, customer_id: str) -> int:
    [(count,)] = shop.query(
        "select (select count(*) from marts.scenario_targets where customer_id = $1 and not holdout)"
        " + (select count(*) from marts.suppressions where customer_id = $1)",
        [customer_id],
    )
    return int(count)


def test_values_of_a_person_lie_in_landing_and_warehouse_alone(erased: Erased) -> None:
    inside = {name: found for name, found in erased.found_before.items() if name.startswith(PRIVATE)}
    assert set().union(*inside.values()) >= set(CANARIES) - {"08077137713"}
    outside = {name: found - PUBLIC for name, found in erased.found_before.items() if not name.startswith(PRIVATE)}
    assert {name: found for name, found in outside.items() if found} == {}
    assert [text for text in CANARIES if text in erased.printed] == []


def test_nothing_of_an_erased_person_is_left_anywhere(erased: Erased) -> None:
    left = found_in(erased.shop.home, CANARIES)
    # The receiver has to be told whom to delete.
    [told] = list(left)
    assert told.startswith("feeds/customers/")
    assert Path(told).name.startswith("deletes-")
    assert left[told] == {MEMBER}
    assert (erased.shop.home / told).read_text() == f"user_id\n{MEMBER}\n"


def test_every_row_is_accounted_for(erased: Erased) -> None:
    with handmade.warehouse(erased.shop) as con:
        accounts = con.execute("select source, erased from staging.row_accounts where erased > 0 order by 1").fetchall()
        [(unexplained,)] = con.execute(
            "select count(*) from staging.row_accounts"
            " where rows_landed <> staged + duplicates + superseded + quarantined + erased"
        ).fetchall()
        quarantine = con.execute("select source, column_name, row_json from staging.quarantine").fetchall()
    assert unexplained == 0
    assert dict(accounts) == {
        "external_attributes": 1, "members": 2, "message_events": 3, "privacy_requests": 4, "reviews": 1,
        "social_actions": 1, "store_cards": 1, "store_visits": 1, "survey_answers": 3, "web_events": 9,
    }  # fmt: skip
    # An order that could not be read stays unreadable, and tells nothing of whom it came from.
    [(source, column, row)] = quarantine
    assert (source, column) == ("ec_orders", "total_amount")
    assert {name for name, value in json.loads(row).items() if value} == {
        "order_id",
        "ordered_at",
        "status",
        "total_amount",
    }


def test_sales_stay_without_their_customer(erased: Erased) -> None:
    shop = erased.shop
    assert _sales(shop) == erased.sales_before
    rows = shop.query(
        "select order_id, customer_id, coupon_code from marts.orders where order_id like '%:q%' order by 1"
    )
    assert rows == [("ec:qo-1", None, None), ("ec:qo-2", None, None), ("store:qr-1", None, None)]
    assert shop.query("select source_key from marts.touchpoints where source_key like 'q%' and order_id is null") == [
        ("qw-5",)
    ]


def test_the_person_is_gone_from_marts_lists_and_published_days(erased: Erased) -> None:
    shop, who = erased.shop, erased.customer_id
    assert shop.query("select customer_id, why from marts.customer_aliases where alias_id = ?", [who]) == [
        (None, "erased")
    ]
    assert shop.query("select change, because from marts.identity_changes where from_id = ?", [who]) == [
        ("gone", "erased")
    ]
    assert (
        shop.kizuna("card", who, check=2).stderr.strip().endswith("names nobody any more: its identifiers are erased")
    )
    for folder in (shop.home / "marts").iterdir():
        for file in folder.glob("*.parquet"):
            if file.stem not in ("customer_aliases", "identity_changes", "suppressions"):
                assert who.encode() not in str(landed_files.read(file)).encode(), file
    assert not [file for file in (shop.home / "targets").rglob("*.jsonl") if who in file.read_text()]
    # Everyone triggered stays accounted for.
    reasons = shop.query("select reason, count(*) from marts.suppressions where customer_id = ? group by all", [who])
    assert reasons == [("erased", erased.listed_before)]
    assert erased.listed_before > 0
    assert shop.query("select count(*) from marts.scenario_targets where customer_id = ?", [who]) == [(0,)]


def test_on_a_shared_browser_what_was_his_by_session_goes_and_no_others_row(erased: Erased) -> None:
    his, others = {"qw-10", "qw-11", "qs-3"}, {"w-10": OTHERS[0], "w-11": OTHERS[0]}
    assert erased.shared_before == dict.fromkeys(his, MEMBER) | others | {"w-12": None}
    # He alone is left on it, so the page that was nobody's is taken for his.
    assert _shared(erased.shop) == others | {"w-12": OTHERS[0]}
    landed = [
        row["event_id"]
        for file in read(Home(erased.shop.home)).landed
        for row in landed_files.read(parquet_path(Home(erased.shop.home), file))
        if row.get("visitor_id") == SHARED
    ]
    assert landed == ["w-10", "w-11", "w-12"]


def test_everybody_else_is_as_before(erased: Erased) -> None:
    shop = erased.shop
    members = shop.query("select unnest(member_ids) from marts.customers order by 1")
    assert members == [*((member_id,) for member_id in OTHERS), ("qy-5",)]
    home = Home(shop.home)
    records = [
        row
        for file in read(home).landed
        if file.source == "members"
        for row in landed_files.read(parquet_path(home, file))
    ]
    known = {row["member_id"]: row for row in records if "member_id" in row}
    assert known[OTHERS[1]]["phone"] == FAMILY
    assert [known[each]["email"] for each in OTHERS[2:]] == [CONTESTED, CONTESTED]
    consents = shop.query("select member_ids[1], consent_email, consent_line from marts.customers order by 1")
    assert consents[:2] == [(OTHERS[0], False, False), (OTHERS[1], True, True)]


def test_rows_that_come_again_stay_out(erased: Erased) -> None:
    landed = {file.name: file for file in read(Home(erased.shop.home)).landed}
    assert "copy.csv" not in landed
    again = landed_files.read(parquet_path(Home(erased.shop.home), landed["again.csv"]))
    assert [row.get("member_id", row.get("_problem")) for row in again] == ["erased", "qy-5"]


def test_the_record_of_an_erasure_says_what_was_done_and_nothing_of_whom(erased: Erased) -> None:
    [file] = (erased.shop.home / "ledger" / "erasures").glob("*.json")
    record = json.loads(file.read_text())
    assert {each["request_id"]: each["found"] for each in record["requests"]} == {
        "q-2": "person", "q-3": "contested", "q-4": "unknown",
    }  # fmt: skip
    assert record["customer_ids"] == [erased.customer_id]
    assert record["rows"]["ec_orders"] == 4
    assert set(record["done"]) == {"landing", "warehouse", "published", "warehouse_file", "published_file"}
    assert UNKNOWN not in file.read_text() and EMAIL not in file.read_text()
    entries = [json.loads(line) for line in (erased.shop.home / "landing" / "manifest.jsonl").read_text().splitlines()]
    noted = {entry["file_id"] for entry in entries if entry["entry"] == "erased"}
    assert noted == set(record["files"]) | {each["file_id"] for each in entries if each.get("name") == "again.csv"}
