"""Where a feed can be delivered to. One class per type, registered by the word that YAML uses for it.

A destination takes a folder of finished files and makes them the receiver's, the manifest last; it knows
nothing of rows, differences or the ledger. Secrets come from the environment, never from YAML.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from dagster_project.home import Home

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Receipt:
    """What the destination took: where it lies, and the keys that it refused, each with its own reason."""

    place: str
    rejected: tuple[tuple[str, str], ...] = ()


class Destination(Protocol):
    """What every destination can do. `sync` is (feed_id, sync_id)."""

    def send(self, sync: tuple[str, str], folder: Path, names: list[str]) -> Receipt:
        """Send the files `names` of `folder`, in that order, the manifest last. Raises OSError where it
        cannot.
        """
        ...

    def holds(self, sync: tuple[str, str]) -> bool:
        """Whether the receiver has this sync whole, that is, with its manifest."""
        ...

    def discard(self, sync: tuple[str, str]) -> None:
        """Take away what an interrupted send of this sync left behind."""
        ...


class FolderSettings(BaseModel):
    """`type: folder`; `path` is a folder below the home's `feeds/` (default: that folder itself)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["folder"]
    path: str = "."

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, text: str) -> str:
        path = PurePosixPath(text)
        if not text or path.is_absolute() or ".." in path.parts or "\\" in text or "\0" in text or text[0] == "~":
            raise ValueError("path must be a folder below the home's feeds/, without '..'")
        return str(path)


class FolderDestination:
    """A sync becomes `<path>/<feed_id>/<sync_id>/`, which appears whole, by one rename, or not at all."""

    def __init__(self, settings: FolderSettings, home: Home):
        self.root = home.feeds / settings.path

    def send(self, sync: tuple[str, str], folder: Path, names: list[str]) -> Receipt:
        """See Destination. Copies, since scratch may lie on another file system than the receiver's folder."""
        self.discard(sync)
        incoming, place = self._incoming(sync), self._place(sync)
        incoming.mkdir(parents=True, mode=0o700)
        for name in names:
            shutil.copyfile(folder / name, incoming / name)
            _flush(incoming / name)
        _flush(incoming)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        incoming.rename(place)
        _flush(place.parent)
        self.discard(sync)
        return Receipt(str(place))

    def holds(self, sync: tuple[str, str]) -> bool:
        """See Destination."""
        return (self._place(sync) / MANIFEST).is_file()

    def discard(self, sync: tuple[str, str]) -> None:
        """See Destination."""
        shutil.rmtree(self._incoming(sync), ignore_errors=True)
        for folder in (self._incoming(sync).parent, self._incoming(sync).parent.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _place(self, sync: tuple[str, str]) -> Path:
        return self.root / sync[0] / sync[1]

    def _incoming(self, sync: tuple[str, str]) -> Path:
        # Beside the feeds, not among their syncs: who lists a feed's folder meets only whole syncs.
        return self.root / ".incoming" / sync[0] / sync[1]


Opener = Callable[[Any, Home], Destination]
_REGISTERED: dict[str, tuple[type[BaseModel], Opener]] = {}


def register(word: str, settings: type[BaseModel], opener: Opener) -> None:
    """Make `type: <word>` known: `settings` checks the YAML, `opener` makes the destination for a home."""
    _REGISTERED[word] = (settings, opener)


register("folder", FolderSettings, FolderDestination)


def checked_destination(given: dict[str, Any]) -> dict[str, Any]:
    """`given` with its defaults. Raises ValueError: unknown type, or what its settings say is wrong."""
    word = given.get("type")
    if not isinstance(word, str) or word not in _REGISTERED:
        raise ValueError(f"unknown type {word!r}; known: {', '.join(sorted(_REGISTERED))}")
    try:
        return _REGISTERED[word][0].model_validate(given).model_dump()
    except ValidationError as error:
        raise ValueError(
            "; ".join(
                ".".join(map(str, fault["loc"])) + ": " + fault["msg"].removeprefix("Value error, ")
                for fault in error.errors()
            )
        ) from None


def open_destination(given: dict[str, Any], home: Home) -> Destination:
    """The destination that a feed's `destination` block names, for this home."""
    settings, opener = _REGISTERED[given["type"]]
    return opener(settings.model_validate(given), home)


def _flush(path: Path) -> None:
    """Make a file's content, or a folder's entries, survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
