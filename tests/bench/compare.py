"""Do two databases hold the same rows? Compared both ways over the columns that the yardstick writes, copies
of a row counted; ratios are compared to nine digits.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

MARTS = (
    "customers", "visitors", "customer_identifiers", "identity_edges", "touchpoints", "orders", "order_items",
    "rf_customers", "rf_matrix", "rf_matrix_by_channel", "rf_segment_totals", "rf_cohorts", "rf_cohort_retention",
    "rf_transitions", "purchase_conversion", "brand_ranks", "brand_pyramid",
    "brand_rank_history", "brand_pyramid_history", "brand_group_ranks", "brand_group_pyramid", "brand_rank_profiles",
    "brand_rank_interests", "brand_potentials", "brand_journeys", "score_ledger",
    "scores", "score_contributions", "score_history", "score_sales", "tags",
    "badges", "kpi_daily", "kpi_metrics", "growth_map", "growth_map_curve", "growth_map_paths",
    "basket_pairs", "recommendations", "model_quality",
    "promotion_effects", "promotion_outcomes", "promotion_balance",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """How far a mart differs: rows in both databases' tables, and rows that only one of them has."""

    mart: str
    rows: int
    only_published: int
    only_yardstick: int
    columns: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Row for row."""
        return not (self.only_published or self.only_yardstick)


def compare(published: Path, yardstick: Path, marts: tuple[str, ...] = MARTS) -> list[Difference]:
    """Each of `marts` in `published` (schema marts) against the table of the same name in `yardstick`."""
    with duckdb.connect() as con:
        con.execute(f"attach '{published}' as published (read_only)")
        con.execute(f"attach '{yardstick}' as yardstick (read_only)")
        return [_compare(con, mart) for mart in marts]


def _columns(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    found = con.execute(f"describe {relation}").fetchall()
    return {name: kind for name, kind, *_ in found}


def _compare(con: duckdb.DuckDBPyConnection, mart: str) -> Difference:
    ours, theirs = f"published.marts.{mart}", f"yardstick.main.{mart}"
    types = _columns(con, ours)
    shared = [name for name in _columns(con, theirs) if name in types]
    picked = ", ".join(_comparable(name, types[name]) for name in shared)
    # `except` of millions of wide rows is dear: a row stands here as the hash of all its columns, counted.
    sides = [
        f"select hash({picked}) as row_hash, count(*) as times from {relation} group by all"
        for relation in (ours, theirs)
    ]
    [(only_ours, only_theirs)] = con.execute(
        "select coalesce(sum(greatest(coalesce(o.times, 0) - coalesce(t.times, 0), 0)), 0),"
        " coalesce(sum(greatest(coalesce(t.times, 0) - coalesce(o.times, 0), 0)), 0)"
        f" from ({sides[0]}) as o full join ({sides[1]}) as t using (row_hash)"
    ).fetchall()
    [(rows,)] = con.execute(f"select count(*) from {ours}").fetchall()
    differing = () if only_ours == only_theirs == 0 else _differing(con, ours, theirs, shared, types)
    return Difference(mart, rows, int(only_ours), int(only_theirs), differing)


def _comparable(name: str, kind: str) -> str:
    return f"round(cast({name} as double), 9)" if kind in ("DOUBLE", "FLOAT") else f"cast({name} as {kind})"


def _differing(
    con: duckdb.DuckDBPyConnection, ours: str, theirs: str, shared: list[str], types: dict[str, str]
) -> tuple[str, ...]:
    """The columns whose values, taken alone, do not occur equally often on both sides."""
    found = []
    for name in shared:
        value = _comparable(name, types[name])
        sides = [
            f"select {value} as value, count(*) as times from {relation} group by all" for relation in (ours, theirs)
        ]
        [(count,)] = con.execute(
            f"select count(*) from (({sides[0]} except {sides[1]}) union all ({sides[1]} except {sides[0]}))"
        ).fetchall()
        if count:
            found.append(name)
    return tuple(found)
