"""What is published: each mart, the warehouse table that holds it, and the order of its rows.

A total order makes the same landing give the same file, bit for bit; `touchpoints` and `score_ledger`, the two large
ones, keep the order in which they are stored. Marts that are changed from day to day (`changes`) hold later rows at
their end.
"""

import duckdb

MARTS: dict[str, tuple[str, str]] = {
    "customers": ("insights.customers", "customer_id"),
    "customer_attribute_sources": ("core.customer_attribute_sources", "customer_id, attribute"),
    "external_attributes": ("core.external_attributes", "customer_id, name"),
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
    "rf_matrix_by_channel": (
        "marts.rf_matrix_by_channel",
        "as_of, window_days, channel, recency_band, frequency_band",
    ),
    "rf_segment_totals": ("marts.rf_segment_totals", "as_of, window_days, segment"),
    "rf_cohorts": ("marts.rf_cohorts", "as_of, window_days, cohort_month"),
    "rf_cohort_retention": ("marts.rf_cohort_retention", "cohort_month, months_after"),
    "rf_transitions": ("marts.rf_transitions", "from_as_of, to_as_of, from_segment, to_segment"),
    "purchase_conversion": ("marts.purchase_conversion", "all"),
    "brand_ranks": ("marts.brand_ranks", "customer_id, brand_id"),
    "brand_rank_history": ("marts.brand_rank_history", ""),
    "brand_pyramid": ("marts.brand_pyramid", "brand_id, rank"),
    "brand_pyramid_history": ("marts.brand_pyramid_history", "as_of, brand_id, rank"),
    "brand_group_ranks": ("marts.brand_group_ranks", "customer_id, group_id"),
    "brand_group_pyramid": ("marts.brand_group_pyramid", "group_id, rank"),
    "brand_rank_profiles": ("marts.brand_rank_profiles", "brand_id, rank, attribute, value"),
    "brand_rank_interests": ("marts.brand_rank_interests", "brand_id, rank, interest_kind, interest_id"),
    "brand_potentials": ("marts.brand_potentials", "brand_id, aspect, value"),
    "brand_journeys": ("marts.brand_journeys", "customer_id, brand_id"),
    "growth_map": ("marts.growth_map", "brand_id, information_kind"),
    "growth_map_curve": ("marts.growth_map_curve", "brand_id, information_kind, day"),
    "growth_map_paths": ("marts.growth_map_paths", "brand_id, position"),
    "score_ledger": ("marts.score_ledger", ""),
    "scores": ("marts.scores", "customer_id"),
    "score_contributions": ("marts.score_contributions", "dimension, value"),
    "score_history": ("marts.score_history", "as_of"),
    "score_sales": ("marts.score_sales", "dimension, level"),
    "badges": ("marts.badges", "customer_id, badge_id"),
    "tags": ("insights.tags", "customer_id, tag"),
    "basket_pairs": ("marts.basket_pairs", "level, basis, left_id, right_id"),
    "recommendations": ("insights.recommendations", "customer_id, kind, position"),
    "model_quality": ("insights.model_quality", "model, version, slice, metric"),
    "promotion_effects": ("marts.promotion_effects", "campaign_id"),
    "promotion_outcomes": ("marts.promotion_outcomes", "campaign_id, outcome"),
    "promotion_balance": ("marts.promotion_balance", "campaign_id, covariate, level"),
    "identity_health": ("marts.identity_health", "metric, dimension, reason"),
    "identity_largest_persons": ("marts.identity_largest_persons", "position"),
    "kpi_daily": ("marts.kpi_daily", "day, metric"),
    "kpi_metrics": ("marts.kpi_metrics", "metric"),
    "source_coverage": ("marts.source_coverage", "source"),
    "scenario_targets": ("activation.all_scenario_targets", "as_of, feed_row_id"),
    "suppressions": ("activation.all_suppressions", "all"),
    "scenario_results": ("activation.scenario_results", "scenario_id, step"),
    "scenario_totals": ("activation.scenario_totals", "scenario_id"),
    "sync_runs": ("activation.sync_runs", "feed_id, sync_id"),
    "sync_rows": ("activation.sync_rows", "all"),
}

# Rows that activation adds to a mart of an earlier stage: figures of lists, which are made after the marts.
ADDED = {"kpi_daily": "activation.kpi_rows", "kpi_metrics": "activation.kpi_own"}
# The column by which a mart of events is cut at the end of as_of: later rows are good rows that wait.
EVENT_TIME = {"touchpoints": "occurred_at", "orders": "ordered_at", "order_items": "ordered_at"}
# Marts of identity, which knows nothing of as_of: a person first seen later is not published yet.
PERSONS = {"customer_identifiers", "customer_aliases", "customer_attribute_sources", "external_attributes"}
# What was decided from is published whole, so that it can be decided again; ids of persons first seen later are not.
DECIDED = {"identity_nodes"}
AS_OF_END = "(select as_of_end_at from run.context)"
# Hardly anybody, as a rule: so rows are asked whether they are of one of these.
WAITING_PERSONS = f"select customer_id from identity.persons where (first_seen_at < {AS_OF_END}) is not true"


def selection(mart: str) -> str:
    """The SELECT over the warehouse that a mart is published from, in its order."""
    order = MARTS[mart][1]
    added = f" union all by name select * from {ADDED[mart]}" if mart in ADDED else ""
    return rows_of(mart) + added + (f" order by {order}" if order else "")


def rows_of(mart: str, table: str | None = None) -> str:
    """The rows of a mart as of the run's day, or those of a `table` with more columns that the mart shows. Names are
    constants of this package."""
    columns = "*"
    if mart in DECIDED:
        columns = f"* replace (case when customer_id not in ({WAITING_PERSONS}) then customer_id end as customer_id)"
    return f"select {columns} from {table or MARTS[mart][0]} where {shown(mart)}"


def shown(mart: str) -> str:
    """The condition on a mart's rows by which they are published as of the run's day."""
    if mart in EVENT_TIME:
        return f"{EVENT_TIME[mart]} < {AS_OF_END}"
    return f"(customer_id is null or customer_id not in ({WAITING_PERSONS}))" if mart in PERSONS else "true"


def create_views(con: duckdb.DuckDBPyConnection) -> None:
    """Views `marts.<mart>` over the tables of other stages, so that audiences and feeds read the warehouse under the
    names that analysts know, and no row later than as_of."""
    existing = {
        f"{schema}.{table}"
        for schema, table in con.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
        ).fetchall()
    }
    for mart, (relation, _) in MARTS.items():
        if not relation.startswith("marts.") and relation in existing:
            con.execute(f"create or replace view marts.{mart} as {rows_of(mart)}")
