"""A small mart to feed from, a home to deliver in, and the steps that every test of the engine takes."""

from types import SimpleNamespace

import duckdb
import pytest
from feed_steps import AS_OF, CUT_OFF, feed_of, folders, receive

from dagster_project.activation.feeds import Feed, deliver, prepare
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

    return SimpleNamespace(
        put=put, prepare=make, sync=sync, folders=lambda: folders(home), receive=lambda: receive(home)
    )
