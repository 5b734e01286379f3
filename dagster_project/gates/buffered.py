"""A SQLAlchemy dialect `duckdb.buffered`: duckdb-engine with results fetched at once.

Great Expectations 1.24 has no DuckDB source, and through SQLAlchemy it closes the connection before it fetches, so
every expectation fails. Buffering by SQLAlchemy's own strategy mends it. The connection carries no settings of
its own, since DuckDB refuses a second connection to one file with other settings.
"""

from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy


class _BufferedContext(Dialect.execution_ctx_cls):  # type: ignore[misc,valid-type]
    def post_exec(self) -> None:
        if self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, initial_buffer=self.cursor.fetchall()
            )


class BufferedDialect(Dialect):
    """duckdb-engine's dialect whose results outlive their connection."""

    supports_statement_cache = False
    execution_ctx_cls = _BufferedContext

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """A plain connection to the file, without duckdb-engine's user agent."""
        return ConnectionWrapper(duckdb.connect(options["database"]))


def register() -> None:
    """Make `duckdb+buffered://` known to SQLAlchemy."""
    registry.register("duckdb.buffered", __name__, "BufferedDialect")
