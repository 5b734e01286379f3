"""A PostgreSQL table: upserts and deletions of a sync in one transaction, which also notes the sync."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

import certifi
import psycopg
from pydantic import Field, model_validator

from dagster_project.activation.feeds.destinations.persistence import persistently
from dagster_project.activation.feeds.destinations.postgresql_table import SYNCS, Target
from dagster_project.activation.feeds.destinations.protocol import DestinationFailed, Receipt, Sync
from dagster_project.activation.feeds.destinations.rows import read_manifest, sync_files
from dagster_project.activation.feeds.destinations.settings import (
    Host,
    PublicFile,
    Remote,
    Variable,
    from_environment,
    is_loopback,
    public_file,
)
from dagster_project.home import Home

IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*$"
PASSING = ("08", "40", "53", "55P03", "57P")  # lost connection, deadlock, no room, lock not to be had, shutting down
WAITING_ROOM = re.compile(r"starting up|shutting down|recovery|too many|remaining connection slots", re.IGNORECASE)
T = TypeVar("T")


class PostgresqlSettings(Remote):
    """`type: postgresql`. `table` is the feed's id where it is not given; `tls: false` to this machine alone."""

    WHERE: ClassVar[tuple[str, ...]] = ("host", "port", "database", "schema", "table")
    type: Literal["postgresql"]
    host: Host
    port: int = Field(default=5432, ge=1, le=65_535)
    database: str = Field(min_length=1, max_length=63, pattern=r"^[^\x00-\x1f=:/]+$")  # a name, no address
    user: str = Field(min_length=1, max_length=63, pattern=r"^[^\x00-\x1f]+$")
    password_env: Variable | None = None
    schema_name: str = Field(default="public", alias="schema", max_length=63, pattern=IDENTIFIER)
    table: str | None = Field(default=None, max_length=63, pattern=IDENTIFIER)
    tls: bool = True
    certificates: PublicFile | None = None  # of the server's own authority, in place of the public ones

    @model_validator(mode="after")
    def _tls_or_loopback(self) -> "PostgresqlSettings":
        if not self.tls and not is_loopback(self.host):
            raise ValueError("tls: false is allowed to this machine alone")
        return self


class PostgresqlDestination:
    """A sync becomes rows of the table and one row of `kizuna_syncs` beside it, or nothing at all."""

    by_row = True
    leaves_parts = False

    def __init__(self, settings: PostgresqlSettings, home: Home):
        self.settings = settings
        self.host = f"{settings.host}:{settings.port}, database {settings.database}"
        self.may_be_there = False

    def send(self, sync: Sync, folder: Path, names: list[str]) -> Receipt:
        """See Destination. A sync that the database has is not applied again."""
        manifest = read_manifest(folder)
        files = sync_files(folder, manifest)

        def act(connection: psycopg.Connection) -> list[tuple[str, str]]:
            target = self._target(connection, sync)
            taken = target.taken(sync)
            if taken is not None:
                return taken
            target.match(manifest["columns"], manifest["key"])
            target.load(files)
            rejected = target.apply()
            target.note(sync, manifest, rejected)
            return rejected

        self.may_be_there = False
        try:
            return self._receipt(sync, self._run(act))
        except DestinationFailed as error:
            error.sent_nothing = not self.may_be_there
            raise

    def holds(self, sync: Sync) -> Receipt | None:
        """See Destination."""
        taken = self._run(lambda connection: self._target(connection, sync).taken(sync))
        return None if taken is None else self._receipt(sync, taken)

    def discard(self, sync: Sync) -> None:
        """See Destination. The transaction left nothing."""

    def _target(self, connection: psycopg.Connection, sync: Sync) -> Target:
        return Target(connection, self.settings.schema_name, self.settings.table or sync[0])

    def _run(self, act: Callable[[psycopg.Connection], T]) -> T:
        def once() -> T:
            with self._told(), self._connection() as connection, connection.transaction():
                result = act(connection)
                self.may_be_there = True  # from here on, until the commit is answered
                return result

        return persistently(self.settings, once)

    def _connection(self) -> psycopg.Connection:
        settings = self.settings
        milliseconds = int(settings.timeout_seconds * 1000)
        certificates = public_file(settings.certificates) if settings.certificates else Path(certifi.where())
        return psycopg.connect(
            host=settings.host,
            port=settings.port,
            dbname=settings.database,
            user=settings.user,
            password=from_environment(settings.password_env, "password", self.host) if settings.password_env else None,
            passfile="/dev/null",  # only what the YAML names
            gssencmode="disable",
            sslmode="verify-full" if settings.tls else "disable",
            sslrootcert=str(certificates),
            connect_timeout=max(2, int(settings.timeout_seconds)),
            tcp_user_timeout=milliseconds,
            application_name="kizuna",
            options=f"-c lock_timeout={milliseconds} -c client_encoding=UTF8 -c TimeZone=UTC -c DateStyle=ISO"
            f" -c statement_timeout={int(settings.give_up_after_seconds * 1000)} -c standard_conforming_strings=on",
        )

    def _receipt(self, sync: Sync, rejected: list[tuple[str, str]]) -> Receipt:
        settings = self.settings
        place = f"postgresql://{settings.host}:{settings.port}/{settings.database}"
        return Receipt(f"{place}, table {settings.schema_name}.{settings.table or sync[0]}", tuple(rejected))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Every error of the server in words of ours: its own may quote rows."""
        try:
            yield
        except DestinationFailed as error:
            error.strerror = f"{self.host}: {error.strerror}" if self.host not in str(error) else error.strerror
            raise
        except psycopg.Error as error:
            raise self._failed(error) from None

    def _failed(self, error: psycopg.Error) -> DestinationFailed:
        settings, host, state, words = self.settings, self.host, error.sqlstate or "", str(error)
        if not state:
            return self._unconnected(words)
        kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
        if state.startswith(PASSING):
            return DestinationFailed(f"{host}: {kind}; look whether the server is up and free", True)
        if state == "42501":
            return DestinationFailed(
                f"{host}: user {settings.user} may not do this; grant usage and create on schema"
                f" {settings.schema_name}, and select, insert, update and delete on the table and on {SYNCS}"
            )
        if state == "57014":
            return DestinationFailed(
                f"{host}: a statement took more than {settings.give_up_after_seconds:g} s;"
                " raise give_up_after_seconds, or look at what holds the table"
            )
        return DestinationFailed(f"{host}: {kind} (SQLSTATE {state}); look at the table's triggers, rules and rights")

    def _unconnected(self, words: str) -> DestinationFailed:
        """libpq gives a failed connection no code, only words."""
        settings, host = self.settings, self.host
        if "SSL" in words or "certificate" in words:
            return DestinationFailed(
                f"{host}: no TLS that can be trusted; switch TLS on there, and name its authority's file as"
                " `certificates`, or correct the host's name"
            )
        if "FATAL" in words and not WAITING_ROOM.search(words):
            named = f" and {settings.password_env}" if settings.password_env else ", and password_env"
            return DestinationFailed(f"{host} refuses user {settings.user}; look at user, database{named}")
        return DestinationFailed(f"{host}: no connection, or it broke; look whether the server is up", True)
