"""Who is who on hand-made sources, through the command line: customers, visitors, consent; and what marts look like."""

import pytest

from dagster_project.identity.hashing import identifier_hash
from tests.conftest import Shop
from tests.pipeline.handmade import customer, who

SALT = "pipeline-tests"


def holder(shop: Shop, kind: str, value: str) -> str | None:
    """The customer that an identifier belongs to."""
    rows = shop.query(
        "select customer_id from marts.customer_identifiers where identifier_kind = ? and identifier_hash = ?",
        [kind, identifier_hash(SALT, kind, value)],
    )
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
        assert planted_shop.query("select customer_id from marts.orders where order_id = ?", [f"ec:{order_id}"]) == [
            (None,)
        ]
    reasons = planted_shop.query(
        "select distinct status, reason from marts.identity_edges where right_hash in (?, ?)",
        [identifier_hash(SALT, "phone", "+81312345678"), identifier_hash(SALT, "email", "family@example.jp")],
    )
    assert reasons == [("blocked", "shared_value")]


def test_a_blocked_value_makes_no_customer(planted_shop: Shop) -> None:
    for order_id in ("o-test", "o-guest-word", "o-store"):
        assert planted_shop.query("select customer_id from marts.orders where order_id = ?", [f"ec:{order_id}"]) == [
            (None,)
        ]
    assert holder(planted_shop, "email", "test@example.com") is None
    assert customer(planted_shop, "m-test", "orders") == (0,)


def test_cards_mail_and_cookies_join_their_person(planted_shop: Shop) -> None:
    assert customer(planted_shop, "m-card", "card_nos") == (["c-card"],)
    assert customer(planted_shop, "m-two-cards", "card_nos") == (["c-mail", "c-member"],)
    buyer = holder(planted_shop, "email", "guest-buyer@example.jp")
    assert planted_shop.query(
        "select distinct customer_id from marts.orders where order_id in ('ec:o-guest', 'ec:o-guest-2')"
    ) == [(buyer,)]
    # The event `purchase` says which visitor placed the order, so his earlier views are the buyer's too.
    assert who(planted_shop, "web_events:w-buyer-1") == buyer
    assert planted_shop.query(
        "select orders, has_web, len(member_ids) from marts.customers where customer_id = ?", [buyer]
    ) == [(2, True, 0)]


def test_visitors_are_no_customers(planted_shop: Shop) -> None:
    anonymous = who(planted_shop, "web_events:w-anonymous")
    assert anonymous
    assert planted_shop.query(
        "select events, first_seen_at = last_seen_at from marts.visitors where customer_id = ?", [anonymous]
    ) == [(1, True)]
    assert planted_shop.query("select count(*) from marts.customers join marts.visitors using (customer_id)") == [(0,)]
    strong = planted_shop.query(
        "select count(*) from marts.visitors join marts.customer_identifiers using (customer_id)"
        " where identifier_kind <> 'visitor_id'"
    )
    assert strong == [(0,)]


@pytest.mark.parametrize(
    ("event", "member_id"),
    [
        ("before", None),
        ("login-1", "m-tab-1"),
        ("same-1", "m-tab-1"),
        ("chain-1", "m-tab-1"),
        ("gap", None),
        ("login-2", "m-tab-2"),
        ("same-2", "m-tab-2"),
        ("next-day", None),
    ],
)
def test_events_of_a_shared_device_go_to_the_member_of_the_session(
    planted_shop: Shop, event: str, member_id: str | None
) -> None:
    expected = customer(planted_shop, member_id)[0] if member_id else None
    assert who(planted_shop, f"web_events:w-tab-{event}") == expected


# --- consent ---


CHANNELS = ("email", "line", "sms", "push", "dm")


@pytest.mark.parametrize(
    ("member_id", "yes"),
    [
        ("m-says-yes", "email line sms push dm"),
        ("m-says-no", ""),
        ("m-says-blank", ""),
        ("m-out-all", ""),
        ("m-out-sms", "email line push dm"),
        ("m-out-in", "email line sms push dm"),
        ("m-in-out", "line sms push dm"),
        ("m-later", "email line sms push dm"),
        ("m-unsubscribed", "line sms push dm"),
        ("m-complained", "line sms push dm"),
        ("m-unsubscribed-in", "email line sms push dm"),
        ("m-by-card", "email line sms push"),
        ("m-part-yes", "line dm"),
        ("m-share-1", "line sms push dm"),
        ("m-share-2", "line sms push dm"),
    ],
)
def test_consent_of_a_channel(planted_shop: Shop, member_id: str, yes: str) -> None:
    said = customer(planted_shop, member_id, ", ".join(f"consent_{channel}" for channel in CHANNELS))
    assert " ".join(channel for channel, is_yes in zip(CHANNELS, said, strict=True) if is_yes) == yes


# --- marts ---


def test_facts_belong_to_customers_and_visitors_that_are_there(planted_shop: Shop) -> None:
    for mart in (
        "touchpoints",
        "orders",
        "order_items",
        "customer_identifiers",
        "customer_attribute_sources",
        "rf_customers",
        "scores",
        "badges",
        "brand_ranks",
    ):
        orphans = planted_shop.query(
            f"select count(*) from marts.{mart} where customer_id is not null and customer_id not in"
            " (select customer_id from marts.customers union all select customer_id from marts.visitors)"
        )
        assert orphans == [(0,)], mart


def test_every_identifier_of_a_customer_has_a_path_of_used_edges(planted_shop: Shop) -> None:
    owner = {
        (kind, hashed): customer_id
        for kind, hashed, customer_id in planted_shop.query(
            "select identifier_kind, identifier_hash, customer_id from marts.customer_identifiers"
        )
    }
    group = {node: node for node in owner}

    def top(node: tuple) -> tuple:
        while group[node] != node:
            node = group[node]
        return node

    for left_kind, left, right_kind, right in planted_shop.query(
        "select left_kind, left_hash, right_kind, right_hash from marts.identity_edges where status = 'used'"
    ):
        assert owner[left_kind, left] == owner[right_kind, right]
        group[top((left_kind, left))] = top((right_kind, right))
    persons: dict[str, set] = {}
    for node, customer_id in owner.items():
        persons.setdefault(customer_id, set()).add(top(node))
    assert all(len(tops) == 1 for tops in persons.values())


KEYS = {
    "customers": "customer_id",
    "visitors": "customer_id",
    "customer_identifiers": "identifier_kind, identifier_hash",
    "customer_attribute_sources": "customer_id, attribute",
    "identity_edges": "left_kind, left_hash, right_kind, right_hash, rule, source",
    "touchpoints": "touchpoint_id",
    "orders": "order_id",
    "order_items": "order_id, line_no",
    "rf_customers": "customer_id",
    "rf_matrix": "as_of, window_days, recency_band, frequency_band",
    "rf_matrix_by_channel": "as_of, window_days, channel, recency_band, frequency_band",
    "rf_segment_totals": "as_of, window_days, segment",
    "rf_cohorts": "as_of, window_days, cohort_month",
    "rf_cohort_retention": "cohort_month, months_after",
    "rf_transitions": "from_as_of, to_as_of, from_segment, to_segment",
    "purchase_conversion": "k",
    "kpi_metrics": "metric",
    "kpi_daily": "day, metric",
    "source_coverage": "source",
    "scores": "customer_id",
    "score_ledger": "touchpoint_id, rule_id",
}


def test_marts_have_one_row_per_key_of_their_grain(planted_shop: Shop) -> None:
    for mart, key in KEYS.items():
        assert planted_shop.query(f"select {key} from marts.{mart} group by {key} having count(*) > 1") == [], mart


def test_columns_have_the_types_of_the_contract(planted_shop: Shop) -> None:
    columns = planted_shop.query(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts'"
    )
    types = {(mart, column): kind for mart, column, kind in columns}
    money = {"net_sales", "amount", "net_amount", "total_amount", "average_order_value", "ltv_365d", "revenue", "cost"}
    for (mart, column), kind in types.items():
        where = f"{mart}.{column} is {kind}"
        if column.endswith("_at"):
            assert kind == "TIMESTAMP", where
        if column.endswith("_on") or column == "as_of" or (mart, column) == ("kpi_daily", "day"):
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
    counts = [
        "orders",
        "frequency",
        "gift_orders",
        "visits",
        "web_sessions_30d",
        "net_sales",
        "score_product",
        "score_lifestyle",
        "score_lifestance",
        "score_total",
        "member_ids",
        "card_nos",
        "cart_open",
        "has_ec",
        "has_store",
        "has_web",
        "consent_email",
        "consent_line",
        "consent_sms",
        "consent_push",
        "consent_dm",
        "first_seen_at",
    ]
    missing = " or ".join(f"{column} is null" for column in counts)
    assert planted_shop.query(f"select count(*) from marts.customers where {missing}") == [(0,)]
    assert planted_shop.query("select count(*) from marts.touchpoints where quantity is null or amount is null") == [
        (0,)
    ]
    assert planted_shop.query("select count(*) from marts.kpi_daily where value is null") == [(0,)]


def test_no_mart_holds_what_only_schema_pii_may(planted_shop: Shop) -> None:
    columns = planted_shop.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
        " and data_type in ('VARCHAR', 'VARCHAR[]')"
    )
    for mart, column in columns:
        found = planted_shop.query(
            f"select count(*) from marts.{mart} where regexp_matches(cast({column} as varchar),"
            r" '@example|\+81|0312345678|髙橋|港区|Downing|感想|乾燥|1985-04-01')"
        )
        assert found == [(0,)], f"{mart}.{column}"
