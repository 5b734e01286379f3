"""Landing what is new in the sources folder: every file is checked first, then all are landed or none."""

import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.errors import Fault, LandingRefused, UsageError
from dagster_project.files import sync
from dagster_project.home import Home
from dagster_project.landing import manifest, parquet_file
from dagster_project.landing.columns import check_required
from dagster_project.landing.connectors import CONNECTORS, Delivery, readable
from dagster_project.landing.contract import Source, sources
from dagster_project.landing.hashes import Hashes, Identity, identity
from dagster_project.landing.inspection import Inspected, Unreadable, inspect
from dagster_project.landing.manifest import Landed, Manifest
from dagster_project.landing.origins import Origins, load_origins
from dagster_project.landing.readers import read_columns, read_rows
from dagster_project.landing.report import LandingReport
from dagster_project.privacy.landed import keep_out


@dataclass
class _Sorted:
    """The deliveries of one landing, sorted by what is to become of them."""

    new: list[tuple[Inspected, list[str], Identity]] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def land(
    home: Home,
    sources_dir: Path,
    *,
    skip_refused: bool = False,
    only: Collection[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> LandingReport:
    """Land every file whose content its source has not had yet, and return what was done.

    `only` limits the landing to some sources. The caller holds the home's lock. Raises ConfigurationError for
    faults of seeds/sources.yml, UsageError where the sources folder is missing, and LandingRefused with every
    fault of every file, in which case nothing is landed; with `skip_refused` the files without faults are.
    """
    origins = load_origins()
    if not sources_dir.is_dir():
        raise UsageError(f"{sources_dir}: there is no such sources folder; name it with --sources")
    before, tell = manifest.read(home), progress or (lambda _: None)
    hashes = Hashes(home)
    _clear(home)
    sorted_ = _sort(origins, sources_dir, before, hashes, only)
    landed: list[Landed] = []
    written: list[tuple[Path, Path]] = []
    try:
        for file, names, as_it_was in sorted_.new:
            if sorted_.faults and not skip_refused and file.delivery.format == "csv":
                continue  # nothing will be landed, and a CSV file's faults are all known by now
            target = _temporary(home, file)
            try:
                entry = _write(target, file, names, as_it_was, before, len(landed))
            except Unreadable as refused:
                sorted_.faults += refused.faults
                continue
            landed.append(entry)
            written.append((target, manifest.parquet_path(home, entry)))
            tell(f"{file.delivery.shown}: {entry.rows:,} rows")
            sorted_.warnings += _unreadable_rows(file.delivery, entry)
        if sorted_.faults and not skip_refused:
            raise LandingRefused(sorted_.faults)
        erased = keep_out(home, zip([target for target, _ in written], landed, strict=True))
        _commit(home, landed, written, erased)
    finally:
        _clear(home)
        hashes.save()
    return LandingReport(
        before.next_landing_no if landed else None,
        tuple(landed),
        tuple(sorted_.duplicates),
        tuple(sorted_.withdrawn),
        tuple(sorted_.warnings),
        tuple(sorted(sorted_.faults)),
    )


def _sort(
    origins: Origins, sources_dir: Path, before: Manifest, hashes: Hashes, only: Collection[str] | None
) -> _Sorted:
    found = _Sorted()
    known = {file.file_id for file in before.landed}
    for name, source in sources().items():
        if only is not None and name not in only:
            continue
        origin = origins.by_source[name]
        there = CONNECTORS[origin.type].deliveries(origin, sources_dir)
        found.faults += there.faults
        found.warnings += there.warnings
        for delivery in there.deliveries:
            try:
                sha256 = hashes.get(delivery.path)
                if sha256 is None or manifest.file_id(name, sha256) not in known:
                    sha256 = _inspect(delivery, source, known, found, hashes)
            except Unreadable as refused:
                found.faults += refused.faults
                continue
            if sha256 is None:
                continue
            is_withdrawn = manifest.file_id(name, sha256) in before.withdrawn
            (found.withdrawn if is_withdrawn else found.duplicates).append(delivery.shown)
    found.warnings += _unknown_folders(origins, sources_dir) if only is None else []
    return found


def _inspect(delivery: Delivery, source: Source, known: set[str], found: _Sorted, hashes: Hashes) -> str | None:
    """Read and check one file; its hash where its content is known already, else None once it is sorted."""
    as_it_was = _identity(delivery)
    file = inspect(delivery)
    if file.is_empty:
        found.warnings.append(f"{delivery.shown}: is empty, nothing to land")
        return None
    id_ = manifest.file_id(source.name, file.sha256)
    if id_ not in known:
        found.new.append((file, read_columns(source, file), as_it_was))
        known.add(id_)
        hashes.put(delivery.path, as_it_was, file.sha256)
        return None
    hashes.put(delivery.path, as_it_was, file.sha256)
    return file.sha256


def _identity(delivery: Delivery) -> Identity:
    try:
        return identity(delivery.path)
    except OSError:
        message = "cannot be read: it is a link to nothing, or went away"
        raise Unreadable([Fault(delivery.shown, 0, message, "deliver the file again")]) from None


def _write(
    target: Path, file: Inspected, names: list[str], as_it_was: Identity, before: Manifest, earlier: int
) -> Landed:
    """Write the rows of a file that still is what it was when it was inspected."""
    delivery, source = file.delivery, sources()[file.delivery.source]
    id_ = manifest.file_id(source.name, file.sha256)
    file_no, landing_no = before.next_file_no + earlier, before.next_landing_no
    written = parquet_file.write(
        target,
        source,
        names,
        read_rows(file, names),
        {"_file_id": id_, "_file_no": file_no, "_landing_no": landing_no},
    )
    missing = check_required(source, written.found, delivery.shown, 0)
    if missing:
        raise Unreadable(missing)
    if _identity(delivery) != as_it_was:
        raise Unreadable([Fault(delivery.shown, 0, "changed while it was read", "run again when it is complete")])
    return Landed(
        source.name,
        id_,
        delivery.name,
        delivery.format,
        file.sha256,
        file.bytes,
        written.rows,
        written.problems,
        tuple(written.columns),
        file_no,
        landing_no,
        manifest.now(),
    )


def _commit(
    home: Home, landed: list[Landed], written: list[tuple[Path, Path]], erased: list[dict[str, object]]
) -> None:
    """Rename all Parquet files into place, then enter them at once: before that entry nothing is landed."""
    for target, place in written:
        target.replace(place)
    for folder in {place.parent for _, place in written}:
        sync(folder)
    if landed:
        manifest.add_landing(home, landed, erased)


def _temporary(home: Home, file: Inspected) -> Path:
    folder = home.landing / file.delivery.source
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{manifest.file_id(file.delivery.source, file.sha256)}.parquet.tmp"


def _clear(home: Home) -> None:
    """Remove what this landing, or one that was stopped, wrote and did not land."""
    for leftover in home.landing.glob("*/*.parquet.tmp*"):
        leftover.unlink()


def _unreadable_rows(delivery: Delivery, entry: Landed) -> list[str]:
    if not entry.problems:
        return []
    return [f"{delivery.shown}: {entry.problems} of {entry.rows} rows could not be read; they go to quarantine"]


def _unknown_folders(origins: Origins, sources_dir: Path) -> list[str]:
    expected = {origin.options.get("folder", name).split("/")[0] for name, origin in origins.by_source.items()}
    warnings = []
    for path in sorted(sources_dir.iterdir()):
        if path.name.startswith(".") or path.name in expected | origins.ignored:
            continue
        close = difflib.get_close_matches(path.name.split(".")[0], expected, n=1)
        what = "is no source's folder" if path.is_dir() else "is not in a source's folder"
        warnings.append(
            f"{readable(path.name)}: not read, since it {what}" + (f"; did you mean {close[0]}?" if close else "")
        )
    return warnings
