"""A folder on an SFTP server: the sync's files, its manifest last and by one rename."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

import asyncssh
from pydantic import Field, model_validator

from dagster_project.activation.feeds.destinations.persistence import persistently
from dagster_project.activation.feeds.destinations.protocol import MANIFEST, DestinationFailed, Receipt, Sync
from dagster_project.activation.feeds.destinations.settings import (
    Host,
    Prefix,
    PublicFile,
    Remote,
    Variable,
    from_environment,
    public_file,
)
from dagster_project.home import Home

T = TypeVar("T")
LOST = (
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    asyncssh.DisconnectError,
    ConnectionResetError,
    BrokenPipeError,
)


class SftpSettings(Remote):
    """`type: sftp`. `path` is where the feeds' folders begin, from the login folder or from /.

    Give `password_env`, or `key_file_env` (a variable that holds the path of the private key), or both.
    """

    WHERE: ClassVar[tuple[str, ...]] = ("host", "port", "user", "path")
    type: Literal["sftp"]
    host: Host
    port: int = Field(default=22, ge=1, le=65_535)
    user: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*$")
    path: Prefix = "."
    known_hosts: PublicFile
    password_env: Variable | None = None
    key_file_env: Variable | None = None
    passphrase_env: Variable | None = None

    @model_validator(mode="after")
    def _some_proof(self) -> "SftpSettings":
        if not self.password_env and not self.key_file_env:
            raise ValueError("give password_env or key_file_env")
        return self


class _Session:
    """An open connection that is cut after `seconds` of silence, so that nothing waits for an answer for ever."""

    def __init__(self, connection: asyncssh.SSHClientConnection, seconds: float):
        self.connection, self.seconds = connection, seconds
        self.was_silent = False
        self.limit: asyncio.TimerHandle | None = None
        self.sftp: asyncssh.SFTPClient

    def moves(self) -> None:
        """Something happened: the silence begins anew."""
        if self.limit:
            self.limit.cancel()
        self.limit = asyncio.get_running_loop().call_later(self.seconds, self._cut)

    def close(self) -> None:
        """Let go at once. Whatever was asked for has been answered, or never will be."""
        if self.limit:
            self.limit.cancel()
        self.connection.abort()

    def _cut(self) -> None:
        self.was_silent = True
        self.connection.abort()


class SftpDestination:
    """A sync becomes `<path>/<feed_id>/<sync_id>/`; without its manifest it is not there."""

    by_row = False
    leaves_parts = False

    def __init__(self, settings: SftpSettings, home: Home):
        self.settings = settings
        self.host = f"{settings.host}:{settings.port}"
        self.was_open = False

    def send(self, sync: Sync, folder: Path, names: list[str]) -> Receipt:
        """See Destination. A file whose size differs on the server is sent again with all others."""

        async def act(session: _Session) -> None:
            place = self._place(sync)
            if await session.sftp.isfile(f"{place}/{MANIFEST}"):
                return  # only the answer to the last rename was lost
            await session.sftp.makedirs(place, exist_ok=True)
            for name in names:
                target = f"{place}/{name}.part" if name == MANIFEST else f"{place}/{name}"
                await session.sftp.put(folder / name, target, progress_handler=lambda *_: session.moves())
                session.moves()
                if (await session.sftp.stat(target)).size != (folder / name).stat().st_size:
                    raise DestinationFailed(f"{self.host}: {name} did not arrive whole; send it again", True)
                if target.endswith(".part"):
                    await session.sftp.rename(target, f"{place}/{name}")  # what every server knows

        self.was_open = False
        try:
            self._run(act)
        except DestinationFailed as error:
            error.sent_nothing = not self.was_open
            raise
        return self._receipt(sync)

    def holds(self, sync: Sync) -> Receipt | None:
        """See Destination."""

        async def act(session: _Session) -> bool:
            return await session.sftp.isfile(f"{self._place(sync)}/{MANIFEST}")

        return self._receipt(sync) if self._run(act) else None

    def discard(self, sync: Sync) -> None:
        """See Destination. Leaves a sync that is whole."""

        async def act(session: _Session) -> None:
            place = self._place(sync)
            if await session.sftp.isdir(place) and not await session.sftp.isfile(f"{place}/{MANIFEST}"):
                await session.sftp.rmtree(place)

        self._run(act)

    def _run(self, act: Callable[[_Session], Awaitable[T]]) -> T:
        async def whole() -> T:
            async with self._session() as session:
                return await act(session)

        def once() -> T:
            try:
                return asyncio.run(whole())
            except DestinationFailed:
                raise
            except (OSError, asyncssh.Error, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
                raise self._failed(error) from None

        return persistently(self.settings, once)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[_Session]:
        settings = self.settings
        known_hosts = public_file(settings.known_hosts)
        if not os.access(known_hosts, os.R_OK):
            raise DestinationFailed(f"{self.host}: the file {known_hosts} is missing; {self._how_to_know_it()}")
        try:
            hosts = asyncssh.read_known_hosts(str(known_hosts))
        except ValueError:
            words = f"the file {known_hosts} holds a line that is no known host; correct it"
            raise DestinationFailed(f"{self.host}: {words}") from None
        password, keys = self._proofs()
        connection = await asyncssh.connect(
            settings.host,
            settings.port,
            config=None,  # the machine's own ssh_config may switch checks off
            username=settings.user,
            password=password,
            client_keys=keys,
            agent_path=None,
            known_hosts=hosts,
            gss_host=None,
            connect_timeout=settings.timeout_seconds,
            login_timeout=settings.timeout_seconds,
        )
        session = _Session(connection, settings.timeout_seconds)
        try:
            session.moves()
            session.sftp = await connection.start_sftp_client()
            self.was_open = True
            yield session
        except (asyncssh.Error, OSError):
            if session.was_silent:
                raise TimeoutError from None
            raise
        finally:
            session.close()

    def _proofs(self) -> tuple[str | None, list[asyncssh.SSHKey] | None]:
        settings = self.settings
        password = from_environment(settings.password_env, "password", self.host) if settings.password_env else None
        if not settings.key_file_env:
            return password, None
        path = Path(from_environment(settings.key_file_env, "key file", self.host)).expanduser()
        words = from_environment(settings.passphrase_env, "passphrase", self.host) if settings.passphrase_env else None
        try:
            return password, [asyncssh.read_private_key(path, words)]
        except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            raise DestinationFailed(
                f"{self.host}: the file that {settings.key_file_env} names is no private key that can be read;"
                " look at its rights, and at passphrase_env where it has a passphrase"
            ) from None

    def _receipt(self, sync: Sync) -> Receipt:
        place = self._place(sync).removeprefix("./").lstrip("/")
        return Receipt(f"sftp://{self.host}/{place}")

    def _place(self, sync: Sync) -> str:
        return "/".join([self.settings.path.rstrip("/"), *sync])

    def _how_to_know_it(self) -> str:
        settings = self.settings
        return (
            f"take its key with `ssh-keyscan -p {settings.port} {settings.host}`, compare the fingerprint with what the"
            f" receiver told you, and add it to {public_file(settings.known_hosts)}"
        )

    def _failed(self, error: Exception) -> DestinationFailed:
        settings, host = self.settings, self.host
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return DestinationFailed(f"{host}: its host key is not the known one; {self._how_to_know_it()}")
        if isinstance(error, asyncssh.PermissionDenied):
            proofs = " and ".join(filter(None, (settings.password_env, settings.key_file_env)))
            return DestinationFailed(f"{host} refuses user {settings.user}; look at what {proofs} holds")
        if isinstance(error, TimeoutError):
            seconds = f"{settings.timeout_seconds:g} s"
            return DestinationFailed(f"{host} was silent for {seconds}; look whether it is up, or wait longer", True)
        if isinstance(error, LOST):
            return DestinationFailed(f"{host}: the connection was lost; look whether the server is up", True)
        if isinstance(error, asyncssh.SFTPError):
            return DestinationFailed(
                f"{host} does not let {settings.user} write under {settings.path} ({type(error).__name__});"
                " look at the folder's rights and at the disk"
            )
        return DestinationFailed(f"{host} cannot be reached ({type(error).__name__}); look at host and port", True)
