"""Current rows against the rows that the destination last accepted: set-based, by key, over the declared columns.

Writing a row as text costs many times what reading it does. So rows are first held against the ledger by `quick`, a
hash of the raw values; only those that it does not know are written, hashed as text and compared by key. `quick` holds
for one version of the engine and one declaration; where either changed, every row is written once and compared.
"""

import hashlib
from collections.abc import Set
from pathlib import Path

import duckdb
from pydantic import BaseModel, Field

from dagster_project.activation.feeds.accepted import accepted_rows
from dagster_project.activation.feeds.binding import BoundFeed
from dagster_project.activation.feeds.erasure import REASON as ERASED
from dagster_project.activation.feeds.lines import line
from dagster_project.activation.feeds.recipients import NO_ADDRESSES, hashed
from dagster_project.sql import literal

TABLES = ("feed_difference", "feed_accepted", "feed_rest", "feed_wanted", "feed_keys", "feed_rows", "feed_erased")


NAMELESS = "to be deleted, but its address is not known any more: put recipients/ of this home's backup back"


class Counts(BaseModel):
    """Rows of one sync; each current or accepted row counts in exactly one. `erased` and `unsure` (which may never have
    arrived) are among the removed, and have no row in common.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    held_back: int = 0
    erased: int = Field(default=0, exclude=True)
    unsure: int = Field(default=0, exclude=True)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell the receiver."""
        return self.added + self.changed + self.removed == 0


def compare(
    con: duckdb.DuckDBPyConnection,
    bound: BoundFeed,
    accepted: list[Path],
    salt: str,
    erased: Set[str] = frozenset(),
    everything: bool = False,
    whole: bool = False,
    held: str = NO_ADDRESSES,
) -> Counts:
    """Fill the temp tables feed_accepted and feed_difference (key, sent_key, line, row_hash, quick, customer_id, op,
    reason, is_stale), and count.

    `key` is the ledger's, `sent_key` the receiver's (null for removed rows). `line` is the row as the file will hold
    it, without its line end. op: added, changed, removed, held_back, and unchanged: all such rows if `whole`, else
    those alone whose text had to be compared; renamed: the ledger knew a row that is sent by another key. is_stale:
    the ledger does not know its `quick`. `accepted` are ledger files; `held` is SQL of (key, address), those that the
    receiver holds. With `everything`, rows that the destination has count as changed though their text may be the
    same: its table has to be made anew.

    A held-back key is neither new nor gone: what the receiver has of it stays until the row is good again. A row about
    a customer in `erased` is held back, and deleted where the receiver has it.
    """
    begin(con, accepted, erased)
    looked_up = accepted and not everything and not whole
    if looked_up:
        _look_up(con, bound, salt)
    else:
        con.execute("create temp table feed_rest as select * from feed_accepted")
    con.execute(f"create temp table feed_rows as {_rows(bound, salt, only_wanted=bool(looked_up))}")
    con.execute(f"create temp table feed_difference as {_difference(bound, everything)}")
    if bound.feed.is_personal or everything:
        tell_names(con, held, bound.feed.is_personal)
    found = dict(con.execute("select op, count(*) from feed_difference group by op").fetchall())
    known = accepted_count(con, "feed_accepted") - accepted_count(con, "feed_rest")
    gone = accepted_count(con, "feed_difference", f"op = 'removed' and reason = '{ERASED}'")
    unsure = "op = 'removed' and reason is null and key in (select key from feed_accepted where is_new)"
    unsure_rows = accepted_count(con, "feed_difference", unsure)
    found.pop("renamed", None)
    return Counts(**{**found, "unchanged": found.get("unchanged", 0) + known}, erased=gone, unsure=unsure_rows)


def begin(con: duckdb.DuckDBPyConnection, accepted: list[Path], erased: Set[str]) -> None:
    """Fill feed_accepted, what the destination has after these ledger files, and feed_erased."""
    drop_tables(con)
    con.execute(f"create temp table feed_accepted as {accepted_rows(accepted)}")
    con.execute("create temp table feed_erased as select unnest(?::varchar[]) as customer_id", [sorted(erased)])


def tell_names(con: duckdb.DuckDBPyConnection, held: str, is_personal: bool) -> None:
    """Look at the removed rows of feed_difference by the name that the receiver knows them by.

    One that this sync sends is not deleted by it: the feed's keys became hashes, are none any more, or the salt is
    another. One whose address nobody knows any more is held back: its hash would delete nothing.
    """
    con.execute(
        "update feed_difference set op = 'renamed', reason = 'sent under another key' from ("
        f"select gone.key from feed_difference as gone left join ({held}) as held on held.key = gone.key"
        " where gone.op = 'removed' and coalesce(held.address, gone.key) in"
        " (select sent_key from feed_difference where op in ('added', 'changed', 'unchanged'))"
        ") as renamed where feed_difference.op = 'removed' and feed_difference.key = renamed.key"
    )
    if is_personal:
        con.execute(
            f"update feed_difference set op = 'held_back', reason = {literal(NAMELESS)} where op = 'removed'"
            f" and regexp_full_match(key, '[0-9a-f]{{32}}') and key not in (select key from ({held}))"
        )


def accepted_count(con: duckdb.DuckDBPyConnection, table: str = "feed_accepted", where: str = "true") -> int:
    """How many rows the destination has, after `compare`."""
    return int(con.execute(f"select count(*) from {table} where {where}").fetchall()[0][0])


def drop_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Give the memory of a comparison back."""
    for table in TABLES:
        con.execute(f"drop table if exists temp.{table}")


def held_back_reasons(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows each reason holds back."""
    return dict(
        con.execute(
            "select reason, count(*) from feed_difference where op = 'held_back'"
            " group by reason order by count(*) desc, reason"
        ).fetchall()
    )


def _look_up(con: duckdb.DuckDBPyConnection, bound: BoundFeed, salt: str) -> None:
    """Fill feed_wanted (feed_raw_key, feed_ledger_key; names that no mart has), the keys to look at, and feed_rest, the
    accepted rows to hold against them.

    Looked at are rows that `quick` does not know, keys that occur twice, and what concerns erased customers.
    """
    key, text = f"c{bound.key}", bound.cells[bound.key].text
    is_erased = "customer_id in (select customer_id from feed_erased)"
    con.execute(
        f"create temp table feed_keys as select {key}, {_quick(bound, salt)} as quick, {is_erased} as is_erased"
        f" from ({_raw_values(bound)})"
    )
    con.execute(f"""
        create temp table feed_wanted as
        with wanted as (
            select {key} from feed_keys anti join feed_accepted on feed_accepted.quick = feed_keys.quick
            union
            select {key} from feed_keys
            where {text} in (select {text} from feed_keys group by {text} having count(*) > 1)
            union
            select {key} from feed_keys
            where is_erased or quick in (select quick from feed_accepted where {is_erased})
        )
        select {key} as feed_raw_key, {_ledger_key(bound, salt, text)} as feed_ledger_key from wanted
    """)
    con.execute(f"""
        create temp table feed_rest as
        select feed_accepted.* from feed_accepted anti join feed_keys on feed_keys.quick = feed_accepted.quick
        union
        select * from feed_accepted where key in (select feed_ledger_key from feed_wanted) or {is_erased}
    """)
    con.execute("drop table feed_keys")


def _rows(bound: BoundFeed, salt: str, only_wanted: bool) -> str:
    """SQL of (key, sent_key, line, row_hash, quick, customer_id, reason), one row per row of the feed's source."""
    cells, key = bound.cells, f"t{bound.key}"
    expression = bound.feed.columns[bound.key].sql
    wanted = (
        f" semi join feed_wanted on feed_wanted.feed_raw_key is not distinct from ({expression})" if only_wanted else ""
    )
    texts = ", ".join(f"{cell.text} as t{position}" for position, cell in enumerate(cells))
    content = f"{literal(salt)} || line" if bound.feed.is_personal else "line"
    return (
        f"with texts as (select *, {texts} from ({_raw_values(bound)}{wanted})),"
        f" written as (select {_ledger_key(bound, salt, key)} as key, {key} as sent_key,"
        f" {line(cells, bound.feed.format == 'csv')} as line, {_quick(bound, salt)} as quick, customer_id,"
        f" coalesce({', '.join(cell.problem for cell in cells)}) as reason from texts)"
        f" select key, sent_key, line, md5({content}) as row_hash, quick, customer_id, reason from written"
    )


def _difference(bound: BoundFeed, everything: bool) -> str:
    differs = "true" if everything else "accepted.row_hash <> current_rows.row_hash"
    return f"""
        with accepted as (select * from feed_rest),
        repeated as (select key from feed_rows where key is not null group by key having count(*) > 1),
        checked as (
            select feed_rows.* exclude (reason),
                coalesce(
                    case when feed_erased.customer_id is not null then '{ERASED}' end,
                    feed_rows.reason,
                    case when repeated.key is not null then '{bound.feed.key}: key occurs more than once' end
                ) as reason
            from feed_rows
            left join repeated on repeated.key = feed_rows.key
            left join feed_erased on feed_erased.customer_id = feed_rows.customer_id
        ),
        forgotten as (select distinct key from checked where reason = '{ERASED}'),
        current_rows as (
            select * from checked
            where reason is distinct from '{ERASED}' or (key in (select key from accepted)) is not true
        )
        select coalesce(current_rows.key, accepted.key) as key, current_rows.sent_key, current_rows.line,
            current_rows.row_hash, current_rows.quick,
            coalesce(current_rows.customer_id, accepted.customer_id) as customer_id,
            current_rows.quick is distinct from accepted.quick as is_stale,
            case
                when current_rows.row_hash is not null then current_rows.reason
                when feed_erased.customer_id is not null or forgotten.key is not null then '{ERASED}'
            end as reason,
            case
                when current_rows.row_hash is null then 'removed'
                when current_rows.reason is not null then 'held_back'
                when accepted.key is null or accepted.is_new then 'added'
                when {differs} then 'changed'
                else 'unchanged'
            end as op
        from current_rows
        full join accepted on accepted.key = current_rows.key
        left join feed_erased on feed_erased.customer_id = accepted.customer_id
        left join forgotten on forgotten.key = accepted.key
    """


def _raw_values(bound: BoundFeed) -> str:
    raw = ", ".join(cell.raw for cell in bound.cells)
    return f"select {raw}, {bound.subject} as customer_id from ({bound.relation}) as source"


def _quick(bound: BoundFeed, salt: str) -> str:
    """SQL of a hash of a row's customer and raw values, which no other engine, declaration or home gives."""
    signature = repr((duckdb.__version__, bound.feed.format, bound.cells, salt))
    values = ", ".join(f"c{position}" for position in range(len(bound.cells)))
    return f"hash({literal(hashlib.sha256(signature.encode()).hexdigest())}, customer_id, {values})"


def _ledger_key(bound: BoundFeed, salt: str, text: str) -> str:
    return hashed(salt, text) if bound.feed.is_personal else text
