"""The addresses of a feed to recipients: joined to its rows here and nowhere else, for people who consent; and which
addresses a receiver holds, so that they can be taken back.

An address never enters the ledger: rows are known there by a salted hash. To delete an address at its receiver one
must name it, even after the warehouse has forgotten it: `home/recipients/<feed_id>.parquet` (key, address) keeps the
addresses that were sent and not yet deleted.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from dagster_project.activation.feeds.declaration import Feed
from dagster_project.files import copy_rows
from dagster_project.home import Home
from dagster_project.sql import literal

MAX_REASON = 200  # characters of a receiver's reason that are kept
NO_ADDRESSES = "select null::varchar as key, null::varchar as address where false"


def relation(feed: Feed) -> str:
    """The rows that `feed` sees, as a SELECT: its source's, with a column `address` where it has recipients."""
    wanted = feed.recipients
    if wanted is None:
        return feed.source.select
    consenting = f" and consenting.consent_{wanted.channel}" if wanted.channel else ""
    # Lists name a customer as he was when they were made; he may be part of another since.
    today = "coalesce(known.customer_id, source.customer_id)"
    joined = (
        f"select source.*, held.address from ({feed.source.select}) as source"
        " left join marts.customer_aliases as known on known.alias_id = source.customer_id"
        f" inner join ({_held(wanted.kind, wanted.which)}) as held on held.customer_id = {today}"
        f" inner join marts.customers as consenting on consenting.customer_id = {today}{consenting}"
    )
    if wanted.channel is None:
        return joined
    # An address that people share is written to only if all of them agree: who opted out reads it too.
    return (
        joined + f" anti join (select held.address from ({_held(wanted.kind, wanted.which)}) as held"
        " inner join marts.customers as refusing on refusing.customer_id = held.customer_id"
        f" and refusing.consent_{wanted.channel} is not true) as refused on refused.address = held.address"
    )


def _held(kind: str, which: str) -> str:
    """(customer_id, address) of everybody. Names are words of the declaration's own lists."""
    if kind == "user_id":
        return "select customer_id, unnest(member_ids) as address from marts.customers"
    if kind == "visitor_id" or which == "all":
        return (
            "select map.customer_id, found.value as address from identity.identity_map as map"
            " inner join pii.identifier_values as found on found.identifier_key = map.identifier_key"
            f" where map.identifier_kind = '{kind}' and map.customer_id is not null"
        )
    return f"select customer_id, {kind} as address from pii.person_attributes where {kind} is not null"


def hashed(salt: str, text: str) -> str:
    """SQL of the salted hash by which ledger and marts know the key that `text` (SQL) gives."""
    return f"left(sha256({literal(salt + '|row|')} || {text}), 32)"


def refusals(feed: Feed, rejected: Sequence[tuple[str, str]], salt: str) -> list[tuple[str, str]]:
    """What a receiver refused, by the ledger's key, and its reasons without the key, which may be an address."""
    found = []
    for key, reason in rejected:
        words = (reason.replace(key, "...") if key else reason)[:MAX_REASON]
        known = hashlib.sha256(f"{salt}|row|{key}".encode()).hexdigest()[:32] if feed.is_personal else key
        found.append((known, words))
    return found


class HeldAddresses:
    """The addresses that the receivers of one feed hold, or may hold: never fewer than they do."""

    def __init__(self, home: Home, feed_id: str):
        self.path: Path = home.path / "recipients" / f"{feed_id}.parquet"

    @property
    def rows(self) -> str:
        """SQL of (key, address)."""
        return f"select key, address from read_parquet({literal(self.path)})" if self.path.exists() else NO_ADDRESSES

    def add(self, sent: Path) -> None:
        """Keep the addresses of the Parquet file `sent` (key, address), before they leave."""
        self._write(f"select * from ({self.rows}) union select key, address from read_parquet({literal(sent)})")

    def keep(self, accepted: str) -> None:
        """Forget every address whose key is not among `accepted` (SQL with key): the receiver has deleted it."""
        if self.path.exists():
            self._write(f"select held.* from ({self.rows}) as held semi join ({accepted}) as one on one.key = held.key")

    def _write(self, query: str) -> None:
        with duckdb.connect() as con:
            copy_rows(con, f"{query} order by key, address", self.path)
