"""Critical expectations of an hourly run, in SQL of our own: the import of Great Expectations alone takes longer than
the run. They say what Great Expectations says (tests/unit/gates/test_plain.py holds the two together); the daily run
is judged by it.
"""

import re
from typing import Any

import duckdb

from dagster_project.errors import StageFailed
from dagster_project.gates import validation
from dagster_project.gates.suites import ROWS, Suite
from dagster_project.gates.validation import Verdict
from dagster_project.sql import identifier

# Type -> the condition under which a value of the column breaks it; $names are its kwargs. Null breaks one alone.
BROKEN = {
    "expect_column_values_to_not_be_null": "{column} is null",
    "expect_column_values_to_be_in_set": "not list_contains($value_set, {column})",
    "expect_column_values_to_be_between": "{column} < $min_value or {column} > $max_value",
    "expect_column_values_to_be_unique": "{column} in (select {column} from {batch} group by all having count(*) > 1)",
}


def critical(suite: Suite) -> list[dict[str, Any]]:
    """The expectations of `suite` that block."""
    return [each for each in suite.expectations if each.get("severity", "critical") == "critical"]


def judge(con: duckdb.DuckDBPyConnection, suite: Suite) -> list[Verdict]:
    """One verdict per critical expectation of `suite`, from what `con` sees.

    Raises StageFailed where one is of a type that cannot be evaluated here.
    """
    return [_verdict(con, suite, given) for given in critical(suite)]


def _verdict(con: duckdb.DuckDBPyConnection, suite: Suite, given: dict[str, Any]) -> Verdict:
    meta = given.get("meta", {})
    broken, values = _broken_rows(suite, given["type"], dict(given.get("kwargs", {})))
    try:
        [(rows,)] = con.execute(f"select count(*) from ({broken})", values).fetchall()
        shown = validation.shown(con, broken, meta.get("shows", [])) if rows and given["type"] == ROWS else ""
    except duckdb.Error as error:
        raise StageFailed(
            f"gate of stage {suite.stage}: expectation {given['type']} on {suite.name} could not be evaluated "
            f"({type(error).__name__}). The check is at fault, not the data: mend "
            f"expectations/{suite.stage}/{suite.table}.yml and run again."
        ) from None
    return Verdict(
        expectation=given["type"],
        column=str(given.get("kwargs", {}).get("column", "")),
        severity="critical",
        passed=not rows,
        observed=str(rows),
        description=given.get("description", ""),
        shown=shown,
        remedy=meta.get("remedy", ""),
    )


def _broken_rows(suite: Suite, kind: str, kwargs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A SELECT of the rows that break an expectation, and its values."""
    if kind == ROWS:
        return kwargs["unexpected_rows_query"].format(batch=suite.relation), {}
    column = identifier(kwargs.pop("column", ""))
    if kind not in BROKEN or set(kwargs) != set(re.findall(r"\$([a-z_]+)", BROKEN[kind])):
        raise StageFailed(
            f"gate of stage {suite.stage}: an hourly run cannot evaluate {kind} of {suite.name}; write it as {ROWS} in "
            f"expectations/{suite.stage}/{suite.table}.yml, or give it severity warning"
        )
    return f"select * from {suite.relation} where {BROKEN[kind].format(column=column, batch=suite.relation)}", kwargs
