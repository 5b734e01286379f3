"""Kinds of columns, and which values each can be compared with."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from dagster_project.activation.audiences.parts import Comparison, Duration, Test

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER", "DOUBLE", "FLOAT", "DECIMAL")
ALWAYS = {"is_known"}
EQUALITY = {"is", "is_not", "one_of", "none_of", *ALWAYS}
ORDER = {"at_least", "at_most", "above", "below", "between"}
TIMES = {"within", "before", "ahead", "from", "until", "since"}
OPERATORS = {
    "number": EQUALITY | ORDER,
    "text": EQUALITY | {"starts_with", "as"},
    "boolean": {"is", "is_not", *ALWAYS},
    "date": EQUALITY | ORDER | TIMES,
    "time": EQUALITY | ORDER | TIMES,
    "list": EQUALITY,
    # Text of another system, which may hold anything: it is read as what it is compared with.
    "any": EQUALITY | ORDER | TIMES | {"starts_with"},
}
WORDS = {"number": "a number", "text": "text", "boolean": "true or false", "date": "a day", "time": "a time"}
WORDS |= {"list": "a list of texts", "any": "text of another system"}
# Text that holds numbers, days or words, depending on its row.
ANYTHING = {("tags", "value"), ("external_attributes", "value")}


def kind_of(mart: str, column: str, data_type: str) -> str | None:
    """number, text, boolean, date, time, list or any; None for a type that no condition compares."""
    if (mart, column) in ANYTHING:
        return "any"
    if data_type.endswith("[]"):
        return "list" if data_type == "VARCHAR[]" else None
    if data_type.startswith(NUMBERS):
        return "number"
    if data_type.startswith("TIMESTAMP"):
        return "time"
    return {"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date"}.get(data_type)


def family(value: Any) -> str:
    """The kind of column that a value is compared with."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, datetime):
        return "time"
    return "date" if isinstance(value, date | Duration) else "text"


def values_of(comparison: Comparison) -> tuple[Any, ...]:
    """The single values that a comparison names; none for lengths of time, moments and is_known."""
    if comparison.operator in ("is_known", "since", "as") or isinstance(comparison.value, Duration):
        return ()
    return comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)


def misfits(test: Test, kind: str) -> Iterator[tuple[Comparison, str, str]]:
    """(comparison, message, remedy) for each that a column of `kind` cannot be compared by."""
    operators = {comparison.operator for comparison in test}
    for comparison in test:
        if comparison.operator not in OPERATORS[kind]:
            allowed = ", ".join(sorted(OPERATORS[kind] - {"as"}))
            yield comparison, f"{WORDS[kind]} cannot be compared by `{comparison.operator}`", f"one of: {allowed}"
            continue
        if kind == "date" and isinstance(comparison.value, Duration) and comparison.value.hours:
            yield comparison, "a day has no hours", "say it in days or months"
        if comparison.operator == "within" and "since" in operators and kind == "any":
            yield comparison, "text of another system has no moment to count from", "remove `since`"
        yield from _values_that_misfit(comparison, kind)


def _values_that_misfit(comparison: Comparison, kind: str) -> Iterator[tuple[Comparison, str, str]]:
    values = values_of(comparison)
    if kind == "any":
        if len({family(value) for value in values}) > 1:
            yield comparison, "its values are of several kinds", "put all of them in quotes, or none"
        elif comparison.operator in ORDER and any(family(value) in ("text", "boolean") for value in values):
            yield comparison, f"texts cannot be compared by `{comparison.operator}`", "name a number or a day"
        elif comparison.operator in ("from", "until") and any(
            family(value) not in ("date", "time") for value in values
        ):
            yield comparison, f"`{comparison.operator}` takes a day", "write it as 2026-04-01"
        return
    for value in values:
        of = family(value)
        if of == kind or (kind == "time" and of == "date") or (kind == "list" and of == "text"):
            continue
        remedy = f"write '{value}' in quotes" if kind in ("text", "list") else ""
        if kind in ("date", "time"):
            remedy = "write a day as 2026-04-01, without quotes"
        yield comparison, f"{WORDS[kind]} cannot be compared with `{value}`, which is {WORDS[of]}", remedy
