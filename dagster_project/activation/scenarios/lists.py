"""Target lists, one JSON line per message to send, and moving a run's results into place.

A list names customers, products and contents, never an address: feeds add that for the receiver. A scenario
without rows gets an empty file, so that nobody takes an earlier list for this run's.
"""

import shutil
from pathlib import Path

import duckdb

from dagster_project.activation.scenarios.ledger import TABLES
from dagster_project.files import replace, sync, write_atomically
from dagster_project.home import Home
from dagster_project.sql import literal

_BEGUN = "BEGUN"  # from this marker on, a run's results are on their way into place and are not made anew


def scratch_folder(home: Home, run_id: str) -> Path:
    """Where a run's lists and ledger files wait for the commit."""
    return home.scratch / "activation" / run_id


def write_lists(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Write `<scenario_id>.jsonl` of each scenario of this run into `folder`; returns rows per scenario."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = dict(
        con.execute(
            "select rules.scenario_id, count(targets.feed_row_id) from activation.scenario_rules as rules"
            " left join activation.scenario_targets as targets"
            " on rules.scenario_id = targets.scenario_id and not targets.holdout"
            " group by rules.scenario_id order by rules.scenario_id"
        ).fetchall()
    )
    for scenario_id in rows:
        path = folder / f"{scenario_id}.jsonl"
        path.touch(mode=0o600)
        if not rows[scenario_id]:
            continue
        con.execute(
            "copy (select feed_row_id, as_of, scenario_id, step, customer_id, channel,"
            " strftime(send_at, '%Y-%m-%dT%H:%M:%SZ') as send_at, content_id, product_id, brand_id, store_id,"
            " campaign_id, reason, rule_version"
            f" from activation.scenario_targets where scenario_id = {literal(scenario_id)} and not holdout"
            f" order by send_at, feed_row_id) to {literal(path)} (format json)"
        )
    return rows


def commit(home: Home, run_id: str) -> bool:
    """Move what `prepare` made into place: lists, then ledger. Again, or after a crash, it ends the same.

    Returns whether there was anything to move.
    """
    folder = scratch_folder(home, run_id)
    if not (folder / "run.json").exists():
        return False
    begun = folder / _BEGUN
    if not begun.exists():
        for file in sorted(folder.rglob("*")):
            sync(file)
        names = sorted(path.stem for path in (folder / "lists").glob("*.jsonl"))
        write_atomically(begun, "\n".join(names).encode())
    names = begun.read_text().split()
    for old in home.targets.glob(f"*/{run_id}.jsonl"):
        if old.parent.name not in names:
            old.unlink()
    for name in names:
        _move(folder / "lists" / f"{name}.jsonl", home.targets / name / f"{run_id}.jsonl")
    for what in TABLES:
        _move(folder / f"{what}.parquet", home.ledger / what / f"{run_id}.parquet")
    _move(folder / "run.json", home.ledger / "activation_runs" / f"{run_id}.json")
    shutil.rmtree(folder)
    return True


def recover(home: Home) -> list[str]:
    """Finish commits that a crash broke off: no list is lost, none made twice. Returns the run ids."""
    folders = sorted((home.scratch / "activation").glob(f"*/{_BEGUN}"))
    return [begun.parent.name for begun in folders if commit(home, begun.parent.name)]


def _move(source: Path, target: Path) -> None:
    if source.exists():
        replace(source, target)
