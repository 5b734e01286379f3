"""The data dictionary: every published mart and column with its meaning, from the same ymls as dbt docs."""

from dataclasses import asdict, dataclass
from typing import Any

from dagster_project.publish.catalog import MARTS
from dagster_project.publish.descriptions import Column, described
from dagster_project.publish.empty_marts import empty_marts

INTRODUCTION = (
    "# Data dictionary\n\n"
    "Every published mart and column. Times (`*_at`) are UTC, dates (`*_on`, `as_of`, `day`) are days in Tokyo, money "
    "is yen. Counts and points are 0 where there is nothing, never null.\n\n"
    "Written by `kizuna dictionary` from the ymls beside the models; change those, not this page.\n"
)


@dataclass(frozen=True)
class Mart:
    """A published mart: `columns` with DuckDB's types, in the order in which they stand in the table."""

    name: str
    description: str
    columns: tuple[Column, ...]

    @property
    def undescribed(self) -> list[str]:
        """What says nothing of itself: the mart's name, or `mart.column`."""
        columns = [f"{self.name}.{column.name}" for column in self.columns if not column.description]
        return columns if self.description else [self.name, *columns]


def dictionary() -> list[Mart]:
    """Every published mart, in the order of the catalogue."""
    texts, marts = described(), []
    with empty_marts() as con:
        for name, (relation, _) in MARTS.items():
            table = texts.get(relation)
            columns = [
                Column(column, str(kind), table.column(column) if table else "")
                for column, kind, *_ in con.execute(f'describe marts."{name}"').fetchall()
            ]
            marts.append(Mart(name, table.description if table else "", tuple(columns)))
    return marts


def as_rows(marts: list[Mart]) -> list[dict[str, Any]]:
    """The dictionary for machines."""
    return [asdict(mart) for mart in marts]


def as_markdown(marts: list[Mart]) -> str:
    """The dictionary as a page: an index, then a section per mart."""
    lines = [INTRODUCTION, *(f"- [`{mart.name}`](#{mart.name})" for mart in marts), ""]
    for mart in marts:
        lines += [f"## {mart.name}", "", mart.description, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{column.name}` | {column.type} | {_cell(column.description)} |" for column in mart.columns]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
