"""What the ymls beside the models say: a table's description and its columns, doc blocks filled in."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from dagster_project.project import DBT_PROJECT

# The C parser is ten times as fast, and the files are many; a PyYAML without it reads the same.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Column:
    """A column as its yml has it; `type` is empty where it is not declared, `description` where it says nothing."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """A model or a table that Python writes, as its yml describes it."""

    description: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> str:
        """The description of a column; empty where there is none."""
        return next((column.description for column in self.columns if column.name == name), "")


@cache
def described() -> dict[str, Table]:
    """Every model as `<stage>.<name>`, where the stage is its folder, and every source's table as `<schema>.<name>`."""
    blocks = _doc_blocks()
    found = {}
    for path in sorted((DBT_PROJECT / "models").rglob("*.yml")):
        declared = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 (the loader is a safe one)
        stage = path.relative_to(DBT_PROJECT / "models").parts[0]
        tables = [(stage, table) for table in declared.get("models") or []]
        for source in declared.get("sources") or []:
            tables += [(source.get("schema", source["name"]), table) for table in source.get("tables") or []]
        for schema, table in tables:
            columns = tuple(
                Column(column["name"], column.get("data_type", ""), _text(column.get("description"), blocks))
                for column in table.get("columns") or []
            )
            found[f"{schema}.{table['name']}"] = Table(_text(table.get("description"), blocks), columns)
    return found


def _doc_blocks() -> dict[str, str]:
    blocks = {}
    for path in sorted((DBT_PROJECT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        for name, body in re.findall(r"{% docs (\w+) %}(.*?){% enddocs %}", text, re.DOTALL):
            blocks[name] = body
    return blocks


def _text(given: str | None, blocks: dict[str, str]) -> str:
    """A description on one line."""
    filled = re.sub(r"{{\s*doc\(['\"](\w+)['\"]\)\s*}}", lambda named: blocks[named[1]], given or "")
    return " ".join(filled.split())
