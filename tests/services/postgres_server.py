"""A PostgreSQL server of the tests' own: a cluster in a temporary folder, on a free port of this machine, with TLS."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.ports import free_port

PASSWORD = "a pass'word\\ with signs"


@dataclass(frozen=True)
class Postgres:
    """A running server; the superuser is `kizuna`."""

    port: int

    def settings(self, **changes: Any) -> dict[str, Any]:
        """A `destination` block for it."""
        return {
            "type": "postgresql",
            "host": "127.0.0.1",
            "port": self.port,
            "database": "postgres",
            "user": "kizuna",
            "password_env": "KIZUNA_PG_PASSWORD",
            "tls": False,
            "attempts": 2,
            **changes,
        }

    def run(self, statement: str) -> list[tuple]:
        """Rows of a statement, seen by another connection."""
        with self.connect() as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def connect(self) -> psycopg.Connection:
        """Another connection."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname="postgres", user="kizuna", password=PASSWORD, sslmode="disable"
        )


class Unheard:
    """A way to the server that loses its answer to the first COMMIT, and the connection with it."""

    def __init__(self, port: int):
        self.server = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """No more connections."""
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server))
            commits = threading.Event()
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(*pair, pair[0] is client, commits), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, asks: bool, commits: threading.Event) -> None:
        with source, target:
            while content := source.recv(65_536):
                if asks and b"COMMIT" in content and not self.lost:
                    commits.set()
                if not asks and commits.is_set() and b"COMMIT" in content:
                    self.lost += 1
                    target.shutdown(socket.SHUT_RDWR)
                    return
                target.sendall(content)


@contextmanager
def postgres(certificate: Path, key: Path) -> Iterator[Postgres]:
    """A fresh cluster. Fails the test where PostgreSQL is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.fail("PostgreSQL is not installed: run `bash .ci/packages` as root, or install Debian's `postgresql`")
    folder = Path(tempfile.mkdtemp(prefix="kizuna-postgres-"))
    try:
        (folder / "password").write_text(PASSWORD)
        shutil.copy(certificate, folder / "server.crt")
        shutil.copy(key, folder / "server.key")
        as_other = _unprivileged(folder)
        data, port = folder / "data", free_port()
        _call(
            as_other,
            [programs[-1], "-D", data, "-U", "kizuna", "-A", "scram-sha-256", "--no-sync", "--locale=C", "-E", "UTF8"],
            f"--pwfile={folder / 'password'}",
        )
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c ssl=on"
            f" -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key -c shared_buffers=16MB"
            " -c max_connections=10 -c autovacuum=off"
        )
        control = programs[-1].with_name("pg_ctl")
        _call(as_other, [control, "-D", data, "-o", options, "-l", folder / "log", "-w", "start"])
        try:
            yield Postgres(port)
        finally:
            _call(as_other, [control, "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to call a program as somebody who is not root, which PostgreSQL refuses to run as."""
    (folder / "server.key").chmod(0o600)
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _call(as_other: dict[str, Any], command: list[Any], *more: str) -> None:
    done = subprocess.run(
        [*map(str, command), *more],
        stdout=subprocess.DEVNULL,  # the server keeps what it is given: a pipe would never close
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        timeout=120,
        check=False,
        **as_other,
    )
    if done.returncode:
        log = Path(command[2]).parent / "log"
        pytest.fail(f"{Path(command[0]).name} failed: {log.read_text()[-2000:] if log.exists() else 'no log'}")
