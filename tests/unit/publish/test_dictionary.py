"""The data dictionary: complete, and the page in the docs as it is generated."""

import pytest
import yaml

from dagster_project.project import DBT_PROJECT, ROOT
from dagster_project.publish import dictionary as pages
from dagster_project.publish.catalog import MARTS
from dagster_project.publish.descriptions import LOADER, Column, described


@pytest.fixture(scope="module")
def marts() -> list[pages.Mart]:
    """Every published mart with its columns."""
    return pages.dictionary()


def test_every_published_mart_and_column_is_described(marts: list[pages.Mart]) -> None:
    assert [mart.name for mart in marts] == list(MARTS)
    assert all(mart.columns for mart in marts)
    assert [name for mart in marts for name in mart.undescribed] == []


def test_a_mart_opens_with_its_grain(marts: list[pages.Mart]) -> None:
    assert [mart.name for mart in marts if not mart.description.startswith("One row per ")] == []


def test_the_page_is_what_the_models_say(marts: list[pages.Mart]) -> None:
    page = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == pages.as_markdown(marts) + "\n", "run: kizuna dictionary > docs/data-dictionary.md"


def test_shared_texts_are_filled_in() -> None:
    orders = described()["core.orders"]
    assert orders.column("net_amount").startswith("What remains in the till")
    assert "{{" not in "".join(column.description for table in described().values() for column in table.columns)


def test_no_text_is_cut_short_by_a_comma() -> None:
    """In `{description: a, b}` YAML reads a key `b`, and dbt says nothing."""
    known = {"name", "data_type", "data_tests", "description", "config"}
    columns = [
        (path.stem, column)
        for path in (DBT_PROJECT / "models").rglob("*.yml")
        for declared in [yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)]  # noqa: S506
        for table in [
            *(declared.get("models") or []),
            *(table for source in declared.get("sources") or [] for table in source["tables"]),
        ]
        for column in table.get("columns") or []
    ]
    assert len(columns) > 500
    assert [(name, column) for name, column in columns if set(column) - known] == []


def test_what_says_nothing_is_named() -> None:
    mart = pages.Mart("m", "", (Column("a", "DATE", ""), Column("b", "DATE", "A day.")))
    assert mart.undescribed == ["m", "m.a"]
    assert "| `b` | DATE | A day. |" in pages.as_markdown([mart])
    assert pages.as_rows([mart])[0]["columns"][1] == {"name": "b", "type": "DATE", "description": "A day."}
