"""Who is who on hand-made sources, through the command line: customers, visitors, consent, stable ids, types."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagster_project.identity.hashing import identifier_hash
from tests.pipeline import planted
from tests.conftest import Shop
from tests.pipeline.handmade import Sources, open_shop
from tests.pipeline.planted import card, member, web
from tests.pipeline.test_contract_sources import customer, who

SALT = "pipeline-tests"


def holder(shop: Shop, kind: str, value: str) -> str | None:
    """The customer that an identifier belongs to."""
    rows = shop.query("select customer_id from marts.customer_identifiers where identifier_kind = ? and identifier_hash = ?",
                      [kind, identifier_hash(SALT, kind, value)])
    return rows[0][0] if rows else None


# --- persons ---


def test_two_member_ids_are_two_customers_whatever_they_share(planted_shop: Shop) -> None:
    shared = [("m-family-1", "m-family-2"), ("m-mail-1", "m-mail-2"), ("m-mail-2", "m-mail-3"), ("m-tab-1", "m-tab-2")]
    for left, right in shared:
        assert customer(planted_shop, left) != customer(planted_shop, right)
    many = planted_shop.query("select member_ids from marts.customers where len(member_ids) > 1")
    assert many == [(["m-part-no", "m-part-yes"],)]  # as identity_overrides says


def test_a_contested_value_belongs_to_nobody(planted_shop: Shop) -> None:
    assert holder(planted_shop, "phone", "+81312345678") is None
    assert holder(planted_shop, "email", "family@example.jp") is None
    assert holder(planted_shop, "visitor_id", "v-tablet") is None
    for order_id in ("o-family", "o-mail"):
        assert planted_shop.query("select customer_id from marts.orders where order_id = ?", [f"ec:{order_id}"]) == [(None,)]
    reasons = planted_shop.query("select distinct status, reason from marts.identity_edges where right_hash in (?, ?)", [
        identifier_hash(SALT, "phone", "+81312345678"), identifier_hash(SALT, "email", "family@example.jp")])
    assert reasons == [("blocked", "shared_value")]


def test_a_blocked_value_makes_no_customer(planted_shop: Shop) -> None:
    for order_id in ("o-test", "o-guest-word"):
        assert planted_shop.query("select customer_id from marts.orders where order_id = ?", [f"ec:{order_id}"]) == [(None,)]
    assert holder(planted_shop, "email", "test@example.com") is None
    assert customer(planted_shop, "m-test", "orders") == (0,)


def test_cards_mail_and_cookies_join_their_person(planted_shop: Shop) -> None:
    assert customer(planted_shop, "m-card", "card_nos") == (["c-card"],)
    assert customer(planted_shop, "m-two-cards", "card_nos") == (["c-mail", "c-member"],)
    buyer = holder(planted_shop, "email", "guest-buyer@example.jp")
    assert planted_shop.query("select distinct customer_id from marts.orders where order_id in ('ec:o-guest', 'ec:o-guest-2')") == [
        (buyer,)]
    # The event `purchase` says which visitor placed the order, so his earlier views are the buyer's too.
    assert who(planted_shop, "web_events:w-buyer-1") == buyer
    assert planted_shop.query("select orders, has_web, len(member_ids) from marts.customers where customer_id = ?", [buyer]) == [
        (2, True, 0)]


def test_visitors_are_no_customers(planted_shop: Shop) -> None:
    anonymous = who(planted_shop, "web_events:w-anonymous")
    assert anonymous
    assert planted_shop.query("select events, first_seen_at = last_seen_at from marts.visitors where customer_id = ?",
                              [anonymous]) == [(1, True)]
    assert planted_shop.query("select count(*) from marts.customers join marts.visitors using (customer_id)") == [(0,)]
    strong = planted_shop.query("select count(*) from marts.visitors join marts.customer_identifiers using (customer_id)"
                                " where identifier_kind <> 'visitor_id'")
    assert strong == [(0,)]


@pytest.mark.parametrize(("event", "member_id"), [
    ("before", None), ("login-1", "m-tab-1"), ("same-1", "m-tab-1"), ("chain-1", "m-tab-1"), ("gap", None), ("login-2", "m-tab-2"),
    ("same-2", "m-tab-2"), ("next-day", None)])
def test_events_of_a_shared_device_go_to_the_member_of_the_session(planted_shop: Shop, event: str, member_id: str | None) -> None:
    expected = customer(planted_shop, member_id)[0] if member_id else None
    assert who(planted_shop, f"web_events:w-tab-{event}") == expected


# --- consent ---


CHANNELS = ("email", "line", "sms", "push", "dm")


@pytest.mark.parametrize(("member_id", "yes"), [
    ("m-says-yes", "email line sms push dm"), ("m-says-no", ""), ("m-says-blank", ""), ("m-out-all", ""),
    ("m-out-sms", "email line push dm"), ("m-out-in", "email line sms push dm"), ("m-in-out", "line sms push dm"),
    ("m-later", "email line sms push dm"), ("m-unsubscribed", "line sms push dm"), ("m-complained", "line sms push dm"),
    ("m-unsubscribed-in", "email line sms push dm"), ("m-by-card", "email line sms push"),
    ("m-part-yes", "line dm"), ("m-share-1", "line sms push dm"), ("m-share-2", "line sms push dm")])
def test_consent_of_a_channel(planted_shop: Shop, member_id: str, yes: str) -> None:
    said = customer(planted_shop, member_id, ", ".join(f"consent_{channel}" for channel in CHANNELS))
    assert " ".join(channel for channel, is_yes in zip(CHANNELS, said, strict=True) if is_yes) == yes


# --- marts ---


def test_facts_belong_to_customers_and_visitors_that_are_there(planted_shop: Shop) -> None:
    for mart in ("touchpoints", "orders", "order_items", "customer_identifiers", "rf_customers", "scores", "badges", "brand_ranks"):
        orphans = planted_shop.query(
            f"select count(*) from marts.{mart} where customer_id is not null and customer_id not in (select customer_id from"
            " marts.customers union all select customer_id from marts.visitors)")
        assert orphans == [(0,)], mart


def test_every_identifier_of_a_customer_has_a_path_of_used_edges(planted_shop: Shop) -> None:
    owner = {(kind, hashed): customer_id for kind, hashed, customer_id in planted_shop.query(
        "select identifier_kind, identifier_hash, customer_id from marts.customer_identifiers")}
    group = {node: node for node in owner}

    def top(node: tuple) -> tuple:
        while group[node] != node:
            node = group[node]
        return node

    for left_kind, left, right_kind, right in planted_shop.query(
            "select left_kind, left_hash, right_kind, right_hash from marts.identity_edges where status = 'used'"):
        assert owner[left_kind, left] == owner[right_kind, right]
        group[top((left_kind, left))] = top((right_kind, right))
    persons: dict[str, set] = {}
    for node, customer_id in owner.items():
        persons.setdefault(customer_id, set()).add(top(node))
    assert all(len(tops) == 1 for tops in persons.values())


KEYS = {
    "customers": "customer_id", "visitors": "customer_id", "customer_identifiers": "identifier_kind, identifier_hash",
    "identity_edges": "left_kind, left_hash, right_kind, right_hash, rule, source", "touchpoints": "touchpoint_id",
    "orders": "order_id", "order_items": "order_id, line_no", "rf_customers": "customer_id", "kpi_daily": "day, metric",
    "source_coverage": "source", "scores": "customer_id", "score_ledger": "touchpoint_id, rule_id",
}


def test_marts_have_one_row_per_key_of_their_grain(planted_shop: Shop) -> None:
    for mart, key in KEYS.items():
        assert planted_shop.query(f"select {key} from marts.{mart} group by {key} having count(*) > 1") == [], mart


def test_columns_have_the_types_of_the_contract(planted_shop: Shop) -> None:
    columns = planted_shop.query("select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts'")
    types = {(mart, column): kind for mart, column, kind in columns}
    money = {"net_sales", "amount", "net_amount", "total_amount", "average_order_value", "ltv_365d", "revenue", "cost"}
    for (mart, column), kind in types.items():
        where = f"{mart}.{column} is {kind}"
        if column.endswith("_at"):
            assert kind == "TIMESTAMP", where
        if column.endswith("_on") or column in ("as_of", "day"):
            assert kind == "DATE", where
        if column in money:
            assert kind in ("BIGINT", "DECIMAL(18,2)"), where
        if column.endswith("_id"):
            assert kind == "VARCHAR", where
        if column.startswith(("is_", "has_", "consent_")):
            assert kind == "BOOLEAN", where
        assert "HUGEINT" not in kind, where
    assert types["customers", "member_ids"] == types["customers", "card_nos"] == "VARCHAR[]"


def test_counts_and_points_are_never_null(planted_shop: Shop) -> None:
    counts = ["orders", "frequency", "gift_orders", "visits", "web_sessions_30d", "net_sales", "score_product", "score_lifestyle",
              "score_lifestance", "score_total", "member_ids", "card_nos", "cart_open", "has_ec", "has_store", "has_web", "consent_email",
              "consent_line", "consent_sms", "consent_push", "consent_dm", "first_seen_at"]
    missing = " or ".join(f"{column} is null" for column in counts)
    assert planted_shop.query(f"select count(*) from marts.customers where {missing}") == [(0,)]
    assert planted_shop.query("select count(*) from marts.touchpoints where quantity is null or amount is null") == [(0,)]
    assert planted_shop.query("select count(*) from marts.kpi_daily where value is null") == [(0,)]


def test_no_mart_holds_what_only_schema_pii_may(planted_shop: Shop) -> None:
    columns = planted_shop.query("select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
                                 " and data_type in ('VARCHAR', 'VARCHAR[]')")
    for mart, column in columns:
        found = planted_shop.query(
            f"select count(*) from marts.{mart} where regexp_matches(cast({column} as varchar),"
            r" '@example|\+81|0312345678|髙橋|港区|Downing|感想|乾燥|1985-04-01')")
        assert found == [(0,)], f"{mart}.{column}"


# --- stable ids ---


def ids(shop: Shop) -> dict[str, str]:
    """Member id or card -> customer id."""
    rows = shop.query("select unnest(list_concat(member_ids, card_nos)), customer_id from marts.customers")
    return {str(name): str(customer_id) for name, customer_id in rows}


def test_order_of_rows_and_files_does_not_matter(planted_shop: Shop, tmp_path: Path) -> None:
    # Of copies of an event the first landed wins, so those keep their place.
    sources = planted.shop().shuffled(5, keep={("web_events", "02.csv"), ("web_events", "03.csv")})
    other = open_shop(tmp_path, sources, planted.OVERRIDES)
    other.run(planted.AS_OF)
    for mart in ("customers", "customer_identifiers", "identity_edges", "orders", "visitors"):
        rows = [shop.query(f"select * from marts.{mart} order by all") for shop in (planted_shop, other)]
        assert rows[0] == rows[1], mart


@pytest.fixture(scope="module")
def second_day(planted_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, dict[str, str]]:
    """The shop with a delivery more, of 1 April, that joins persons; and who was who before."""
    shop = planted_shop.copy(tmp_path_factory.mktemp("second_day"))
    before = ids(shop) | {"v-anonymous": str(who(shop, "web_events:w-anonymous"))}
    more = Sources()
    # m-test and c-late both came in the first landing: the member id is the stronger. m-new is younger than card c-visits.
    more.add("store_cards", card("c-late", member_id="m-test", updated_at="2026-04-01 09:00:00"),
             card("c-visits", member_id="m-new", updated_at="2026-04-01 09:00:00"), name="90.csv")
    more.add("members", member("m-new", registered_at="2026-04-01 08:00:00", updated_at="2026-04-01 08:00:00"),
             member("m-newer", registered_at="2026-04-01 08:00:00", updated_at="2026-04-01 08:00:00"), name="90.csv")
    more.add("web_events", web("w-known", "v-anonymous", "2026-04-01 09:00:00", "login", member_id="m-newer"), name="90.csv")
    more.write(shop.sources)
    # A copy of a landed file under another name, files without rows, and two that cannot be landed.
    shutil.copy(shop.sources / "members" / "01.csv", shop.sources / "members" / "91-copy.csv")
    (shop.sources / "reviews" / "91.csv").write_text("review_id,member_id,product_id,posted_at\n")
    (shop.sources / "reviews" / "92.jsonl").write_bytes(b"")
    (shop.sources / "members" / "92.csv").write_text("member_id,email\nm-never,never@example.jp\n")
    (shop.sources / "ec_orders" / "92.parquet").write_bytes(b"PAR1 but not really")
    refused = shop.run(date(2026, 4, 1), check=1).stderr
    for words in ("members/92.csv", "registered_at", "updated_at", "ec_orders/92.parquet"):
        assert words in refused
    assert not [file for file in landed(shop) if file["name"].endswith("90.csv")]
    shop.kizuna("run", "--as-of", "2026-04-01", "--sources", str(shop.sources), "--skip-refused")
    return shop, before


def landed(shop: Shop) -> list[dict[str, Any]]:
    """What `kizuna landing list` says."""
    return json.loads(shop.kizuna("landing", "list", "--json").stdout)


def aliases(shop: Shop) -> dict[str, tuple]:
    return {row[0]: row[1:] for row in shop.query("select alias_id, customer_id, why from marts.customer_aliases")}


def test_ids_stay_and_a_merge_keeps_the_older_anchors(second_day: tuple[Shop, dict[str, str]]) -> None:
    shop, before = second_day
    after = ids(shop)
    assert {name for name in before.keys() & after.keys() if before[name] != after[name]} == {"c-late"}
    assert after["c-late"] == before["m-test"]
    assert after["m-new"] == after["c-visits"] == before["c-visits"]
    assert aliases(shop)[before["c-late"]] == (before["m-test"], "merged")
    # History goes with the person.
    assert customer(shop, "m-test", "orders, card_nos") == (1, ["c-late"])
    assert who(shop, "pos_receipts:r-late") == before["m-test"]


def test_a_landed_file_is_never_landed_twice(second_day: tuple[Shop, dict[str, str]]) -> None:
    names = [(file["source"], Path(file["name"]).name) for file in landed(second_day[0])]
    assert ("members", "91-copy.csv") not in names
    assert ("members", "92.csv") not in names
    assert len(names) == len(set(names))
    assert ("store_cards", "90.csv") in names


def test_a_visitor_who_logs_in_becomes_the_member(second_day: tuple[Shop, dict[str, str]]) -> None:
    shop, before = second_day
    newer = customer(shop, "m-newer")[0]
    assert who(shop, "web_events:w-anonymous") == newer
    assert aliases(shop)[before["v-anonymous"]] == (newer, "merged")
    assert shop.query("select count(*) from marts.visitors where customer_id = ?", [before["v-anonymous"]]) == [(0,)]


def test_a_withdrawn_delivery_leaves_everything_as_if_it_had_never_been(
        second_day: tuple[Shop, dict[str, str]], tmp_path: Path) -> None:
    shop, before = second_day[0].copy(tmp_path), second_day[1]
    gone = {kind: str(shop.query(f"select customer_id from marts.customers where list_contains(member_ids, '{kind}')")[0][0])
            for kind in ("m-newer",)}
    for file in landed(shop):
        if file["name"].endswith("90.csv"):
            shop.kizuna("landing", "withdraw", file["file_id"])
    shop.run(date(2026, 4, 2))
    after = ids(shop)
    assert {name: after.get(name) for name in before if name != "v-anonymous"} == {
        name: customer_id for name, customer_id in before.items() if name != "v-anonymous"}
    assert who(shop, "web_events:w-anonymous") == before["v-anonymous"]
    assert aliases(shop)[gone["m-newer"]] == (None, "withdrawn")
    assert {why for customer_id, why in aliases(shop).values() if customer_id} == {"current"}
