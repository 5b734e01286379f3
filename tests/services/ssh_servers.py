"""SFTP servers on this machine: OpenSSH's own, and one of asyncssh's that can be told to misbehave."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.ports import free_port

PASSWORD = "hunter2"


@dataclass(frozen=True)
class Ssh:
    """A running server. `files`: where what is sent arrives; `known_hosts` knows the server's key."""

    port: int
    user: str
    files: Path
    known_hosts: Path

    def settings(self, **changes: Any) -> dict[str, Any]:
        """A `destination` block for it."""
        return {
            "type": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "path": str(self.files),
            "known_hosts": str(self.known_hosts),
            "key_file_env": "KIZUNA_SFTP_KEY_FILE",
            "attempts": 2,
            **changes,
        }

    def names(self) -> list[str]:
        """Every file that has arrived."""
        return sorted(str(path.relative_to(self.files)) for path in self.files.rglob("*") if path.is_file())


def key_pair(path: Path, passphrase: str | None = None) -> str:
    """Write a private key to `path`; the public key as a line."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(path, passphrase=passphrase, rounds=1, ignore_few_rounds=True)
    path.chmod(0o600)
    return key.export_public_key().decode().strip()


@contextmanager
def openssh(folder: Path, public_key: str) -> Iterator[Ssh]:
    """OpenSSH's server, for whoever runs the tests. Fails the test where it is not installed."""
    program = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
    if program is None:
        pytest.fail("OpenSSH's server is not installed: run `bash .ci/packages` as root, or install `openssh-server`")
    host_key, port, files = key_pair(folder / "host_key"), free_port(), folder / "files"
    files.mkdir()
    (folder / "authorized_keys").write_text(public_key + "\n")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host_key\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        "KbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\nForceCommand internal-sftp\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where OpenSSH drops its rights; Debian's unit makes it
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log, cwd="/")
    try:
        _wait_for(port, lambda: server.poll() is not None and pytest.fail((folder / "log").read_text()))
        yield Ssh(port, pwd.getpwuid(os.getuid()).pw_name, files, folder / "known_hosts")
    finally:
        server.terminate()
        server.wait(10)


class Moody(asyncssh.SFTPServer):
    """An SFTP server whose `mood(path)` is called before each file is opened, with the connection."""

    mood: Callable[[str, asyncssh.SSHServerConnection], Any] = staticmethod(lambda path, connection: None)

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:  # type: ignore[override]
        """Open a file, as the mood is."""
        answer = type(self).mood(path.decode(), self.connection)
        if asyncio.iscoroutine(answer):
            await answer
        return super().open(path, pflags, attrs)


class _ByPassword(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == PASSWORD


@contextmanager
def moody(folder: Path) -> Iterator[Ssh]:
    """asyncssh's own server in a thread, which takes PASSWORD; see Moody."""
    host_key, files, port = key_pair(folder / "host_key"), folder / "files", free_port()
    files.mkdir()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    loop = asyncio.new_event_loop()
    started = asyncssh.listen(
        "127.0.0.1", port, server_factory=_ByPassword, server_host_keys=[str(folder / "host_key")], sftp_factory=Moody
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_awaited(started), loop).result(20)
    try:
        yield Ssh(port, "kizuna", files, folder / "known_hosts")
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _awaited(started: Any) -> Any:
    return await started


def _wait_for(port: int, look: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while True:
        look()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
