"""Which stages have rows that no test has seen: a stage that failed its tests, or died before them, leaves some. The
next run of it must not pass because it tests only what it wrote itself (macros/tests.sql, `of_batch`).
"""

import duckdb


def begin(con: duckdb.DuckDBPyConnection, stage: str) -> bool:
    """Before a stage writes: run.tests_due says whether its tests have to read all rows, and so does the answer."""
    con.execute("create table if not exists run.unproven_stages (stage varchar)")
    is_left = bool(con.execute("select 1 from run.unproven_stages where stage = ?", [stage]).fetchall())
    if not is_left:
        con.execute("insert into run.unproven_stages values (?)", [stage])
    con.execute("create or replace table run.tests_due as select cast(? as boolean) as of_all_rows", [is_left])
    return is_left


def end(con: duckdb.DuckDBPyConnection, stage: str) -> None:
    """After all tests of a stage have passed."""
    con.execute("delete from run.unproven_stages where stage = ?", [stage])
