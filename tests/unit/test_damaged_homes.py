"""A file of the home that is damaged, full or closed is named, with what to do; never a traceback."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner

from dagster_project.activation.feeds.ledger import FeedLedger
from dagster_project.activation.scenarios.ledger import read_runs
from dagster_project.command_shape import Group
from dagster_project.errors import KizunaError
from dagster_project.home import Home
from dagster_project.privacy import record, tombstones
from dagster_project.publish import volumes
from dagster_project.publish.first_day import first_day
from dagster_project.publish.reader import connect_published
from dagster_project.warehouse import connect


@pytest.fixture
def own(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


def _load_volumes(home: Home) -> None:
    with duckdb.connect() as con:
        con.execute("create schema run")
        volumes.load(con, home, date(2026, 4, 1))


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("first_day", first_day),
        ("volumes/2026-03-31.json", _load_volumes),
        ("activation_runs/2026-03-31.json", read_runs),
        ("erasures/0123.json", record.read_all),
        ("feeds/customers/20260331T000000Z.json", lambda home: FeedLedger(home, "customers").records()),
    ],
)
@pytest.mark.parametrize("content", ["", '{"an": ', "\x00\x00"])
def test_a_torn_file_of_the_ledger_is_named(own: Home, name: str, read: Callable[[Home], object], content: str) -> None:
    file = own.ledger / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    with pytest.raises(KizunaError, match=f"{file} is damaged .*backup"):
        read(own)


def test_without_their_salt_tombstones_do_not_let_everybody_in(own: Home) -> None:
    stones = tombstones.write(own, "e1", [("email", "taro@example.jp", False)])
    assert tombstones.read(own).erased == stones.erased != frozenset()
    salt = own.ledger / "erasures" / "salt"
    for lost in (lambda: salt.write_text(""), salt.unlink):
        lost()
        with pytest.raises(KizunaError, match=f"{salt} is .*backup"):
            tombstones.read(own)


def told(action: Callable[[], object]) -> str:
    """What the command line says where a command does `action`."""
    group = Group("kizuna")
    group.add_command(click.Command("do", callback=action))
    done = CliRunner().invoke(group, ["do"])
    assert done.exit_code == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)
    [line] = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_what_was_made_from_the_landing_may_be_deleted(own: Home, content: bytes) -> None:
    for file, open_ in ((own.published, connect_published), (own.warehouse, connect)):
        file.write_bytes(content)
        if content or file == own.published:  # an empty warehouse is one with nothing in it
            line = told(lambda open_=open_: open_(own).close())
            assert str(file) in line
            assert "delete it, then run the newest day again" in line


def test_a_truncated_list_of_steps_is_named(own: Home) -> None:
    file = own.path / "2026-03-31.parquet"
    file.write_bytes(b"PAR1" + b"torn" * 10)
    line = told(lambda: duckdb.execute("from read_parquet(?)", [str(file)]))
    assert str(file) in line
    assert line.endswith("where the file is damaged, restore it from a backup")


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (OSError(28, "No space left on device", "/home/x/landing/a.parquet"), "make room"),
        (PermissionError(13, "Permission denied", "/home/x/lock"), "as the user"),
        (OSError(30, "Read-only file system", "/home/x/lock"), "as the user"),
    ],
)
def test_a_full_disk_and_a_closed_home_are_told(error: OSError, mend: str) -> None:
    def raises() -> None:
        raise error

    line = told(raises)
    assert error.filename in line
    assert mend in line


def test_an_error_of_the_program_itself_is_not_dressed_up() -> None:
    group = Group("kizuna")
    group.add_command(click.Command("do", callback=lambda: json.loads("")))
    assert isinstance(CliRunner().invoke(group, ["do"]).exception, ValueError)
