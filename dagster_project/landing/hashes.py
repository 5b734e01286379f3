"""Content hashes of files that have not changed since they were last read, so that they are not read again.

A file counts as unchanged while path, size, inode, and times of modification and of change are the same.
Losing `home/landing/hashes.json` costs one reading of every file, nothing else.
"""

import json
import os
import time
from pathlib import Path

from dagster_project.files import write_atomically
from dagster_project.home import Home

Identity = tuple[int, int, int, int]

# A change within one tick of the file system's clock would not show: what is younger than this is not
# remembered.
TICK_NS = 50_000_000
COARSE_TICK_NS = 2_000_000_000


def identity(path: Path) -> Identity:
    """Size, inode, and times of modification and change in ns."""
    stat = path.stat()
    return stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns


def _identity_now(path: Path) -> Identity | None:
    """The same, or None where the file has gone."""
    try:
        return identity(path)
    except OSError:
        return None


class Hashes:
    """The remembered hashes of one home; `save` keeps those asked for or learnt since they were read."""

    def __init__(self, home: Home):
        self._file = home.landing / "hashes.json"
        self._known: dict[str, tuple[Identity, str]] = {}
        self._used: dict[str, tuple[Identity, str]] = {}
        try:
            self._known = {
                path: (tuple(of), sha256)
                for path, (of, sha256) in json.loads(self._file.read_text(encoding="utf-8")).items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            self._known = {}

    def get(self, path: Path) -> str | None:
        """The content hash of a file that has not changed, else None."""
        place = os.path.realpath(path)
        known = self._known.get(place)
        if known is None or known[0] != _identity_now(path):
            return None
        self._used[place] = known
        return known[1]

    def put(self, path: Path, of: Identity, sha256: str) -> None:
        """Remember the hash of a file that had the identity `of` before it was read."""
        newest = max(of[2:])
        tick = COARSE_TICK_NS if newest % 1_000_000_000 == 0 else TICK_NS
        if of == _identity_now(path) and time.time_ns() - newest > tick:
            self._used[os.path.realpath(path)] = (of, sha256)

    def save(self) -> None:
        """Write what is remembered, if it has changed."""
        if self._used != self._known:
            write_atomically(self._file, json.dumps(self._used).encode())
