"""Tombstones: salted hashes of the identifiers of erased persons, by which rows that come again are known.

`home/ledger/erasures/<erasure_id>.parquet` (identifier_kind, hash, is_contested) is all that stays of the identifiers.
Acts that were theirs without an identifier (`by_session.py`) are known by their keys, under the name of their source.
The salt is the ledger's own: KIZUNA_SALT may change, and nobody erased may come back by that.
"""

import hashlib
import io
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import parquet

from dagster_project.files import write_atomically
from dagster_project.home import Home, kept_salt
from dagster_project.identity.hashing import linked_value

# Sources of acts that a browser alone may have done; the keys of their rows are tombstones, too.
ACTS = ("web_events", "social_actions", "survey_answers")
_SCHEMA = pa.schema([("identifier_kind", pa.string()), ("hash", pa.string()), ("is_contested", pa.bool_())])


@dataclass(frozen=True)
class Tombstones:
    """Hashes of erased identifiers, and of the keys of acts. Of a contested identifier, which is nobody's, only rows
    that carry nothing else go.
    """

    salt: str
    erased: frozenset[str] = field(default_factory=frozenset)
    contested: frozenset[str] = field(default_factory=frozenset)
    acts: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.erased or self.contested or self.acts)

    def hash_of(self, kind: str, value: str) -> str:
        """The hash of a normalised identifier as it is written."""
        return hashlib.sha256(f"{self.salt}|{kind}|{value}".encode()).hexdigest()[:32]

    def hashes_of(self, kind: str, value: str) -> set[str]:
        """The hashes that tell the identifier: as written, and as it is linked (Gmail knows several)."""
        return {self.hash_of(kind, value), self.hash_of(kind, linked_value(kind, value))}

    def sql(self, kind: str, value: str) -> str:
        """SQL of `hash_of`; `$salt` is to be bound."""
        return f"left(sha256($salt || '|{kind}|' || {value}), 32)"


def folder(home: Home) -> Path:
    """Where the ledger keeps erasures."""
    return home.ledger / "erasures"


def read(home: Home) -> Tombstones:
    """All tombstones of the home."""
    files = [str(file) for file in sorted(folder(home).glob("*.parquet"))]
    if not files:
        return Tombstones("")
    with duckdb.connect() as con:
        rows = con.execute("select identifier_kind, hash, is_contested from read_parquet(?)", [files]).fetchall()
    acts = frozenset(hash_ for kind, hash_, _ in rows if kind in ACTS)
    erased = frozenset(hash_ for _, hash_, is_contested in rows if not is_contested) - acts
    return Tombstones(_salt(home), erased, frozenset(hash_ for _, hash_, _ in rows) - erased - acts, acts)


def write(home: Home, erasure_id: str, identifiers: Iterable[tuple[str, str, bool]]) -> Tombstones:
    """Keep tombstones of (kind, normalised value, is_contested); returns all of the home, these included."""
    salted = Tombstones(_salt(home))
    rows = sorted(
        {
            (kind, hash_, is_contested)
            for kind, value, is_contested in identifiers
            for hash_ in salted.hashes_of(kind, value)
        }
    )
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    written = io.BytesIO()
    parquet.write_table(pa.table(columns, schema=_SCHEMA), written)
    write_atomically(folder(home) / f"{erasure_id}.parquet", written.getvalue())
    return read(home)


def _salt(home: Home) -> str:
    file = folder(home) / "salt"
    if not file.exists() and not any(folder(home).glob("*.parquet")):
        write_atomically(file, secrets.token_hex(16).encode())
    return kept_salt(file, "nobody who was erased would be known to stay out; restore it from a backup")
