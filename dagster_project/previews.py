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
    table = frame.pivot(index="recency_band", columns="frequency_band", values="customers")
    return table.to_markdown()


def _query(sql: str) -> Callable[[duckdb.DuckDBPyConnection], str]:
    return lambda con: con.execute(sql).df().to_markdown(index=False)


PREVIEWS: dict[str, Callable[[duckdb.DuckDBPyConnection], str]] = {
    "rf_matrix": _rf_matrix,
    "brand_pyramid": _query(
        "select brand_id, rank, customers, share, moved_up, moved_down"
        " from marts.brand_pyramid order by brand_id, rank limit 60"
    ),
    "identity_health": _query(
        "select metric, dimension, reason, value, previous_value, change from marts.identity_health order by all"
    ),
    "identity_largest_persons": _query("select * from marts.identity_largest_persons order by position"),
    "purchase_conversion": _query("select * from marts.purchase_conversion order by 1"),
    "row_accounts": _query("select * from staging.row_accounts order by source"),
    "source_coverage": _query("select * from marts.source_coverage order by source"),
}


def preview(con: duckdb.DuckDBPyConnection, name: str) -> MarkdownMetadataValue | None:
    """The picture of the table `name` as Markdown, None where it has none."""
    return MetadataValue.md(PREVIEWS[name](con)) if name in PREVIEWS else None
