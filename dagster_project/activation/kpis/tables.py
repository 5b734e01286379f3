"""Tables activation.kpi_rows and kpi_own: what publish adds to the marts kpi_daily and kpi_metrics.

Lists are made after the marts, so what they hold cannot stand in a mart of dbt; metrics of one's own may read any mart,
the lists too, so they are counted when all of them stand.
"""

import csv
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.activation.kpis.binding import bind
from dagster_project.activation.kpis.declaration import Kpi, read_kpis
from dagster_project.activation.statements import execute

# A count or sum is 0 on a day without rows; an average of nothing is no number.
FILL = """
    insert into activation.kpi_rows
    select coalesce(days.day, counted.day), ?, coalesce(counted.value, 0)
    from activation.kpi_days as days
    full join kpi_counted as counted on counted.day = days.day
    where coalesce(days.day, counted.day) <= ? and (counted.value is not null or not ?)
"""


def standard_metrics(folder: Path) -> set[str]:
    """The metrics that every shop has: those of `folder`/rules/kpi_labels.csv, as far as it can be read."""
    path = folder / "rules" / "kpi_labels.csv"
    if not path.exists():
        return set()
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return {row["metric"] for row in csv.DictReader(handle) if row.get("metric")}


def write_kpis(con: duckdb.DuckDBPyConnection, folder: Path, as_of: date, marts: set[str]) -> None:
    """Count what lists held and the metrics declared in `folder`/kpis.yml, up to the end of `as_of`.

    Reads the tables of all runs' lists and the views `marts.<mart>`. Raises ConfigurationError for a declaration that
    does not fit the marts.
    """
    execute(con, "kpis/kpis", as_of=as_of)
    for kpi, select in bind(con, read_kpis(folder, standard_metrics(folder)), marts):
        con.execute(f"create or replace temp table kpi_counted as {select.sql(dialect='duckdb')}")
        con.execute(FILL, [kpi.id, as_of, kpi.is_average])
        con.execute("insert into activation.kpi_own values (?, ?, ?, ?, ?, ?, true)", _described(kpi))
    con.execute("drop table if exists kpi_counted")


def _described(kpi: Kpi) -> list[str | bool | None]:
    """A row of kpi_metrics; what is not said in English or at length is the label."""
    return [kpi.id, kpi.label, kpi.label_en or kpi.label, kpi.unit, kpi.is_average, kpi.description or kpi.label]
