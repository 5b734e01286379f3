"""What a feed is: its YAML, read and checked without a database. `binding.py` checks it against the relation."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from dagster_project.activation.feeds.destinations import DestinationFaults, checked_destination
from dagster_project.activation.feeds.source_sql import checked_expression, checked_select
from dagster_project.errors import ConfigurationError, Fault
from dagster_project.yaml_lines import line_of, read_yaml

MAX_COLUMNS = 50  # a reference table of the receiver holds no more
NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
ID = r"^[a-z][a-z0-9_]*$"
ColumnType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
WRITTEN = {  # how a value of each type looks in a file; a null_as must look like that too
    "string": r"(?s).*",
    "integer": r"-?[0-9]+",
    "number": r"-?[0-9]+(\.[0-9]+)?",
    "boolean": r"true|false",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
}


class Declared(BaseModel):
    """A part of a declaration: frozen, and a word that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Column(Declared):
    """One column as the receiver sees it. `expression` (in YAML `from`) is over the source's columns."""

    name: str = Field(pattern=NAME)
    type: ColumnType = "string"
    expression: str = Field(default="", alias="from")
    null_as: str | None = None  # what is written where the value is missing; default: an empty cell

    @field_validator("expression")
    @classmethod
    def _one_expression(cls, text: str) -> str:
        return checked_expression(text) if text else text

    @model_validator(mode="after")
    def _null_as_fits(self) -> "Column":
        if self.null_as is not None and not re.fullmatch(WRITTEN[self.type], self.null_as):
            raise ValueError(f"null_as '{self.null_as}' is not a {self.type}")
        return self

    @property
    def sql(self) -> str:
        """The expression that gives the value; a column without one carries the source's column of its name."""
        return self.expression or f'"{self.name}"'


class Source(Declared):
    """Where rows come from: a mart as it is, or one SELECT over marts."""

    table: str | None = Field(default=None, pattern=ID)
    sql: str | None = None

    @field_validator("sql")
    @classmethod
    def _one_select(cls, sql: str | None) -> str | None:
        return checked_select(sql) if sql is not None else None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Source":
        if (self.table is None) == (self.sql is None):
            raise ValueError("give either table or sql")
        return self

    @property
    def select(self) -> str:
        """The source as a SELECT."""
        return self.sql or f"select * from marts.{self.table}"


class Recipients(Declared):
    """For list delivery: one row per recipient, of people who consent to the channel.

    The source must have customer_id; the address itself is joined by the engine, from schema pii, and becomes the
    column `address` that expressions may use. Declarations never read schema pii.
    """

    kind: Literal["user_id", "visitor_id", "email", "phone", "line_user_id"]
    channel: Literal["email", "line", "sms", "push", "dm"] | None = None  # whose consent; ids need none, addresses do
    which: Literal["newest", "all"] = "newest"  # of a person's addresses; of ids, a person has as many as there are

    @model_validator(mode="after")
    def _consent_for_addresses(self) -> "Recipients":
        if self.kind in {"email", "phone", "line_user_id"} and self.channel is None:
            raise ValueError(f"kind {self.kind} is an address: say by which channel it is used, for its consent")
        return self


class Limits(Declared):
    """The brake: shares of the rows accepted so far that one sync may remove or change, from so many rows on."""

    max_removed_share: float = Field(default=0.10, ge=0, le=1)
    max_changed_share: float = Field(default=0.50, ge=0, le=1)
    from_rows: int = Field(default=100, ge=0)


class Feed(Declared):
    """One feed."""

    feed_id: str = Field(pattern=ID, max_length=60)
    description: str = Field(min_length=1)
    source: Source
    recipients: Recipients | None = None
    key: str = Field(pattern=NAME)
    columns: tuple[Column, ...] = Field(min_length=1, max_length=MAX_COLUMNS)
    mode: Literal["full", "upsert", "mirror"]
    format: Literal["csv", "jsonl"] = "csv"
    destination: dict[str, Any]
    limits: Limits = Limits()
    _lines: dict[tuple[str | int, ...], int] = PrivateAttr(default_factory=dict)

    def fault(self, place: tuple[str | int, ...], message: str, remedy: str = "") -> Fault:
        """A fault at `place` of this feed's file."""
        return Fault(
            f"seeds/feeds/{self.feed_id}.yml", line_of(self._lines, place) if self._lines else 0, message, remedy
        )

    @field_validator("destination")
    @classmethod
    def _known_destination(cls, given: dict[str, Any]) -> dict[str, Any]:
        return checked_destination(given)

    @model_validator(mode="after")
    def _key_and_names(self) -> "Feed":
        names = [column.name.lower() for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"columns stand twice: {', '.join(twice)}")
        if self.key not in {column.name for column in self.columns}:
            raise ValueError(f"key '{self.key}' is none of the columns")
        return self

    @property
    def is_personal(self) -> bool:
        """Whether its rows carry addresses or cookies, of which ledger and marts hold salted hashes only."""
        return self.recipients is not None and self.recipients.kind != "user_id"

    @property
    def shape(self) -> dict[str, Any]:
        """What a receiver's table is made after: where it differs from the last sync's, everything is sent
        again.
        """
        hashed = {"keys": "hashed"} if self.is_personal else {}
        return {
            "key": self.key,
            "format": self.format,
            "columns": [{"name": column.name, "type": column.type} for column in self.columns],
            **hashed,
        }


def load_feeds(folder: Path) -> list[Feed]:
    """The feeds declared in `folder`, by feed_id. Raises ConfigurationError with every fault of every file."""
    feeds, faults = _read(folder)
    if faults:
        raise ConfigurationError(faults)
    return feeds


def check_feeds(folder: Path) -> list[Fault]:
    """Every fault of every feed that can be seen without a database; empty where all is well."""
    return sorted(_read(folder)[1])


def _read(folder: Path) -> tuple[list[Feed], list[Fault]]:
    feeds, faults = [], []
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        name = f"seeds/feeds/{path.name}"
        data, lines, wrong = read_yaml(path, name)
        faults += wrong
        if wrong:
            continue
        try:
            feed = Feed.model_validate(data)
        except ValidationError as error:
            faults += _as_faults(error.errors(), lines, name)
            continue
        if feed.feed_id != path.stem:
            faults.append(
                Fault(
                    name,
                    line_of(lines, ("feed_id",)),
                    f"feed_id '{feed.feed_id}' is not the file's name",
                    f"name the file {feed.feed_id}.yml",
                )
            )
        feed._lines = lines
        feeds.append(feed)
    return feeds, faults


def _as_faults(errors: Iterable[Any], lines: dict[tuple[str | int, ...], int], name: str) -> list[Fault]:
    faults = []
    errors = list(errors)
    for error in errors:
        place = tuple(error["loc"])
        if error["type"] == "too_short" and any(one["loc"][:-1][: len(place)] == place for one in errors):
            continue  # pydantic counts only the parts without a fault
        cause = error.get("ctx", {}).get("error")
        if isinstance(cause, DestinationFaults):
            for inside, words in cause.faults:
                where = ".".join(map(str, (*place, *inside)))
                faults.append(Fault(name, line_of(lines, (*place, *inside)), f"{where}: {words}"))
            continue
        words = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            words = "is not a word that a feed knows"
        where = ".".join(str(part) for part in place)
        faults.append(Fault(name, line_of(lines, place), f"{where}: {words}" if where else words))
    return faults
