"""What an hourly run sees: fresh people, consents and acts; all else as published, under today's ids."""

from collections.abc import Iterator

import duckdb
import pytest

from dagster_project import warehouse
from dagster_project.home import Home
from dagster_project.hourly.view import hourly_view
from dagster_project.publish import catalog

FRESH = {
    "core.touchpoints", "identity.int_identity__aliases", "identity.persons", "insights.int_insights__person_consents",
    "insights.int_insights__person_ids", "pii.person_attributes",
}  # fmt: skip
# Since the last day: `gone` has become `stays`, `silent` has opted out, `new` has registered, `nobody` was blocked.
WAREHOUSE = """
    create schema run; create schema core; create schema identity; create schema insights; create schema pii;
    create schema marts;
    create table run.context as
        select timestamp '2026-03-02 15:00' as as_of_end_at, timestamp '2026-03-02 03:00' as cut_off_at;
    create table identity.persons as
        select *, customer_id = 'v' as is_visitor, timestamp '2026-03-02 01:00' as first_seen_at
        from (values ('stays', 1), ('silent', 2), ('new', 3), ('v', 4)) as persons (customer_id, anchor_key);
    create table identity.int_identity__aliases as select * from (values
        ('stays', 'stays'), ('silent', 'silent'), ('new', 'new'),
        ('gone', 'stays'), ('nobody', null), ('before', 'stays')
    ) as aliases (alias_id, customer_id);
    create table insights.int_insights__person_consents as
        select customer_id, anchor_key, says as consent_email, says as consent_line,
            false as consent_sms, false as consent_push, false as consent_dm
        from (values ('stays', 1, true), ('silent', 2, false), ('new', 3, true))
            as people (customer_id, anchor_key, says);
    create table insights.int_insights__person_ids as
        select 'new' as customer_id, 3 as anchor_key, ['m-new'] as member_ids, ['c'] as card_nos;
    create table pii.person_attributes as
        select 'new' as customer_id, 'female' as gender, '東京都' as prefecture, cast(null as varchar) as member_rank;
    create table core.touchpoints as select 'stays' as customer_id, timestamp '2026-03-02 01:00' as occurred_at;
    create table marts.badges as select 'half built' as customer_id, 'b' as badge_id;
    create table core.parties as select 1 as party_key;
"""
PUBLISHED = """
    create schema marts;
    create table marts.customers as
        select *, true as consent_email, timestamp '2026-01-01' as first_seen_at
        from (values ('stays', 3, 'loyal'), ('gone', 9, 'new'), ('silent', 1, 'new'))
            as customers (customer_id, orders, rf_segment);
    create table marts.visitors as select 'nobody' as customer_id;
    create table marts.badges as
        select * from (values
            ('stays', 'b', 1), ('gone', 'b', 2), ('gone', 'other', 3), ('silent', 'b', 4), ('nobody', 'b', 5)
        ) as badges (customer_id, badge_id, units);
    create table marts.touchpoints as select 'yesterday' as customer_id, timestamp '2026-03-01' as occurred_at;
    create table marts.rf_segment_totals as select 'loyal' as segment, 2 as customers;
"""


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home.open(tmp_path / "home")
    with warehouse.connect(home) as con:
        con.execute(WAREHOUSE)
    with duckdb.connect() as con:
        con.execute(f"attach '{home.published}' as published; use published")
        con.execute(PUBLISHED)
    return home


@pytest.fixture
def con(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    con = warehouse.connect(home)
    with hourly_view(con, home, FRESH):
        yield con
    con.close()


def test_every_customer_of_today_stands_there_once(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("select customer_id, orders, rf_segment from insights.customers order by all").fetchall()
    # Of two persons who are one now, the figures of the id that stayed; for a newcomer no orders, and no segment.
    assert rows == [("new", 0, None), ("silent", 1, "new"), ("stays", 3, "loyal")]


def test_consents_are_those_of_this_hour(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("select customer_id, consent_email from insights.customers order by all").fetchall()
    assert rows == [("new", True), ("silent", False), ("stays", True)]


def test_rows_of_marts_go_to_who_the_person_is_today(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select customer_id, badge_id, units from marts.badges order by all").fetchall() == [
        ("silent", "b", 4),
        ("stays", "b", 1),
        ("stays", "other", 3),
    ]
    assert con.execute("from marts.rf_segment_totals").fetchall() == [("loyal", 2)]


def test_acts_are_those_of_this_hour_under_both_names(con: duckdb.DuckDBPyConnection) -> None:
    catalog.create_views(con)
    for relation in ("core.touchpoints", "marts.touchpoints"):
        assert con.execute(f"select customer_id from {relation}").fetchall() == [("stays",)]
    assert con.execute("select count(*) from marts.customers").fetchall() == [(3,)]


def test_what_is_neither_fresh_nor_published_is_not_there(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.CatalogException):
        con.execute("from core.parties")
    assert con.execute("from marts.scores").fetchall() == []  # a mart that the last day did not know yet


def test_nothing_of_it_is_left_in_the_warehouse(home: Home) -> None:
    con = warehouse.connect(home)
    con.execute("create table run.hourly_relations (relation varchar)")
    before = con.execute("select database_name, schema_name, table_name from duckdb_tables() order by all").fetchall()
    with hourly_view(con, home, FRESH):
        con.execute("create table activation.scenario_targets as select 1 as step")
        catalog.create_views(con)
        assert con.execute("select step from activation.scenario_targets").fetchall() == [(1,)]
    assert con.execute("from marts.badges").fetchall() == [("half built", "b")]
    after = con.execute("select database_name, schema_name, table_name from duckdb_tables() order by all").fetchall()
    assert before == after
    assert not list(home.scratch.iterdir())
    con.close()


def test_before_the_first_published_day_there_are_people_and_no_figures(home: Home) -> None:
    home.published.unlink()
    con = warehouse.connect(home)
    with hourly_view(con, home, FRESH):
        rows = con.execute("select customer_id, orders, consent_line from insights.customers order by all").fetchall()
        assert rows == [("new", 0, True), ("silent", 0, False), ("stays", 0, True)]
        assert con.execute("from marts.badges").fetchall() == []
    con.close()


def test_what_another_system_says_this_hour_is_seen_as_far_as_it_is_published(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dagster_project.hourly.view.effective_settings", lambda: {"published_attributes": "skin_type"})
    with warehouse.connect(home) as con:
        con.execute(
            "create table core.int_core__external_attributes as select * from (values"
            " ('stays', 'skin_type', 'dry', timestamp '2026-03-02 01:00'), ('stays', 'notes', 'calls', null)"
            ") as told (customer_id, name, value, updated_at)"
        )
        with hourly_view(con, home, {*FRESH, "core.int_core__external_attributes"}):
            names = con.execute("select name from core.external_attributes").fetchall()
    assert names == [("skin_type",)]
