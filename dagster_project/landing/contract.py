"""The contract of the sources, as `dbt_project/models/landing/sources.yml` says it: the one place for columns
and keys.

Only what the file says belongs here; where files come from is `origins.py`, how they are read is
`readers.py`.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.project import DBT_PROJECT

CONTRACT = DBT_PROJECT / "models" / "landing" / "sources.yml"

# The position of a row and what was wrong with it, as every landed Parquet file has them after the source's
# columns.
POSITION = ("_file_id", "_line_no", "_file_no", "_landing_no")
UNREADABLE = ("_raw_line", "_problem")


@dataclass(frozen=True)
class Column:
    """One column. `type` is a word of the contract (id, text, email, ...); `one_of` is empty unless it is an
    enum. `kind_from` names the column that says which kind of identifier this one holds.
    """

    name: str
    type: str
    required: bool = False
    one_of: tuple[str, ...] = ()
    kind_from: str | None = None


@dataclass(frozen=True)
class Source:
    """One source. `mode` is upsert or event; `version` names the column that orders the versions of a key, if
    any. `stays`: the columns that an erased person's row keeps, since they tell nothing of him.
    """

    name: str
    mode: str
    key: tuple[str, ...]
    version: str | None
    columns: tuple[Column, ...]
    description: str = ""
    stays: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that every file must have."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def stands_without_person(self) -> bool:
        """Whether an erased person's row is still a row of the source, one of nobody."""
        return set(self.required) <= set(self.stays)


@cache
def sources(contract: Path = CONTRACT) -> dict[str, Source]:
    """Every source by name, in the contract's order."""
    document = yaml.safe_load(contract.read_text(encoding="utf-8"))
    tables = next(group["tables"] for group in document["sources"] if group["name"] == "landing")
    return {table["name"]: _source(table) for table in tables}


def _source(table: dict[str, Any]) -> Source:
    meta = table["config"]["meta"]
    columns = [(column["name"], column["config"]["meta"]) for column in table["columns"]]
    return Source(
        table["name"],
        meta["mode"],
        tuple(meta["key"]),
        meta.get("version"),
        tuple(
            Column(name, of["type"], bool(of.get("required")), tuple(of.get("one_of", ())), of.get("kind_from"))
            for name, of in columns
        ),
        table.get("description", ""),
        tuple(meta.get("stays", ())),
    )
