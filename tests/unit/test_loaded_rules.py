from pathlib import Path

import duckdb
import pytest

from dagster_project import loaded_rules as rules


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "settings.csv").write_text("name,value\nkeep_days,30\n")
    (tmp_path / "rules" / "settings.yml").write_text("seeds: []\n")
    monkeypatch.setenv("KIZUNA_SEEDS", str(tmp_path))
    return tmp_path


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema run")
    return con


def test_rule_tables_are_loaded_until_they_change(con: duckdb.DuckDBPyConnection, seeds: Path) -> None:
    assert not rules.are_loaded(con)
    rules.forget(con)
    rules.note(con)
    assert rules.are_loaded(con)
    (seeds / "rules" / "settings.csv").write_text("name,value\nkeep_days,31\n")
    assert not rules.are_loaded(con)


def test_what_is_declared_beside_a_rule_table_is_part_of_it(con: duckdb.DuckDBPyConnection, seeds: Path) -> None:
    rules.forget(con)
    rules.note(con)
    (seeds / "rules" / "settings.yml").write_text("seeds: [{name: settings}]\n")
    assert not rules.are_loaded(con)


def test_nobody_knows_of_rule_tables_that_a_run_has_begun_to_load(con: duckdb.DuckDBPyConnection, seeds: Path) -> None:
    rules.forget(con)
    rules.note(con)
    rules.forget(con)
    assert not rules.are_loaded(con)


def test_another_version_loads_them_anew(
    con: duckdb.DuckDBPyConnection, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.forget(con)
    rules.note(con)
    monkeypatch.setattr(rules, "version", lambda _: "99.0")
    assert not rules.are_loaded(con)
