"""Whom an erase request means: the person to whom identity gives the identifier, with every identifier of his.

An identifier that is blocked is nobody's, and one that no row carries is nobody's yet: of these only the rows that
carry nothing else go, and those that come later stay out.
"""

from dataclasses import dataclass

import duckdb

from dagster_project.identity.given import as_staged
from dagster_project.identity.hashing import identifier_hash, identifier_key
from dagster_project.privacy.record import Request

# Staged requests that are still to be carried out; an erased one is staged no more.
OPEN = (
    "select request_id, identifier_kind, identifier, strftime(requested_at, '%Y-%m-%dT%H:%M:%SZ')"
    " from staging.stg_privacy_requests where kind = 'erase' order by request_id"
)


@dataclass(frozen=True)
class Erased:
    """Who is erased. keys, hashes: of the persons' identifiers, as the marts have them. identifiers: (kind, normalised
    value, is_contested).
    """

    requests: tuple[Request, ...]
    customer_ids: tuple[str, ...]
    keys: tuple[int, ...]
    hashes: tuple[str, ...]
    identifiers: tuple[tuple[str, str, bool], ...]


def resolve(con: duckdb.DuckDBPyConnection, salt: str) -> Erased | None:
    """The persons whom the open erase requests mean; None where there is no request."""
    rows = con.execute(OPEN).fetchall()
    if not rows:
        return None
    requests, persons, own = [], set(), set()
    for request_id, kind, value, requested_at in rows:
        key = identifier_key(identifier_hash(salt, kind, value))
        known = con.execute("select customer_id from identity.identity_map where identifier_key = ?", [key]).fetchall()
        customer_id = known[0][0] if known else None
        requests.append(Request(request_id, kind, requested_at, _found(bool(known), customer_id)))
        if customer_id is not None:
            persons.add(customer_id)
        own.add((kind, value, bool(known) and customer_id is None))
    con.execute(
        "create or replace temp table erased_persons as select unnest(cast(? as varchar[])) as customer_id",
        [sorted(persons)],
    )
    known_by = con.execute(
        "select identifier_key, identifier_hash from identity.identity_map semi join erased_persons using (customer_id)"
        " order by 1"
    ).fetchall()
    keys, hashes = [key for key, _ in known_by], [hash_ for _, hash_ in known_by]
    # An id that was published once and merged since is a name of the same person.
    ids = con.execute(
        "select customer_id from erased_persons union"
        " select alias_id from identity.customer_aliases semi join erased_persons using (customer_id) order by 1"
    ).fetchall()
    con.execute(
        "create or replace temp table erased_keys as select unnest(cast(? as bigint[])) as identifier_key", [keys]
    )
    # Every way in which an identifier is written, not the first alone: Gmail's are linked, and differ.
    values = con.execute(
        "select distinct seen.identifier_kind, seen.value from pii.int_identity__sightings as seen"
        " semi join erased_keys as erased on erased.identifier_key = seen.identifier_key"
    ).fetchall()
    con.execute("drop table erased_persons")
    # An address of a message is staged as text.
    identifiers = own | {(kind, as_staged(kind, value), False) for kind, value in values}
    return Erased(
        tuple(requests),
        tuple(customer_id for (customer_id,) in ids),
        tuple(keys),
        tuple(hashes),
        tuple(sorted(identifiers)),
    )


def _found(is_known: bool, customer_id: str | None) -> str:
    if customer_id is not None:
        return "person"
    return "contested" if is_known else "unknown"
