"""Pairs of records worth comparing: they agree on the keys of a block, and one of them at least belongs to no member.

Two members never merge, and a card's member is known; so only a card without a member has a question to ask. The
number of pairs is known from the sizes of the blocks before one is made.
"""

import duckdb

from dagster_project.errors import StageFailed
from dagster_project.identity.likely.declaration import FILE, Block
from dagster_project.sql import literal


def find_candidates(con: duckdb.DuckDBPyConnection, blocks: list[Block], pairs_per_block: int) -> int:
    """Make table `candidates` (match_key, join_key_l < join_key_r) from table `features`; returns its rows.

    Raises StageFailed where a block would make more pairs than `pairs_per_block`, with the names of all that would.
    """
    too_many = []
    for block in blocks:
        pairs = _count(con, block)
        if pairs > pairs_per_block:
            too_many.append(f"{block.name} ({pairs:,})")
    if too_many:
        raise StageFailed(
            f"probabilistic links: more pairs to compare than pairs_per_block of {FILE} allows ({pairs_per_block:,})"
            f" in {', '.join(too_many)}; give these blocks a further key, or allow more"
        )
    found = " union all ".join(_pairs(block) for block in blocks)
    con.execute(
        "create or replace table candidates as select min(match_key) as match_key, join_key_l, join_key_r"
        f" from ({found}) as found group by join_key_l, join_key_r order by join_key_l, join_key_r"
    )
    [(rows,)] = con.execute("select count(*) from candidates").fetchall()
    return rows


def possible_pairs(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """How many records belong to no member, and how many pairs of records could be one person's at all."""
    [(free, owned)] = con.execute("select count(*) - count(owner), count(owner) from features").fetchall()
    return free, free * (free - 1) // 2 + free * owned


def _count(con: duckdb.DuckDBPyConnection, block: Block) -> int:
    keys = [f"({key})" for key in block.keys]
    [(pairs,)] = con.execute(
        "select coalesce(sum(free * (free - 1) // 2 + free * owned), 0) from ("
        "select cast(count(*) - count(owner) as hugeint) as free, count(owner) as owned"
        f" from features where {' and '.join(f'{key} is not null' for key in keys)} group by {', '.join(keys)})"
    ).fetchall()
    return int(pairs)


def _pairs(block: Block) -> str:
    keyed = ", ".join(f"({key}) as key_{number}" for number, key in enumerate(block.keys))
    records = f"(select unique_id, owner, {keyed} from features)"
    agree = " and ".join(f"l.key_{number} = r.key_{number}" for number in range(len(block.keys)))
    return (
        f"select {literal(block.name)} as match_key, l.unique_id as join_key_l, r.unique_id as join_key_r"
        f" from {records} as l inner join {records} as r on {agree}"
        " where l.unique_id < r.unique_id and (l.owner is null or r.owner is null)"
    )
