"""Feeds in YAML: every fault named with file and line, SQL that only reads marts, paths that stay inside."""

from pathlib import Path

import duckdb
import pytest
from feed_steps import AS_OF, CUT_OFF, feed_of

from dagster_project.activation.feeds import bind, check_feeds, load_feeds, prepare
from dagster_project.activation.feeds.source_sql import SqlRefused, checked_expression, checked_select
from dagster_project.errors import ConfigurationError

GOOD = """\
feed_id: things
description: Things.
source:
  table: things
key: key
mode: mirror
columns:
  - {name: key, from: id}
  - {name: name}
destination:
  type: folder
"""


def faults_of(tmp_path: Path, text: str, name: str = "things.yml") -> list[str]:
    (tmp_path / name).write_text(text)
    return [str(fault) for fault in check_feeds(tmp_path)]


def test_a_good_declaration_has_no_fault_and_the_brake_of_the_contract(tmp_path):
    assert faults_of(tmp_path, GOOD) == []
    [feed] = load_feeds(tmp_path)
    assert (feed.limits.max_removed_share, feed.limits.max_changed_share, feed.limits.from_rows) == (
        0.1,
        0.5,
        100,
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("mode: mirror", "mode: copy", 6, "'full', 'upsert' or 'mirror'"),
        ("mode: mirror", "mode: mirror\nmoed: full", 7, "moed: is not a word that a feed knows"),
        ("mode: mirror", "mode: mirror\nmode: full", 7, "'mode' stands twice"),
        ("{name: name}", "{name: na-me}", 9, "pattern"),
        ("{name: name}", "{name: 1name}", 9, "pattern"),
        ("{name: name}", "{name: 名前}", 9, "pattern"),
        ("{name: name}", "{name: name, type: text}", 9, "'string', 'integer'"),
        ("{name: name}", "{name: KEY}", 1, "columns stand twice: key"),
        ("{name: name}", "{name: d, type: date, null_as: never}", 9, "null_as 'never' is not a date"),
        ("key: key", "key: id", 1, "key 'id' is none of the columns"),
        ("type: folder", "type: fax", 11, "unknown type 'fax'; known: folder"),
        ("type: folder", "type: folder\n  path: ../../etc", 12, "path must be a folder below"),
        ("type: folder", "type: folder\n  path: /etc", 12, "path must be a folder below"),
        ("type: folder", "type: folder\n  path: a/../../b", 12, "path must be a folder below"),
        ("type: folder", "type: folder\n  port: 21", 12, "port"),
        ("feed_id: things", "feed_id: ../things", 1, "pattern"),
        ("feed_id: things", "feed_id: others", 1, "is not the file's name"),
        ("  table: things", "  table: marts.things", 4, "pattern"),
        (
            "  table: things",
            "  table: things\n  sql: select 1 as id from marts.things",
            3,
            "give either table or sql",
        ),
        ("  table: things", "  sql: drop table marts.things", 4, "single SELECT"),
        ("from: id}", "from: id from marts.things --}", 8, "one expression"),
        ("description: Things.", "description: [", 4, "is not valid YAML"),
    ],
)
def test_a_fault_is_named_with_file_and_line(tmp_path, old, new, line, words):
    [fault] = faults_of(tmp_path, GOOD.replace(old, new))
    assert fault.startswith(f"seeds/feeds/things.yml:{line}: ")
    assert words in fault


def test_all_faults_of_all_files_are_named_at_once(tmp_path):
    (tmp_path / "a.yml").write_text(GOOD.replace("feed_id: things", "feed_id: a").replace("mirror", "copy"))
    faults = faults_of(tmp_path, GOOD.replace("type: folder", "type: fax").replace("{name: name}", "{nam: x}"))
    assert [fault.split(":")[0] for fault in faults] == [
        "seeds/feeds/a.yml",
        "seeds/feeds/things.yml",
        "seeds/feeds/things.yml",
        "seeds/feeds/things.yml",
    ]
    with pytest.raises(ConfigurationError) as raised:
        load_feeds(tmp_path)
    assert len(raised.value.faults) == 4


def test_columns_that_are_all_faulty_are_not_said_to_be_missing(tmp_path):
    faults = faults_of(
        tmp_path, GOOD.replace("{name: key, from: id}", "{nam: key}").replace("{name: name}", "{nam: x}")
    )
    assert len(faults) == 4
    assert not [fault for fault in faults if "at least 1 item" in fault]


def test_at_most_50_columns(tmp_path):
    def wide(columns: int) -> str:
        return GOOD.replace(
            "  - {name: name}\n", "".join(f"  - {{name: c{n}, from: name}}\n" for n in range(columns - 1))
        )

    assert faults_of(tmp_path, wide(50)) == []
    assert "at most 50 items" in faults_of(tmp_path, wide(51))[0]


def test_a_file_that_is_no_mapping_or_empty_is_a_fault(tmp_path):
    assert "seeds/feeds/things.yml:1" in faults_of(tmp_path, "")[0]
    assert "seeds/feeds/things.yml:1" in faults_of(tmp_path, "- a\n- b\n")[0]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from marts.things; drop table marts.things",
        "drop table marts.things",
        "insert into marts.things values (1)",
        "update marts.things set name = 'x'",
        "with gone as (delete from marts.things returning *) select * from gone",
        "copy marts.things to 'x.csv'",
        "attach 'other.db'",
        "pragma database_list",
        "set memory_limit = '1GB'",
        "call pragma_version()",
        "install httpfs",
        "export database 'x'",
        "explain select * from marts.things",
        "select * from pii.identifier_values",
        "select * from staging.stg_members",
        "select * from things",
        "select * from other.marts.things",
        "select * from 'secrets.csv'",
        'select * from "secrets.parquet"',
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/*')",
        "select * from query('drop table marts.things')",
        "select * from query_table('pii.identifier_values')",
        "select (select max(value) from pii.identifier_values) as v from marts.things",
        "select * from marts.things where id in (select value from pii.identifier_values)",
        "select *, random() as r from marts.things",
        "select *, now() as r from marts.things",
        "select * from marts.things where on_day > current_date",
        "select getenv('HOME') as v from marts.things",
        "select *, localtimestamp as r from marts.things",
        "select *, localtime as r from marts.things",
        "select *, age(sent_at) as r from marts.things",
        "select * from marts.things using sample 10%",
        "select from where",
        "",
    ],
)
def test_sql_that_does_more_than_read_marts_is_refused(sql):
    with pytest.raises(SqlRefused):
        checked_select(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from marts.things",
        "select id from marts.things union all select name from marts.things;",
        "with a as (select id, unnest([1, 2]) as n from marts.things)"
        " select a.* from a inner join marts.things as t on t.id = a.id",
        "select id, (select count(*) from marts.things) as n from marts.things -- a comment; drop table x",
        "select id, age(sent_at, timestamp '2024-01-01') as a from marts.things",
    ],
)
def test_a_select_over_marts_is_taken_and_runs(con, sql):
    con.execute("insert into marts.things (id) values ('a')")
    assert con.execute(checked_select(sql)).fetchall()


@pytest.mark.parametrize(
    "text",
    [
        "id, name",
        "id as other",
        "*",
        "max(id)",
        "row_number() over (order by id)",
        "unnest([1, 2])",
        "(select max(value) from pii.identifier_values)",
        "id from marts.things",
        "id; drop table marts.things",
        "now()",
        "id) from marts.things; drop table marts.things --",
        "1 union select 2",
        "",
    ],
)
def test_an_expression_that_is_more_than_one_value_of_one_row_is_refused(text):
    with pytest.raises(SqlRefused):
        checked_expression(text)


def test_an_injection_in_yaml_reaches_no_table(tmp_path, con, home):
    con.execute("insert into marts.things (id, name) values ('a', 'x')")
    assert faults_of(
        tmp_path, GOOD.replace("table: things", "sql: select * from marts.things; delete from marts.things")
    )
    assert faults_of(tmp_path, GOOD.replace("from: id", "from: id) from marts.things; delete from marts.things --"))
    feed = feed_of(columns=[{"name": "key", "from": "id || '''); delete from marts.things; --'"}])
    prepare(con, home, feed, AS_OF, CUT_OFF)
    assert con.execute("select count(*) from marts.things").fetchone() == (1,)


def test_unknown_columns_and_columns_that_do_not_fit_are_all_named_at_binding(tmp_path, con):
    text = GOOD.replace(
        "{name: name}",
        "{name: colour}\n  - {name: size, from: lower(hat)}\n"
        "  - {name: day, type: date, from: sent_at}\n  - {name: flag, type: integer}",
    )
    (tmp_path / "things.yml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        bind(con, load_feeds(tmp_path)[0])
    faults = [str(fault) for fault in raised.value.faults]
    assert [fault.split(": ")[0] for fault in faults] == [f"seeds/feeds/things.yml:{line}" for line in (9, 10, 11, 12)]
    assert "colour" in faults[0] and "hat" in faults[1]
    assert "a TIMESTAMP cannot be written as date" in faults[2] and "interval 9 hours" in faults[2]
    assert "a BOOLEAN cannot be written as integer" in faults[3]


def test_a_mart_that_is_not_there_is_named_at_binding(con):
    with pytest.raises(ConfigurationError, match=r"feeds/things\.yml.*hats"):
        bind(con, feed_of(source={"table": "hats"}))
    with pytest.raises(ConfigurationError, match=r'did you mean "things"'):
        bind(con, feed_of(source={"table": "thing"}))


def test_what_is_bound_is_read_in_any_zone_as_utc():
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("create schema marts")
        con.execute("create table marts.things as select 'a' as id, timestamptz '2024-01-01 09:00:00+09' as seen")
        bound = bind(con, feed_of(columns=[{"name": "key", "from": "id"}, {"name": "seen", "type": "timestamp"}]))
        raw, text = bound.cells[1].raw, bound.cells[1].text
        query = f"select {text} from (select {raw} from marts.things)"
        assert con.execute(query).fetchone() == ("2024-01-01 00:00:00",)


def test_an_expression_that_fails_on_a_row_is_named_with_its_line_and_without_the_row_s_value(tmp_path, con, home):
    con.execute("insert into marts.things (id, name) values ('a', '1')")
    text = GOOD.replace("{name: name}", "{name: name, type: integer, from: cast(name as integer)}")
    (tmp_path / "things.yml").write_text(text)
    [feed] = load_feeds(tmp_path)
    assert prepare(con, home, feed, AS_OF, CUT_OFF).counts.added == 1
    con.execute("insert into marts.things (id, name) values ('b', 'gold')")
    with pytest.raises(ConfigurationError) as raised:
        prepare(con, home, feed, AS_OF, CUT_OFF)
    [fault] = [str(fault) for fault in raised.value.faults]
    assert fault.startswith("seeds/feeds/things.yml:9: column 'name' fails on some row: Conversion Error (try_cast")
    assert "gold" not in fault
