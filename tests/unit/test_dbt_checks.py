"""Every check says in the UI what it asks."""

import re
from typing import Any

import pytest
import yaml

from dagster_project.dbt_checks import described
from dagster_project.project import DBT_PROJECT

MANIFEST = {"macros": {"macro.kizuna.test_holds": {"description": "Each of these conditions is true of every row."}}}


def generic(name: str, **given: Any) -> dict[str, Any]:
    return {"description": "", "test_metadata": {"name": name, "kwargs": {"model": "{{ ref('orders') }}", **given}}}


@pytest.mark.parametrize(
    ("test", "text"),
    [
        (
            generic("holds", conditions=["quantity >= 0", "status in\n  ('paid', 'void')"]),
            "Each of these conditions is true of every row.\n\n"
            "- conditions: \n  - `quantity >= 0`\n  - `status in ('paid', 'void')`",
        ),
        (generic("not_null", column_name="kind"), "The column is never null.\n\n- column: `kind`"),
        (generic("of_a_package", key=["a", "b"]), "of a package\n\n- key: `a`, `b`"),
        ({"description": "Nothing is lost.", "test_metadata": None}, "Nothing is lost."),
    ],
)
def test_a_check_says_what_it_asks_and_of_what(test: dict, text: str) -> None:
    assert described(test, MANIFEST) == text


def test_each_test_of_the_project_is_described() -> None:
    files = DBT_PROJECT.joinpath("macros").rglob("*.sql")
    tests = {f"test_{name}" for file in files for name in re.findall(r"{% test (\w+)", file.read_text())}
    singular = {file.stem for file in DBT_PROJECT.joinpath("tests").glob("*.sql")}
    assert len(tests) > 5
    assert singular
    described_in = [DBT_PROJECT / "macros" / "tests.yml", *DBT_PROJECT.joinpath("tests").glob("*.yml")]
    texts = {
        each["name"]: each["description"]
        for file in described_in
        for part in yaml.safe_load(file.read_text()).values()
        for each in part
    }
    assert texts.keys() == tests | singular
    assert all(texts.values())
