"""Conditions that nobody can ever fulfil, told at load: an empty list that nobody notices would be worse."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from dagster_project.activation.audiences.parts import All, AnyOf, Asked, At, Attribute, Named, Not, Part
from dagster_project.errors import Fault

LEAST = {"at_least": True, "above": False, "from": True}  # whether the bound itself is within
MOST = {"at_most": True, "below": False, "until": True}


def faults(part: Part) -> list[Fault]:
    """Why nobody fulfils `part`, which must have no such fault within its parts."""
    held = list(_conjuncts(part))
    found = []
    for number, one in enumerate(held):
        if isinstance(one, Not) and one.of in held:
            found.append(one.at.fault("asks for a condition and for its opposite: nobody fulfils both", "keep one"))
        if isinstance(one, Not) and any(isinstance(other, Not) and other.of == one for other in held[:number]):
            found.append(one.at.fault("asks for a condition and for its opposite: nobody fulfils both", "keep one"))
    asked: dict[str, list[Asked]] = {}
    for one in held:
        if isinstance(one, Attribute):
            asked.setdefault(one.asked.column, []).append(one.asked)
    for column, tests in asked.items():
        found += _of_column(column, tests)
    return found


def _conjuncts(part: Part) -> Iterator[Part]:
    """The parts that must all hold."""
    if isinstance(part, Named):
        yield from _conjuncts(part.of)
    elif isinstance(part, All) and not isinstance(part, AnyOf):
        for one in part.of:
            yield from _conjuncts(one)
    else:
        yield part


def _of_column(column: str, tests: list[Asked]) -> list[Fault]:
    allowed: set[Any] | None = None
    least: tuple[Any, bool] | None = None
    most: tuple[Any, bool] | None = None
    known: set[bool] = set()
    last: At = tests[0].at
    for comparison in (comparison for asked in tests for comparison in asked.test):
        operator, value, last = comparison.operator, comparison.value, comparison.at
        if operator in ("is", "one_of"):
            values = set(value) if operator == "one_of" else {value}
            allowed = values if allowed is None else allowed & values
        elif operator in LEAST or operator == "between":
            least = _tighter(least, (value[0] if operator == "between" else value, LEAST.get(operator, True)), 1)
        if operator in MOST or operator == "between":
            most = _tighter(most, (value[1] if operator == "between" else value, MOST.get(operator, True)), -1)
        if operator in ("is_not", "none_of") and allowed is not None:
            allowed = allowed - (set(value) if operator == "none_of" else {value})
        # Whoever passes is_not or none_of may be unknown.
        known.add(value if operator == "is_known" else True) if operator not in ("is_not", "none_of") else None
    empty = (
        (allowed is not None and not allowed)
        or len(known) > 1
        or (least is not None and most is not None and _is_empty(least, most))
    )
    if not empty:
        return []
    return [last.fault(f"no value of {column} passes all that is asked of it", "correct or remove one of the tests")]


def _tighter(one: tuple[Any, bool] | None, other: tuple[Any, bool], sign: int) -> tuple[Any, bool]:
    if one is None or not _comparable(one[0], other[0]):
        return other
    if one[0] == other[0]:
        return one[0], one[1] and other[1]
    return other if (other[0] > one[0]) == (sign > 0) else one


def _is_empty(least: tuple[Any, bool], most: tuple[Any, bool]) -> bool:
    if not _comparable(least[0], most[0]):
        return False
    return bool(least[0] > most[0] or (least[0] == most[0] and not (least[1] and most[1])))


def _comparable(one: Any, other: Any) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return numbers or (isinstance(one, date) and type(one) is type(other))
