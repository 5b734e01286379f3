"""From records to weighed pairs: all that the dbt model does."""

import shutil
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.identity.likely.candidates import find_candidates, possible_pairs
from dagster_project.identity.likely.declaration import MISSING, Comparison, Declaration, load_declaration
from dagster_project.identity.likely.features import FEATURES
from dagster_project.identity.likely.tables import PRIOR, WEIGHTS
from dagster_project.project import seeds
from dagster_project.sql import literal


def match_weights(
    session: duckdb.DuckDBPyConnection, records: duckdb.DuckDBPyRelation, settings: duckdb.DuckDBPyRelation
) -> pa.Table:
    """`likely_links` of the run's records where its setting `probabilistic` is 1, else no rows.

    What memory does not hold is spilled beside the warehouse, inside the home.
    """
    if not settings.filter("name = 'probabilistic' and value = '1'").fetchall():
        return WEIGHTS.empty_table()
    [(path,)] = session.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchall()
    spill = Path(path).parent / "scratch" / "likely"
    shutil.rmtree(spill, ignore_errors=True)  # what a run that was killed left
    spill.mkdir(parents=True, mode=0o700)
    try:
        return likely_links(records.to_arrow_table(), load_declaration(seeds()), str(spill))
    finally:
        shutil.rmtree(spill)


def likely_links(records: pa.Table, declaration: Declaration, spill: str = "") -> pa.Table:
    """WEIGHTS of each pair of `records` (columns of int_identity__records) from the lower threshold on, in key order.

    The same for every order of `records`. `spill`: a folder that may hold personal values, for what memory does
    not hold; without one nothing is spilled. Raises StageFailed where a block makes too many pairs.
    """
    from dagster_project.identity.likely.model import estimate_chances, weigh  # Splink is imported where it is used

    with duckdb.connect(config={"temp_directory": spill, "memory_limit": "4GB"}) as con:
        con.register("records", records)
        con.execute(f"create table features as {FEATURES}")
        free, possible = possible_pairs(con)
        if not find_candidates(con, declaration.blocks, declaration.pairs_per_block):
            return WEIGHTS.empty_table()
        expected = declaration.prior.links_per_record * free
        at_most = declaration.prior.links_per_record * 2 / declaration.prior.records_at_least
        prior = min(expected / possible, at_most)
        predicted = weigh(con, declaration, estimate_chances(con, declaration), prior)
        found = con.sql(_long(predicted, declaration), params=[declaration.thresholds.upper])
        return found.to_arrow_table().cast(WEIGHTS)


def _long(predicted: str, declaration: Declaration) -> str:
    """The SQL from Splink's wide rows to WEIGHTS, without pairs that `never` forbids."""
    comparisons = declaration.comparisons
    labels = ", ".join(f"{_label(comparison)} as {comparison.name}" for comparison in comparisons)
    weights = ", ".join(f"{_weight(comparison)} as weight_{comparison.name}" for comparison in comparisons)
    forbidden = " or ".join(f"coalesce({text}, false)" for text in declaration.never) or "false"
    parts = [(PRIOR, "''", " - ".join(["match_weight", *(f"weight_{comparison.name}" for comparison in comparisons)]))]
    parts += [(comparison.name, comparison.name, f"weight_{comparison.name}") for comparison in comparisons]
    long = " union all ".join(
        f"select left_key, right_key, match_weight, match_probability, status, cast({position} as bigint) as position,"
        f" {literal(name)} as comparison, {label} as level, round({weight}, 4) as weight from allowed"
        for position, (name, label, weight) in enumerate(parts)
    )
    return f"""
        with pairs as (
            select unique_id_l as left_key, unique_id_r as right_key, round(match_weight, 4) as match_weight,
                round(match_probability, 8) as match_probability,
                case when match_probability >= ? then 'used' else 'review' end as status, {labels}, {weights}
            from {predicted}
        ),
        allowed as (select * from pairs where not ({forbidden}))
        select * from ({long}) order by left_key, right_key, position
    """


def _label(comparison: Comparison) -> str:
    count = len(comparison.levels)
    cases = " ".join(
        f"when {count - 1 - number} then {literal(level.label)}" for number, level in enumerate(comparison.levels)
    )
    return f"case gamma_{comparison.name} {cases} else {literal(MISSING)} end"


def _weight(comparison: Comparison) -> str:
    """What the comparison adds, the adjustment for rare values included."""
    adjusted = any(level.frequency_of for level in comparison.levels)
    return f"mw_{comparison.name}" + (f" + mw_tf_adj_{comparison.name}" if adjusted else "")
