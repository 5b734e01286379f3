"""The kinds of places that sources come from: `type` in seeds/sources.yml -> connector.

A connector turns one entry of that file into deliveries: files on local disk, in the order in which they are
to be landed. A database, a bucket or an API joins by fetching what is new into files and listing these;
reading, checking and landing are the same for all.
"""

import codecs
import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from dagster_project.errors import Fault

ENDINGS = {".csv": "csv", ".csv.gz": "csv", ".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".parquet": "parquet"}
# Encodings in which the bytes of line feed, quote, comma and tab never occur inside another character.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "cp932": "cp932",
    "shift_jis": "cp932",
    "euc_jp": "euc_jp",
}
DELIMITERS = {",": ",", "comma": ",", "\t": "\t", "tab": "\t", ";": ";", "|": "|"}


@dataclass(frozen=True)
class Origin:
    """One entry of seeds/sources.yml. `place` is its file and line, for messages."""

    source: str
    type: str = "files"
    options: Mapping[str, str] = field(default_factory=dict)
    place: tuple[str, int] = ("seeds/sources.yml", 0)


@dataclass(frozen=True)
class Delivery:
    """One file to land. `shown` is how messages name it; encoding and delimiter are None where they are to be
    found.
    """

    source: str
    path: Path
    shown: str
    format: str
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return readable(self.path.name)

    @property
    def is_compressed(self) -> bool:
        """Whether the bytes are gzip."""
        return self.path.name.lower().endswith(".gz")


@dataclass
class Found:
    """What a connector found for one source."""

    deliveries: list[Delivery] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Connector(Protocol):
    """`options` maps each option's name to a check that returns what is wrong with a value, or None."""

    options: Mapping[str, Callable[[str], str | None]]

    def deliveries(self, origin: Origin, sources_dir: Path) -> Found:
        """The files of one source, in landing order; what may not be read as faults, what is left out as
        warnings.
        """
        ...


class Files:
    """Files in one folder under the sources folder, taken in name order."""

    options: Mapping[str, Callable[[str], str | None]] = {
        "folder": lambda value: None if _stays_inside(value) else "folder leaves the sources folder",
        "encoding": lambda value: None if encoding(value) else f"encoding is none of {', '.join(ENCODINGS)}",
        "delimiter": lambda value: None if value in DELIMITERS else "delimiter is none of comma, tab, ; and |",
    }

    def deliveries(self, origin: Origin, sources_dir: Path) -> Found:
        """See Connector. A folder that is not there gives nothing: that source is empty."""
        found, name = Found(), origin.options.get("folder", origin.source)
        try:
            self._find(origin, name, sources_dir, found)
        except OSError as error:
            found.faults.append(Fault(name, 0, f"cannot be read: {error.strerror}", "check its permissions"))
        return found

    def _find(self, origin: Origin, name: str, sources_dir: Path, found: Found) -> None:
        """Add what lies in the folder `name`. Raises OSError where it cannot be read."""
        folder, root = sources_dir / name, sources_dir.resolve()
        if not folder.is_dir():
            if os.path.lexists(folder):
                remedy = f"make it a folder with the files of {origin.source}"
                found.faults.append(Fault(name, 0, "is no folder, or a link to nothing", remedy))
            return
        if _leaves(folder, root):
            found.faults.append(
                Fault(
                    *origin.place,
                    f"{origin.source}: folder {name} is a link that leaves the sources folder",
                    "copy the files into the sources folder",
                )
            )
            return
        for path in sorted(folder.iterdir(), key=lambda each: each.name):
            shown = f"{name}/{readable(path.name)}"
            if path.name.startswith("."):
                continue
            if path.is_dir():
                found.warnings.append(f"{shown}: folders inside a source's folder are not read; move its files up")
                continue
            ending = next(
                (each for each in sorted(ENDINGS, key=len, reverse=True) if path.name.lower().endswith(each)),
                None,
            )
            if ending is None:
                found.warnings.append(
                    f"{shown}: not read, since its ending is none of {', '.join(ENDINGS)}" + _closest_ending(path)
                )
            elif _leaves(path, root):
                remedy = "copy the file into the sources folder"
                found.faults.append(Fault(shown, 0, "is a link that leaves the sources folder", remedy))
            else:
                found.deliveries.append(
                    Delivery(
                        origin.source,
                        path,
                        shown,
                        ENDINGS[ending],
                        encoding(origin.options.get("encoding", "")),
                        DELIMITERS.get(origin.options.get("delimiter", "")),
                    )
                )


CONNECTORS: dict[str, Connector] = {"files": Files()}


def encoding(name: str) -> str | None:
    """The codec of an encoding's name as people write it, or None where it is not one that can be read."""
    try:
        return ENCODINGS.get(codecs.lookup(name).name) if name else None
    except LookupError:
        return None


def readable(name: str) -> str:
    """The name of a file as text: where it is not UTF-8 it is read as CP932, as Windows packs it, else escaped."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp932", "backslashreplace")
    return name


def _leaves(path: Path, root: Path) -> bool:
    # Unlike `Path.resolve`, this follows a link that leads to itself only so far; such a file cannot be read, then.
    return not Path(os.path.realpath(path)).is_relative_to(root)


def _stays_inside(folder: str) -> bool:
    path = PurePosixPath(folder)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _closest_ending(path: Path) -> str:
    written = "".join(path.suffixes[-2:]).lower()
    close = difflib.get_close_matches(written, ENDINGS, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""
