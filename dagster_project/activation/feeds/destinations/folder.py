"""A folder below the home's `feeds/`: the default, and what other programs on the machine read."""

import shutil
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal

from pydantic import field_validator

from dagster_project.activation.feeds.destinations.protocol import MANIFEST, Receipt, Sync
from dagster_project.activation.feeds.destinations.settings import Settings
from dagster_project.files import sync as flush
from dagster_project.home import Home


class FolderSettings(Settings):
    """`type: folder`; `path` is a folder below the home's `feeds/` (default: that folder itself)."""

    WHERE: ClassVar[tuple[str, ...]] = ("path",)
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

    by_row = False
    leaves_parts = False

    def __init__(self, settings: FolderSettings, home: Home):
        self.root = home.feeds / settings.path

    def send(self, sync: Sync, folder: Path, names: list[str]) -> Receipt:
        """See Destination. Copies, since scratch may lie on another file system than the receiver's folder."""
        self.discard(sync)
        incoming, place = self._incoming(sync), self._place(sync)
        if self.holds(sync):
            return Receipt(str(place))
        incoming.mkdir(parents=True, mode=0o700)
        for name in names:
            shutil.copyfile(folder / name, incoming / name)
            flush(incoming / name)
        flush(incoming)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        incoming.rename(place)
        flush(place.parent)
        self.discard(sync)
        return Receipt(str(place))

    def holds(self, sync: Sync) -> Receipt | None:
        """See Destination."""
        place = self._place(sync)
        return Receipt(str(place)) if (place / MANIFEST).is_file() else None

    def discard(self, sync: Sync) -> None:
        """See Destination."""
        shutil.rmtree(self._incoming(sync), ignore_errors=True)
        for folder in (self._incoming(sync).parent, self._incoming(sync).parent.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _place(self, sync: Sync) -> Path:
        return self.root / sync[0] / sync[1]

    def _incoming(self, sync: Sync) -> Path:
        # Beside the feeds, not among their syncs: who lists a feed's folder meets only whole syncs.
        return self.root / ".incoming" / sync[0] / sync[1]
