"""What a destination has: the fold of the ledger's rows files.

A rows file holds key, row_hash, quick, customer_id, op (added, changed, removed, held_back; unchanged where only
`quick` is news), status (accepted, held_back, rejected, unknown), reason, sync_id, and row_key: the salted hash of a
key of which nothing else is left (see `forgetting`). A key stands at most once among a file's accepted and unknown
rows. Files lack columns that they have no use for, or that came after them.

`unknown`: a row of a sync that may have reached the receiver in part. Whether it has the old row, the new one or none,
nobody can say, so it is taken as there, with a hash that equals nothing: it is sent again, or deleted. So is a changed
row that the receiver refused: it keeps what it had, which under a new schema may be the same text and yet another row.
"""

from collections.abc import Sequence
from pathlib import Path

from dagster_project.sql import literal

UNKNOWN_HASH = ""
NO_ROWS = (
    "select null::varchar as key, null::varchar as row_hash, null::ubigint as quick, null::varchar as customer_id,"
    " null::varchar as op, null::varchar as status, null::varchar as reason, null::varchar as sync_id,"
    " null::varchar as row_key where false"
)


def ledger_rows(files: Sequence[Path]) -> str:
    """SQL of all rows of `files`, with every column, whichever version wrote them."""
    if not files:
        return NO_ROWS
    names = ", ".join(map(literal, files))
    return f"{NO_ROWS} union all by name select * from read_parquet([{names}], union_by_name = true)"


def accepted_rows(files: Sequence[Path]) -> str:
    """SQL of (key, row_hash, quick, customer_id, sync_id, is_new): what the destination has after all `files`.

    `files` are oldest first. is_new: an unknown row that no sync before had accepted. The first file is the large one
    (a snapshot, or the first sync): the others are folded by themselves and laid over it.
    """
    if len(files) <= 1:
        return f"select * exclude (is_gone) from ({_taken(files)}) where not is_gone"
    return (
        f"with base as ({_taken(files[:1])}), news as ("
        "select * exclude (place) from ("
        "select *, row_number() over (partition by key order by sync_id desc nulls last) as place"
        f" from ({_taken(files[1:])})) where place = 1)"
        " select * exclude (is_gone) from base anti join news on news.key = base.key where not is_gone"
        " union all select * exclude (is_gone) from news where not is_gone"
    )


def _taken(files: Sequence[Path]) -> str:
    refused = "status = 'rejected' and op in ('changed', 'unchanged')"
    unknown = f"(status = 'unknown' or {refused})"
    return (
        f"select key, case when {unknown} then '{UNKNOWN_HASH}' else row_hash end as row_hash,"
        f" case when {unknown} then null else quick end as quick, customer_id, sync_id,"
        f" {unknown} and op = 'added' as is_new, op = 'removed' and status = 'accepted' as is_gone"
        f" from ({ledger_rows(files)}) where status = 'accepted' or {unknown}"
    )
