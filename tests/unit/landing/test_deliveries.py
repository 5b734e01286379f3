"""Landed files are listed, withdrawn and restored; the views and run.files follow."""

import json
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from dagster_project.errors import KizunaError, StageFailed, UsageError
from dagster_project.home import Home
from dagster_project.landing import manifest
from dagster_project.landing.contract import sources
from dagster_project.landing.deliveries import list_files, restore, withdraw
from dagster_project.landing.land import land
from dagster_project.landing.origin_rows import landed_values, origin_rows
from dagster_project.landing.views import refresh
from dagster_project.publish import runs


@pytest.fixture
def two(home, sources_dir, deliver):
    deliver("brands/a.csv", "brand_id,name\nb1,x\n")
    deliver("brands/b.csv", "brand_id,name\nb2,y\n")
    return [file.file_id for file in land(home, sources_dir).landed]


def test_a_withdrawn_file_is_out_and_stays_out_until_restored(home, sources_dir, two, rows):
    withdraw(home, two[0])
    assert rows("brands", "brand_id, _file_no") == [("b2", 2)]
    report = land(home, sources_dir)
    assert (report.landing_no, report.withdrawn, report.duplicates) == (
        None,
        ("brands/a.csv",),
        ("brands/b.csv",),
    )
    assert report.notices == ["brands/a.csv: stays out, since this content was withdrawn"]
    assert rows("brands", "brand_id") == [("b2",)]
    restore(home, two[0])
    assert rows("brands", "brand_id, _file_no, _landing_no") == [("b1", 1, 1), ("b2", 2, 1)]


def test_the_list_tells_what_is_withdrawn(home, two):
    assert withdraw(home, two[0][:6]).status == "withdrawn"
    listed = [
        (file.file_id, file.source, file.name, file.rows, file.landing_no, file.status) for file in list_files(home)
    ]
    assert listed == [
        (two[0], "brands", "a.csv", 1, 1, "withdrawn"),
        (two[1], "brands", "b.csv", 1, 1, "landed"),
    ]


def test_an_id_that_is_unknown_or_withdrawn_twice_is_wrong_use(home, two):
    with pytest.raises(UsageError, match=f"did you mean {two[0]}"):
        withdraw(home, "a.csv")
    with pytest.raises(UsageError, match="kizuna landing list"):
        withdraw(home, "zzzz")
    withdraw(home, two[0])
    with pytest.raises(UsageError, match="withdrawn already"):
        withdraw(home, two[0])
    with pytest.raises(UsageError, match="not withdrawn"):
        restore(home, two[1])


def test_run_files_holds_the_files_in_use(home, two):
    withdraw(home, two[1])
    with duckdb.connect() as con:
        refresh(con, home)
        found = con.execute(
            "select source, file_id, file_no, landing_no, name, rows, typeof(landed_at), typeof(file_no) from run.files"
        ).fetchall()
    assert found == [("brands", two[0], 1, 1, "a.csv", 1, "TIMESTAMP", "INTEGER")]


def test_every_source_has_a_view_with_the_same_types_full_or_empty(home, two):
    with duckdb.connect() as con:
        refresh(con, home)
        for source in sources().values():
            described = con.execute(f"describe landing.{source.name}").fetchall()
            types = {name: kind for name, kind, *_ in described}
            assert list(types) == [
                *source.column_names,
                "_file_id",
                "_line_no",
                "_file_no",
                "_landing_no",
                "_raw_line",
                "_problem",
            ]
            assert {types[name] for name in source.column_names} == {"VARCHAR"}
            assert (types["_line_no"], types["_file_no"], types["_landing_no"]) == (
                "BIGINT",
                "INTEGER",
                "INTEGER",
            )


def test_files_landed_before_a_column_joined_the_contract_are_read_with_null(home, sources_dir, two, rows, monkeypatch):
    brands = sources()["brands"]
    wider = replace(brands, columns=(*brands.columns, replace(brands.columns[0], name="motto", required=False)))
    monkeypatch.setitem(sources(), "brands", wider)
    (sources_dir / "brands/c.csv").write_text("brand_id,name,motto\nb3,z,m\n")
    land(home, sources_dir)
    assert rows("brands", "brand_id, motto") == [("b1", None), ("b2", None), ("b3", "m")]


def test_a_home_whose_path_holds_quotes_and_patterns_works(tmp_path, sources_dir, two):
    home = Home.open(tmp_path / "it's [a] home* day=1")
    land(home, sources_dir)
    with duckdb.connect() as con:
        refresh(con, home)
        assert con.execute("select brand_id from landing.brands order by 1").fetchall() == [("b1",), ("b2",)]
        assert "day" not in [row[0] for row in con.execute("describe landing.brands").fetchall()]


def test_a_row_is_traced_to_its_file_also_once_that_is_withdrawn(home, two, sources_dir, deliver):
    withdraw(home, two[0])
    [found] = origin_rows(home, [("brands", "b1")])
    assert (found["file"], found["line_no"], found["is_withdrawn"]) == ("a.csv", 2, True)
    deliver("brands/c.csv", "brand_id,name\nb1,mended\n")
    land(home, sources_dir)
    assert [row["file"] for row in origin_rows(home, [("brands", "b1")])] == ["c.csv", "a.csv"]
    assert landed_values(home, [("brands", "b1")], "name") == {("brands", "b1"): "mended"}
    (home.landing / "brands" / f"{two[0]}.parquet").unlink()  # given up
    assert [row["file"] for row in origin_rows(home, [("brands", "b1")])] == ["c.csv"]


def test_landed_rows_that_are_gone_are_named(home, two):
    (home.landing / "brands" / f"{two[0]}.parquet").unlink()
    with duckdb.connect() as con, pytest.raises(StageFailed, match=f"brands/a.csv .* withdraw {two[0]}"):
        refresh(con, home)


@pytest.mark.parametrize("state", ["empty", "gone"])
def test_a_lost_manifest_does_not_pass_for_that_of_a_new_home(home, two, state):
    path = home.landing / "manifest.jsonl"
    path.unlink()
    assert manifest.read(home).landed == ()  # a first landing that stopped
    runs.record(home, date(2026, 3, 31), two)
    if state == "empty":
        path.touch()
    with pytest.raises(KizunaError, match=rf"manifest\.jsonl: the landing manifest is {state}; restore it"):
        manifest.read(home)


def test_the_manifest_only_grows_and_names_its_damaged_line(home, two):
    path = home.landing / "manifest.jsonl"
    before = path.read_text()
    withdraw(home, two[0])
    assert path.read_text().startswith(before)
    assert json.loads(before.splitlines()[0])["name"] == "a.csv"
    path.write_text(path.read_text() + '{"entry": "landed"}\n')
    with pytest.raises(KizunaError, match=r"manifest\.jsonl:4"):
        manifest.read(home)
