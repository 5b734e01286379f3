"""The warehouse file, written anew after an erasure: DuckDB keeps what was deleted in the blocks that it has freed.

No table holds those values any more, and nobody but the pipeline opens the file. A small one is written anew at once, a
large one within the days of the setting `erasure_rewrite_days`, for all erasures since together.
"""

import gc
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from dagster_project import dbt_runner, progress
from dagster_project.files import replace, sync
from dagster_project.gates import validation
from dagster_project.home import Home
from dagster_project.privacy import record
from dagster_project.privacy.record import Erasure
from dagster_project.settings import effective_settings
from dagster_project.sql import literal
from dagster_project.warehouse import MEMORY_LIMIT


@dataclass(frozen=True)
class Waiting:
    """What of erased persons is left in freed space: of how many erasures, since the day of which run, and the day
    whose run writes the file anew.
    """

    erasures: int
    since: date
    due_on: date

    def __str__(self) -> str:
        return (
            f"freed space of warehouse.duckdb still holds what was erased since {self.since}; the run of {self.due_on}"
            " writes it anew, and so does kizuna erasures --rewrite"
        )


def waiting(home: Home) -> Waiting | None:
    """What waits for the file to be written anew, if anything."""
    found = _unfinished(home)
    if not found:
        return None
    since = min(date.fromisoformat(each.in_file_since or each.as_of) for each in found)
    return Waiting(len(found), since, since + timedelta(days=_setting("erasure_rewrite_days", otherwise=0)))


def compact_if_due(home: Home, day: date) -> bool:
    """Write the warehouse anew where an erasure asks for it, and the file is small or `day` is as late as that may be;
    whether it did. Nobody else may have it open.

    `day` is the latest that is over as this home knows: days count from run to run, by no clock.
    """
    found = waiting(home)
    if found is None:
        return False
    return (day >= found.due_on or _is_small(home)) and compact(home)


def compact(home: Home) -> bool:
    """Write the warehouse anew, now, where an erasure asks for it. A stop leaves the old file, the erasure waiting."""
    waiting = _unfinished(home)
    if not waiting:
        return False
    if home.warehouse.exists():
        dbt_runner.release()
        validation.release()
        gc.collect()  # of what holds a connection and is only waiting for that
        aside = home.scratch / "warehouse.duckdb"
        for left in (aside, aside.with_name(aside.name + ".wal")):
            left.unlink(missing_ok=True)
        progress.report("", "the warehouse is written anew, without what was erased")
        with duckdb.connect() as con:
            con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            con.execute(f"attach {literal(home.warehouse)} as old")
            con.execute("checkpoint old")
            con.execute(f"attach {literal(aside)} as new")
            con.execute("copy from database old to new")
            con.execute("detach new")
        sync(aside)
        home.warehouse.with_name(home.warehouse.name + ".wal").unlink(missing_ok=True)
        replace(aside, home.warehouse)
    for each in waiting:
        record.write(home, each.with_step("warehouse_file"))
    return True


def _unfinished(home: Home) -> list[Erasure]:
    return record.unfinished(home, "warehouse_file", after="warehouse")


def _is_small(home: Home) -> bool:
    size = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    return size < _setting("erasure_rewrite_at_once_gb", otherwise=float("inf")) * 1e9


def _setting(name: str, otherwise: float) -> float:
    """A setting that holds a number; `otherwise` where it cannot be read, which the run itself names."""
    try:
        return float(effective_settings()[name])
    except (KeyError, ValueError):
        return otherwise
