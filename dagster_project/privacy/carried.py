"""Which rows of a landed file carry identifiers of erased persons.

A row is the erased person's where it carries an identifier of his, unless a member id or card that is not his says
whose it is: then only the cells with his identifiers are erased. A contested identifier is nobody's: of it go only the
rows that carry no other. A line that could not be split into columns goes where any word of it is such an identifier.
An act that was his by session alone is told by its key, unless a member id or card in it says by now whose it is.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.identity.given import KINDS
from dagster_project.identity.hashing import links_gmail_aliases
from dagster_project.landing.contract import Column, Source
from dagster_project.landing.views import no_glob
from dagster_project.privacy.tombstones import ACTS, Tombstones
from dagster_project.sql import literal
from dagster_project.staging.fast_path import is_plain, plain_value, trimmed
from dagster_project.staging.normalise import READERS

# Kinds that the type of a column tells; of the others its name does.
TYPED = ("email", "phone")
# The words of a `kind_from` column that name a kind of identifier, and that kind.
KINDS_BY_WORD = {kind: kind for kind in KINDS} | {"sms": "phone", "line": "line_user_id"}
# Identifiers that are never contested: they say whose a row is, whatever else it carries.
SURE = ("member_id", "card_no")
Place = tuple[str, int]  # file_id, line
_WORDS = re.compile(r"[\s,;|\"'{}\[\]<>=]+|(?<=[\w\"']):(?=\S)")


@dataclass
class Carried:
    """Rows of one file, by line: `whole` are the person's; of those in `cells` (column -> lines) he owns cells only."""

    whole: set[int] = field(default_factory=set)
    cells: dict[str, set[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.whole or self.cells)

    @property
    def rows(self) -> int:
        """How many rows are concerned."""
        return len(self.whole.union(*self.cells.values()))


def carried(path: Path, source: Source, tombstones: Tombstones) -> Carried:
    """The rows of the Parquet file `path` that carry tombstoned identifiers."""
    return next(iter(carried_by_file([path], source, tombstones).values()), Carried())


def carried_by_file(paths: Iterable[Path], source: Source, tombstones: Tombstones) -> dict[str, Carried]:
    """file_id -> rows that carry tombstoned identifiers, of the landed files of one source in which there are any.

    The files are read as one table: what starting a scan costs is paid once a source, and each distinct value is read
    once for all of its files.
    """
    found: defaultdict[str, Carried] = defaultdict(Carried)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        places = ", ".join(literal(no_glob(str(path))) for path in paths)
        # Files landed before a column joined the contract lack it.
        read = f"read_parquet([{places}], hive_partitioning = false, union_by_name = true)"
        con.execute(f"create view landed as select * from {read}")
        there = {name for name, *_ in con.execute("describe landed").fetchall()}
        con.register("tombstones", _table(tombstones))
        columns = [column for column in source.columns if kinds_of(column) and column.name in there]
        if columns and _collect(con, columns, tombstones):
            _match(con, columns, source, found)
        if tombstones.acts and source.name in ACTS:
            for file_id, line_no in _acts(con, columns, source, tombstones):
                found[file_id].whole.add(line_no)
        torn = con.execute("select _file_id, _line_no, _raw_line from landed where _raw_line is not null").fetchall()
        for file_id, line_no, text in torn:
            if _names_one(text, tombstones):
                found[file_id].whole.add(line_no)
    return dict(found)


def kinds_of(column: Column) -> tuple[str, ...]:
    """The kinds of identifier that a column may hold; none for columns that hold no identifier."""
    if column.kind_from:
        return tuple(sorted(KINDS))
    if column.type in TYPED:
        return (column.type,)
    return (column.name,) if column.name in KINDS else ()


def _kind_sql(column: Column) -> str:
    if not column.kind_from:
        return f"'{kinds_of(column)[0]}'"
    branches = " ".join(f"when '{word}' then '{kind}'" for word, kind in KINDS_BY_WORD.items())
    return f"case lower({trimmed(column.kind_from)}) {branches} end"


def _table(tombstones: Tombstones) -> pa.Table:
    hashes = [(hash_, False) for hash_ in sorted(tombstones.erased)]
    hashes += [(hash_, True) for hash_ in sorted(tombstones.contested)]
    return pa.table(
        [[hash_ for hash_, _ in hashes], [is_contested for _, is_contested in hashes]],
        schema=pa.schema([("hash", pa.string()), ("is_contested", pa.bool_())]),
    )


def _collect(con: duckdb.DuckDBPyConnection, columns: list[Column], tombstones: Tombstones) -> bool:
    """Table `matched` (kind, raw, is_contested): the raw values that are erased identifiers. Whether there are any.

    Each distinct value is read once, as staging reads it: in SQL where that can, else in Python.
    """
    con.execute("create table distinct_values (kind varchar, raw varchar)")
    for column in columns:
        con.execute(
            f"insert into distinct_values select distinct {_kind_sql(column)}, {column.name} from landed"
            f" where {column.name} is not null and {_kind_sql(column)} is not null"
        )
    con.execute("create table matched (kind varchar, raw varchar, is_contested boolean)")
    unread: list[tuple[str, str]] = []
    for kind in sorted(KINDS):
        reader = kind if kind in TYPED else "id"
        plain = is_plain(reader, "raw")
        if kind == "email" and links_gmail_aliases():
            plain = f"({plain} and not ends_with(raw, 'gmail.com') and not ends_with(raw, 'googlemail.com'))"
        con.execute(
            "insert into matched select found.kind, found.raw, tombstones.is_contested from"
            f" (select distinct kind, raw, {tombstones.sql(kind, plain_value(reader, 'raw'))} as hash"
            f" from distinct_values where kind = '{kind}' and {plain}) as found"
            " inner join tombstones on tombstones.hash = found.hash",
            {"salt": tombstones.salt},
        )
        unread += con.execute(
            f"select distinct kind, raw from distinct_values where kind = '{kind}' and not coalesce({plain}, false)"
        ).fetchall()
    told = [(kind, raw, _reading(kind, raw, tombstones)) for kind, raw in unread]
    for kind, raw, is_contested in told:
        if is_contested is not None:
            con.execute("insert into matched values (?, ?, ?)", [kind, raw, is_contested])
    return bool(con.execute("select count(*) from matched").fetchall()[0][0])


def _reading(kind: str, raw: str, tombstones: Tombstones) -> bool | None:
    """Whether a raw value is a contested erased identifier; None where it is no erased one."""
    value, _ = READERS[kind if kind in TYPED else "id"](raw)
    if value is None:
        return None
    hashes = tombstones.hashes_of(kind, str(value))
    if hashes & tombstones.erased:
        return False
    return True if hashes & tombstones.contested else None


def _match(
    con: duckdb.DuckDBPyConnection, columns: list[Column], source: Source, found: defaultdict[str, Carried]
) -> None:
    """Sort the rows that hold a matched value. Names are the contract's own."""
    flags = []
    for column in columns:
        same = f"matched.kind = {_kind_sql(column)} and matched.raw = candidates.{column.name}"
        flags += [
            f"exists (select 1 from matched where {same} and not matched.is_contested)",
            f"exists (select 1 from matched where {same} and matched.is_contested)",
            f"coalesce({trimmed(column.name)}, '') <> ''",
        ]
    needed = {column.name for column in columns} | {column.kind_from for column in columns if column.kind_from}
    holds = " or ".join(f"{column.name} in (select raw from matched)" for column in columns)
    rows = con.execute(
        f"select _file_id, _line_no, {', '.join(flags)} from"
        f" (select _file_id, _line_no, {', '.join(sorted(needed))} from landed where {holds}) as candidates"
    ).fetchall()
    names = [column.name for column in columns]
    sure = [name in SURE for name in names]
    for file_id, line_no, *row in rows:
        erased, contested, given = row[0::3], row[1::3], row[2::3]
        if not any(erased) and not any(contested):
            continue  # the same text, as another kind of identifier
        is_others = any(s and g and not e for s, g, e in zip(sure, given, erased, strict=True))
        is_alone = all(e or c for e, c, g in zip(erased, contested, given, strict=True) if g)
        owned = [name for name, is_erased in zip(names, erased, strict=True) if is_erased]
        if is_alone or (owned and not is_others) or set(source.required).intersection(owned):
            found[file_id].whole.add(line_no)
        else:
            for name in owned:
                found[file_id].cells.setdefault(name, set()).add(line_no)


def _acts(con: duckdb.DuckDBPyConnection, columns: list[Column], source: Source, tombstones: Tombstones) -> set[Place]:
    """The places of acts that are known by their key, which is read as `_collect` reads an identifier."""
    [key] = source.key
    con.register("acts", pa.table([sorted(tombstones.acts)], schema=pa.schema([("hash", pa.string())])))
    is_nobodys = "".join(f" and coalesce({trimmed(each.name)}, '') = ''" for each in columns if each.name in SURE)
    is_read, hash_ = is_plain("id", key), tombstones.sql(source.name, plain_value("id", key))
    rows = con.execute(
        f"select _file_id, _line_no, null from landed where {is_read}{is_nobodys}"
        f" and {hash_} in (select hash from acts)"
        f" union all select _file_id, _line_no, {key} from landed where not {is_read}{is_nobodys}",
        {"salt": tombstones.salt},
    ).fetchall()
    return {
        (file_id, line_no)
        for file_id, line_no, raw in rows
        if raw is None or tombstones.hash_of(source.name, str(READERS["id"](raw)[0])) in tombstones.acts
    }


def _names_one(text: str, tombstones: Tombstones) -> bool:
    """Whether a line that could not be split names an erased identifier."""
    words = {word for word in _WORDS.split(text) if word}
    return any(_reading(kind, word, tombstones) is False for word in words for kind in sorted(KINDS))
