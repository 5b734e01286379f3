"""What a destination can do, and how it says that it cannot."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MANIFEST = "manifest.json"
Sync = tuple[str, str]  # (feed_id, sync_id)


@dataclass(frozen=True)
class Receipt:
    """What the destination took: where it lies, and the keys that it refused, each with its own reason."""

    place: str
    rejected: tuple[tuple[str, str], ...] = ()


class DestinationFailed(OSError):
    """A destination did not take, or could not say. The message is one sentence for a person: it names the host
    and the remedy, and never holds a secret or a value of a row.

    `is_passing`: the same may work when tried again. `retry_after`: seconds that the receiver asked to wait.
    `sent_nothing`: surely nothing, no row and no file, has reached the receiver.
    """

    def __init__(
        self, message: str, is_passing: bool = False, retry_after: float | None = None, sent_nothing: bool = False
    ):
        super().__init__(errno.EIO, message)
        self.is_passing = is_passing
        self.retry_after = retry_after
        self.sent_nothing = sent_nothing

    def __str__(self) -> str:
        return str(self.strerror)


class Destination(Protocol):
    """What every destination can do.

    `by_row`: the receiver is told rows, not files; it keeps what it has, so that a full sync sends every row again and
    takes away only keys in the deletes files. `leaves_parts`: an interrupted send may have reached the receiver in
    part. Everywhere else a sync is there whole, or not at all.
    """

    by_row: bool
    leaves_parts: bool

    def send(self, sync: Sync, folder: Path, names: list[str]) -> Receipt:
        """Send the files `names` of `folder`, in that order, the manifest last. Raises OSError where it cannot.
        Sending the same sync again does no harm.
        """
        ...

    def holds(self, sync: Sync) -> Receipt | None:
        """What the receiver took of this sync, where it has it whole, that is, with its manifest; else None.
        Raises OSError where it cannot be asked.
        """
        ...

    def discard(self, sync: Sync) -> None:
        """Take away what an interrupted send of this sync left behind, where that can be done."""
        ...
