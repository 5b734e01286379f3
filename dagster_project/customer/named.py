"""Whom a word on the command line means.

A user names a person by customer_id or by `kind:value`; the value is normalised and hashed as the pipeline does it,
so no address need be stored in a mart to be found again.
"""

import duckdb

from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.identity.given import current_id, hashed


def customer_of(con: duckdb.DuckDBPyConnection, home: Home, word: str) -> str:
    """The current customer_id of a customer_id (an older one included) or `kind:value`. Raises UsageError."""
    if ":" not in word:
        return current_id(con, word)
    rows = con.execute(
        "select customer_id from marts.customer_identifiers where identifier_kind = ? and identifier_hash = ?",
        list(hashed(home.salt(), word)),
    ).fetchall()
    if not rows:
        raise UsageError(f"nobody is known by this {word.partition(':')[0]}")
    return str(rows[0][0])
