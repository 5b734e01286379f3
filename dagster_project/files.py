"""Files that are whole or not there: written aside, synced, renamed."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from dagster_project.errors import KizunaError
from dagster_project.sql import literal

T = TypeVar("T")


def sync(path: Path) -> None:
    """Force a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(source: Path, target: Path) -> None:
    """Rename `source` to `target` durably; a folder that is there already is replaced as a whole."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if source.is_dir():
        aside = target.with_name(target.name + ".old")
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
            target.rename(aside)
        source.rename(target)
        shutil.rmtree(aside, ignore_errors=True)  # also what a stop between the two renames has left
    else:
        source.replace(target)
    sync(target.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` with mode 0600, so that a reader sees the old or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(path.name + ".tmp")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    replace(aside, path)


def parse(path: Path, read: Callable[[str], T]) -> T:
    """What `read` makes of the text of a file of the home. Raises KizunaError with its name where it cannot."""
    try:
        return read(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise KizunaError(f"{path} is damaged ({type(error).__name__}): restore it from a backup") from None


def state_of(path: Path) -> str:
    """A text that is another once a file that is only ever replaced whole has been; a copy that keeps times has it."""
    stat = path.stat()
    return f"{path.name} {stat.st_size} {stat.st_mtime_ns}"


def digest_of(folder: Path, *suffixes: str) -> str:
    """SHA-256 over the files below `folder`, by name and content; of those with one of `suffixes`, if any are given."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and (not suffixes or file.suffix in suffixes):
            digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def copy_rows(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of `query` as Parquet to `path`, as whole as `write_atomically`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(path.name + ".tmp")
    con.execute(f"copy ({query}) to {literal(aside)} (format parquet, compression zstd)")
    sync(aside)
    replace(aside, path)
