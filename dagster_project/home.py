"""A home: the folder under which everything lies that runs write. Paths, modes, the salt and the lock.

Personal data lies here, so the folder has mode 0700 and the files that hold such data 0600.
"""

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from dagster_project.errors import HomeBusy, KizunaError, UsageError
from dagster_project.files import write_atomically

DEFAULT_HOME = Path(".kizuna")

# Homes that this process holds: a command that holds its home may run a job that asks for it again.
_held: set[Path] = set()
# Seconds between two looks at whether the home is free: a run takes minutes.
_LOOK_EVERY = 1.0


@dataclass(frozen=True)
class Home:
    """The paths of one home. Frozen: a home does not change its place."""

    path: Path

    @classmethod
    def open(cls, path: Path | str) -> "Home":
        """The home at `path`, made if it is not there, with mode 0700. Raises UsageError for a path that libraries
        cannot be told.
        """
        home = cls(Path(path).resolve())
        if {"#", "?"} & set(str(home.path)):
            raise UsageError(f"{home.path}: # and ? end a path for libraries that open files here; name another folder")
        os.umask(0o077)
        for folder in (
            home.path,
            home.landing,
            home.ledger,
            home.scratch,
            home.dagster,
            home.targets,
            home.feeds,
            home.docs,
            home.marts,
        ):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return home

    @classmethod
    def from_environment(cls) -> "Home":
        """The home named by KIZUNA_HOME, as the Dagster code location finds it."""
        return cls.open(os.environ.get("KIZUNA_HOME", DEFAULT_HOME))

    @classmethod
    def existing(cls, path: Path | str) -> "Home":
        """The home at `path`. Raises UsageError where there is none: a command that looks makes no folders."""
        if not Path(path).is_dir():
            raise UsageError(f"{path}: there is no home here; kizuna run makes one, --home DIR names another")
        return cls.open(path)

    @property
    def landing(self) -> Path:
        """Immutable Parquet of landed files, and the landing manifest."""
        return self.path / "landing"

    @property
    def ledger(self) -> Path:
        """Append-only records of what cannot be derived again."""
        return self.path / "ledger"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that only the pipeline opens."""
        return self.path / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The DuckDB file that analysts read."""
        return self.path / "marts.duckdb"

    @property
    def marts(self) -> Path:
        """Parquet of published days: `<as_of>/<mart>.parquet`."""
        return self.path / "marts"

    @property
    def targets(self) -> Path:
        """Target lists: `<scenario_id>/<as_of>[T<hour>].jsonl`."""
        return self.path / "targets"

    @property
    def feeds(self) -> Path:
        """Delivered syncs of folder destinations: `<feed_id>/<sync_id>/`."""
        return self.path / "feeds"

    @property
    def docs(self) -> Path:
        """Great Expectations Data Docs and dbt docs."""
        return self.path / "docs"

    @property
    def scratch(self) -> Path:
        """What a run prepares before it publishes; may be deleted between runs."""
        return self.path / "scratch"

    @property
    def dagster(self) -> Path:
        """Dagster's instance."""
        return self.path / "dagster"

    @property
    def dbt(self) -> Path:
        """dbt's target folder and logs."""
        return self.path / "dbt"

    def salt(self) -> str:
        """The salt of identifier hashes: KIZUNA_SALT, else made once and kept in the home.

        Raises KizunaError where customer ids were given away that no other salt would give again.
        """
        given = os.environ.get("KIZUNA_SALT")
        if given:
            return given
        file = self.path / "salt"
        if not _salt_in(file) and not any((self.ledger / "published_ids").glob("*.parquet")):
            _make_salt(file)
        return kept_salt(
            file,
            "every customer would be somebody new; restore it from a backup, or set KIZUNA_SALT where this home was run"
            " with it",
        )

    def note_salt(self) -> None:
        """Keep in the ledger by which salt this home gives customer ids away, as a hash."""
        if not self._salt_noted.exists():
            write_atomically(self._salt_noted, _digest(self.salt()).encode())

    def check_salt(self) -> None:
        """Raises KizunaError where the salt is another than the one noted: everybody would be somebody new, to be
        written to once more."""
        if self._salt_noted.exists() and self._salt_noted.read_text().strip() != _digest(self.salt()):
            where = "KIZUNA_SALT" if os.environ.get("KIZUNA_SALT") else self.path / "salt"
            raise KizunaError(
                f"{where} is not the salt by which this home gave its customer ids: with it every customer would be"
                f" somebody new. Set the former one; where that is meant, delete {self._salt_noted} and run again"
            )

    @property
    def _salt_noted(self) -> Path:
        return self.ledger / "salt.sha256"

    @contextmanager
    def lock(
        self, what: str, wait_seconds: float = 0, waiting: Callable[[str], None] = lambda holder: None
    ) -> Iterator[None]:
        """Hold the home for one run; the operating system drops the lock when the process ends, however it ends.

        Waits up to `wait_seconds` for a run of another process to end; `waiting` is told who holds the home, whenever
        that is another. Raises HomeBusy, with who holds it, where it still does.
        """
        if self.path in _held:
            yield
            return
        with (self.path / "lock").open("a+") as handle:
            until, told = time.monotonic() + wait_seconds, None
            while not _is_taken(handle):
                holder = _holder(handle)
                if time.monotonic() >= until:
                    raise HomeBusy(
                        f"{self.path} is in use by another run: {holder}; wait for it to end, or stop it, and run again"
                    )
                if holder != told:
                    waiting(told := holder)
                time.sleep(min(_LOOK_EVERY, max(until - time.monotonic(), 0)))
            handle.seek(0)
            handle.truncate()
            started = datetime.now(UTC).isoformat(timespec="seconds")
            handle.write(json.dumps({"what": what, "pid": os.getpid(), "since": started}))
            handle.flush()
            _held.add(self.path)
            try:
                yield
            finally:
                _held.discard(self.path)


def _digest(salt: str) -> str:
    return hashlib.sha256(f"salt of customer ids\0{salt}".encode()).hexdigest()


def _salt_in(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


def kept_salt(file: Path, without: str) -> str:
    """The salt in `file`. Raises KizunaError where there is none, with what happens without it, and what to do."""
    kept = _salt_in(file)
    if not kept:
        raise KizunaError(f"{file} is {'empty' if file.exists() else 'gone'}: without it {without}")
    return kept


def _make_salt(file: Path) -> None:
    """Keep a new salt in `file`, whole or not at all, or leave what another process has made meanwhile."""
    aside = file.with_name(f"salt.{os.getpid()}.tmp")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(secrets.token_hex(16))
        handle.flush()
        os.fsync(handle.fileno())
    try:
        os.link(aside, file)
        aside.unlink()
    except OSError:
        if _salt_in(file):
            aside.unlink()
        else:  # an empty file of a stop, or a file system without hard links
            aside.replace(file)


def _is_taken(handle: IO[str]) -> bool:
    """Take the lock of the opened file; False where another process has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(handle: IO[str]) -> str:
    handle.seek(0)
    return handle.read().strip() or "unknown"
