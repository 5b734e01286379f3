"""Tables of schema run that hold what stands in files of the ledger: they are kept from run to run, and only files that
have come since are read. Where a file that was read is gone or is not what it was, all are read again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.files import state_of


@contextmanager
def unread(con: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path]) -> Iterator[tuple[bool, list[Path]]]:
    """(whether run.<name> holds what the other files say; those that are still to be read).

    What is done within goes in with the note of it, in one transaction.
    """
    con.execute("create table if not exists run.ledger_files (name varchar, file varchar, state varchar)")
    there = {file.name: state_of(file) for file in files}
    held = dict(con.execute("select file, state from run.ledger_files where name = ?", [name]).fetchall())
    is_kept = bool(held) and held.items() <= there.items()
    con.begin()
    try:
        yield is_kept, [file for file in files if not is_kept or file.name not in held]
        con.execute("delete from run.ledger_files where name = ?", [name])
        con.execute(
            "insert into run.ledger_files select ?, unnest(cast(? as varchar[])), unnest(cast(? as varchar[]))",
            [name, list(there), list(there.values())],
        )
        con.commit()
    except BaseException:
        con.rollback()
        raise
