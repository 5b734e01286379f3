"""Of which day's run each stage in the warehouse is, which holds one day at a time. From the UI a part of a run can be
started alone, or tried again when others have run since: upon the stages of another day it would publish that day
under its own name.
"""

import duckdb

from dagster_project.errors import StageFailed
from dagster_project.run_context import RunContext

STAGES = ("landing", "staging", "identity", "core", "marts", "insights", "activation", "publish")


def begin(con: duckdb.DuckDBPyConnection, stage: str, run: RunContext) -> bool:
    """Before a stage writes: from now on it is no day's, until `end`; returns whether it was of this run's day.

    Raises StageFailed where a stage before it is not. An hourly run builds parts, and reads all else from what is
    published.
    """
    if stage not in STAGES:
        return False
    con.execute("create schema if not exists run")
    con.execute("create table if not exists run.stage_days (stage varchar, as_of date)")
    held = {each for (each,) in con.execute("select stage from run.stage_days where as_of = ?", [run.as_of]).fetchall()}
    others = [each for each in STAGES[: STAGES.index(stage)] if each not in held]
    if others and not run.is_hourly:
        raise StageFailed(
            f"stage {stage} was not begun: of {', '.join(others)} the warehouse does not hold what a whole daily run of"
            f" {run.as_of} has built. Start that day's job daily anew, whole, or kizuna run --as-of {run.as_of};"
            " what is published stays as it was."
        )
    con.execute("delete from run.stage_days where stage = ?", [stage])
    return stage in held


def spend(con: duckdb.DuckDBPyConnection) -> None:
    """Before lists and feeds that activation has prepared are given away: publish, tried again alone, would find none
    of them, and end well.
    """
    con.execute("delete from run.stage_days where stage = 'activation'")


def end(con: duckdb.DuckDBPyConnection, stage: str, run: RunContext) -> None:
    """After a stage has gone through, with its gate, and nothing of it is another day's."""
    if stage in STAGES and not run.is_hourly:
        con.execute("insert into run.stage_days values (?, ?)", [stage, run.as_of])
