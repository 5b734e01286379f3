"""Splink's part: how often a level is met by chance, and what each pair weighs.

The m of each level stand in the declaration and are not learned from the home's own records: expectation
maximisation needs many true pairs, which a shop may not have, and would move old links whenever new records move the
optimum. The u are estimated by Splink from a seeded sample of pairs, by one thread, and blended with those declared,
so that a shop of 25 records is certain of nothing.
"""

import logging
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator

from dagster_project.identity.likely.declaration import MISSING, Comparison, Declaration

# Splink warns of levels that a small sample does not meet, which is expected here.
logging.getLogger("splink").setLevel(logging.ERROR)


def estimate_chances(con: duckdb.DuckDBPyConnection, declaration: Declaration) -> dict[str, list[float]]:
    """Comparison -> the u of its levels, from table `features`.

    A pure function of its rows, not of their order: Splink samples by a hash of (unique_id, seed), and counts are
    whole numbers.
    """
    [(records,)] = con.execute("select count(*) from features").fetchall()
    pairs = min(records * (records - 1) // 2, declaration.sample.pairs)
    if pairs == 0:
        return {comparison.name: [level.u for level in comparison.levels] for comparison in declaration.comparisons}
    [(threads,)] = con.execute("select current_setting('threads')").fetchall()
    con.execute("set threads = 1")
    linker, _ = _linker(con, declaration, {}, 0.001)
    linker.training.estimate_u_using_random_sampling(
        max_pairs=declaration.sample.pairs, seed=declaration.sample.seed, min_count_per_level=None, num_chunks=1
    )
    con.execute(f"set threads = {int(threads)}")
    trained = linker.misc.save_model_to_json()["comparisons"]
    return {
        comparison.name: _blended(comparison, found["comparison_levels"][1:], pairs, declaration.sample.weight)
        for comparison, found in zip(declaration.comparisons, trained, strict=True)
    }


def weigh(
    con: duckdb.DuckDBPyConnection, declaration: Declaration, chances: dict[str, list[float]], prior: float
) -> str:
    """Weigh the pairs of table `candidates` by the records of `features`; returns the name of Splink's own table.

    It has a row per pair from the lower threshold on: unique_id_l, unique_id_r, match_weight (log2 of the odds),
    match_probability, and per comparison gamma_ (the number of its level from the last one up, -1 missing), mw_ (its
    weight) and, where a level looks at frequencies, mw_tf_adj_ (to be added to it).
    """
    linker, api = _linker(con, declaration, chances, prior)
    linker.table_management.register_blocked_pairs_for_predict(
        api.register("candidates", dataset_display_name="candidates")
    )
    predicted = linker.inference.predict(threshold_match_probability=declaration.thresholds.lower, warning_mode="never")
    return predicted.physical_name


def _linker(
    con: duckdb.DuckDBPyConnection, declaration: Declaration, chances: dict[str, list[float]], prior: float
) -> tuple[Linker, DuckDBAPI]:
    api = DuckDBAPI(con)
    linker = Linker(
        api.register("features", dataset_display_name="features"),
        SettingsCreator(
            link_type="dedupe_only",
            probability_two_random_records_match=prior,
            comparisons=[_comparison(one, chances.get(one.name)) for one in declaration.comparisons],
            retain_matching_columns=True,  # with them come the levels
            retain_intermediate_calculation_columns=True,
        ),
        log_level=None,
        validate_settings=False,
    )
    return linker, api


def _comparison(comparison: Comparison, chances: list[float] | None) -> dict[str, Any]:
    """The comparison in Splink's words, the level for missing values first."""
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing, "label_for_charts": MISSING, "is_null_level": True}
    ]
    for number, level in enumerate(comparison.levels):
        words: dict[str, Any] = {
            "sql_condition": level.when or "ELSE",
            "label_for_charts": level.label,
            "m_probability": level.m,
            "fix_m_probability": True,
        }
        if chances is not None:
            words["u_probability"] = chances[number]
        if level.frequency_of:
            words["tf_adjustment_column"] = level.frequency_of
            words["disable_tf_exact_match_detection"] = True
        levels.append(words)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _blended(comparison: Comparison, found: list[dict[str, Any]], pairs: int, weight: int) -> list[float]:
    """The u of each level: Splink's estimate from `pairs` and the declared one, which counts for `weight` pairs."""
    estimated = [level.get("u_probability") for level in found]
    shares = [share if isinstance(share, float) else 0.0 for share in estimated]
    if not any(shares):
        return [level.u for level in comparison.levels]
    return [
        (share * pairs + level.u * weight) / (pairs + weight)
        for share, level in zip(shares, comparison.levels, strict=True)
    ]
