"""What a metric of one's own is: the shape of `seeds/kpis.yml`. `binding.py` checks what it reads."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from dagster_project.errors import ConfigurationError, Fault
from dagster_project.yaml_lines import Place, line_of, read_yaml

FILE = "kpis.yml"
ID = r"^[a-z][a-z0-9_]*$"
AVERAGES = ("average", "minimum", "maximum")

Value = bool | int | float | date | str
Operator = Literal["is", "is_not", "one_of", "none_of", "at_least", "at_most", "is_known"]


class Declared(BaseModel):
    """A part of a declaration: frozen, and a word that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Filter(Declared):
    """A condition on one column. An unknown value passes `is_not` and `none_of`, and no other but `is_known: false`."""

    column: str = Field(pattern=ID)
    equals: Value | None = Field(default=None, alias="is")
    is_not: Value | None = None
    one_of: list[Value] | None = Field(default=None, min_length=1)
    none_of: list[Value] | None = Field(default=None, min_length=1)
    at_least: Value | None = None
    at_most: Value | None = None
    is_known: bool | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "Filter":
        if len(self._asked()) != 1:
            raise ValueError("name one of is, is_not, one_of, none_of, at_least, at_most, is_known")
        return self

    def _asked(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude={"column"}, exclude_none=True)

    @property
    def condition(self) -> tuple[Operator, Any]:
        """What is asked, and of which value or values."""
        [(operator, value)] = self._asked().items()
        return operator, value  # type: ignore[return-value]


class Kpi(Declared):
    """One metric. `aggregate` is over the rows of a day that pass every filter."""

    id: str = Field(pattern=ID, max_length=60)
    label: str = Field(min_length=1)
    label_en: str | None = None
    unit: str = Field(min_length=1)
    description: str | None = None
    mart: str = Field(pattern=ID)
    aggregate: Literal["count", "count_distinct", "sum", "average", "minimum", "maximum"]
    column: str | None = Field(default=None, pattern=ID)
    day: str = Field(pattern=ID)
    filters: list[Filter] = []

    @model_validator(mode="after")
    def _aggregates_something(self) -> "Kpi":
        if (self.column is None) != (self.aggregate == "count"):
            raise ValueError("count is of rows, every other aggregate of a column")
        return self

    @property
    def is_average(self) -> bool:
        """It has no value on a day without rows; counts and sums are 0 then."""
        return self.aggregate in AVERAGES


class Declarations:
    """The metrics of a file, with the line of each part of theirs."""

    def __init__(self, kpis: list[Kpi], lines: dict[Place, int]):
        self.kpis = kpis
        self._lines = lines

    def fault(self, place: Place, message: str, remedy: str = "") -> Fault:
        """A fault at `place`: the metric's position, and what follows."""
        return Fault(f"seeds/{FILE}", line_of(self._lines, place), message, remedy)


def read_kpis(folder: Path, taken: set[str]) -> Declarations:
    """The metrics declared in `folder`/kpis.yml; none where there is no file. `taken`: names of metrics that exist.

    Raises ConfigurationError with every fault that shows without a database.
    """
    path, name = folder / FILE, f"seeds/{FILE}"
    if not path.exists():
        return Declarations([], {})
    data, lines, faults = read_yaml(path, name)
    if faults:
        raise ConfigurationError(faults)
    try:
        found = Declarations(TypeAdapter(list[Kpi]).validate_python(data or []), lines)
    except ValidationError as error:
        raise ConfigurationError(_as_faults(error.errors(), lines, name)) from None
    ids = [kpi.id for kpi in found.kpis]
    faults = [
        found.fault(
            (position, "id"),
            f"{one} stands twice" if one in ids[:position] else f"{one} is a metric that every shop has",
        )
        for position, one in enumerate(ids)
        if one in taken or one in ids[:position]
    ]
    if faults:
        raise ConfigurationError(faults)
    return found


def _as_faults(errors: Iterable[Any], lines: dict[Place, int], name: str) -> list[Fault]:
    """One fault per place; a value that fits none of several types is told once."""
    faults: dict[Place, Fault] = {}
    for error in errors:
        place = tuple(part for part in error["loc"] if not _names_a_type(part))
        words = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            words = "is not a word that a metric knows"
        where = ".".join(str(part) for part in place[1:])
        faults.setdefault(place, Fault(name, line_of(lines, place), f"{where}: {words}" if where else words))
    return list(faults.values())


def _names_a_type(part: Any) -> bool:
    return part in ("bool", "int", "float", "date", "str")
