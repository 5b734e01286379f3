"""Metrics of one's own: what the file may say, what it comes to, and where a fault is named."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.activation import kpis
from dagster_project.activation.scenarios.ledger import gather_all
from dagster_project.errors import ConfigurationError
from dagster_project.project import seeds
from dagster_project.publish.catalog import MARTS
from dagster_project.publish.empty_marts import empty_marts

AS_OF = date(2026, 3, 31)
ORDERS = """
- id: mine
  label: 私の指標
  unit: orders
  mart: orders
  aggregate: {aggregate}
  day: ordered_on
  filters:
    - {{column: is_counted, is: true}}
    {more}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of seeds with the shipped labels and room for a kpis.yml."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "kpi_labels.csv").write_bytes((seeds() / "rules" / "kpi_labels.csv").read_bytes())
    return tmp_path


@pytest.fixture(scope="module")
def nothing() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every mart, empty."""
    with empty_marts() as con:
        con.execute("insert into run.context values (timestamp '2026-03-31 15:00:00')")
        yield con


@pytest.fixture
def con(nothing: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every mart, with rows in orders and kpi_daily, for one test."""
    con = nothing
    con.execute("begin")
    try:
        con.executemany(
            "insert into core.orders by name select ? as order_id, cast(? as date) as ordered_on,"
            " cast(? as boolean) as is_counted, ? as channel, cast(? as decimal(18, 2)) as net_amount,"
            " ? as customer_id, cast(ordered_on as timestamp) as ordered_at",
            [
                ("ec:1", "2026-03-29", True, "ec", 1000, "c1"),
                ("ec:2", "2026-03-29", True, "ec", 501, "c1"),
                ("ec:3", "2026-03-29", True, "store", 300, None),
                ("ec:4", "2026-03-29", False, "ec", 9000, "c2"),
                ("ec:5", "2026-03-31", True, None, 70, "c2"),
            ],
        )
        con.execute(
            "insert into marts.kpi_daily select unnest([date '2026-03-29', '2026-03-30', '2026-03-31']), 'orders', 1"
        )
        yield con
    finally:
        con.execute("rollback")


def counted(con: duckdb.DuckDBPyConnection, folder: Path, text: str) -> dict[str, Decimal]:
    """Day of March -> value of the metric `mine`."""
    (folder / "kpis.yml").write_text(text)
    kpis.write_kpis(con, folder, AS_OF, set(MARTS))
    rows = con.execute("select day(day), value from activation.kpi_rows where metric = 'mine' order by day")
    return dict(rows.fetchall())


@pytest.mark.parametrize(
    ("aggregate", "more", "expected"),
    [
        ("count", "", {29: 3, 30: 0, 31: 1}),
        ("sum\n  column: net_amount", "", {29: 1801, 30: 0, 31: 70}),
        ("count_distinct\n  column: customer_id", "", {29: 1, 30: 0, 31: 1}),
        ("average\n  column: net_amount", "", {29: Decimal("600.33"), 31: 70}),
        ("minimum\n  column: net_amount", "", {29: 300, 31: 70}),
        ("maximum\n  column: net_amount", "", {29: 1000, 31: 70}),
        ("count", "- {column: channel, is: ec}", {29: 2, 30: 0, 31: 0}),
        ("count", "- {column: channel, is_not: ec}", {29: 1, 30: 0, 31: 1}),
        ("count", "- {column: channel, none_of: [ec, store]}", {29: 0, 30: 0, 31: 1}),
        ("count", "- {column: channel, one_of: [ec, store]}", {29: 3, 30: 0, 31: 0}),
        ("count", "- {column: channel, is_known: false}", {29: 0, 30: 0, 31: 1}),
        ("count", "- {column: customer_id, is_known: true}", {29: 2, 30: 0, 31: 1}),
        ("count", "- {column: net_amount, at_least: 501}", {29: 2, 30: 0, 31: 0}),
        ("count", "- {column: net_amount, at_most: 300.5}", {29: 1, 30: 0, 31: 1}),
        ("count", "- {column: ordered_on, at_least: 2026-03-30}", {29: 0, 30: 0, 31: 1}),
    ],
)
def test_a_metric_is_what_its_declaration_says(
    con: duckdb.DuckDBPyConnection, folder: Path, aggregate: str, more: str, expected: dict[int, Decimal]
) -> None:
    assert counted(con, folder, ORDERS.format(aggregate=aggregate, more=more)) == expected


def test_a_time_counts_on_its_tokyo_day_and_not_after_as_of(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for number, at in enumerate(("2026-03-28 14:59:59", "2026-03-28 15:00:00", "2026-03-31 15:00:00")):
        con.execute(
            "insert into core.touchpoints by name"
            " select ? as touchpoint_id, 'like' as action, cast(? as timestamp) as occurred_at",
            [str(number), at],
        )
    text = "- {id: mine, label: likes, unit: acts, mart: touchpoints, aggregate: count, day: occurred_at}"
    assert counted(con, folder, text) == {28: 1, 29: 1, 30: 0, 31: 0}


def test_what_is_declared_is_a_value_and_never_sql(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    evil = "x'); drop table core.orders; --"
    assert counted(con, folder, ORDERS.format(aggregate="count", more=f'- {{column: channel, is: "{evil}"}}')) == {
        29: 0,
        30: 0,
        31: 0,
    }
    assert con.execute("select count(*) from core.orders").fetchall() == [(5,)]


def test_lists_are_counted_by_the_day_of_their_run(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for as_of, number, holdout in (("2026-03-31", 1, False), ("2026-03-31", 2, True), ("2026-04-01", 3, False)):
        con.execute(
            "insert into activation.scenario_targets by name select cast(? as date) as as_of, ? as feed_row_id,"
            " cast(? as boolean) as holdout",
            [as_of, str(number), holdout],
        )
    for as_of, reason in (("2026-03-30", "consent"), ("2026-03-31", "holdout"), ("2026-03-31", "expired")):
        con.execute(
            "insert into activation.suppressions by name select cast(? as date) as as_of, ? as reason", [as_of, reason]
        )
    gather_all(con)
    kpis.write_kpis(con, folder, AS_OF, set(MARTS))
    assert con.execute(
        "select day(day), metric, value from activation.kpi_rows where value > 0 order by all"
    ).fetchall() == [
        (30, "suppressed", 1),
        (31, "held_out", 1),
        (31, "listed", 1),
        (31, "suppressed", 1),
    ]
    assert con.execute("select max(day) from activation.kpi_rows").fetchall() == [(AS_OF,)]


def test_the_shipped_metrics_fit_the_marts(con: duckdb.DuckDBPyConnection) -> None:
    kpis.write_kpis(con, seeds(), AS_OF, set(MARTS))
    own = con.execute("select metric, label_ja, label_en, unit from activation.kpi_own order by metric").fetchall()
    assert [row[0] for row in own] == ["gift_orders", "largest_order", "line_openers"]
    assert all(all(row) for row in own)


def declared(**given: str) -> str:
    """A metric in a line per word, `id` on the first."""
    words = {
        "id": "mine",
        "label": "a",
        "unit": "b",
        "mart": "orders",
        "aggregate": "count",
        "day": "ordered_on",
    } | given
    return "- " + "\n  ".join(f"{word}: {value}" for word, value in words.items() if value)


def filtered(condition: str) -> str:
    """A metric with one more filter, which stands on line 10."""
    return ORDERS.format(aggregate="count", more=f"- {{{condition}}}")


BROKEN = [
    (declared(day=""), 1, "day: Field required"),
    (declared(aggregate="many"), 5, "aggregate: Input should be"),
    (declared(colour="red"), 7, "colour: is not a word"),
    (declared(id="Mine"), 1, "id: String should match"),
    (declared(id="orders"), 1, "every shop has"),
    (declared(aggregate="sum"), 1, "count is of rows"),
    (declared(column="channel"), 1, "count is of rows"),
    (declared(mart="nowhere"), 4, "there is no mart nowhere"),
    (declared(mart="kpi_daily", day="day"), 4, "there is no mart kpi_daily"),
    (declared(day="ordered"), 6, "orders has no column ordered"),
    (declared(day="channel"), 6, "neither a date nor a time"),
    (declared(aggregate="sum", column="channel"), 7, "channel is a VARCHAR: sum is of numbers"),
    (filtered("column: channel"), 10, "name one of is, is_not"),
    (filtered("column: channel, is: ec, is_not: ec"), 10, "name one of is, is_not"),
    (filtered("column: shape, is: ec"), 10, "orders has no column shape"),
    (filtered("column: channel, is: 3"), 10, "channel is a VARCHAR; 3 is none"),
    (filtered("column: is_gift, one_of: [true, yes please]"), 10, "'yes please' is none"),
]


@pytest.mark.parametrize(("text", "line", "message"), BROKEN)
def test_a_fault_is_named_with_its_line(
    nothing: duckdb.DuckDBPyConnection, folder: Path, text: str, line: int, message: str
) -> None:
    (folder / "kpis.yml").write_text(text)
    with pytest.raises(ConfigurationError) as told:
        kpis.bind(nothing, kpis.read_kpis(folder, kpis.standard_metrics(folder)), set(MARTS))
    [fault] = told.value.faults
    assert (fault.file, fault.line) == ("seeds/kpis.yml", line), fault
    assert message in fault.message


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (declared(mart="oders"), "did you mean `orders`?"),
        (declared(day="ordered"), "did you mean `ordered_on`?"),
        (declared(day="channel"), "one of: delivered_at, ordered_at, ordered_on"),
        (declared(aggregate="sum", column="channel"), "one of: net_amount, total_amount"),
        (filtered("column: chanel, is: ec"), "did you mean `channel`?"),
    ],
)
def test_a_fault_names_what_there_is(nothing: duckdb.DuckDBPyConnection, folder: Path, text: str, remedy: str) -> None:
    (folder / "kpis.yml").write_text(text)
    with pytest.raises(ConfigurationError) as told:
        kpis.bind(nothing, kpis.read_kpis(folder, kpis.standard_metrics(folder)), set(MARTS))
    [fault] = told.value.faults
    assert fault.remedy == remedy


def test_a_metric_that_stands_twice_is_a_fault(folder: Path) -> None:
    once = "- {id: mine, label: a, unit: b, mart: orders, aggregate: count, day: ordered_on}\n"
    (folder / "kpis.yml").write_text(once + once)
    with pytest.raises(ConfigurationError, match=r"seeds/kpis\.yml:2: mine stands twice"):
        kpis.read_kpis(folder, set())


def test_a_shop_without_metrics_of_its_own_has_none(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    kpis.write_kpis(con, folder, AS_OF, set(MARTS))
    assert con.execute("select count(*) from activation.kpi_own").fetchall() == [(0,)]
