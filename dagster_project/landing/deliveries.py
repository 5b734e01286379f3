"""Landed files as a person handles them: listed, withdrawn, restored.

A withdrawn file stays out although it still lies in the sources folder, or is delivered again: its content is
known and was judged wrong. `restore` takes it back, with the place in the landing order that it had.
"""

import difflib
from dataclasses import dataclass

from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.landing import manifest
from dagster_project.landing.manifest import Landed, Manifest


@dataclass(frozen=True)
class ListedFile:
    """One landed file; `status` is landed or withdrawn, `landed_at` ISO 8601 in UTC."""

    file_id: str
    source: str
    name: str
    rows: int
    landed_at: str
    landing_no: int
    status: str


def list_files(home: Home) -> list[ListedFile]:
    """Every file ever landed, in landing order."""
    known = manifest.read(home)
    return [_listed(file, known) for file in known.landed]


def withdraw(home: Home, file_id: str) -> ListedFile:
    """Take a file's rows out from the next run on. `file_id` may be the unique beginning of an id.

    The caller holds the home's lock. Raises UsageError where no file or more than one has such an id, or
    where the file is withdrawn already.
    """
    return _mark(home, file_id, "withdrawn")


def restore(home: Home, file_id: str) -> ListedFile:
    """Take back a withdrawn file from the next run on; otherwise as `withdraw`."""
    return _mark(home, file_id, "restored")


def _mark(home: Home, file_id: str, mark: str) -> ListedFile:
    known = manifest.read(home)
    file = _find(known, file_id)
    if (file.file_id in known.withdrawn) == (mark == "withdrawn"):
        already = "withdrawn already" if mark == "withdrawn" else "not withdrawn"
        raise UsageError(f"{file.file_id} ({file.source}/{file.name}) is {already}")
    manifest.append(home, [{"entry": mark, "file_id": file.file_id, "at": manifest.now()}])
    return _listed(file, manifest.read(home))


def _find(known: Manifest, file_id: str) -> Landed:
    matches = [file for file in known.landed if file_id and file.file_id.startswith(file_id.strip().lower())]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(
            f"{file_id} is the beginning of {len(matches)} ids: " + ", ".join(file.file_id for file in matches[:5])
        )
    ids = [file.file_id for file in known.landed]
    by_name = [file.file_id for file in known.landed if file_id in (file.name, f"{file.source}/{file.name}")]
    close = by_name or difflib.get_close_matches(file_id, ids, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "kizuna landing list shows the ids"
    raise UsageError(f"no landed file has the id {file_id}; {hint}")


def _listed(file: Landed, known: Manifest) -> ListedFile:
    status = "withdrawn" if file.file_id in known.withdrawn else "landed"
    return ListedFile(file.file_id, file.source, file.name, file.rows, file.landed_at, file.landing_no, status)
