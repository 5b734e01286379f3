"""What scenarios decided in each run, kept for ever: listed steps, suppressions, and the runs themselves.

`home/ledger/scenario_steps/<run>.parquet`, `suppressions/<run>.parquet`, `withdrawals/<run>.parquet` (rows listed
ahead that were taken back before they were sent) and `activation_runs/<run>.json`. A run's files are replaced by that
run alone; no other run's are touched.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import duckdb

from dagster_project.activation.statements import text
from dagster_project.files import copy_rows, parse, state_of
from dagster_project.home import Home
from dagster_project.run_context import TOKYO, RunContext
from dagster_project.sql import literal

# What a trigger is about, which a message may not be: its product may be another one.
_ABOUT = "about struct(product_id varchar, brand_id varchar, content_id varchar, store_id varchar, campaign_id varchar)"
TABLES = {"scenario_steps": "scenario_targets", "suppressions": "suppressions", "withdrawals": "withdrawals"}

COLUMNS = {
    "scenario_steps": "as_of date, feed_row_id varchar, scenario_id varchar, step varchar,"
    " customer_id varchar, channel varchar, send_at timestamp, content_id varchar, product_id varchar,"
    " reason varchar, rule_version varchar, holdout boolean, trigger varchar, due_at timestamp,"
    " match_key varchar, continues boolean, run_id varchar, brand_id varchar, store_id varchar,"
    " campaign_id varchar, triggered_at timestamp, since_at timestamp, is_transactional boolean,"
    " cost decimal(18, 2), is_held_out boolean, is_held_out_globally boolean, previous_at timestamp, " + _ABOUT,
    "suppressions": "as_of date, scenario_id varchar, step varchar, customer_id varchar, trigger varchar,"
    " reason varchar, channel varchar, due_at timestamp, send_at timestamp, match_key varchar,"
    " continues boolean, run_id varchar, winner varchar, detail varchar, triggered_at timestamp,"
    " is_held_out boolean, is_held_out_globally boolean, " + _ABOUT,
    "withdrawals": "as_of date, feed_row_id varchar, scenario_id varchar, step varchar, customer_id varchar,"
    " reason varchar, run_id varchar",
}


@dataclass(frozen=True)
class Run:
    """One run of activation. `run_no` counts runs as they first ran; a repetition keeps its own."""

    run_id: str
    run_no: int
    as_of: str
    cut_off_at: str
    is_hourly: bool

    def content(self) -> bytes:
        """The run's record as it stands in the ledger."""
        return json.dumps(asdict(self), sort_keys=True).encode()


def run_id_of(context: RunContext) -> str:
    """`2026-01-05` for a daily run, `2026-01-05T14` for the hourly run with cut-off at 14:00 in Tokyo; the day's last
    hour is T24, since T00 is its first."""
    if not context.is_hourly:
        return str(context.as_of)
    hours = (context.cut_off_at + TOKYO - datetime.combine(context.as_of, time())) // timedelta(hours=1)
    return f"{context.as_of}T{hours:02d}"


def read_runs(home: Home) -> list[Run]:
    """Every run that was committed, in the order in which they first ran."""
    folder = home.ledger / "activation_runs"
    found = [parse(path, _run) for path in folder.glob("*.json")] if folder.exists() else []
    return sorted(found, key=lambda run: run.run_no)


def _run(text: str) -> Run:
    return Run(**json.loads(text))


def own_run(home: Home, context: RunContext) -> Run:
    """The record of this run: with its old number where it is a repetition, else with the next one."""
    run_id, runs = run_id_of(context), read_runs(home)
    number = next(
        (run.run_no for run in runs if run.run_id == run_id), max((run.run_no for run in runs), default=0) + 1
    )
    return Run(run_id, number, str(context.as_of), context.cut_off_at.isoformat(), context.is_hourly)


def accounts_from(earlier: list[Run], run: Run, back: timedelta, daily_only: bool) -> datetime:
    """From when on due steps are accounted for: `back` before the cut-off, or the run before if earlier.

    `earlier`: the runs that first ran before it. `daily_only`: for scenarios that daily runs alone work on.
    """
    before = [datetime.fromisoformat(other.cut_off_at) for other in earlier if not (daily_only and other.is_hourly)]
    bound = datetime.fromisoformat(run.cut_off_at) - back
    return min(bound, max(before)) if before else bound


def load_ledger(con: duckdb.DuckDBPyConnection, home: Home, run: Run) -> None:
    """Relations activation.ledger_scenario_steps, _suppressions and _withdrawals: rows of all runs but `run`.

    `is_earlier` is true for runs that ran before `run` first did: a repetition builds on these alone, and so comes to
    the same result; what later ones listed it must still not list again.

    The ledger grows every day, and hardly any of it changes: a daily run keeps its rows in tables of the warehouse and
    reads what is new. An hourly run sees a place that holds nothing yet: of suppressions, by far the most, it asks for
    few, and has a view of their files.
    """
    con.execute("create schema if not exists activation")
    con.execute("create or replace table activation.ledger_runs (run_id varchar, run_no integer)")
    runs = read_runs(home)
    con.execute(
        "insert into activation.ledger_runs select unnest(cast(? as varchar[])), unnest(cast(? as integer[]))",
        [[one.run_id for one in runs], [one.run_no for one in runs]],
    )
    for what in TABLES:
        _load(con, what, f"ledger_{what}_columns", [])  # what files of earlier versions lack
        if run.is_hourly:
            others = _numbered(what, _files(home, what, lambda run_id: run_id != run.run_id))
            rows = f"select * exclude (filename) from ({others})"
        else:
            _keep(con, home, what)
            rows = f"select * exclude (state) from activation.kept_{what} where run_id <> {literal(run.run_id)}"
        select = f"select *, run_no < {run.run_no:d} as is_earlier from ({rows})"
        _create(con, f"ledger_{what}", select, as_view=not run.is_hourly or what == "suppressions")


def _keep(con: duckdb.DuckDBPyConnection, home: Home, what: str) -> None:
    """Bring the table activation.kept_`what` to the ledger's files: only those that are new are read.

    `state` tells a file as it was read. Where one is not there any more as it was, since an erasure or its own run has
    written it anew, the table is made anew too, so that nothing stays of what went.
    """
    shape = hashlib.sha256(COLUMNS[what].encode()).hexdigest()[:8]  # of another version's table every row is read anew
    states = {path: f"{shape} {state_of(Path(path))}" for path in _files(home, what, lambda _: True)}
    columns = f"({COLUMNS[what]}, run_no integer, state varchar)"
    con.execute(f"create table if not exists activation.kept_{what} {columns}")
    kept = {state for (state,) in con.execute(f"select distinct state from activation.kept_{what}").fetchall()}
    if not kept <= set(states.values()):
        con.execute(f"create or replace table activation.kept_{what} {columns}")
        kept = set()
    new = {path: state for path, state in states.items() if state not in kept}
    if new:
        con.execute(
            f"insert into activation.kept_{what} by name"
            f" select kept.* exclude (filename), files.state from ({_numbered(what, list(new))}) as kept"
            " inner join (select unnest(cast(? as varchar[])) as filename, unnest(cast(? as varchar[])) as state)"
            " as files on kept.filename = files.filename",
            [list(new), list(new.values())],
        )


def _numbered(what: str, paths: list[str]) -> str:
    """SQL of the rows of these files, each with its file and the number of its run."""
    parts = [f"select *, null::varchar as filename from activation.ledger_{what}_columns"]
    if paths:
        parts.append(_read(paths, "*, filename"))
    return (
        f"select rows.*, runs.run_no from ({' union all by name '.join(parts)}) as rows"
        " inner join activation.ledger_runs as runs on rows.run_id = runs.run_id"
    )


def gather_all(con: duckdb.DuckDBPyConnection, is_hourly: bool = False) -> None:
    """activation.all_scenario_targets and all_suppressions: rows of all runs, this one's among them.

    Of suppressions the ledger holds many more, and few ask: a view. So is the other in an hour, when a feed alone asks.
    """
    _create(con, "all_scenario_targets", text("scenarios/all_runs"), as_view=is_hourly)
    _create(con, "all_suppressions", text("scenarios/all_suppressions"), as_view=True)


def load_own(con: duckdb.DuckDBPyConnection, home: Home, run: Run) -> bool:
    """Tables activation.own_scenario_steps, own_suppressions and own_withdrawals: rows of `run` as it ran before.

    Returns whether it did.
    """
    own = {what: _files(home, what, lambda run_id: run_id == run.run_id) for what in TABLES}
    for what, paths in own.items():
        _load(con, what, f"own_{what}", paths)
    return any(own.values())


def restore_run(con: duckdb.DuckDBPyConnection, home: Home, run: Run) -> None:
    """Tables activation.scenario_targets, suppressions and withdrawals as `run` left them; empty if it never ran."""
    for what, table in TABLES.items():
        _load(con, what, table, _files(home, what, lambda run_id: run_id == run.run_id))


def write_ledger(con: duckdb.DuckDBPyConnection, folder: Path, run: Run) -> None:
    """Write this run's ledger files into `folder`, from where `commit` moves them into the ledger."""
    for what, table in TABLES.items():
        copy_rows(con, f"select * from activation.{table}", folder / f"{what}.parquet")
    (folder / "run.json").write_bytes(run.content())


def listed_rows(home: Home, asked: str) -> str:
    """SQL of feed_row_id and customer_id of the rows that any run listed and the table `asked` names by feed_row_id."""
    paths = _files(home, "scenario_steps", lambda _: True)
    rows = _read(paths, "feed_row_id, customer_id") if paths else "select null::varchar, null::varchar where false"
    return (
        f"select distinct listed.* from ({rows}) as listed (feed_row_id, customer_id)"
        f" semi join {asked} as asked on listed.feed_row_id = asked.feed_row_id"
    )


def _files(home: Home, what: str, wanted: Callable[[str], bool]) -> list[str]:
    return sorted(str(path) for path in (home.ledger / what).glob("*.parquet") if wanted(path.stem))


def _load(con: duckdb.DuckDBPyConnection, what: str, table: str, paths: list[str]) -> None:
    con.execute(f"create or replace table activation.{table} ({COLUMNS[what]})")
    if paths:
        con.execute(f"insert into activation.{table} by name {_read(paths)}")


def _read(paths: list[str], columns: str = "*") -> str:
    return f"select {columns} from read_parquet([{', '.join(map(literal, paths))}], union_by_name = true)"


def _create(con: duckdb.DuckDBPyConnection, name: str, select: str, as_view: bool) -> None:
    """Table or view activation.`name`, in place of whichever of both is there."""
    for (kind,) in con.execute(
        "select table_type from information_schema.tables where table_catalog = current_database()"
        " and table_schema = 'activation' and table_name = ?",
        [name],
    ).fetchall():
        con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} activation.{name}")
    con.execute(f"create {'view' if as_view else 'table'} activation.{name} as {select}")
