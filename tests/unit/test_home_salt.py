"""The salt is made once, whole, and never anew for a home whose customer ids are known elsewhere."""

import os
import stat
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import KizunaError
from dagster_project.home import Home
from dagster_project.run_context import RunContext, write_context


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("KIZUNA_SALT", raising=False)
    return Home.open(tmp_path / "home")


def publish(home: Home) -> None:
    (home.ledger / "published_ids").mkdir()
    (home.ledger / "published_ids" / "2026-03-31.parquet").touch()


def test_the_salt_is_made_once_and_kept_from_others(own: Home) -> None:
    salt = own.salt()
    publish(own)
    assert len(salt) == 32
    assert own.salt() == salt
    assert stat.S_IMODE((own.path / "salt").stat().st_mode) == 0o600
    assert [file.name for file in own.path.glob("salt*")] == ["salt"]


def test_a_stop_while_it_is_made_leaves_no_empty_salt(own: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", is_full)
        with pytest.raises(OSError, match="No space"):
            own.salt()
    assert not (own.path / "salt").exists()
    (own.path / "salt").touch()
    assert len(own.salt()) == 32


def test_another_process_may_have_made_it(own: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(_: Path, file: Path) -> None:
        file.write_text("of the other")
        raise FileExistsError

    monkeypatch.setattr(os, "link", link)
    assert own.salt() == "of the other"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_lost_salt_is_asked_for_and_not_made_anew(own: Home, is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(own)
    if is_there:
        (own.path / "salt").touch()
    with pytest.raises(KizunaError, match=r"home/salt is .*backup, or set KIZUNA_SALT"):
        own.salt()
    monkeypatch.setenv("KIZUNA_SALT", "given")
    assert own.salt() == "given"


def test_another_salt_than_that_of_the_ids_given_away_stops_a_run(own: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    own.check_salt()
    own.note_salt()
    own.check_salt()
    monkeypatch.setenv("KIZUNA_SALT", "mistyped")
    own.note_salt()
    with (
        duckdb.connect() as con,
        pytest.raises(KizunaError, match=r"KIZUNA_SALT is not the salt .* delete .*ledger/salt.sha256"),
    ):
        write_context(con, own, RunContext.daily(date(2026, 3, 31), is_newest=True))
    assert own.salt() not in (own.ledger / "salt.sha256").read_text()
    (own.ledger / "salt.sha256").unlink()
    own.check_salt()
