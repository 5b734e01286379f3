"""Keys are computed once per distinct value: a day's new ones in, those that nobody has any more out."""

import shutil

import duckdb
import pytest

from dagster_project.identity import matching, matching_keys
from dagster_project.project import ROOT

RECORD = "last_name varchar, first_name varchar, last_name_kana varchar, first_name_kana varchar, address varchar"


@pytest.fixture
def con(monkeypatch):
    monkeypatch.setenv("KIZUNA_PROBABILISTIC", "0")
    with duckdb.connect() as connection:
        connection.execute("create schema staging")
        for records in matching_keys.RECORDS:
            connection.execute(f"create table staging.{records} ({RECORD})")
        yield connection


def add(con, *row, records="stg_members"):
    con.execute(f"insert into staging.{records} values (?, ?, ?, ?, ?)", row)


def keys(con):
    return {
        row[:2]: row[2:] for row in con.execute("select kind, value, key, reading from pii.matching_keys").fetchall()
    }


def test_each_value_is_keyed_once_and_goes_with_the_last_record_that_holds_it(con):
    add(con, "髙橋", "さくら", "タカハシ", None, "港区1-1")
    add(con, "髙橋", "Mari", None, None, None, records="stg_store_cards")
    assert matching_keys.fill(con) == 4
    assert keys(con) == {
        ("name", "髙橋"): ("高橋", None),
        ("name", "さくら"): ("サクラ", "サクラ"),
        ("name", "Mari"): ("mari", "マリ"),
        ("kana", "タカハシ"): ("タカハシ", None),
    }
    con.execute("delete from staging.stg_members")
    add(con, "髙橋", "凛", None, None, None)
    assert matching_keys.fill(con) == 1
    assert {value for _, value in keys(con)} == {"髙橋", "Mari", "凛"}
    assert matching_keys.fill(con) == 0


def test_addresses_are_keyed_where_probabilistic_links_are_on(con, monkeypatch):
    add(con, None, None, None, None, "東京都港区南青山１丁目２番３号")
    assert matching_keys.fill(con) == 0
    monkeypatch.setenv("KIZUNA_PROBABILISTIC", "1")
    assert matching_keys.fill(con) == 1
    assert keys(con) == {("address", "東京都港区南青山１丁目２番３号"): ("港区南青山1-2-3", None)}


def test_another_table_of_variants_keys_every_name_anew(con, monkeypatch, tmp_path):
    shutil.copytree(ROOT / "seeds" / "rules", tmp_path / "rules")
    monkeypatch.setenv("KIZUNA_SEEDS", str(tmp_path))
    add(con, "阪本", None, None, None, None)
    try:
        matching_keys.fill(con)
        assert keys(con) == {("name", "阪本"): ("阪本", None)}
        with (tmp_path / "rules" / "kanji_variants.csv").open("a", encoding="utf-8") as table:
            table.write("阪,坂\n")
        assert matching_keys.fill(con) == 1
        assert keys(con) == {("name", "阪本"): ("坂本", None)}
    finally:
        matching.variants.cache_clear()
