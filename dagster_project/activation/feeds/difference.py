"""Current rows against the rows that the destination last accepted: set-based, by key, over the declared
columns.
"""

from pathlib import Path

import duckdb
from pydantic import BaseModel

from dagster_project.activation.feeds.binding import BoundFeed, Cell
from dagster_project.sql import literal

COMMA = " || ',' || "


class Counts(BaseModel):
    """Rows of one sync; each current or accepted row counts in exactly one."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    held_back: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell the receiver."""
        return self.added + self.changed + self.removed == 0


def compare(con: duckdb.DuckDBPyConnection, bound: BoundFeed, accepted: list[Path], everything: bool) -> Counts:
    """Fill temp tables feed_accepted (key, row_hash) and feed_difference (key, line, row_hash, op, reason);
    count the latter.

    `line` is the row as the file will hold it, without its line end; null for removed rows. op: added,
    changed, removed, unchanged, held_back. `accepted` are ledger files. With `everything`, rows that the
    destination has count as changed though their text may be the same: its table has to be made anew.

    A held-back key is neither new nor gone: what the receiver has of it stays until the row is good again.
    """
    con.execute(f"create or replace temp table feed_rows as {_rows(bound)}")
    con.execute(f"create or replace temp table feed_accepted as {accepted_rows(accepted)}")
    differs = "true" if everything else "accepted.row_hash <> current_rows.row_hash"
    con.execute(f"""
        create or replace temp table feed_difference as
        with accepted as (select key, row_hash from feed_accepted),
        repeated as (select key from feed_rows where key is not null group by key having count(*) > 1),
        current_rows as (
            select feed_rows.key, feed_rows.line, feed_rows.row_hash,
                coalesce(
                    feed_rows.reason, case when repeated.key is not null then '{_twice(bound)}' end
                ) as reason
            from feed_rows left join repeated on repeated.key = feed_rows.key
        )
        select coalesce(current_rows.key, accepted.key) as key, current_rows.line as line,
            current_rows.row_hash as row_hash, current_rows.reason as reason,
            case
                when current_rows.row_hash is null then 'removed'
                when current_rows.reason is not null then 'held_back'
                when accepted.key is null then 'added'
                when {differs} then 'changed'
                else 'unchanged'
            end as op
        from current_rows full join accepted on accepted.key = current_rows.key
    """)
    con.execute("drop table feed_rows")
    found = con.execute("select op, count(*) from feed_difference group by op").fetchall()
    return Counts(**dict(found))


def accepted_count(con: duckdb.DuckDBPyConnection) -> int:
    """How many rows the destination has, after `compare`."""
    return int(con.execute("select count(*) from feed_accepted").fetchall()[0][0])


def drop_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Give the memory of a comparison back."""
    con.execute("drop table if exists feed_difference")
    con.execute("drop table if exists feed_accepted")


def accepted_rows(ledger_files: list[Path]) -> str:
    """SQL of (key, row_hash): what the destination has after all the syncs in `ledger_files`."""
    if not ledger_files:
        return "select null::varchar as key, null::varchar as row_hash where false"
    names = ", ".join(map(literal, ledger_files))
    taken = f"select * from read_parquet([{names}]) where status = 'accepted'"
    if len(ledger_files) == 1:
        return f"select key, row_hash from ({taken}) where op <> 'removed'"
    return (
        "select key, row_hash from ("
        "select key, max_by(row_hash, sync_id) as row_hash, max_by(op, sync_id) as op"
        f" from ({taken}) group by key) where op <> 'removed'"
    )


def held_back_reasons(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows each reason holds back."""
    return dict(
        con.execute(
            "select reason, count(*) from feed_difference where op = 'held_back'"
            " group by reason order by count(*) desc, reason"
        ).fetchall()
    )


def _twice(bound: BoundFeed) -> str:
    return f"{bound.feed.key}: key occurs more than once"


def _rows(bound: BoundFeed) -> str:
    """SQL of (key, line, row_hash, reason), one row per row of the feed's source."""
    cells = bound.cells
    key = next(position for position, cell in enumerate(cells) if cell.name == bound.feed.key)
    written = _csv_line(cells) if bound.feed.format == "csv" else _json_line(cells)
    texts = ", ".join(f"{cell.text} as t{position}" for position, cell in enumerate(cells))
    return (
        f"with raw_values as (select {', '.join(cell.raw for cell in cells)}"
        f" from ({bound.relation}) as source),"
        f" texts as (select *, {texts} from raw_values),"
        f" written as (select t{key} as key, {written} as line,"
        f" coalesce({', '.join(cell.problem for cell in cells)}) as reason from texts)"
        " select key, line, md5(line) as row_hash, reason from written"
    )


def needs_quotes(text: str) -> str:
    """SQL of whether CSV has to quote `text`."""
    return f"""regexp_matches({text}, '[",\\n\\r]')"""


def in_quotes(text: str) -> str:
    """SQL of `text` quoted for CSV."""
    return f"""'"' || replace({text}, '"', '""') || '"'"""


def _csv_line(cells: tuple[Cell, ...]) -> str:
    """SQL of the row in CSV. Few rows hold a sign that needs quotes: one look at the row saves one at every
    cell.
    """
    plain = [f"coalesce(t{n}, '')" for n in range(len(cells))]
    quoted = [
        f"case when {needs_quotes(f't{n}')} then {in_quotes(f't{n}')} else {cell} end"
        if cells[n].type == "string"
        else cell
        for n, cell in enumerate(plain)
    ]
    words = [cell for n, cell in enumerate(plain) if cells[n].type == "string"] or ["''"]
    return f"case when {needs_quotes(' || '.join(words))} then {COMMA.join(quoted)} else {COMMA.join(plain)} end"


def _json_line(cells: tuple[Cell, ...]) -> str:
    def value(n: int, cell: Cell) -> str:
        plain = cell.type in {"integer", "number", "boolean"}
        return f"coalesce({f't{n}' if plain else f'cast(to_json(t{n}) as varchar)'}, 'null')"

    members = " || ', ' || ".join(f"'\"{cell.name}\": ' || {value(n, cell)}" for n, cell in enumerate(cells))
    return f"'{{' || {members} || '}}'"
