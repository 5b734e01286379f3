"""Tables of what stands in the ledger are kept, and say what its files say, whatever has become of these."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.home import Home
from dagster_project.publish import ids, ledger_tables

PUBLISHED = "from run.published_ids order by all"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema run")
    return con


def write(home: Home, run_id: str, rows: dict[str, str]) -> None:
    folder = home.ledger / "published_ids"
    folder.mkdir(parents=True, exist_ok=True)
    values = ", ".join(f"('{name}', {number}, date '{day}')" for number, (name, day) in enumerate(rows.items()))
    with duckdb.connect() as con:
        con.execute(
            f"copy (from (values {values}) as ids (customer_id, anchor_key, first_as_of))"
            f" to '{folder / run_id}.parquet' (format parquet)"
        )


def published(con: duckdb.DuckDBPyConnection, home: Home) -> dict[str, date]:
    ids.load(con, home)
    return {name: day for name, _, day in con.execute(PUBLISHED).fetchall()}


def test_a_file_that_comes_is_put_over_what_is_held(con, home) -> None:
    write(home, "2026-03-02", {"anna": "2026-03-02", "ben": "2026-03-02"})
    assert published(con, home).keys() == {"anna", "ben"}
    write(home, "2026-03-01T12", {"anna": "2026-03-01", "cora": "2026-03-01"})
    assert published(con, home) == {"anna": date(2026, 3, 1), "ben": date(2026, 3, 2), "cora": date(2026, 3, 1)}


@pytest.mark.parametrize("rows", [{"ben": "2026-03-02"}, None], ids=["other rows", "gone"])
def test_where_a_file_is_not_what_it_was_all_are_read_again(con, home, rows) -> None:
    write(home, "2026-03-01", {"anna": "2026-03-01"})
    write(home, "2026-03-02", {"anna": "2026-03-02", "ben": "2026-03-02"})
    published(con, home)
    if rows is None:
        (home.ledger / "published_ids" / "2026-03-01.parquet").unlink()
        assert published(con, home) == {"anna": date(2026, 3, 2), "ben": date(2026, 3, 2)}
    else:
        write(home, "2026-03-01", rows)
        assert published(con, home) == {"anna": date(2026, 3, 2), "ben": date(2026, 3, 2)}


def test_files_that_are_known_are_not_read(con, home) -> None:
    write(home, "2026-03-01", {"anna": "2026-03-01"})
    published(con, home)
    con.execute("delete from run.published_ids")
    assert published(con, home) == {}


def test_what_dies_half_way_is_read_again(con, home, tmp_path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(RuntimeError), ledger_tables.unread(con, "some", [file]):
        raise RuntimeError
    with ledger_tables.unread(con, "some", [file]) as (is_kept, unread):
        assert (is_kept, unread) == (False, [file])
    with ledger_tables.unread(con, "some", [file]) as (is_kept, unread):
        assert (is_kept, unread) == (True, [])
