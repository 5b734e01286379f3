"""Reads a condition out of plain YAML data, and names every fault of it with file and line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from dagster_project.activation.audiences import contradictions
from dagster_project.activation.audiences.comparing import SUBJECTS, WINDOW, read_operators, read_test, suggestion
from dagster_project.activation.audiences.parts import (
    NOWHERE,
    All,
    AnyOf,
    Asked,
    At,
    Attribute,
    Comparison,
    Condition,
    External,
    Extreme,
    Named,
    Not,
    Part,
    Rows,
    Test,
)
from dagster_project.errors import ConfigurationError, Fault
from dagster_project.yaml_lines import Place, line_of

if TYPE_CHECKING:
    from dagster_project.activation.audiences.library import Library

MEASURES = ("count", "days", "quantity", "amount")
KEYS = ("all", "any", "not", "acts", "first", "last", "rows", "external", "segment")
# What members say that `customers` does not hold; it is read like an attribute of another system.
OF_MEMBERS = ("acquisition_channel",)
AT_LEAST_ONE: Test = (Comparison("at_least", 1),)


def condition_at(
    value: Any, file: str, lines: dict[Place, int], place: Place = (), library: "Library | None" = None
) -> Condition:
    """The condition that stands at `place` of a file of which `read_yaml` gave `lines`.

    `library`: the named audiences and ready conditions that it may name, by default those of `seeds/`. Raises
    ConfigurationError with every fault that shows without the marts.
    """
    if library is None:
        from dagster_project.activation.audiences.library import read_library

        library = read_library()
    reader = Reader(file, lines, library)
    part = reader.part(value, place)
    if part is None or reader.faults:
        raise ConfigurationError(sorted(set(reader.faults)))
    return Condition(part)


def condition_of(value: Any) -> Condition:
    """The condition that plain data says, without a file. Raises ValueError with every fault."""
    try:
        return condition_at(value, NOWHERE.file, {(): 0})
    except ConfigurationError as error:
        raise ValueError(str(error)) from None


class Reader:
    """Reads the conditions of one file; `faults` grows as it goes. `within`: named audiences being read."""

    def __init__(self, file: str, lines: dict[Place, int], library: "Library", within: tuple[str, ...] = ()):
        self.file, self.lines, self.library, self.within = file, lines, library, within
        self.faults: list[Fault] = []

    def at(self, place: Place) -> At:
        """Where `place` stands in the file."""
        return At(self.file, line_of(self.lines, place))

    def tell(self, place: Place, message: str, remedy: str = "") -> None:
        """Note a fault."""
        self.faults.append(self.at(place).fault(message, remedy))

    def part(self, value: Any, place: Place) -> Part | None:
        """A condition: a mapping or a list (all of it holds), or the bare name of a ready condition."""
        if isinstance(value, str):
            return self._ready(value, {}, place)
        if isinstance(value, Mapping) and len(value) == 1:
            [(key, inner)] = value.items()
            return self._keyed(key, inner, (*place, key))
        if isinstance(value, Mapping):
            if not value:
                self.tell(place, "a condition that asks nothing", "name an attribute, `acts` or another key")
                return None
            read = [self._keyed(key, inner, (*place, key)) for key, inner in value.items()]
            return self._joined(All, read, place, value)
        if isinstance(value, list):
            return self._list(All, value, place)
        self.tell(place, f"`{value}` is not a condition", "write a mapping such as {rf_segment: [loyal_active]}")
        return None

    def _list(self, kind: type[All], value: Any, place: Place) -> Part | None:
        if not isinstance(value, list):
            return self._joined(kind, [self.part(value, place)], place, value)
        if not value:
            self.tell(place, "the list of conditions is empty", "name at least one, or remove it")
            return None
        return self._joined(kind, [self.part(item, (*place, n)) for n, item in enumerate(value)], place, value)

    def _joined(self, kind: type[All], read: list[Part | None], place: Place, value: Any) -> Part | None:
        sound = tuple(part for part in read if part is not None)
        if len(sound) < len(read):
            return None
        joined = kind(sound, at=self.at(place), text=_text(value))
        if kind is All:
            self.faults += contradictions.faults(joined)
        return joined

    def _keyed(self, key: Any, value: Any, place: Place) -> Part | None:
        at, text = self.at(place), _text({key: value})
        if key in ("all", "any"):
            return self._list(All if key == "all" else AnyOf, value, place)
        if key == "not":
            denied = self.part(value, place)
            return None if denied is None else Not(denied, at=at, text=text)
        if key == "segment":
            return self._segment(value, place, text)
        if key in ("acts", "first", "last", "rows", "external"):
            if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
                self.tell(place, f"`{key}` takes a mapping", "such as {action: purchase, within: {days: 90}}")
                return None
            read = {"acts": self._acts, "rows": self._rows, "external": self._external}.get(key)
            return read(value, place, at, text) if read else self._extreme(key, value, place, at, text)
        if key in self.library.ready:
            return self._ready(key, value, place)
        if not isinstance(key, str):
            self.tell(place, f"`{key}` is not a name", "put it in quotes")
            return None
        test = self._test(value, place)
        if not test:
            return None
        if key in OF_MEMBERS:
            return External(key, test, at=at, text=text)
        attribute = Attribute(Asked(key, test, at), at=at, text=text)
        self.faults += contradictions.faults(attribute)
        return attribute

    def _test(self, value: Any, place: Place) -> Test:
        return read_test(
            value,
            lambda below, message, remedy: self.tell((*place, *below), message, remedy),
            lambda below: self.at((*place, *below)),
        )

    def _asked(self, value: Mapping[str, Any], names: list[str], place: Place) -> list[Asked] | None:
        read = []
        for name in names:
            at = self.at((*place, name))
            if name in SUBJECTS and value[name] == "trigger":
                read.append(Asked(name, (Comparison("as", "trigger", at),), at))
            else:
                read.append(Asked(name, self._test(value[name], (*place, name)), at))
        return read if all(asked.test for asked in read) else None

    def _window(self, value: Mapping[str, Any], place: Place) -> Asked | None:
        told = len(self.faults)
        test = read_operators(
            value,
            WINDOW,
            lambda below, message, remedy: self.tell((*place, *below), message, remedy),
            lambda below: self.at((*place, *below)),
        )
        return Asked("occurred_at", test, self.at(place)) if test and len(self.faults) == told else None

    def _acts(self, value: Mapping[str, Any], place: Place, at: At, text: str) -> Part | None:
        told = len(self.faults)
        measures = [name for name in MEASURES if name in value]
        if len(measures) > 1:
            self.tell((*place, measures[1]), f"both {measures[0]} and {measures[1]} are asked", "keep one of them")
        where = self._asked(value, [name for name in value if name not in (*MEASURES, *WINDOW)], place)
        window = self._window(value, place)
        measure, test = "count", AT_LEAST_ONE
        if measures:
            measure, test = measures[0], self._test(value[measures[0]], (*place, measures[0]))
        if where is None or len(self.faults) > told:
            return None
        asked = (*where, *([window] if window else []))
        return Rows("touchpoints", asked, measure, test, at=at, text=text)

    def _rows(self, value: Mapping[str, Any], place: Place, at: At, text: str) -> Part | None:
        told = len(self.faults)
        for name in value:
            if name not in ("mart", "where", "count", "sum"):
                self.tell((*place, name), f"unknown key `{name}` of rows", "it takes mart, where, count and sum")
        mart, where = value.get("mart"), value.get("where", {})
        if not isinstance(mart, str):
            self.tell((*place, "mart"), "rows names no mart", "add mart: the name of one that has a customer_id")
        if not isinstance(where, Mapping):
            self.tell((*place, "where"), "`where` takes a mapping", "such as {kind: repeat}")
            return None
        asked = self._asked(where, list(where), (*place, "where"))
        measure, test = "count", AT_LEAST_ONE
        if "count" in value:
            test = self._test(value["count"], (*place, "count"))
        if "sum" in value:
            total = value["sum"]
            if "count" in value or not isinstance(total, Mapping) or len(total) != 1:
                self.tell((*place, "sum"), "`sum` takes one column, and no count beside it", "{sum: {points: 10}}")
                return None
            [(measure, wanted)] = total.items()
            test = self._test(wanted, (*place, "sum", measure))
        if asked is None or len(self.faults) > told:
            return None
        return Rows(str(mart), tuple(asked), measure, test, at=at, text=text)

    def _external(self, value: Mapping[str, Any], place: Place, at: At, text: str) -> Part | None:
        name = value.get("name")
        if not isinstance(name, str):
            self.tell((*place, "name"), "external names no attribute", "add name: that of the attribute")
            return None
        test = self._test({key: inner for key, inner in value.items() if key != "name"}, place)
        return External(name, test, at=at, text=text) if test else None

    def _extreme(self, which: str, value: Mapping[str, Any], place: Place, at: At, text: str) -> Part | None:
        told = len(self.faults)
        was = value.get("was", {})
        if not isinstance(was, Mapping):
            self.tell((*place, "was"), "`was` takes a mapping", "such as {product_id: P1}")
            return None
        for asked_of, below in ((value, place), (was, (*place, "was"))):
            for name in SUBJECTS:
                if asked_of.get(name) == "trigger":
                    self.tell((*below, name), f"{which} knows nothing of the trigger", "ask `acts` since the trigger")
        for name in MEASURES:
            if name in value:
                self.tell((*place, name), f"{which} is one act: there is no {name} of it", "remove it, or ask `acts`")
        names = [name for name in value if name not in (*WINDOW, *MEASURES, "was")]
        where, asked = self._asked(value, names, place), self._asked(was, list(was), (*place, "was"))
        window = self._window(value, place)
        if where is None or asked is None or len(self.faults) > told:
            return None
        return Extreme(which, tuple(where), window, tuple(asked), at=at, text=text)

    def _segment(self, name: Any, place: Place, text: str) -> Part | None:
        if name in self.within:
            circle = " -> ".join((*self.within[self.within.index(name) :], name))
            self.tell(place, f"named audiences refer to each other in a circle: {circle}", "take one reference out")
            return None
        if name not in self.library.audiences:
            self.tell(place, f"there is no audience `{name}`", suggestion(name, self.library.audiences))
            return None
        part, faults = self.library.audience(name, self.within)
        self.faults += faults
        return None if part is None else Named(name, part, is_audience=True, at=self.at(place), text=text)

    def _ready(self, name: Any, value: Any, place: Place) -> Part | None:
        if name not in self.library.ready:
            self.tell(place, f"unknown condition `{name}`", suggestion(name, {*self.library.ready, *KEYS}))
            return None
        if f"condition {name}" in self.within:
            self.tell(place, f"the ready condition `{name}` stands for itself", "take one reference out")
            return None
        if value is False:
            part = self._ready(name, True, place)
            return None if part is None else Not(part, at=self.at(place), text=_text({name: value}))
        filled, faults = self.library.ready[name].filled(value)
        for below, message, remedy in faults:
            self.tell((*place, *below), message, remedy)
        if faults:
            return None
        # What a ready condition stands for is told of where it is used.
        within = (*self.within, f"condition {name}")
        inner = Reader(self.file, {(): self.at(place).line}, self.library, within)
        part = inner.part(filled, ())
        self.faults += inner.faults
        text = _text({name: value})
        return None if part is None else Named(name, part, at=self.at(place), text=text)


def _text(value: Any) -> str:
    """Plain data on one line, as YAML writes it."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10000).strip()
