"""What is published: each mart, the warehouse table that holds it, and the order of its rows.

A total order makes the same landing give the same file, bit for bit; `touchpoints` and `score_ledger`, the two large
ones, keep the order in which they are stored.
"""

import duckdb

MARTS: dict[str, tuple[str, str]] = {
    "customers": ("insights.customers", "customer_id"),
    "visitors": ("insights.visitors", "customer_id"),
    "customer_identifiers": ("identity.customer_identifiers", "customer_id, identifier_kind, identifier_hash"),
    "customer_aliases": ("identity.customer_aliases", "all"),
    "identity_edges": ("identity.identity_edges", "left_kind, left_hash, right_kind, right_hash, rule, source"),
    "touchpoints": ("core.touchpoints", ""),
    "orders": ("core.orders", "order_id"),
    "order_items": ("core.order_items", "order_id, line_no"),
    "rf_customers": ("marts.rf_customers", "customer_id"),
    "rf_matrix": ("marts.rf_matrix", "as_of, window_days, recency_band, frequency_band"),
    "purchase_conversion": ("marts.purchase_conversion", "all"),
    "brand_ranks": ("marts.brand_ranks", "customer_id, brand_id"),
    "brand_pyramid": ("marts.brand_pyramid", "brand_id, rank"),
    "score_ledger": ("marts.score_ledger", ""),
    "scores": ("marts.scores", "customer_id"),
    "badges": ("marts.badges", "customer_id, badge_id"),
    "kpi_daily": ("marts.kpi_daily", "day, metric"),
    "source_coverage": ("marts.source_coverage", "source"),
    "scenario_targets": ("activation.all_scenario_targets", "as_of, feed_row_id"),
    "suppressions": ("activation.all_suppressions", "all"),
    "sync_runs": ("activation.sync_runs", "feed_id, sync_id"),
    "sync_rows": ("activation.sync_rows", "all"),
}

# The column by which a mart of events is cut at the end of as_of: later rows are good rows that wait.
EVENT_TIME = {"touchpoints": "occurred_at", "orders": "ordered_at", "order_items": "ordered_at"}
# Marts of identity, which knows nothing of as_of: a person first seen later is not published yet.
PERSONS = {"customer_identifiers", "customer_aliases"}


def selection(mart: str) -> str:
    """The SELECT over the warehouse that a mart is published from, in its order."""
    order = MARTS[mart][1]
    return _rows(mart) + (f" order by {order}" if order else "")


def _rows(mart: str) -> str:
    """The rows of a mart as of the run's day. Names are this module's own constants."""
    relation, where = MARTS[mart][0], ""
    if mart in EVENT_TIME:
        where = f" where {EVENT_TIME[mart]} < (select as_of_end_at from run.context)"
    elif mart in PERSONS:
        where = (
            " where customer_id is null or customer_id in (select customer_id from identity.persons"
            " where first_seen_at < (select as_of_end_at from run.context))"
        )
    return f"select * from {relation}{where}"


def create_views(con: duckdb.DuckDBPyConnection) -> None:
    """Views `marts.<mart>` over the tables of other stages, so that audiences and feeds read the warehouse under the
    names that analysts know, and no row later than as_of."""
    existing = {
        f"{schema}.{table}"
        for schema, table in con.execute("select table_schema, table_name from information_schema.tables").fetchall()
    }
    for mart, (relation, _) in MARTS.items():
        if not relation.startswith("marts.") and relation in existing:
            con.execute(f"create or replace view marts.{mart} as {_rows(mart)}")
