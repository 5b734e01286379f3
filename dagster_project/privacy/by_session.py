"""Acts that are an erased person's by session alone: on a browser that several members share, after his log-in.

Nothing in such a row names him, and once the rows that do are gone it would be taken for another member's: of the one
who logged in before him, or of the only one left on that browser. So it goes with him, and its key becomes a tombstone.
Whose such acts are is core's to say; its tables are built for that before anything is erased.
"""

from collections.abc import Sequence

import duckdb

from dagster_project.home import Home
from dagster_project.privacy import warehouse_rows
from dagster_project.privacy.tombstones import ACTS

OWNERS = "int_core__shared_device_events"
_SHARES = (
    "select count(*) from pii.int_identity__tuples as seen inner join identity.identity_map as map"
    " on map.identifier_key = seen.visitor_id_key and map.customer_id is null"
    " where list_contains($keys, seen.member_id_key)"
)
_HIS = " union ".join(
    f"select '{source}' as source, facts.source_key from core.int_core__{source} as facts"
    f" inner join core.{OWNERS} as owners using (party_key, occurred_at)"
    " where list_contains($customer_ids, owners.customer_id)"
    for source in ACTS
)


def acts(
    con: duckdb.DuckDBPyConnection, home: Home, keys: Sequence[int], customer_ids: Sequence[str]
) -> list[tuple[str, str]]:
    """(source, key) of the acts that are these persons' by session; `keys` are those of their identifiers.

    Raises StageFailed where core's tables cannot be built.
    """
    [(shares,)] = con.execute(_SHARES, {"keys": list(keys)}).fetchall()
    if not shares:
        return []
    warehouse_rows.build(home, f"+{OWNERS},fqn:kizuna.core", with_tests=False)
    return con.execute(f"{_HIS} order by all", {"customer_ids": list(customer_ids)}).fetchall()
