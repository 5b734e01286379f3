"""Scenario steps of erased persons in the ledger: no longer what they were sent, only that they are accounted for.

A listed or suppressed step becomes a suppression with the reason `erased`, of the run that decided it. It keeps the
customer id, which is a salted hash that names nobody any more, and loses channel, content, product, times and what set
it off: an order or an act.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from dagster_project.activation.scenarios.ledger import COLUMNS
from dagster_project.activation.scenarios.lists import recover
from dagster_project.files import copy_rows
from dagster_project.home import Home
from dagster_project.sql import literal

_ACCOUNT = (
    "select as_of, scenario_id, step, customer_id, run_id, left(sha256(trigger), 32) as trigger from {file}"
    " semi join erased using (customer_id)"
)


def forget(home: Home, customer_ids: Sequence[str]) -> int:
    """Turn the steps of these customers into suppressions; returns how many. Doing it again changes nothing."""
    recover(home)  # what a stop has kept on its way into the ledger would come after this
    listed, held = home.ledger / "scenario_steps", home.ledger / "suppressions"
    with duckdb.connect() as con:
        con.execute("create table erased as select unnest(cast(? as varchar[])) as customer_id", [list(customer_ids)])
        runs = sorted({file.name for folder in (listed, held) for file in folder.glob("*.parquet")})
        return sum(_forget_run(con, listed / run, held / run) for run in runs)


def _forget_run(con: duckdb.DuckDBPyConnection, listed: Path, held: Path) -> int:
    """The same in the two files of one run; a held-out step stands in both."""
    con.execute(f"create or replace table held ({COLUMNS['suppressions']})")
    if held.exists():
        con.execute(f"create or replace table held as select * from {_rows(held)}")
    con.execute(f"create or replace table gone ({COLUMNS['suppressions']})")
    con.execute(f"insert into gone by name {_ACCOUNT.format(file='held')} where reason <> 'erased'")
    if listed.exists():
        con.execute(f"insert into gone by name {_ACCOUNT.format(file=_rows(listed))}")
    [(count,)] = con.execute("select count(*) from gone").fetchall()
    if not count:
        return 0
    con.execute("delete from held where reason <> 'erased' and customer_id in (select customer_id from erased)")
    con.execute(
        "insert into held by name select distinct as_of, scenario_id, step, customer_id, run_id, trigger,"
        " trigger as match_key, 'erased' as reason, false as continues from gone"
        " anti join held using (scenario_id, step, customer_id, trigger)"
    )
    # Before the listed rows go: a stop between the two is mended by doing it again.
    copy_rows(con, "select * from held order by scenario_id, step, customer_id, trigger", held)
    if listed.exists():
        kept = f"select * from {_rows(listed)} anti join erased using (customer_id)"
        con.execute(f"create or replace table kept as {kept} order by scenario_id, send_at, feed_row_id")
        copy_rows(con, "select * from kept", listed)
    return int(count)


def _rows(file: Path) -> str:
    return f"read_parquet({literal(file)})"
