"""The published touchpoints are those of the warehouse, whatever was published before."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.home import Home
from dagster_project.publish import changes
from dagster_project.publish.catalog import MARTS

MART, PUBLISHED, HELD = "touchpoints", "publication.marts.touchpoints", "core.int_core__touchpoints"
# (touchpoint_id, customer_id, Tokyo day of May 2026, batch); as of 10 May, so that t4 waits.
BEFORE = [
    ("t1", "c1", 1, "b1"), ("t2", "c2", 2, "b1"), ("t3", None, 3, "b1"), ("t4", "c1", 11, "b1"),
    *((f"u{number}", "c3", 4, "b1") for number in range(20)),
]  # fmt: skip
BY_BATCH = changes.BY_BATCH
ROWS = "select touchpoint_id, customer_id, occurred_at from {} order by all"


@pytest.fixture
def con(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with BEFORE in it, published."""
    monkeypatch.setattr(changes, "BY_BATCH", {MART: changes.BY_BATCH[MART]})
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema run; create schema core; create table run.context (as_of_end_at timestamp)")
        connection.execute(f"attach '{tmp_path / 'marts.duckdb'}' as publication; create schema publication.marts")
        _build(connection, BEFORE, as_of_end=11)
        _write_anew(connection)
        changes.note(connection)
        yield connection


def _build(con: duckdb.DuckDBPyConnection, rows: list[tuple], as_of_end: int) -> None:
    con.execute(f"create or replace table {HELD} (touchpoint_id text, customer_id text, day int, _batch text)")
    con.executemany(f"insert into {HELD} values (?, ?, ?, ?)", rows)
    con.execute(f"alter table {HELD} add column occurred_at timestamp")
    con.execute(f"update {HELD} set occurred_at = timestamp '2026-05-01' + (day - 1) * interval 1 day")
    con.execute(f"create or replace view core.touchpoints as {ROWS.format(HELD)}")
    con.execute("delete from run.context")
    con.execute("insert into run.context select timestamp '2026-05-01' + ? * interval 1 day", [as_of_end - 1])


def _write_anew(con: duckdb.DuckDBPyConnection) -> None:
    current = f"core.touchpoints where occurred_at < {changes.AS_OF_END}"
    con.execute(f"create or replace table {PUBLISHED} as select * from {current}")


CHANGES = {
    "nothing": (BEFORE, 11),
    "a new act": ([*BEFORE, ("t5", "c2", 9, "b2")], 11),
    "another customer": ([("t1", "c2", 1, "b2"), *BEFORE[1:]], 11),
    "an act is gone": (BEFORE[1:], 11),
    "the day comes of an act that waited": (BEFORE, 12),
    "one is gone as another's day comes": (BEFORE[1:], 12),
    "a changed act is not yet of the day": ([("t1", "c1", 11, "b2"), *BEFORE[1:]], 11),
    "an act comes, one changes, one is gone, one's day comes": (
        [("t2", "c1", 2, "b3"), ("t5", "c5", 5, "b2"), *BEFORE[2:]],
        12,
    ),
}


@pytest.mark.parametrize(("rows", "as_of_end"), CHANGES.values(), ids=CHANGES.keys())
def test_what_has_changed_is_all_that_is_written(con: duckdb.DuckDBPyConnection, rows: list, as_of_end: int) -> None:
    _build(con, rows, as_of_end)
    assert changes.bring_up_to_date(con, MART)
    published = con.execute(ROWS.format(PUBLISHED)).fetchall()
    assert published == con.execute(ROWS.format(f"core.touchpoints where occurred_at < {changes.AS_OF_END}")).fetchall()


def test_a_month_end_comes_with_rows_of_earlier_batches(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    mart, held = "brand_rank_history", "marts.int_marts__brand_rank_months"
    monkeypatch.setattr(changes, "BY_BATCH", {mart: BY_BATCH[mart]})
    con.execute(
        "create schema marts; create table spells as select 'c' || n as customer_id, 'b1' as brand_id, 'b1' as _batch"
        " from range(9) as numbers (n); create table month_ends (as_of date)"
    )
    con.execute(
        f"create view {held} as select as_of, customer_id, brand_id, _batch from spells cross join month_ends;"
        f"create view marts.{mart} as select as_of, customer_id, brand_id from {held}"
    )
    con.execute(
        "insert into month_ends"
        " select date '2026-05-01' - n * interval 1 month - interval 1 day from range(1, 9) as t (n)"
    )
    con.execute("update run.context set as_of_end_at = timestamp '2026-04-30 15:00:00'")
    con.execute(f"create table publication.marts.{mart} as select * from marts.{mart}")
    changes.note(con)
    con.execute("update run.context set as_of_end_at = timestamp '2026-05-01 15:00:00'")
    con.execute("insert into month_ends values ('2026-04-30'); delete from month_ends where as_of = '2025-08-31'")
    con.execute("update spells set _batch = 'b2', brand_id = 'b2' where customer_id = 'c1'")
    con.execute("delete from spells where customer_id = 'c2'")
    assert changes.bring_up_to_date(con, mart)
    found = con.execute(f"select * from publication.marts.{mart} order by all").fetchall()
    assert found == con.execute(f"select * from marts.{mart} order by all").fetchall()


def test_day_after_day_the_same(con: duckdb.DuckDBPyConnection) -> None:
    current = f"core.touchpoints where occurred_at < {changes.AS_OF_END}"
    rows = list(BEFORE)
    for day, name in enumerate(("v", "w", "x", "y"), 11):
        # An act comes, another's customer changes, a third is gone.
        changed = (rows[-2][0], f"c{day}", rows[-2][2], f"b{day}")
        rows = [*rows[1:-2], changed, rows[-1], (name, "c1", day + 1, f"b{day}")]
        _build(con, rows, day)
        assert changes.bring_up_to_date(con, MART)
        changes.note(con)
        assert con.execute(ROWS.format(PUBLISHED)).fetchall() == con.execute(ROWS.format(current)).fetchall()


def test_a_warehouse_restored_from_a_backup_is_written_anew(con: duckdb.DuckDBPyConnection) -> None:
    _build(con, [("t1", "c2", 1, "b2"), *BEFORE[1:]], 11)
    assert changes.bring_up_to_date(con, MART)
    changes.note(con)
    _build(con, BEFORE, 11)
    assert not changes.bring_up_to_date(con, MART)


@pytest.mark.parametrize(
    ("rows", "as_of_end"),
    [([(name, customer, day, "b9") for name, customer, day, _ in BEFORE], 11), (BEFORE, 10)],
    ids=["a warehouse built anew", "an earlier day"],
)
def test_other_rows_than_a_few_are_written_anew(con: duckdb.DuckDBPyConnection, rows: list, as_of_end: int) -> None:
    _build(con, rows, as_of_end)
    assert not changes.bring_up_to_date(con, MART)


def test_a_mart_that_is_written_anew_is_told_of_anew(con: duckdb.DuckDBPyConnection) -> None:
    rows = [(name, customer, day, "b9") for name, customer, day, _ in BEFORE]
    _build(con, rows, 11)
    assert not changes.bring_up_to_date(con, MART)
    _write_anew(con)
    changes.note(con)
    _build(con, [*rows, ("t5", "c2", 9, "b10")], 11)
    assert changes.bring_up_to_date(con, MART)  # of b1, the first publication's batch, no row is left
    current = f"core.touchpoints where occurred_at < {changes.AS_OF_END}"
    assert con.execute(ROWS.format(PUBLISHED)).fetchall() == con.execute(ROWS.format(current)).fetchall()


def test_another_set_of_columns_is_written_anew(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"alter table {PUBLISHED} add column brand_id varchar")
    assert not changes.bring_up_to_date(con, MART)


def test_a_publication_that_tells_nothing_of_its_rows_is_not_kept(con: duckdb.DuckDBPyConnection) -> None:
    assert changes.keep_marts(con)
    con.execute(f"comment on table {PUBLISHED} is null")
    assert not changes.keep_marts(con)


def test_what_is_no_mart_any_more_is_dropped(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table publication.marts.of_yore (a int)")
    assert changes.keep_marts(con)
    tables = con.execute("select table_name from duckdb_tables() where database_name = 'publication'").fetchall()
    assert tables == [("touchpoints",)]


def test_there_is_nothing_to_copy_before_the_first_publication(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not changes.copy_published(home, tmp_path / "copy.duckdb")
    home.published.write_bytes(b"marts")
    assert changes.copy_published(home, tmp_path / "copy.duckdb")
    assert (tmp_path / "copy.duckdb").read_bytes() == b"marts"


def test_a_mart_that_was_not_published_is_written_anew(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "BY_BATCH", BY_BATCH)
    con.execute("create schema identity; create table identity.identity_edges (left_hash text)")
    assert not changes.bring_up_to_date(con, "identity_edges")


def test_every_mart_that_is_changed_is_published() -> None:
    assert set(changes.BY_BATCH) | set(changes.BY_PART) <= set(MARTS)
    assert not set(changes.BY_BATCH) & set(changes.BY_PART)


SYNCS = [("f", f"s{sync}", f"k{row}", "accepted", None) for sync in range(10) for row in range(4)]
SYNCS += [("f", "s9", None, "held_back", "key: empty")] * 2
SYNC_CHANGES = {
    "nothing": SYNCS,
    "a sync comes": [*SYNCS, ("f", "t1", "k1", "accepted", None)],
    "another feed's sync of the same id": [*SYNCS, ("g", "s9", "k1", "accepted", None)],
    "a sync is gone": SYNCS[4:],
    "a row is refused": [("f", "s0", "k0", "rejected", "no"), *SYNCS[1:]],
    "one of two that are the same is gone": SYNCS[:-1],
    "as many rows, and others": [*SYNCS[:-1], ("f", "s9", "k9", "accepted", None)],
}


def _sync_rows(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    con.execute(f"create or replace table {table} (feed_id text, sync_id text, row_key text, status text, reason text)")
    con.executemany(f"insert into {table} values (?, ?, ?, ?, ?)", rows)


@pytest.mark.parametrize("rows", SYNC_CHANGES.values(), ids=SYNC_CHANGES.keys())
def test_only_syncs_that_differ_are_written(con: duckdb.DuckDBPyConnection, rows: list[tuple]) -> None:
    published = "publication.marts.sync_rows"
    con.execute("create schema activation")
    _sync_rows(con, "activation.sync_rows", rows)
    _sync_rows(con, published, SYNCS)
    untouched = f"select rowid, * from {published} where sync_id = 's5' order by all"
    before = con.execute(untouched).fetchall()
    assert changes.bring_up_to_date(con, "sync_rows")
    everything = "select * from {} order by all"
    now = con.execute(everything.format("activation.sync_rows")).fetchall()
    assert con.execute(everything.format(published)).fetchall() == now
    assert con.execute(untouched).fetchall() == before


def test_syncs_that_are_mostly_new_are_written_anew(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema activation")
    _sync_rows(con, "activation.sync_rows", [*SYNCS, *(("g", *row[1:]) for row in SYNCS)])
    _sync_rows(con, "publication.marts.sync_rows", SYNCS)
    assert not changes.bring_up_to_date(con, "sync_rows")
