"""Erasure in a run: found after identity, finished before core, so that no later stage ever sees an erased person.

A daily run of the newest day carries out every open request at once. What a run leaves unfinished the next takes up:
tombstones and record are written before anything is overwritten, and overwriting again changes nothing.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
from dagster import AssetSpec, MaterializeResult

from dagster_project import progress
from dagster_project.activation import feeds
from dagster_project.files import write_atomically
from dagster_project.home import Home
from dagster_project.landing import manifest
from dagster_project.landing.manifest import Landed
from dagster_project.privacy import by_session, freed_space, landed, persons, record, steps, tombstones, warehouse_rows
from dagster_project.privacy.carried import Carried
from dagster_project.privacy.persons import Erased
from dagster_project.privacy.record import Erasure
from dagster_project.run_context import RunContext

ERASURES = ["core", "erasures"]

ERASURE_SPECS = [
    AssetSpec(
        ERASURES,
        group_name="core",
        kinds={"python", "parquet"},
        owners=["team:data-platform"],
        skippable=True,
        description="Erase requests carried out: rows overwritten in landing, persons gone from the warehouse.",
        deps=[["identity", "identity_map"], ["staging", "stg_privacy_requests"]],
    )
]


def take_up(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> Iterator[Any]:
    """Before staging: finish in landing what a stopped run began; staging builds the sources concerned anew."""
    record.load(con, home)
    for erasure in record.unfinished(home, "landing") if run.is_newest else ():
        progress.report("", "an erasure that a stopped run began is finished")
        found = landed.find(home, tombstones.read(home))
        landed.erase(home, found, lambda text: progress.report("", text))
        sources = {file.source for file in manifest.read(home).landed if file.file_id in erasure.files}
        warehouse_rows.rebuild(con, sorted(sources | {file.source for file in found}))
        record.write(home, erasure.with_step("landing"))
    yield from ()


def erase(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> Iterator[Any]:
    """Between identity and core: carry out the open requests. An hourly run and a backfill leave them to the next."""
    if not run.is_newest or run.is_hourly:
        yield MaterializeResult(asset_key=ERASURES)
        return
    erased = persons.resolve(con, home.salt())
    if erased is not None:
        _carry_out(con, home, run, erased)
    for erasure in record.unfinished(home, "warehouse"):
        # Steps are triggered by nobody any more; those of earlier runs are accounted for as erased.
        steps.forget(home, erasure.customer_ids)
        feeds.record_erasure(home, erasure.customer_ids)
        record.write(home, erasure.with_step("warehouse"))
    done = record.read_all(home)
    rows = sum(sum(each.rows.values()) for each in done if each.as_of == str(run.as_of))
    yield MaterializeResult(
        asset_key=ERASURES,
        metadata={"dagster/row_count": sum(len(each.requests) for each in done), "rows_erased_by_this_day": rows},
    )


def _carry_out(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext, erased: Erased) -> None:
    erasure_id = record.id_of(list(erased.requests))
    acts = by_session.acts(con, home, erased.keys, erased.customer_ids)
    his = [*erased.identifiers, *((source, key, False) for source, key in acts)]
    stones = tombstones.write(home, erasure_id, his)
    found = landed.find(home, stones)
    before = next((each for each in record.read_all(home) if each.erasure_id == erasure_id), None)
    erasure = _record(erasure_id, run, erased, found, before)
    write_atomically(record.hashes_file(home, erasure_id), json.dumps(erased.hashes).encode())
    record.write(home, erasure)
    gone = landed.erase(home, found, lambda text: progress.report("", text))
    record.load(con, home)
    # A file that is withdrawn has no rows in staging.
    in_use = {file.file_id for file in manifest.read(home).in_use}
    corrected = {file: there for file, there in found.items() if file.file_id in in_use}
    warehouse_rows.correct(con, home, corrected, gone, list(erased.keys))
    record.write(home, erasure.with_step("landing"))
    progress.report("", f"erased {len(erased.requests)} persons or identifiers, {sum(erasure.rows.values()):,} rows")


def _record(
    erasure_id: str, run: RunContext, erased: Erased, found: dict[Landed, Carried], before: Erasure | None
) -> Erasure:
    rows: Counter[str] = Counter()
    for file, there in found.items():
        rows[file.source] += there.rows
    fresh = Erasure(
        erasure_id,
        str(run.as_of),
        manifest.now(),
        erased.requests,
        erased.customer_ids,
        dict(sorted(Counter(kind for kind, _, _ in erased.identifiers).items())),
        dict(sorted(rows.items())),
        tuple(sorted(file.file_id for file in found)),
    )
    if before is None:
        return fresh
    # The same request, delivered again with rows that had not come before: what was known stays known.
    return replace(
        fresh,
        customer_ids=tuple(sorted({*before.customer_ids, *fresh.customer_ids})),
        files=tuple(sorted({*before.files, *fresh.files})),
        rows=dict(sorted((Counter(before.rows) + rows).items())),
        in_file_since=before.in_file_since or before.as_of if freed_space.is_in_a_file(before) else "",
    )
