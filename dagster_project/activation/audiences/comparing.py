"""Reads a test, what a column's value is compared with: `[a, b]`, `{at_least: 3}`, `{within: {days: 30}}`.

Whether the column can be compared so is asked in `binding.py`, where its type is known.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from dagster_project.activation.audiences.parts import At, Comparison, Duration, Test
from dagster_project.run_context import TOKYO
from dagster_project.yaml_lines import Place

MOMENTS = ("trigger", "previous_step")
OF_ONE = ("is", "is_not", "at_least", "at_most", "above", "below", "starts_with", "from", "until")
OF_SEVERAL = ("one_of", "none_of")
OF_LISTS = {"is": "one_of", "is_not": "none_of"}  # what they mean of a list
OF_TIME = ("within", "before", "ahead")
OPERATORS = (*OF_ONE, *OF_SEVERAL, "between", *OF_TIME, "since", "is_known")
# What a window of acts may say; the rest of a test is about values.
WINDOW = ("within", "before", "from", "until", "since")
# What a trigger is about: `product_id: trigger` asks for rows of its product.
SUBJECTS = ("product_id", "brand_id", "content_id", "store_id", "campaign_id")
UNITS = ("months", "days", "hours")
TIMES = ("DATE", "TIMESTAMP")  # types of columns by which rows may be timed

# Tells of a fault: the place below the test, what is wrong, and the remedy.
Tell = Callable[[Place, str, str], None]
Where = Callable[[Place], At]


def suggestion(word: object, known: Mapping[str, Any] | tuple[str, ...] | list[str] | set[str]) -> str:
    """A remedy for an unknown word: the known one that it looks like, or all of them."""
    names = sorted(known)
    near = get_close_matches(str(word), names, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    shown = ", ".join(names[:20])
    return f"one of: {shown}{' ...' if len(names) > 20 else ''}"


def read_test(value: Any, tell: Tell, where: Where) -> Test:
    """The comparisons that `value` asks for; () where it was told to be faulty."""
    if isinstance(value, Mapping):
        return _operators(value, tell, where)
    operator = "one_of" if isinstance(value, list) else "is"
    read = _several(value, (), tell) if operator == "one_of" else _one(value, (), tell)
    return () if read is None else (Comparison(operator, read, where(())),)


def read_operators(value: Mapping[Any, Any], names: tuple[str, ...], tell: Tell, where: Where) -> Test:
    """Those operators of the mapping `value` that are among `names`; it is known to hold no others."""
    read = []
    for name in names:
        if name in value:
            operator = OF_LISTS.get(name, name) if isinstance(value[name], list) else name
            found = _operand(operator, value[name], (name,), tell)
            if found is not None:
                read.append(Comparison(operator, found, where((name,))))
    test = tuple(read)
    for comparison, message, remedy in _misfits(test):
        tell((comparison.operator,), message, remedy)
    return test


def _operators(value: Mapping[Any, Any], tell: Tell, where: Where) -> Test:
    if not value:
        tell((), "says nothing to compare with", f"one of: {', '.join(OPERATORS)}")
        return ()
    for name in value:
        if name not in OPERATORS:
            tell((name,), f"unknown comparison `{name}`", suggestion(name, OPERATORS))
    return read_operators(value, OPERATORS, tell, where)


def _operand(operator: str, value: Any, place: Place, tell: Tell) -> Any:
    if operator in OF_TIME:
        return read_duration(value, place, tell)
    if operator == "since":
        if value not in MOMENTS:
            tell(place, f"unknown moment `{value}`", f"one of: {', '.join(MOMENTS)}; a day is said by `from`")
            return None
        return value
    if operator == "is_known":
        if not isinstance(value, bool):
            tell(place, f"is_known is true or false, not `{value}`", "")
            return None
        return value
    if operator == "between":
        return _between(value, place, tell)
    if operator in OF_SEVERAL:
        if not isinstance(value, list):
            tell(place, f"{operator} takes a list", f"write [{value}]")
            return None
        return _several(value, place, tell)
    read = _one(value, place, tell)
    if operator == "starts_with" and read is not None and (not isinstance(read, str) or not read):
        tell(place, "starts_with takes a text", "write it in quotes")
        return None
    return read


def read_duration(value: Any, place: Place, tell: Tell) -> Duration | None:
    """A length of time, `{days: 30}`."""
    if not isinstance(value, Mapping) or not value:
        tell(place, f"`{value}` is not a length of time", "write it as {days: 30}, with hours, days or months")
        return None
    for unit, number in value.items():
        if unit not in UNITS:
            tell((*place, unit), f"unknown unit `{unit}`", suggestion(unit, UNITS))
            return None
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 87600:
            tell((*place, unit), f"`{number}` {unit} is not a length of time", "a whole number from 1 on")
            return None
    return Duration(**value)


def _one(value: Any, place: Place, tell: Tell) -> Any:
    if value is None:
        tell(place, "no value is given", "for a value that is not known write {is_known: false}")
        return None
    if not isinstance(value, bool | int | float | str | date):
        tell(place, f"`{value}` is no single value", "a text, a number, true or false, or a day")
        return None
    if isinstance(value, date) and not 1900 <= value.year <= 2999:
        tell(place, f"`{value}` is no day of our times", "between 1900 and 2999")
        return None
    if isinstance(value, float) and not math.isfinite(value):
        tell(place, f"`{value}` is no number to compare with", "")
        return None
    if isinstance(value, datetime):  # without a zone it is Tokyo's, as everywhere
        offset = value.utcoffset()
        return value.replace(tzinfo=None) - (TOKYO if offset is None else offset)
    return value


def _several(value: Any, place: Place, tell: Tell) -> tuple[Any, ...] | None:
    if not value:
        tell(place, "the list is empty, so nobody is meant", "name at least one value")
        return None
    read = [_one(item, (*place, number), tell) for number, item in enumerate(value)]
    return None if any(item is None for item in read) else tuple(dict.fromkeys(read))


def _between(value: Any, place: Place, tell: Tell) -> tuple[Any, Any] | None:
    if not isinstance(value, list) or len(value) != 2:
        tell(place, "between takes two values", "write [10, 20]; both are included")
        return None
    least, most = _one(value[0], (*place, 0), tell), _one(value[1], (*place, 1), tell)
    if least is None or most is None:
        return None
    try:
        upside_down = least > most
    except TypeError:
        tell(place, f"`{value[0]}` and `{value[1]}` cannot be compared", "")
        return None
    if upside_down:
        tell(place, f"nothing is between {value[0]} and {value[1]}", "write the smaller one first")
        return None
    return least, most


def _misfits(test: Test) -> list[tuple[Comparison, str, str]]:
    """Operators of one test that exclude each other."""
    by_name = {comparison.operator: comparison for comparison in test}
    found = []
    within, before, since = by_name.get("within"), by_name.get("before"), by_name.get("since")
    if since is not None and before is not None:
        found.append((before, "`before` counts back from now, `since` on from a moment", "keep one"))
    if within is not None and before is not None and within.value.longest <= before.value.shortest:
        found.append((within, "no time is both within that and before it", "within must be the longer one"))
    first, last = by_name.get("from"), by_name.get("until")
    if first is not None and last is not None and _is_after(first.value, last.value):
        found.append((last, f"until {last.value} is before from {first.value}", ""))
    return found


def _is_after(one: Any, other: Any) -> bool:
    return isinstance(one, date) and type(one) is type(other) and one > other
