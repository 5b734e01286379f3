"""Incremental tables go where the salt of the keys they hold is another; the salt itself is written nowhere."""

from types import SimpleNamespace

import duckdb
import pytest

from dagster_project import dbt_runner, incremental
from dagster_project.home import Home
from dagster_project.staging import fingerprint

MODEL = SimpleNamespace(
    resource_type="model",
    config=SimpleNamespace(materialized="incremental"),
    fqn=["kizuna", "core", "held"],
    relation_name="core.held",
    raw_code="select 1",
)


@pytest.fixture
def con(monkeypatch):
    monkeypatch.setattr(dbt_runner, "parsed", lambda home: SimpleNamespace(nodes={"model.kizuna.held": MODEL}))
    monkeypatch.setattr(fingerprint, "prepare", lambda con: set())
    with duckdb.connect() as con:
        con.execute("create schema run")
        con.execute("create schema core")
        yield con


def test_another_salt_drops_what_holds_salted_keys(con, tmp_path, monkeypatch):
    kept = []
    for salt in ("first salt", "first salt", "second salt"):
        monkeypatch.setenv("KIZUNA_SALT", salt)
        incremental.reset(con, Home(tmp_path))
        kept.append(bool(con.sql("from duckdb_tables() where table_name = 'held'").fetchall()))
        con.execute("create or replace table core.held as select 1 as key")
        assert salt not in str(con.sql("from run.incremental_models").fetchall())
    assert kept == [False, True, False]
