"""Pictures of marts for the Dagster UI: small tables in Markdown, without personal data."""

from collections.abc import Callable

import duckdb
from dagster import MarkdownMetadataValue, MetadataValue

RF = """
select recency_band, frequency_band, customers, repeat_rate from marts.rf_matrix
where as_of = (select max(as_of) from marts.rf_matrix) and window_days = (select min(window_days) from marts.rf_matrix)
"""


def _rf_matrix(con: duckdb.DuckDBPyConnection) -> str:
    """Customers per cell of the run's day: months since the last purchase down, purchases across."""
    frame = con.execute(RF).df()
    table = frame.pivot_table(index="recency_band", columns="frequency_band", values="customers", aggfunc="sum")
    return table.to_markdown()


def _query(sql: str) -> Callable[[duckdb.DuckDBPyConnection], str]:
    return lambda con: con.execute(sql).df().to_markdown(index=False)


PREVIEWS: dict[str, Callable[[duckdb.DuckDBPyConnection], str]] = {
    "rf_matrix": _rf_matrix,
    "basket_pairs": _query(
        "select level, left_id, right_id, baskets_together, baskets, support, confidence_left_to_right,"
        " confidence_right_to_left, lift from marts.basket_pairs where basis = 'basket'"
        " order by lift desc, level, left_id, right_id limit 20"
    ),
    "model_quality": _query(
        "select model, slice, metric, value, cases, trained_until, tested_until"
        " from insights.model_quality order by all"
    ),
    "brand_pyramid": _query(
        "select brand_id, rank, customers, share, moved_up, moved_down"
        " from marts.brand_pyramid order by brand_id, rank limit 60"
    ),
    # The brands whose information reached most customers first.
    "growth_map": _query(
        "select brand_id, information_kind, touched, buyers, conversion, p25_days, median_days, p75_days,"
        " already_buyers from marts.growth_map"
        " order by sum(touched) over (partition by brand_id) desc, brand_id, touched desc, information_kind limit 60"
    ),
    "growth_map_paths": _query("select * from marts.growth_map_paths where position <= 3 order by brand_id, position"),
    "identity_health": _query(
        "select metric, dimension, reason, value, previous_value, change from marts.identity_health order by all"
    ),
    "identity_largest_persons": _query("select * from marts.identity_largest_persons order by position"),
    "promotion_effects": _query(
        "select campaign_id, design, claim, assigned, control, conversion_rate, control_rate, lift, ci_low, ci_high,"
        " iroas, verdict from marts.promotion_effects order by starts_on desc, campaign_id limit 60"
    ),
    "purchase_conversion": _query("select * from marts.purchase_conversion order by 1"),
    "row_accounts": _query("select * from staging.row_accounts order by source"),
    "scenario_results": _query(
        "select scenario_id, step, claim, assigned, control, sent, opened, conversion_rate, control_rate, lift, ci_low,"
        " ci_high, iroas, verdict from activation.scenario_results order by scenario_id, step limit 60"
    ),
    "source_coverage": _query("select * from marts.source_coverage order by source"),
}


def preview(con: duckdb.DuckDBPyConnection, name: str) -> MarkdownMetadataValue | None:
    """The picture of the table `name` as Markdown, None where it has none."""
    return MetadataValue.md(PREVIEWS[name](con)) if name in PREVIEWS else None
