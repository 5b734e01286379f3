"""Incremental tables go where the salt of the keys they hold is another; the salt itself is written nowhere."""

from types import SimpleNamespace

import duckdb
import pytest

from dagster_project import dbt_runner, incremental
from dagster_project.home import Home
from dagster_project.staging import fingerprint


def _model(stage: str, name: str, reads: tuple[str, ...] = (), materialized: str = "incremental") -> SimpleNamespace:
    return SimpleNamespace(
        resource_type="model",
        unique_id=name,
        name=name,
        config=SimpleNamespace(materialized=materialized),
        fqn=["kizuna", stage, name],
        schema=stage,
        relation_name=f"{stage}.{name}",
        raw_code="select 1",
        depends_on=SimpleNamespace(nodes=list(reads)),
    )


def _manifest(*nodes: SimpleNamespace) -> SimpleNamespace:
    source = SimpleNamespace(schema="core", name="told_by_python")
    return SimpleNamespace(nodes={node.unique_id: node for node in nodes}, sources={"told": source})


MODEL = _model("core", "held")


@pytest.fixture
def con(monkeypatch):
    monkeypatch.setattr(dbt_runner, "parsed", lambda home: _manifest(MODEL))
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
        assert salt not in str(con.sql("from run.incremental_tables").fetchall())
    assert kept == [False, True, False]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("nothing", {"held", "ledger", "days"}),
        ("a rule table", {"held", "days"}),
        ("a setting", {"held"}),
        ("a setting of identity", set()),
        ("the text on the way", {"held", "days"}),
        ("a source", set()),
        ("core", set()),
    ],
)
def test_tables_of_customers_go_where_what_they_read_has_changed(con, tmp_path, monkeypatch, change, kept):
    (tmp_path / "seeds" / "rules").mkdir(parents=True)
    rules = tmp_path / "seeds" / "rules" / "points.csv"
    rules.write_text("rule,points\nview,1\n")
    on_the_way = _model("marts", "on_the_way", ("points", "held"), "view")
    rule_table = SimpleNamespace(resource_type="seed", unique_id="points", name="points", fqn=["kizuna", "points"])
    core = _model("core", "held")
    models = [
        core,
        on_the_way,
        rule_table,
        _model("marts", "ledger", ("on_the_way",)),
        _model("marts", "days", ("held",)),
    ]
    monkeypatch.setattr(dbt_runner, "parsed", lambda home: _manifest(*models))
    monkeypatch.setattr(incremental, "seeds", lambda: tmp_path / "seeds")
    monkeypatch.setattr(incremental, "effective_settings", lambda: {"gap": "30"})
    con.execute("create schema marts")
    incremental.reset(con, Home(tmp_path))
    for table in ("core.held", "marts.ledger", "marts.days"):
        con.execute(f"create table {table} (key integer)")
    if change == "a rule table":
        rules.write_text("rule,points\nview,2\n")
    elif change == "a setting":
        monkeypatch.setattr(incremental, "effective_settings", lambda: {"gap": "40"})
    elif change == "a setting of identity":
        points = {"gap": "30", "identity_conflict_points": "9"}
        monkeypatch.setattr(incremental, "effective_settings", lambda: points)
    elif change == "the text on the way":
        on_the_way.raw_code = "select 2"
    elif change == "a source":
        monkeypatch.setattr(fingerprint, "prepare", lambda con: {"web_events"})
    elif change == "core":
        core.raw_code = "select 2"
    incremental.reset(con, Home(tmp_path))
    tables = con.execute("select table_name from duckdb_tables() where schema_name in ('core', 'marts')").fetchall()
    assert {name for (name,) in tables} == kept


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("nothing", {"held", "marked", "edges"}),
        ("blocklist", {"held", "edges"}),
        ("overrides", {"held", "marked", "edges"}),
    ],
)
def test_tables_of_identity_go_where_a_rule_table_that_they_read_has_changed(con, tmp_path, monkeypatch, change, kept):
    """Not where a table stands between, which is made anew and compared."""
    (tmp_path / "seeds" / "rules").mkdir(parents=True)
    seeds = [
        SimpleNamespace(resource_type="seed", unique_id=name, name=name, fqn=["kizuna", name])
        for name in ("blocklist", "overrides")
    ]
    for seed in seeds:
        (tmp_path / "seeds" / "rules" / f"{seed.name}.csv").write_text("kind,value\n")
    models = [
        *seeds,
        _model("identity", "seen", ("blocklist",), "view"),
        _model("identity", "decided", ("overrides",), "table"),
        _model("identity", "marked", ("seen",)),
        _model("identity", "edges", ("decided",)),
        _model("core", "held", ("marked", "blocklist")),
    ]
    monkeypatch.setattr(dbt_runner, "parsed", lambda home: _manifest(*models))
    monkeypatch.setattr(incremental, "seeds", lambda: tmp_path / "seeds")
    con.execute("create schema identity")
    incremental.reset(con, Home(tmp_path))
    for table in ("identity.marked", "identity.edges", "core.held"):
        con.execute(f"create table {table} (key integer)")
    if change != "nothing":
        (tmp_path / "seeds" / "rules" / f"{change}.csv").write_text("kind,value\nemail,a@x.jp\n")
    incremental.reset(con, Home(tmp_path))
    tables = con.execute("select table_name from duckdb_tables() where schema_name in ('core', 'identity')").fetchall()
    assert {name for (name,) in tables} == kept


def test_what_earlier_versions_left_goes(con, tmp_path):
    con.execute("create schema marts")
    for table in ("core.held", "core.told_by_python", "core.former", "run.parties_held", "run.others"):
        con.execute(f"create table {table} (key integer)")
    con.execute("create view core.former_view as select * from core.former")
    con.execute("create view marts.customers as select 1 as shown")
    incremental.reset(con, Home(tmp_path))
    incremental.reset(con, Home(tmp_path))
    left = con.execute("select schema_name || '.' || table_name from duckdb_tables() order by all").fetchall()
    kept = {name for (name,) in left} - {f"run.{note}" for note in incremental.NOTES}
    assert kept == {"core.told_by_python", "run.others", "pii.corrected_values"}
    assert (
        con.execute("select view_name from duckdb_views() where not internal and schema_name = 'core'").fetchall() == []
    )
