"""A small mart to feed from, a home to deliver in, and the steps that every test of the engine takes."""

import shutil
from types import SimpleNamespace

import duckdb
import pytest
from feed_steps import AS_OF, CUT_OFF, feed_of, folders, receive
from row_receiver import RowReceiver, RowSettings

from dagster_project.activation.feeds import Feed, deliver, prepare
from dagster_project.activation.feeds.destinations import register, registry
from dagster_project.home import Home


@pytest.fixture
def con():
    """Marts in memory: marts.things (id, name, amount, on_day, sent_at, flag), empty."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.things (id varchar, name varchar, amount decimal(18, 2), on_day date,"
            " sent_at timestamp, flag boolean)"
        )
        yield connection


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "home")


@pytest.fixture
def steps(con, home):
    """put(rows), feed(**changes), prepare(...), sync(...) and receive(): what the receiver's table holds by
    now.
    """

    def put(rows: dict[str, str | None]) -> None:
        con.execute("delete from marts.things")
        if rows:
            con.execute(
                "insert into marts.things (id, name) select unnest(?), unnest(?)",
                [list(rows), list(rows.values())],
            )

    def make(feed: Feed | None = None, **options):
        return prepare(con, home, feed or feed_of(), AS_OF, CUT_OFF, **options)

    def sync(feed: Feed | None = None, **options):
        return deliver(home, make(feed, **options))

    def empty() -> None:
        """The same home as new: hypothesis runs many examples in one fixture."""
        for folder in (home.feeds, home.ledger, home.scratch):
            shutil.rmtree(folder)
            folder.mkdir()

    return SimpleNamespace(
        put=put,
        prepare=make,
        sync=sync,
        empty=empty,
        folders=lambda: folders(home),
        receive=lambda: receive(home),
    )


@pytest.fixture
def receiver(monkeypatch):
    """A receiver of rows that YAML calls `type: rows`; it forgets its syncs and may be left with parts of one."""
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))
    one = RowReceiver()
    register("rows", RowSettings, lambda settings, home: one)
    return one
