"""The warehouse and the published database, written anew after an erasure: DuckDB keeps what was deleted in the blocks
that it has freed.

No table shows it any more; of the person himself only the warehouse holds any, which nobody but the pipeline opens.
Where the warehouse is small both are written anew at once, else within the days of the setting `erasure_rewrite_days`,
for all erasures since together.
"""

import gc
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from dagster_project import dbt_runner, progress
from dagster_project.files import replace, sync
from dagster_project.gates import validation
from dagster_project.home import Home
from dagster_project.privacy import record
from dagster_project.privacy.record import Erasure
from dagster_project.publish import changes
from dagster_project.settings import effective_settings
from dagster_project.sql import literal
from dagster_project.warehouse import MEMORY_LIMIT, PUBLISHED_STORAGE

# The step of a record, and the one after which there is something to do.
STEPS = {"warehouse_file": "warehouse", "published_file": "published"}


@dataclass(frozen=True)
class Waiting:
    """What of erased persons is left in freed space: of how many erasures, since the day of which run, and the day
    whose run writes the files anew.
    """

    erasures: int
    since: date
    due_on: date

    def __str__(self) -> str:
        return (
            f"freed space of warehouse.duckdb or marts.duckdb still holds what was erased since {self.since}; the run"
            f" of {self.due_on} writes them anew, and so does kizuna erasures --rewrite"
        )


def waiting(home: Home) -> Waiting | None:
    """What waits for a file to be written anew, if anything."""
    found = [each for each in record.read_all(home) if is_in_a_file(each)]
    if not found:
        return None
    since = min(date.fromisoformat(each.in_file_since or each.as_of) for each in found)
    return Waiting(len(found), since, since + timedelta(days=_setting("erasure_rewrite_days", otherwise=0)))


def compact_if_due(home: Home, day: date) -> bool:
    """Write the files anew where an erasure asks for it, and the warehouse is small or `day` is as late as that may be;
    whether it did. Nobody else may have the warehouse open; who reads the published file keeps the one he opened.

    `day` is the latest that is over as this home knows: days count from run to run, by no clock.
    """
    found = waiting(home)
    if found is None:
        return False
    return (day >= found.due_on or _is_small(home)) and compact(home)


def compact(home: Home) -> bool:
    """Write the files anew, now, where an erasure asks for it. A stop leaves the old file, the erasure waiting."""
    did = False
    for step, file in (("warehouse_file", home.warehouse), ("published_file", home.published)):
        found = record.unfinished(home, step, after=STEPS[step])
        if found and file.exists():
            progress.report("", f"{file.name} is written anew, without what was erased")
            _write_anew(file, home.scratch / file.name, is_read_by_others=file == home.published)
            changes.forget_spare(home)
        for each in found:
            record.write(home, each.with_step(step))
        did = did or bool(found)
    return did


def is_in_a_file(erasure: Erasure) -> bool:
    """Whether freed space of a file still holds what this erasure took."""
    return any(after in erasure.done and step not in erasure.done for step, after in STEPS.items())


def _write_anew(file: Path, aside: Path, is_read_by_others: bool) -> None:
    dbt_runner.release()
    validation.release()
    gc.collect()  # of what holds a connection and is only waiting for that
    for left in (aside, aside.with_name(aside.name + ".wal")):
        left.unlink(missing_ok=True)
    with duckdb.connect() as con:
        con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        if is_read_by_others:  # they have it open: it can be read alone, and what is published has no log
            con.execute(f"attach {literal(file)} as old (read_only)")
            con.execute(f"attach {literal(aside)} as new (storage_version {literal(PUBLISHED_STORAGE)})")
        else:
            con.execute(f"attach {literal(file)} as old")
            con.execute("checkpoint old")
            con.execute(f"attach {literal(aside)} as new")
        con.execute("copy from database old to new")
        con.execute("detach new")
    sync(aside)
    file.with_name(file.name + ".wal").unlink(missing_ok=True)
    replace(aside, file)


def _is_small(home: Home) -> bool:
    size = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    return size < _setting("erasure_rewrite_at_once_gb", otherwise=float("inf")) * 1e9


def _setting(name: str, otherwise: float) -> float:
    """A setting that holds a number; `otherwise` where it cannot be read, which the run itself names."""
    try:
        return float(effective_settings()[name])
    except (KeyError, ValueError):
        return otherwise
