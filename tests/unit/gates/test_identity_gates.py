"""Gates on who is who: an oversized person, a jump in merges, a fall in the share of rows that are a customer's."""

from datetime import date, timedelta

import duckdb
import pytest

from dagster_project import warehouse
from dagster_project.gates.suites import load_suites
from dagster_project.gates.validation import Verdict, validate
from dagster_project.home import Home

AS_OF = date(2026, 3, 31)
FIGURES = "metric varchar, dimension varchar, reason varchar, value double"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the tables that the gates on identity read, all empty."""
    home = Home.open(tmp_path_factory.mktemp("identity_gates") / "home")
    with warehouse.connect(home) as con:
        for statement in (
            "create schema run; create schema rules; create schema identity; create schema marts",
            "create table run.settings (name varchar, value varchar)",
            f"create table run.context as select date '{AS_OF}' as as_of",
            "create table run.volumes (as_of date)",
            "create table run.identity_map_before (anchor_key bigint, is_visitor boolean)",
            f"create table run.identity_health_before (as_of date, {FIGURES})",
            f"create table marts.identity_health ({FIGURES}, previous_value double)",
            "create table rules.identity_kinds as select * from (values ('card_no', false), ('visitor_id', true))"
            " as kinds (kind, is_weak)",
            "create table identity.persons (customer_id varchar, identifiers bigint)",
            "create table identity.identity_map (customer_id varchar, identifier_kind varchar)",
            "create table identity.identity_changes"
            " (as_of date, change varchar, from_id varchar, from_is_visitor boolean)",
        ):
            con.execute(statement)
    return home


@pytest.fixture
def con(home: Home) -> duckdb.DuckDBPyConnection:
    """The emptied warehouse."""
    con = warehouse.connect(home)
    for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
        if (schema, table) not in (("run", "context"), ("rules", "identity_kinds")):
            con.execute(f"delete from {schema}.{table}")
    return con


def broken(home: Home, con: duckdb.DuckDBPyConnection, stage: str, table: str, **settings: str) -> list[Verdict]:
    """What does not hold of a table, under `settings`; closes the connection."""
    con.execute("delete from run.settings")
    for name, value in settings.items():
        con.execute("insert into run.settings values (?, ?)", [name, value])
    con.close()
    [suite] = [suite for suite in load_suites(stage) if suite.table == table]
    return [verdict for verdict in validate(home, suite) if not verdict.passed]


@pytest.mark.parametrize(
    ("cards", "browsers", "most", "severities"),
    [
        (50, 0, "50", {"warning"}),
        (51, 0, "50", {"warning", "critical"}),
        (51, 0, "60", {"warning"}),
        (2, 500, "50", set()),
    ],
)
def test_a_person_with_more_cards_than_the_setting_stops_the_run(
    home: Home, con: duckdb.DuckDBPyConnection, cards: int, browsers: int, most: str, severities: set[str]
) -> None:
    con.execute("insert into identity.persons values ('c1', ?)", [cards + browsers])
    for kind, count in (("card_no", cards), ("visitor_id", browsers)):
        con.execute("insert into identity.identity_map select 'c1', ? from range(?)", [kind, count])
    verdicts = broken(home, con, "identity", "persons", person_max_identifiers=most)
    assert {verdict.severity for verdict in verdicts} == severities
    if "critical" in severities:
        assert f"customer_id c1, identifiers {cards}" in "".join(map(str, verdicts))


@pytest.mark.parametrize(
    ("merged", "visitors", "runs", "most", "severities"),
    [
        (51, 0, 7, "0.05", {"critical"}),
        (51, 0, 6, "0.05", {"warning"}),
        (50, 0, 7, "0.05", set()),
        (51, 0, 7, "1", set()),
        (0, 500, 7, "0.05", set()),
    ],
)
def test_a_jump_in_merges_stops_the_run_from_seven_runs_on(
    home: Home, con: duckdb.DuckDBPyConnection, merged: int, visitors: int, runs: int, most: str, severities: set[str]
) -> None:
    con.execute("insert into run.identity_map_before select range % 1000, false from range(2000)")
    con.execute("insert into run.identity_map_before select 1000 + range, true from range(9000)")
    con.execute(
        "insert into run.volumes select cast(? as date) - cast(range as integer) from range(1, ?)", [AS_OF, runs + 1]
    )
    for change, count, is_visitor in (("merged", merged, False), ("merged", visitors, True), ("split", 900, False)):
        con.execute(
            "insert into identity.identity_changes select ?, ?, ? || range, ? from range(?)",
            [AS_OF, change, f"{change}{is_visitor}", is_visitor, count],
        )
    earlier = AS_OF - timedelta(days=1)
    con.execute(
        "insert into identity.identity_changes select ?, 'merged', 'e' || range, false from range(900)", [earlier]
    )
    verdicts = broken(home, con, "identity", "identity_changes", merged_max_share=most)
    assert {verdict.severity for verdict in verdicts} == severities
    assert not verdicts or f"merged {merged}, customers 1000" in str(verdicts[0])


def test_a_few_merges_of_a_small_shop_pass(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into run.identity_map_before select range, false from range(25)")
    con.execute("insert into run.volumes select date '2026-03-01' + cast(range as integer) from range(8)")
    con.execute("insert into identity.identity_changes select ?, 'merged', 'm' || range, false from range(5)", [AS_OF])
    assert broken(home, con, "identity", "identity_changes", merged_max_share="0.05") == []


@pytest.mark.parametrize(
    ("share", "rows", "runs", "fall", "severities"),
    [
        (0.35, 10_000, 7, "0.1", {"critical"}),
        (0.35, 10_000, 6, "0.1", {"warning"}),
        (0.35, 1_000, 7, "0.1", {"warning"}),
        (0.35, 999, 7, "0.1", set()),
        (0.35, 10_000, 1, "0.1", set()),
        (0.37, 10_000, 7, "0.1", set()),
        (0.35, 10_000, 7, "1", set()),
    ],
)
def test_a_fall_of_the_attributed_share_stops_the_run(
    home: Home, con: duckdb.DuckDBPyConnection, share: float, rows: int, runs: int, fall: str, severities: set[str]
) -> None:
    for ago in range(1, runs + 1):  # 0.4 at the least
        con.execute(
            "insert into run.identity_health_before values (?, 'attributed_share_7d', 'web_events', null, ?)",
            [AS_OF - timedelta(days=ago), 0.4 + 0.01 * (ago % 3)],
        )
    con.execute(
        "insert into marts.identity_health values ('attributed_share_7d', 'web_events', null, ?, null),"
        " ('rows_7d', 'web_events', null, ?, null), ('attributed_share', 'web_events', null, 0.01, null)",
        [share, rows],
    )
    verdicts = broken(home, con, "marts", "identity_health", attributed_max_fall=fall)
    assert {verdict.severity for verdict in verdicts} == severities
    assert not verdicts or "source web_events, metric attributed_share_7d, percent 35.0, least_percent 40.0" in str(
        verdicts[0]
    )


def test_twice_as_many_blocked_identifiers_warn(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into marts.identity_health values ('blocked_identifiers', 'email', 'shared_value', 101, 50),"
        " ('blocked_identifiers', 'phone', 'shared_value', 100, 50), ('blocked_identifiers', 'card_no', 'x', 900, null)"
    )
    [verdict] = broken(home, con, "marts", "identity_health")
    assert (verdict.severity, verdict.shown) == ("warning", "kind email, reason shared_value, before 50.0, now 101.0")
