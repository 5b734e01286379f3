"""What is published: each mart, the warehouse table that holds it, and the order of its rows.

A total order makes the same landing give the same file, bit for bit; `touchpoints` and `score_ledger`, the two large
ones, keep the order in which they are stored.
"""

import duckdb

MARTS: dict[str, tuple[str, str]] = {
    "customers": ("insights.customers", "customer_id"),
    "customer_attribute_sources": ("core.customer_attribute_sources", "customer_id, attribute"),
    "visitors": ("insights.visitors", "customer_id"),
    "customer_identifiers": ("identity.customer_identifiers", "customer_id, identifier_kind, identifier_hash"),
    "customer_aliases": ("identity.customer_aliases", "all"),
    "identity_changes": ("identity.identity_changes", "as_of, change, from_id nulls last, to_id nulls last"),
    "identity_nodes": ("identity.identity_nodes", "identifier_key"),
    "identity_conflicts": ("identity.identity_conflicts", "left_hash, right_hash"),
    "identity_edges": ("identity.identity_edges", "left_kind, left_hash, right_kind, right_hash, rule, source"),
    "identity_match_weights": ("identity.identity_match_weights", "left_hash, right_hash, position"),
    "identity_reviews": ("identity.identity_reviews", "left_hash, right_hash"),
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
    "identity_health": ("marts.identity_health", "metric, dimension, reason"),
    "identity_largest_persons": ("marts.identity_largest_persons", "position"),
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
PERSONS = {"customer_identifiers", "customer_aliases", "customer_attribute_sources"}
# What was decided from is published whole, so that it can be decided again; ids of persons first seen later are not.
DECIDED = {"identity_nodes"}
PUBLISHED_PERSONS = (
    "select customer_id from identity.persons where first_seen_at < (select as_of_end_at from run.context)"
)


def selection(mart: str) -> str:
    """The SELECT over the warehouse that a mart is published from, in its order."""
    order = MARTS[mart][1]
    return _rows(mart) + (f" order by {order}" if order else "")


def _rows(mart: str) -> str:
    """The rows of a mart as of the run's day. Names are this module's own constants."""
    relation, columns, where = MARTS[mart][0], "*", ""
    if mart in EVENT_TIME:
        where = f" where {EVENT_TIME[mart]} < (select as_of_end_at from run.context)"
    elif mart in PERSONS:
        where = f" where customer_id is null or customer_id in ({PUBLISHED_PERSONS})"
    elif mart in DECIDED:
        columns = f"* replace (case when customer_id in ({PUBLISHED_PERSONS}) then customer_id end as customer_id)"
    return f"select {columns} from {relation}{where}"


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
