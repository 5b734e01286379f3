"""What `models/landing/sources.yml` declares of each source, as staging's Python needs it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from dagster_project.project import DBT_PROJECT

SOURCES_FILE = DBT_PROJECT / "models" / "landing" / "sources.yml"


@dataclass(frozen=True)
class Column:
    """A contract column; `kind_from` names the column that says what kind of identifier this one holds."""

    name: str
    type: str
    kind_from: str | None = None


@cache
def declared_sources() -> dict[str, dict[str, Any]]:
    """Source name -> its table node of sources.yml, in the order of the file."""
    sources = yaml.safe_load(SOURCES_FILE.read_text(encoding="utf-8"))["sources"]
    return {table["name"]: table for source in sources if source["name"] == "landing" for table in source["tables"]}


def columns_of(source: str) -> list[Column]:
    """The contract columns of `source`."""
    return [
        Column(column["name"], column["config"]["meta"]["type"], column["config"]["meta"].get("kind_from"))
        for column in declared_sources()[source]["columns"]
    ]
