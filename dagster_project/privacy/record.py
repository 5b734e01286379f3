"""What was erased, as the ledger keeps it: no value of the person, only when, on whose request, how much and where.

`home/ledger/erasures/<erasure_id>.json`. A record is written before anything is overwritten, and says how far the
erasure has come, so that a run that stops is taken up by the next.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.files import parse, write_atomically
from dagster_project.home import Home
from dagster_project.landing.manifest import now
from dagster_project.privacy.tombstones import folder

STEPS = ("landing", "warehouse", "published", "warehouse_file", "published_file")


@dataclass(frozen=True)
class Request:
    """One erase request. found: person, contested (the identifier is nobody's) or unknown (no row carries it)."""

    request_id: str
    identifier_kind: str
    requested_at: str
    found: str


@dataclass(frozen=True)
class Erasure:
    """One erasure, of all requests that a run found. Times are ISO 8601 in UTC.

    customer_ids: every id that the persons ever had. rows: source -> rows overwritten, in `files` (file ids). done:
    step -> when. in_file_since: the as_of of an earlier run that erased the same, where a file was not written anew
    since.
    """

    erasure_id: str
    as_of: str
    begun_at: str
    requests: tuple[Request, ...]
    customer_ids: tuple[str, ...] = ()
    identifiers: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    published_rows: dict[str, int] = field(default_factory=dict)
    in_file_since: str = ""
    done: dict[str, str] = field(default_factory=dict)

    def with_step(self, step: str) -> "Erasure":
        """The record with `step` done now."""
        return replace(self, done=self.done | {step: now()})


def id_of(requests: list[Request]) -> str:
    """The id of an erasure: the same for the same requests, so that a run that stopped early does not make a second
    one.
    """
    return hashlib.sha256("\0".join(sorted(each.request_id for each in requests)).encode()).hexdigest()[:16]


def read_all(home: Home) -> list[Erasure]:
    """Every erasure, oldest first."""
    found = []
    for file in folder(home).glob("*.json"):
        if file.name.endswith(".hashes.json"):
            continue
        found.append(parse(file, _erasure))
    return sorted(found, key=lambda each: (each.begun_at, each.erasure_id))


def _erasure(text: str) -> Erasure:
    entry = json.loads(text)
    entry["requests"] = tuple(Request(**each) for each in entry["requests"])
    entry["customer_ids"], entry["files"] = tuple(entry["customer_ids"]), tuple(entry["files"])
    return Erasure(**entry)


def hashes_file(home: Home, erasure_id: str) -> Path:
    """The public hashes of the erased identifiers, kept until they have left the published days."""
    return folder(home) / f"{erasure_id}.hashes.json"


def unfinished(home: Home, step: str, after: str | None = None) -> list[Erasure]:
    """The erasures of which `step` is still to be done, where `after` is done."""
    return [each for each in read_all(home) if step not in each.done and (after is None or after in each.done)]


def write(home: Home, erasure: Erasure) -> None:
    """Keep a record as it stands."""
    text = json.dumps(asdict(erasure), ensure_ascii=False, indent=1)
    write_atomically(folder(home) / f"{erasure.erasure_id}.json", text.encode())


def load(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write run.erased_customers: every id of erased persons, with the day of the run that erased them."""
    con.execute("create or replace table run.erased_customers (customer_id varchar, erased_on date)")
    rows = sorted(
        (customer_id, date.fromisoformat(each.as_of)) for each in read_all(home) for customer_id in each.customer_ids
    )
    if rows:
        con.executemany("insert into run.erased_customers values (?, ?)", rows)
