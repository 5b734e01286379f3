"""Whom a word on the command line means.

A user names a person by customer_id or by `kind:value`; the value is normalised and hashed as the pipeline does it,
so no address need be stored in a mart to be found again.
"""

import duckdb

from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.identity.given import hashed


def customer_of(con: duckdb.DuckDBPyConnection, home: Home, word: str) -> str:
    """The current customer_id of a customer_id (an older one included) or `kind:value`. Raises UsageError."""
    if ":" not in word:
        rows = con.execute("select customer_id from marts.customer_aliases where alias_id = ?", [word]).fetchall()
        if rows and rows[0][0] is None:
            raise UsageError(f"{word} was published once, but its identifiers are gone")
    else:
        rows = con.execute(
            "select customer_id from marts.customer_identifiers where identifier_kind = ? and identifier_hash = ?",
            list(hashed(home.salt(), word)),
        ).fetchall()
    if not rows:
        raise UsageError(f"nobody is known by this {word.partition(':')[0] if ':' in word else 'customer_id'}")
    return rows[0][0]
