"""The table of a PostgreSQL destination inside one transaction: made or checked, loaded, changed, and noted."""

import csv
import json
from typing import Any

import psycopg
from psycopg import sql

from dagster_project.activation.feeds.destinations.protocol import DestinationFailed, Sync
from dagster_project.activation.feeds.destinations.rows import SyncFile, without_values

SYNCS = "kizuna_syncs"
TYPES = {  # what a column of the feed becomes, and the categories of pg_type that may take its place
    "string": ("text", "SEU"),
    "integer": ("bigint", "N"),
    "number": ("numeric", "N"),
    "boolean": ("boolean", "B"),
    "date": ("date", "D"),
    "timestamp": ("timestamp", "D"),
}
REFUSALS = (  # errors that a single row can cause; the last: two keys of the feed that are one to the table
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.RaiseException,
    psycopg.errors.CardinalityViolation,
)
MAX_REFUSED = 1000  # rows; beyond, the table does not fit, and telling the rows apart takes longer than it is worth
BLOCK = 1 << 20


class Target:
    """One table, in the transaction of `connection`.

    Incoming rows are copied as text into a temporary table and cast by the server, so that no row passes through
    Python, and one that the table refuses can be told from the rest.
    """

    def __init__(self, connection: psycopg.Connection, schema: str, table: str):
        self.connection = connection
        self.schema, self.name = schema, table
        self.table, self.syncs = sql.Identifier(schema, table), sql.Identifier(schema, SYNCS)
        self.columns: list[str] = []
        self.casts: dict[str, sql.SQL] = {}
        self.key = ""

    def taken(self, sync: Sync) -> list[tuple[str, str]] | None:
        """What the database refused of this sync, where it has it; else None."""
        if not self._exists(SYNCS):
            return None
        rows = self._ask(
            "select rejected from {syncs} where feed_id = %s and sync_id = %s and table_name = %s", [*sync, self.name]
        )
        return [(key, reason) for key, reason in rows[0][0]] if rows else None

    def match(self, columns: list[dict[str, str]], key: str) -> None:
        """Make schema and table where they are missing, add columns that are missing. Raises DestinationFailed where
        what is there does not fit.
        """
        self.columns, self.key = [column["name"] for column in columns], key
        if not self._ask("select 1 from pg_namespace where nspname = %s", [self.schema]):
            self._do("create schema {schema}")
        if not self._exists(self.name):
            named = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(column["name"]), sql.SQL(TYPES[column["type"]][0]))
                for column in columns
            )
            self._do("create table {table} ({columns}, primary key ({key}))", columns=named)
        found = self._types()
        for column in columns:
            if column["name"] not in found:
                kind = sql.SQL(TYPES[column["type"]][0])
                self._do("alter table {table} add column {name} {kind}", name=sql.Identifier(column["name"]), kind=kind)
                found[column["name"]] = (TYPES[column["type"]][0], TYPES[column["type"]][1][0])
            kind_there, category = found[column["name"]]
            if category not in TYPES[column["type"]][1]:
                raise DestinationFailed(
                    f"table {self.schema}.{self.name}: column {column['name']} is {kind_there}, the feed sends"
                    f" {column['type']}; change one of both"
                )
            self.casts[column["name"]] = sql.SQL(kind_there)
        if not self._is_unique(key):
            raise DestinationFailed(
                f"table {self.schema}.{self.name} has no primary key or unique index on {key} alone, the key of the"
                " feed; add one, or name another table"
            )

    def load(self, files: list[SyncFile]) -> None:
        """Copy the files as they are into temporary tables kizuna_rows and kizuna_gone."""
        places = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in self.columns)
        number = sql.SQL("_n bigint generated always as identity primary key")
        for table, columns in (("kizuna_rows", places), ("kizuna_gone", sql.SQL("{} text").format(self._key))):
            self._do(
                "create temporary table {name} ({number}, {columns}) on commit drop",
                name=sql.Identifier(table),
                number=number,
                columns=columns,
            )
        for file in files:
            self._copy(file)
        self._do("analyze kizuna_rows")

    def apply(self) -> list[tuple[str, str]]:
        """Upsert, then delete; returns the keys that the table refused, with the reason."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        casts = sql.SQL(", ").join(self._cast(name) for name in self.columns)
        others = [name for name in self.columns if name != self.key]
        change: sql.Composable = sql.SQL("do nothing")
        if others:
            old = sql.SQL(", ").join(sql.SQL("kept.{}").format(sql.Identifier(name)) for name in others)
            new = sql.SQL(", ").join(sql.SQL("excluded.{}").format(sql.Identifier(name)) for name in others)
            named = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in others)
            change = sql.SQL("do update set {named} where ({old}) is distinct from ({new})").format(
                named=named, old=old, new=new
            )
        upsert = sql.SQL(
            "insert into {table} as kept ({columns}) select {casts} from kizuna_rows as incoming"
            " where _n between %s and %s order by _n on conflict ({key}) {change}"
        ).format(table=self.table, columns=columns, casts=casts, key=self._key, change=change)
        delete = sql.SQL(
            "delete from {table} as kept using kizuna_gone as incoming"
            " where kept.{key} = {cast} and incoming._n between %s and %s"
        ).format(table=self.table, key=self._key, cast=self._cast(self.key))
        return self._row_by_row("kizuna_rows", upsert) + self._row_by_row("kizuna_gone", delete)

    def note(self, sync: Sync, manifest: dict[str, Any], rejected: list[tuple[str, str]]) -> None:
        """Write the sync into `kizuna_syncs`: what `taken` reads."""
        if not self._exists(SYNCS):
            self._do(
                "create table {syncs} (feed_id text, sync_id text, table_name text not null, manifest jsonb not null,"
                " rejected jsonb not null, received_at timestamptz not null default now(),"
                " primary key (feed_id, sync_id, table_name))"
            )
        self.connection.execute(
            sql.SQL(
                "insert into {} (feed_id, sync_id, table_name, manifest, rejected) values (%s, %s, %s, %s, %s)"
            ).format(self.syncs),
            [*sync, self.name, json.dumps(manifest), json.dumps(rejected)],
        )

    def _row_by_row(self, source: str, statement: sql.Composed) -> list[tuple[str, str]]:
        """Run `statement` over the rows of `source` at once; where the table refuses some, by halves, down to them."""
        last = self._ask("select coalesce(max(_n), 0) from {source}", source=sql.Identifier(source))[0][0]
        refused: list[tuple[str, str]] = []
        waiting = [(1, last)] if last else []
        while waiting:
            first, last = waiting.pop()
            try:
                with self.connection.transaction():
                    self.connection.execute(statement, [first, last])
            except REFUSALS as error:
                if first < last:
                    middle = (first + last) // 2
                    waiting += [(middle + 1, last), (first, middle)]
                    continue
                refused.append(self._refusal(source, first, error))
                if len(refused) > MAX_REFUSED:
                    raise DestinationFailed(
                        f"table {self.schema}.{self.name} refuses more than {MAX_REFUSED} rows, the last with:"
                        f" {refused[-1][1]}; nothing was written; change the table or the feed"
                    ) from None
        return refused

    def _refusal(self, source: str, n: int, error: psycopg.Error) -> tuple[str, str]:
        names = [self.key] if source == "kizuna_gone" else self.columns
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        cells = self._ask(
            "select {columns} from {source} where _n = %s", [n], columns=columns, source=sql.Identifier(source)
        )[0]
        reason = without_values(error.diag.message_primary or type(error).__name__, cells)
        return cells[names.index(self.key)], reason

    def _copy(self, file: SyncFile) -> None:
        table = "kizuna_gone" if file.is_deletes else "kizuna_rows"
        names = [self.key] if file.is_deletes else self.columns
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        target = sql.SQL("{} ({})").format(sql.Identifier(table), columns)
        options = "format csv, header true"
        if not file.is_csv:
            # A line of JSON is one cell: no sign of CSV stands in it unescaped.
            self._do("create temporary table kizuna_lines (line text) on commit drop")
            target, options = sql.Composed([sql.SQL("kizuna_lines")]), r"format csv, quote E'\x01', delimiter E'\x02'"
        is_read_here = file.is_csv and len(names) == 1
        if is_read_here:
            options = "format text"
        with self.connection.cursor() as cursor:
            with cursor.copy(sql.SQL("copy {} from stdin ({})").format(target, sql.SQL(options))) as copy:
                if is_read_here:
                    _write_cells(copy, file)
                else:
                    _write_blocks(copy, file)
            if cursor.rowcount != file.rows:
                raise DestinationFailed(
                    f"table {self.schema}.{self.name}: {cursor.rowcount} rows of {file.path.name} arrived, its manifest"
                    f" says {file.rows}; prepare it again"
                )
        if not file.is_csv:
            values = sql.SQL(", ").join(sql.SQL("line::jsonb ->> {}").format(sql.Literal(name)) for name in names)
            self._do(
                "insert into {into} ({columns}) select {values} from kizuna_lines",
                into=sql.Identifier(table),
                columns=columns,
                values=values,
            )
            self._do("drop table kizuna_lines")

    @property
    def _key(self) -> sql.Identifier:
        return sql.Identifier(self.key)

    def _cast(self, name: str) -> sql.Composed:
        return sql.SQL("cast(incoming.{} as {})").format(sql.Identifier(name), self.casts[name])

    def _exists(self, name: str) -> bool:
        return bool(
            self._ask(
                "select 1 from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
                " where nspname = %s and relname = %s",
                [self.schema, name],
            )
        )

    def _types(self) -> dict[str, tuple[str, str]]:
        """column -> (its type as SQL, the type's category).

        The type comes without its length: a cast to varchar(40) would cut a longer text, where an assignment refuses
        it.
        """
        return {
            name: (kind, category)
            for name, kind, category in self._ask(
                "select attname, format_type(atttypid, -1), typcategory from pg_attribute"
                " join pg_type on pg_type.oid = atttypid"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
                [self.table.as_string(self.connection)],
            )
        }

    def _is_unique(self, key: str) -> bool:
        return bool(
            self._ask(
                "select 1 from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]"
                " where indrelid = %s::regclass and indisunique and indisvalid and indnkeyatts = 1 and attname = %s"
                " and indpred is null and indexprs is null",
                [self.table.as_string(self.connection), key],
            )
        )

    def _ask(self, query: str, values: list[Any] | None = None, **names: sql.Composable) -> list[tuple]:
        return self.connection.execute(self._composed(query, names), values).fetchall()

    def _do(self, statement: str, **names: sql.Composable) -> None:
        self.connection.execute(self._composed(statement, names))

    def _composed(self, text: str, names: dict[str, sql.Composable]) -> sql.Composed:
        known = {"table": self.table, "syncs": self.syncs, "schema": sql.Identifier(self.schema), "key": self._key}
        return sql.SQL(text).format(**known | names)


def _write_blocks(copy: psycopg.Copy, file: SyncFile) -> None:
    with file.path.open("rb") as handle:
        while block := handle.read(BLOCK):
            copy.write(block)


def _write_cells(copy: psycopg.Copy, file: SyncFile) -> None:
    """A file of one column, cell by cell, each escaped: servers before 17 take a line of `\\.` alone for the end of
    CSV. No row of more columns is such a line.
    """
    with file.path.open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        next(rows)
        for row in rows:
            copy.write_row(row or [None])
