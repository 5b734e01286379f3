"""Customers and identifiers as people write them, `kind:value`, and the lines of identity_overrides."""

import csv
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.errors import UsageError
from dagster_project.identity.hashing import identifier_hash, identifier_key
from dagster_project.staging import normalise

KINDS = ("member_id", "card_no", "line_user_id", "email", "phone", "visitor_id")
READERS = {"email": normalise.read_email, "phone": normalise.read_phone}


def normalised(word: str) -> tuple[str, str]:
    """(kind, value as staging leaves it) of `kind:value`. Raises UsageError for an unknown kind or value."""
    kind, _, value = word.partition(":")
    if kind not in KINDS or not value.strip():
        raise UsageError(f"{kind!r} is neither a customer_id nor kind:value; kinds are {', '.join(KINDS)}")
    read, problem = READERS.get(kind, normalise.read_id)(value)
    if read is None:
        raise UsageError(f"this {kind} cannot be read: {problem}")
    return kind, str(read)


def as_staged(kind: str, value: str) -> str:
    """A value of a known kind as staging leaves it; one that cannot be read as it stands."""
    read, _ = READERS.get(kind, normalise.read_id)(value)
    return str(read if read is not None else value)


def hashed(salt: str, word: str) -> tuple[str, str]:
    """(kind, identifier_hash) of `kind:value`; errors as `normalised`."""
    kind, value = normalised(word)
    return kind, identifier_hash(salt, kind, value)


def current_id(con: duckdb.DuckDBPyConnection, word: str) -> str:
    """The current customer_id of one that was ever published. Raises UsageError where it names nobody."""
    found = con.execute("select customer_id, why from marts.customer_aliases where alias_id = ?", [word]).fetchone()
    if found is None:
        raise UsageError(f"{word} is neither a customer id that was ever published nor kind:value")
    if found[0] is None:
        raise UsageError(f"{word} names nobody any more: its identifiers are {found[1]}")
    return str(found[0])


@dataclass(frozen=True)
class Override:
    """A line of identity_overrides; keys as in the marts, the smaller to the left."""

    left_key: int
    right_key: int
    action: str
    who: str
    why: str
    line: int


def read_overrides(rules: Path, salt: str) -> list[Override]:
    """The overrides in the folder `rules`, in the order of the file; an unreadable value stands as it is written."""

    def key(kind: str, value: str) -> int:
        return identifier_key(identifier_hash(salt, kind, as_staged(kind, value)))

    with (rules / "identity_overrides.csv").open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        found = []
        for row in reader:
            ends = [key(row[f"{side}_kind"], row[f"{side}_value"]) for side in ("left", "right")]
            found.append(Override(min(ends), max(ends), row["action"], row["who"], row["why"], reader.line_num))
    return [each for each in found if each.left_key != each.right_key]
