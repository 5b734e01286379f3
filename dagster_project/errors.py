"""What can go wrong in a way that a user can mend, and how it is told: never with a traceback."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Fault:
    """One fault with its place and its remedy; `line` is 1-based, 0 where a whole file is meant."""

    file: str
    line: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" + (f" ({self.remedy})" if self.remedy else "")


class KizunaError(Exception):
    """Base of every error that the command line prints as plain words. `exit_code` as in the contract."""

    exit_code = 1


class UsageError(KizunaError):
    """Wrong use of a command, or a wrong argument."""

    exit_code = 2


class ConfigurationError(KizunaError):
    """Faults in rules, scenarios, feeds or sources.yml; all of them at once."""

    exit_code = 2

    def __init__(self, faults: list[Fault]):
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class LandingRefused(KizunaError):
    """Files that cannot be landed whole; nothing was landed."""

    def __init__(self, faults: list[Fault]):
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class StageFailed(KizunaError):
    """A gate, a step or a delivery stopped the run."""


class HomeBusy(KizunaError):
    """Another run holds the home."""


# What a message of the system or of DuckDB tells of a file -> what to do; the first that is found.
_REMEDIES = {
    r"No space left|quota exceeded": "make room on the disk, then run again: it takes up what was left",
    r"Permission denied|Read-only file system|Operation not permitted|readonly database": (
        "run as the user whose home it is, where that can be written"
    ),
    r"Could not set lock": "close what has the file open, then run again",
    r"(marts|warehouse)\.duckdb": (
        "where the file is damaged, delete it, then run the newest day again: it is made from landing/ and ledger/"
    ),
    r"No magic bytes|not a database|too small to be a Parquet file|IO Error|Input/output error": (
        "where the file is damaged, restore it from a backup"
    ),
}


def remedy(message: str) -> str:
    """What to do about a file that the system or DuckDB could not read or write; nothing about other errors."""
    return next((what for told, what in _REMEDIES.items() if re.search(told, message, re.IGNORECASE)), "")


def relative_to(path: Path, root: Path) -> str:
    """`path` as it reads best in a message: relative to `root` where it lies under it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
