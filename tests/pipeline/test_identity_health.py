"""identity_health against the marts that it sums up, and what the ledger keeps of it."""

from datetime import date

import duckdb
import pytest

from tests.conftest import LAST_DAY, Shop


@pytest.fixture(scope="module")
def figures(shop: Shop) -> dict[tuple[str, str, str | None], float]:
    """(metric, dimension, reason) -> value."""
    rows = shop.query(
        "select metric, dimension, reason, value, as_of, previous_as_of, change from marts.identity_health"
    )
    assert {row[4:] for row in rows} == {(LAST_DAY, None, None)}
    return {row[:3]: row[3] for row in rows}


def test_persons_are_those_of_the_other_marts(shop: Shop, figures: dict) -> None:
    [(customers, visitors)] = shop.query(
        "select (select count(*) from marts.customers), (select count(*) from marts.visitors)"
    )
    assert figures["persons", "customers", None] == customers > 0
    assert figures["persons", "visitors", None] == visitors > 0
    assert sum(value for (metric, _, _), value in figures.items() if metric == "customers_by_size") == customers


def test_the_largest_persons_are_those_with_most_identifiers(shop: Shop, figures: dict) -> None:
    held = shop.query(
        "select customer_id, count(*) filter (identifier_kind <> 'visitor_id') as strong, count(*) as identifiers"
        " from marts.customer_identifiers where customer_id in (select customer_id from marts.customers)"
        " group by customer_id order by strong desc, identifiers desc, customer_id limit 20"
    )
    largest = shop.query(
        "select customer_id, strong_identifiers, identifiers from marts.identity_largest_persons order by position"
    )
    assert largest == held
    assert figures["largest_person", "strong", None] == held[0][1] > 1


def test_identifiers_per_customer_are_means_and_quantiles_over_all(shop: Shop, figures: dict) -> None:
    [(mean, p99, most)] = shop.query(
        "with held as (select customers.customer_id, count(ids.identifier_hash) as cards"
        " from marts.customers as customers"
        " left join marts.customer_identifiers as ids on customers.customer_id = ids.customer_id"
        " and ids.identifier_kind = 'card_no' group by customers.customer_id)"
        " select avg(cards), quantile_disc(cards, 0.99), max(cards) from held"
    )
    assert figures["identifiers_per_customer_mean", "card_no", None] == pytest.approx(mean)
    assert figures["identifiers_per_customer_p99", "card_no", None] == p99
    assert figures["identifiers_per_customer_most", "card_no", None] == most == 2


def test_what_is_attributed_is_a_customers_and_no_visitors(shop: Shop, figures: dict) -> None:
    known = "coalesce(customer_id in (select customer_id from marts.customers), false)"
    [(web, lately)] = shop.query(
        f"select avg(cast({known} as integer)), avg(cast({known} as integer)) filter (occurred_on > ?)"
        " from marts.touchpoints where source = 'web_events'",
        [date(2026, 3, 24)],
    )
    [(sales,)] = shop.query(
        f"select sum(net_amount) filter ({known}) / sum(net_amount) from marts.orders where is_counted or is_trial"
    )
    identified = dict(shop.query("select source, identified_share from marts.source_coverage"))
    assert figures["attributed_share", "web_events", None] == pytest.approx(web)
    assert figures["attributed_share_7d", "web_events", None] == pytest.approx(lately)
    assert figures["attributed_sales_share", "all", None] == pytest.approx(float(sales))
    assert web < identified["web_events"]
    assert figures["attributed_share", "pos_receipts", None] == identified["pos_receipts"] < 1


def test_what_is_blocked_is_told_by_kind_and_reason(shop: Shop, figures: dict) -> None:
    links = shop.query(
        "select left_kind || '-' || right_kind, reason, count(distinct (left_key, right_key)) from marts.identity_edges"
        " where status = 'blocked' group by all"
    )
    assert {key[1:]: value for key, value in figures.items() if key[0] == "blocked_links"} == {
        (kinds, reason): count for kinds, reason, count in links
    }
    assert figures["blocked_identifiers", "phone", "shared_value"] > 0
    assert figures["blocked_identifiers", "visitor_id", "shared_device"] > 0


def test_the_ledger_keeps_the_figures_of_the_run(shop: Shop, figures: dict) -> None:
    file = shop.home / "ledger" / "identity_health" / f"{LAST_DAY}.parquet"
    with duckdb.connect() as con:
        kept = con.execute(f"select * from read_parquet('{file}')").fetchall()
    assert {row[1:4]: row[4] for row in kept} == figures
    assert {row[0] for row in kept} == {LAST_DAY}
