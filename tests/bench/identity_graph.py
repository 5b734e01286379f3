"""A generated shop for the bench of identity: events and edges by key, as they lie in the warehouse."""

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.project import seeds

# Kinds as shipped, and how many identifiers of each a member of the simulated shop has.
PER_MEMBER = {"member_id": 1.0, "card_no": 0.6, "line_user_id": 0.33, "email": 1.15, "phone": 1.15, "visitor_id": 1.25}
EVENTS_PER_SESSION, FILES = 10, 365
# How identity hashes a value, once per distinct tuple of a file.
KEY = "cast('0x' || left(sha256('salt|{0}|' || {0}), 15) as bigint)"


def shop_graph(con: duckdb.DuckDBPyConnection, edges: int, seed: int, events: int = 0) -> None:
    """Tables `identity_kinds`, `identifiers` and `int_identity__edges`: about `edges` pairs of a shop whose members
    mostly own their e-mail, phone and cookies; 1 % of phones are a family's, 2 % of cookies a tablet's.

    With `events` also `base_web_events`, sessions of ten events each in one of 365 files, which show every pair of
    a member and a cookie where there are enough of them, and `other_edges`, those of all other sources.
    """
    mixer = np.random.default_rng(seed)
    members = max(int(edges / 4.5), 20)
    sizes = [int(members * share) for share in PER_MEMBER.values()]
    named = pa.table({"no": np.arange(sum(sizes)), "identifier_kind": np.repeat(list(PER_MEMBER), sizes)})
    con.register("named", named)
    con.execute("create table identity_kinds as from read_csv(?)", [str(seeds() / "rules" / "identity_kinds.csv")])
    whens = " ".join(f"when '{kind}' then {KEY.format(kind)}" for kind in PER_MEMBER)
    values = ", ".join(f"'{kind[0].upper()}' || no as {kind}" for kind in PER_MEMBER)
    con.execute(
        f"create table numbered as select no, identifier_kind, case identifier_kind {whens} end as identifier_key"
        f" from (select *, {values} from named)"
    )
    con.execute(
        "create table identifiers as select identifier_key, identifier_kind, cast(1 as bigint) as first_landing_no,"
        " cast(hash(identifier_key) % 100000000000 as bigint) as first_landing_seen_ms, false as is_blocklisted"
        " from numbered order by hash(identifier_key)"
    )
    keys = con.sql("select identifier_key from numbered order by no").fetchnumpy()["identifier_key"]
    member, card, line, email, phone, visitor = np.split(keys, np.cumsum(sizes)[:-1])
    with_member, alone = len(card) // 2, len(card) * 3 // 4
    owner, spare = mixer.integers(0, members, with_member), alone - with_member

    def some(share: float) -> np.ndarray:
        return mixer.integers(0, members, int(members * share))

    visits, family, tablet, orders = some(PER_MEMBER["visitor_id"]), some(0.01), some(0.02), some(0.002)
    pairs = [
        (member, email[:members]),
        (member, phone[:members]),
        (member[: len(line)], line),
        (member[owner], card[:with_member]),
        (card[:with_member], email[owner]),
        (card[with_member:alone][: len(email) - members], email[members:][:spare]),
        (card[with_member:alone][: len(phone) - members], phone[members:][:spare]),
        (member[family], phone[mixer.integers(0, members, len(family))]),
        (email[orders], phone[mixer.integers(0, members, len(orders))]),
    ]
    cookies = np.concatenate((np.arange(len(visits)), mixer.integers(0, len(visitor), len(tablet))))
    users = np.concatenate((visits, tablet))
    _edge_table(con, "other_edges", pairs, "ec_orders")
    _edge_table(con, "web_edges", [(member[users], visitor[cookies])], "web_events")
    con.execute("create table int_identity__edges as from other_edges union all from web_edges")
    if events:
        first = sum(sizes[:-1])
        con.register("seen", pa.table({"pair": np.arange(len(users)), "member": users, "visitor": first + cookies}))
        con.execute(
            "create table base_web_events as select 'staged' as row_outcome, 1 + file as _landing_no,"
            " 'file' || file as _file_id, event as _line_no, 'V' || seen.visitor as visitor_id,"
            " case when session < pairs or hash(session, 2) % 10 < 4 then 'M' || seen.member end as member_id,"
            " cast(null as varchar) as email, to_timestamp(1700000000 + file * 86400 + event % 86400) as occurred_at"
            " from (select event, session, pairs, cast(hash(session, 1) % ? as integer) as file, cast(case when"
            " session < pairs then session else hash(session) % pairs end as bigint) as pair from (select"
            " range as event, range // ? as session, (select count(*) from seen) as pairs from range(?)))"
            " inner join seen using (pair) order by file",
            [FILES, EVENTS_PER_SESSION, events],
        )


def _edge_table(
    con: duckdb.DuckDBPyConnection, name: str, pairs: list[tuple[np.ndarray, np.ndarray]], source: str
) -> None:
    left, right = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    con.register("found", pa.table({"left_key": left, "right_key": right}))
    con.execute(
        f"create table {name} as select left_key, right_key, 'order' as rule, '{source}' as source,"
        " cast(hash(left_key, right_key) % 9 + 1 as bigint) as observations, cast(1 as bigint) as landing_no,"
        " cast(0 as hugeint) as place from (select distinct * from found)"
    )
