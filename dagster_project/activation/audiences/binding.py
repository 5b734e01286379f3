"""Whether a condition fits the marts: fields that exist, types that can compare, words that a column can hold."""

from collections.abc import Callable, Iterator

from dagster_project.activation.audiences.comparing import MOMENTS, WINDOW, suggestion
from dagster_project.activation.audiences.kinds import ANYTHING, family, misfits, values_of
from dagster_project.activation.audiences.library import library_of
from dagster_project.activation.audiences.parts import (
    Asked,
    At,
    Attribute,
    Condition,
    External,
    Extreme,
    Part,
    Rows,
    Test,
)
from dagster_project.activation.audiences.reading import KEYS, MEASURES, OF_MEMBERS
from dagster_project.activation.audiences.schema import Schema
from dagster_project.errors import Fault


def check(condition: Condition, schema: Schema, moments: tuple[str, ...] = MOMENTS) -> list[Fault]:
    """Every fault of `condition` against the marts; `moments` are those that there are where it is asked."""
    found = [fault for part in condition.walk() for fault in _of_part(part, schema)]
    for part in condition.walk():
        for test in part.tests:
            for comparison in test:
                if comparison.operator in ("since", "as") and comparison.value not in moments:
                    message = f"there is no {comparison.value} to count from here"
                    remedy = f"one of: {', '.join(moments)}" if moments else "only scenarios know it"
                    found.append(comparison.at.fault(message, f"{remedy}; name a day by `from`"))
    return sorted(set(found))


def _of_part(part: Part, schema: Schema) -> Iterator[Fault]:
    if isinstance(part, Attribute):
        yield from _of_column(part.asked, "customers", schema, _like_attributes)
    elif isinstance(part, External):
        yield from _of_external(part, schema)
    elif isinstance(part, Rows):
        yield from _of_rows(part, schema)
    elif isinstance(part, Extreme):
        for asked in (*part.where, *part.was, *([part.when] if part.when else [])):
            yield from _of_column(asked, "touchpoints", schema, _like_filters)


def _like_attributes(word: str, columns: dict[str, str]) -> str:
    return suggestion(word, {*columns, *KEYS, *OF_MEMBERS, *library_of().ready} - {"customer_id"})


def _like_filters(word: str, columns: dict[str, str]) -> str:
    return suggestion(word, {*columns, *WINDOW, *MEASURES, "was"} - {"customer_id", "occurred_at"})


def _like_columns(word: str, columns: dict[str, str]) -> str:
    return suggestion(word, set(columns))


def _of_column(
    asked: Asked, mart: str, schema: Schema, remedy: Callable[[str, dict[str, str]], str]
) -> Iterator[Fault]:
    columns = schema.columns.get(mart, {})
    if asked.column not in columns or asked.column == "customer_id":
        like = remedy(asked.column, columns)
        what = "attribute" if mart == "customers" else f"column of {mart}"
        yield asked.at.fault(f"unknown {what} `{asked.column}`", like)
        return
    kind = schema.kinds[mart].get(asked.column)
    if kind is None:
        yield asked.at.fault(f"{asked.column} is a {columns[asked.column]}, which no condition compares")
        return
    wrong = list(misfits(asked.test, kind))
    for comparison, message, hint in wrong:
        yield comparison.at.fault(f"{asked.column}: {message}", hint)
    if not wrong and (mart, asked.column) not in ANYTHING:
        yield from _of_words(asked.column, asked.test, mart, schema)


def _of_words(column: str, test: Test, mart: str, schema: Schema) -> Iterator[Fault]:
    words, beginnings = schema.words.get((mart, column), (frozenset(), ()))
    if not words:
        return
    for comparison in test:
        if comparison.operator in ("is", "is_not", "one_of", "none_of"):
            for value in values_of(comparison):
                if value not in words and not value.startswith(beginnings or ("\0",)):
                    known = {*words, *(f"{one}..." for one in beginnings)}
                    yield comparison.at.fault(f"{column} is never `{value}`", suggestion(value, known))


def _of_rows(part: Rows, schema: Schema) -> Iterator[Fault]:
    if part.mart not in schema.columns:
        yield part.at.fault(f"there is no mart `{part.mart}`", suggestion(part.mart, schema.audience_marts))
        return
    columns = schema.columns[part.mart]
    if "customer_id" not in columns:
        message = f"{part.mart} has no customer_id, so its rows are nobody's"
        yield part.at.fault(message, f"one of: {', '.join(schema.audience_marts)}")
        return
    is_acts = part.mart == "touchpoints"
    for asked in part.where:
        yield from _of_column(asked, part.mart, schema, _like_filters if is_acts else _like_columns)
    place = part.test[0].at
    if part.measure not in ("count", "days"):
        if part.measure not in columns:
            yield place.fault(f"unknown column of {part.mart} `{part.measure}`", _like_columns(part.measure, columns))
        elif schema.kinds[part.mart].get(part.measure) != "number":
            yield place.fault(f"{part.measure} is a {columns[part.measure]}: a sum is of numbers")
    yield from _of_measure(part, place)


def _of_measure(part: Rows, place: At) -> Iterator[Fault]:
    for comparison, message, hint in misfits(part.test, "number"):
        yield comparison.at.fault(f"{part.measure}: {message}", hint)
    for comparison in part.test:
        if comparison.operator == "is_known":
            yield comparison.at.fault(f"{part.measure} is always known", "name a number")
        numbers = [value for value in values_of(comparison) if family(value) == "number"]
        if part.measure in ("count", "days") and any(value < 0 for value in numbers):
            yield comparison.at.fault(f"{part.measure} is never less than 0", "name a number from 0 on")


def _of_external(part: External, schema: Schema) -> Iterator[Fault]:
    for comparison, message, hint in misfits(part.test, "any"):
        yield comparison.at.fault(f"{part.name}: {message}", hint)
    if schema.external_names is not None and part.name not in schema.external_names:
        yield part.at.fault(
            f"the attribute `{part.name}` is not published",
            "scenarios read it all the same; add it to the setting published_attributes to count it here",
        )
