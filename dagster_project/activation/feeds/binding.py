"""A feed bound to the relation it reads: which columns there are, and the SQL of each cell as it will be
written.

Values become text once, here, exactly as the file holds them: hashes, checks and files all take that text.
"""

from dataclasses import dataclass

import duckdb

from dagster_project.activation.feeds.declaration import Column, Feed
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
    """A feed whose every column exists. `relation` is a SELECT."""

    feed: Feed
    relation: str
    cells: tuple[Cell, ...]


def bind(con: duckdb.DuckDBPyConnection, feed: Feed) -> BoundFeed:
    """`feed` against the marts of `con`. Raises ConfigurationError with every column that is unknown or does
    not fit.
    """
    relation = _relation(feed)
    try:
        con.execute(f"describe {relation}").fetchall()
    except duckdb.Error as error:
        place = ("source", "sql") if feed.source.sql else ("source", "table")
        raise ConfigurationError([feed.fault(place, _words(error))]) from None
    cells, faults = [], []
    for position, column in enumerate(feed.columns):
        bound = _bind_column(con, feed, position, column, relation)
        if isinstance(bound, Fault):
            faults.append(bound)
        else:
            cells.append(bound)
    if faults:
        raise ConfigurationError(faults)
    return BoundFeed(feed, relation, tuple(cells))


def _relation(feed: Feed) -> str:
    """The rows a feed sees. Addresses are joined here and nowhere else, for people who consent to the
    channel.
    """
    if feed.recipients is None:
        return feed.source.select
    kind, channel = feed.recipients.kind, feed.recipients.channel
    return (
        f"select source.*, address.value as address from ({feed.source.select}) as source"
        " join identity.identity_map as map"
        f" on map.customer_id = source.customer_id and map.identifier_kind = '{kind}'"
        " join pii.identifier_values as address on address.identifier_key = map.identifier_key"
        " join marts.customers as consenting"
        f" on consenting.customer_id = source.customer_id and consenting.consent_{channel}"
    )


def _bind_column(
    con: duckdb.DuckDBPyConnection, feed: Feed, position: int, column: Column, relation: str
) -> Cell | Fault:
    place = ("columns", position, "from" if column.expression else "name")
    try:
        query = f"describe select ({column.sql}) as value from ({relation}) as source"
        found = str(con.execute(query).fetchall()[0][1])
    except duckdb.Error as error:
        return feed.fault(place, f"column '{column.name}': {_words(error)}")
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
    return "case " + " ".join(f"when {test} then {literal(reason)}" for test, reason in checks) + " end"


def _words(error: duckdb.Error) -> str:
    """DuckDB's first sentence, without the SQL that it quotes."""
    return str(error).split("\n", 1)[0].strip()
