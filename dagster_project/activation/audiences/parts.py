"""What a condition is made of. Immutable; nothing here knows YAML, a database or SQL."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dagster_project.errors import Fault


@dataclass(frozen=True)
class At:
    """Where something stands; line 0 where it was not read from a file."""

    file: str
    line: int

    def fault(self, message: str, remedy: str = "") -> Fault:
        """A fault at this place."""
        return Fault(self.file, self.line, message, remedy)


NOWHERE = At("condition", 0)


@dataclass(frozen=True)
class Duration:
    """A length of time: calendar months first (clamped to the month's end, in Tokyo), then days and hours."""

    months: int = 0
    days: int = 0
    hours: int = 0

    @property
    def shortest(self) -> timedelta:
        """No such duration is shorter."""
        return timedelta(days=28 * self.months + self.days, hours=self.hours)

    @property
    def longest(self) -> timedelta:
        """No such duration is longer."""
        return timedelta(days=31 * self.months + self.days, hours=self.hours)


@dataclass(frozen=True)
class Comparison:
    """One operator of a test, and what it compares with: a value, values (one_of, none_of, between) or a duration."""

    operator: str
    value: Any
    at: At = field(default=NOWHERE, compare=False)


Test = tuple[Comparison, ...]  # all of them hold


@dataclass(frozen=True)
class Asked:
    """A test of one column."""

    column: str
    test: Test
    at: At = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A condition, or a part of one. `text` is how it was written, on one line."""

    at: At = field(default=NOWHERE, compare=False)
    text: str = field(default="", compare=False)

    @property
    def parts(self) -> tuple["Part", ...]:
        """The parts that it is made of."""
        return ()

    @property
    def tests(self) -> Iterator[Test]:
        """Its own tests, without those of its parts."""
        return iter(())


@dataclass(frozen=True)
class All(Part):
    """All of several parts hold."""

    of: tuple[Part, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that it is made of."""
        return self.of


@dataclass(frozen=True)
class AnyOf(All):
    """At least one of several parts holds."""


@dataclass(frozen=True)
class Not(Part):
    """A part does not hold."""

    of: Part

    @property
    def parts(self) -> tuple[Part, ...]:
        """The part that it denies."""
        return (self.of,)


@dataclass(frozen=True)
class Named(Part):
    """A named audience, or a ready condition with its parameters: it holds where what it stands for does."""

    name: str
    of: Part
    is_audience: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it stands for."""
        return (self.of,)


@dataclass(frozen=True)
class Attribute(Part):
    """A test of what `customers` says of a person."""

    asked: Asked

    @property
    def tests(self) -> Iterator[Test]:
        """The test."""
        yield self.asked.test


@dataclass(frozen=True)
class External(Part):
    """A test of what another system says of a person."""

    name: str
    test: Test

    @property
    def tests(self) -> Iterator[Test]:
        """The test."""
        yield self.test


@dataclass(frozen=True)
class Rows(Part):
    """How many rows of a mart, or which sum of theirs, a person has. `measure`: count, days, or a column to add up."""

    mart: str
    where: tuple[Asked, ...]
    measure: str
    test: Test

    @property
    def tests(self) -> Iterator[Test]:
        """Tests of columns, then that of the measure."""
        yield from (asked.test for asked in self.where)
        yield self.test


@dataclass(frozen=True)
class Extreme(Part):
    """When a person's first or last act of a kind was, and what it was."""

    which: str
    where: tuple[Asked, ...]
    when: Asked | None
    was: tuple[Asked, ...]

    @property
    def tests(self) -> Iterator[Test]:
        """Tests of columns, then that of the time."""
        yield from (asked.test for asked in (*self.where, *self.was))
        if self.when:
            yield self.when.test


@dataclass(frozen=True)
class Condition:
    """A whole condition, sound as far as can be told without the marts."""

    part: Part

    def walk(self) -> Iterator[Part]:
        """Every part, the whole first."""
        return walk(self.part)

    @property
    def moments(self) -> frozenset[str]:
        """The moments of a scenario that it names: trigger, previous_step."""
        return moments(self.part)

    @property
    def externals(self) -> frozenset[str]:
        """The external attributes that it reads."""
        named = {part.name for part in self.walk() if isinstance(part, External)}
        return frozenset(named)

    @property
    def subjects(self) -> dict[str, At]:
        """What of the trigger it compares with, product_id, brand_id and other ids, and where it says so."""
        return {
            asked.column: asked.at
            for part in self.walk()
            if isinstance(part, Rows)
            for asked in part.where
            if any(comparison.operator == "as" for comparison in asked.test)
        }

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        """A condition as a field of a pydantic model: one that was read, or plain data to be read now."""
        from pydantic_core import core_schema

        from dagster_project.activation.audiences.reading import condition_of

        return core_schema.no_info_plain_validator_function(
            lambda given: given if isinstance(given, cls) else condition_of(given)
        )


def walk(part: Part) -> Iterator[Part]:
    """`part` and every part within it."""
    yield part
    for one in part.parts:
        yield from walk(one)


def moments(part: Part) -> frozenset[str]:
    """The moments of a scenario that `part` and its parts name."""
    return frozenset(
        comparison.value
        for one in walk(part)
        for test in one.tests
        for comparison in test
        if comparison.operator in ("since", "as")
    )
