"""Metrics that `kpi_daily` gets last, when every mart and list is there: what lists held, and those of kpis.yml."""

from dagster_project.activation.kpis.binding import bind
from dagster_project.activation.kpis.declaration import Kpi, read_kpis
from dagster_project.activation.kpis.tables import standard_metrics, write_kpis

__all__ = ["Kpi", "bind", "read_kpis", "standard_metrics", "write_kpis"]
