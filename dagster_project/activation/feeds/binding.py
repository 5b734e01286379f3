"""A feed bound to the relation it reads: which columns there are, and the SQL of each cell as it will be
written.

Values become text once, here, exactly as the file holds them: hashes, checks and files all take that text.
"""

from dataclasses import dataclass

import duckdb

from dagster_project.activation.feeds.declaration import WRITTEN, Column, Feed
from dagster_project.activation.feeds.recipients import relation as relation_of
from dagster_project.errors import ConfigurationError, Fault
from dagster_project.sql import literal

MAX_CELL_BYTES = 256
MAX_KEY_BYTES = 8000
TOKYO_DAY = "cast(<column> + interval 9 hours as date)"


@dataclass(frozen=True)
class Cell:
    """SQL over `raw` (the column's value): `text` as written, or null; `problem` why the row cannot go, or
    null.
    """

    name: str
    type: str
    raw: str
    text: str
    problem: str


@dataclass(frozen=True)
class BoundFeed:
    """A feed whose every column exists. `relation` is a SELECT; `subject` is SQL of the customer that a row is about,
    null where the feed does not say.
    """

    feed: Feed
    relation: str
    cells: tuple[Cell, ...]
    subject: str

    @property
    def key(self) -> int:
        """The position of the key among the cells."""
        return next(position for position, cell in enumerate(self.cells) if cell.name == self.feed.key)


def bind(con: duckdb.DuckDBPyConnection, feed: Feed) -> BoundFeed:
    """`feed` against the marts of `con`. Raises ConfigurationError with every column that is unknown or does
    not fit.
    """
    relation = relation_of(feed)
    try:
        columns = [str(row[0]).lower() for row in con.execute(f"describe {relation}").fetchall()]
    except duckdb.Error as error:
        place = ("source", "sql") if feed.source.sql else ("source", "table")
        raise ConfigurationError([feed.fault(place, *_words(error))]) from None
    types = _types(con, feed, relation)
    cells, faults = [], []
    for position, column in enumerate(feed.columns):
        bound = _bind_column(feed, position, column, types[position])
        if isinstance(bound, Fault):
            faults.append(bound)
        else:
            cells.append(bound)
    if faults:
        raise ConfigurationError(faults)
    subject = "source.customer_id" if "customer_id" in columns else "cast(null as varchar)"
    return BoundFeed(feed, relation, tuple(cells), subject)


def uncomputed(con: duckdb.DuckDBPyConnection, bound: BoundFeed, error: duckdb.Error) -> list[Fault]:
    """Where the feed's SQL fails on some row, which `error` tells: its words would quote the row's value."""
    feed, words = bound.feed, str(error).split(":", 1)[0]
    remedy = "try_cast gives null where a value cannot be read"
    faults = []
    for position, column in enumerate(feed.columns):
        try:
            con.execute(f"select count(({column.sql})) from ({bound.relation}) as source").fetchall()
        except duckdb.Error:
            place = ("columns", position, "from" if column.expression else "name")
            faults.append(feed.fault(place, f"column '{column.name}' fails on some row: {words}", remedy))
    if len(faults) == len(feed.columns):
        return [feed.fault(("source", "sql"), f"the source fails on some row: {words}", remedy)]
    return faults or [feed.fault((), f"some row cannot be computed: {words}", remedy)]


def _types(con: duckdb.DuckDBPyConnection, feed: Feed, relation: str) -> list[str | Fault]:
    """DuckDB's type of each column, or why it has none: at once where all is well, else one by one."""

    def describe(selected: str) -> list[str]:
        rows = con.execute(f"describe select {selected} from ({relation}) as source").fetchall()
        return [str(row[1]) for row in rows]

    try:
        return list(describe(", ".join(f"({column.sql}) as c{n}" for n, column in enumerate(feed.columns))))
    except duckdb.Error:
        found: list[str | Fault] = []
    for position, column in enumerate(feed.columns):
        try:
            found += describe(f"({column.sql}) as value")
        except duckdb.Error as error:
            place = ("columns", position, "from" if column.expression else "name")
            message, remedy = _words(error)
            found.append(feed.fault(place, f"column '{column.name}': {message}", remedy))
    return found


def _bind_column(feed: Feed, position: int, column: Column, found: str | Fault) -> Cell | Fault:
    if isinstance(found, Fault):
        return found
    place = ("columns", position, "from" if column.expression else "name")
    raw = f"c{position}"
    text = _text(column.type, found, raw)
    if text is None:
        remedy = f"write {TOKYO_DAY}" if column.type == "date" and found.startswith("TIMESTAMP") else ""
        return feed.fault(place, f"column '{column.name}': a {found} cannot be written as {column.type}", remedy)
    unread = f"{raw} is not null and ({text}) is null"
    if column.null_as is not None:
        text = f"coalesce({text}, {literal(column.null_as)})"
    return Cell(
        column.name,
        column.type,
        f"({column.sql}) as {raw}",
        text,
        _problem(column, unread, f"t{position}", column.name == feed.key),
    )


def _text(wanted: str, found: str, raw: str) -> str | None:
    """SQL of `raw` (of DuckDB type `found`) as text of type `wanted`; null where it cannot be read; None:
    never fits.
    """
    whole = found in {
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
    }
    decimal, floating = found.startswith("DECIMAL"), found in {"DOUBLE", "FLOAT"}
    words = found == "VARCHAR" or found.startswith("ENUM")
    as_text = f"cast({raw} as varchar)"
    # 1234.00 and 1234 are one value: a mart that turns from DECIMAL to BIGINT must not change every row.
    trimmed = f"case when contains({as_text}, '.') then rtrim(rtrim({as_text}, '0'), '.') else {as_text} end"
    finite = f"case when isfinite({raw}) then {as_text} end"
    time = f"strftime(cast({raw} as timestamp), '%Y-%m-%d %H:%M:%S')"  # with a zone: the connection is in UTC
    day = as_text
    if words and wanted == "string":
        return as_text
    if words:
        target = {
            "integer": "bigint",
            "number": "decimal(38, 10)",
            "boolean": "boolean",
            "date": "date",
            "timestamp": "timestamp",
        }[wanted]
        read = f"try_cast({raw} as {target})"
        kind = {"bigint": "BIGINT", "decimal(38, 10)": "DECIMAL"}.get(target, target.upper())
        return _text(wanted, kind, read)
    allowed = {
        "string": {
            "whole": as_text,
            "decimal": trimmed,
            "floating": finite,
            "BOOLEAN": as_text,
            "DATE": day,
            "TIMESTAMP": time,
        },
        "integer": {
            "whole": as_text,
            "decimal": f"case when {raw} = round({raw}) then cast(try_cast({raw} as hugeint) as varchar) end",
        },
        "number": {"whole": as_text, "decimal": trimmed, "floating": finite},
        "boolean": {"BOOLEAN": as_text},
        "date": {"DATE": day},
        "timestamp": {"TIMESTAMP": time},
    }[wanted]
    kind = (
        "whole"
        if whole
        else "decimal"
        if decimal
        else "floating"
        if floating
        else "TIMESTAMP"
        if found.startswith("TIMESTAMP")
        else found
    )
    return allowed.get(kind)


def _problem(column: Column, unread: str, text: str, is_key: bool) -> str:
    """SQL of the reason for which a row's cell breaks the contract, or null. Never holds a value."""
    name = column.name
    checks = []
    if is_key:
        checks = [
            (f"{text} is null or {text} = ''", f"{name}: key is empty"),
            (f"strlen({text}) > {MAX_KEY_BYTES}", f"{name}: key of more than {MAX_KEY_BYTES} bytes"),
        ]
    else:
        checks.append((f"strlen({text}) > {MAX_CELL_BYTES}", f"{name}: more than {MAX_CELL_BYTES} bytes"))
    checks.append((unread, f"{name}: cannot be written as {column.type}"))
    if column.type in {"date", "timestamp"}:
        checks.append((f"{text} is null", f"{name}: no date"))
        # The engine also knows infinity, years of five digits, and years before Christ.
        is_written = f"regexp_full_match({text}, {literal(WRITTEN[column.type])})"
        checks.append((f"not {is_written}", f"{name}: cannot be written as {column.type}"))
    return "case " + " ".join(f"when {test} then {literal(reason)}" for test, reason in checks) + " end"


def _words(error: duckdb.Error) -> tuple[str, str]:
    """DuckDB's first sentence and its guess at what was meant, without the SQL that it quotes."""
    first, *others = str(error).strip().split("\n")
    guess = next((line.strip() for line in others if line.startswith(("Candidate", "Did you mean"))), "")
    return first.strip(), guess[:1].lower() + guess[1:]
