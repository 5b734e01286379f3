"""Erasure in landing: what carries a tombstone is overwritten, in files landed long ago and in those that land now."""

from collections.abc import Callable, Iterable
from pathlib import Path

from dagster_project.home import Home
from dagster_project.landing import manifest
from dagster_project.landing.contract import sources
from dagster_project.landing.manifest import Landed
from dagster_project.privacy import tombstones
from dagster_project.privacy.carried import Carried, carried_by_file
from dagster_project.privacy.overwrite import overwrite
from dagster_project.privacy.tombstones import Tombstones


def keep_out(home: Home, written: Iterable[tuple[Path, Landed]]) -> list[dict[str, object]]:
    """Overwrite rows of erased persons in files that are about to land; returns the entries for the manifest."""
    stones = tombstones.read(home)
    paths = {file: path for path, file in written} if stones else {}
    found = _carried(paths, stones)
    for file, there in found.items():
        overwrite(paths[file], sources()[file.source], there)
    return [entry(file, there) for file, there in found.items()]


def find(home: Home, stones: Tombstones) -> dict[Landed, Carried]:
    """The landed files, withdrawn ones too, in which tombstoned identifiers occur, and where."""
    paths = {file: manifest.parquet_path(home, file) for file in manifest.read(home).landed}
    return _carried({file: path for file, path in paths.items() if file.source in sources() and path.exists()}, stones)


def _carried(paths: dict[Landed, Path], stones: Tombstones) -> dict[Landed, Carried]:
    """What the files carry, in the order in which they are given."""
    found = {
        (name, file_id): there
        for name in {file.source for file in paths}
        for file_id, there in carried_by_file(
            [path for file, path in paths.items() if file.source == name], sources()[name], stones
        ).items()
    }
    return {file: found[file.source, file.file_id] for file in paths if (file.source, file.file_id) in found}


def erase(home: Home, found: dict[Landed, Carried], tell: Callable[[str], None]) -> set[str]:
    """Overwrite what `find` found; returns the texts that went. The manifest says so first: a stop hides no erasure."""
    if found:
        manifest.append(home, [entry(file, there) for file, there in found.items()])
    gone: set[str] = set()
    for file, there in found.items():
        gone |= overwrite(manifest.parquet_path(home, file), sources()[file.source], there)
        tell(f"erased {there.rows:,} rows of {file.source} in {file.file_id}")
    return gone


def entry(file: Landed, found: Carried) -> dict[str, object]:
    """The manifest's entry of an erasure in a file."""
    return {"entry": "erased", "file_id": file.file_id, "rows": found.rows, "at": manifest.now()}
