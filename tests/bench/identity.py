"""`python -m tests.bench.identity --edges 4500000`: Kizuna's resolver beside plain connected components, on one graph.

SciPy, networkx and Splink's clustering find components and nothing else; Kizuna also keeps persons apart, blocks shared
values and names each person by its anchor. Where nothing is contested all must find the same. The budget for the whole
way from landed events to ids is four times SciPy's components on coded edges, plus one scan of the events.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dagster_project import progress
from dagster_project.identity.assign import assignments, near_identifiers, read_edges, read_identifiers, read_kinds
from dagster_project.identity.graph import resolve_sorted
from dagster_project.project import seeds
from tests.bench.measure import machine

# Kinds as shipped, and how many identifiers of each a member of the simulated shop has.
PER_MEMBER = {"member_id": 1.0, "card_no": 0.6, "line_user_id": 0.33, "email": 1.15, "phone": 1.15, "visitor_id": 1.25}
EVENTS_PER_EDGE = 30 / 4.5  # as many as a shop of that size has
EVENTS_PER_SESSION, FILES = 10, 365
SCIPY = "SciPy connected components, coded edges"
RESOLVER = "Kizuna's resolver, coded edges"
FROM_EDGES = "Kizuna, from edges by key to ids"
FROM_EVENTS = "Kizuna, from events to ids"
SCAN = "One scan of the events, DuckDB"
BUDGET = 4
THREADS = 2
# How identity hashes a value, once per distinct tuple of a file.
KEY = "cast('0x' || left(sha256('salt|{0}|' || {0}), 15) as bigint)"


@dataclass(frozen=True)
class Timed:
    """Wall and processor seconds that one contestant took, and its label per identifier; None for a scan."""

    seconds: float
    processor_seconds: float
    labels: np.ndarray | None


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


def scan(con: duckdb.DuckDBPyConnection) -> None:
    """Read once what identity reads of the events."""
    columns = "_landing_no", "_file_id", "_line_no", "visitor_id", "member_id", "email", "occurred_at"
    con.sql(
        f"select {', '.join(f'max({column})' for column in columns)} from base_web_events where row_outcome = 'staged'"
    ).fetchall()


def edges_of_events(con: duckdb.DuckDBPyConnection) -> None:
    """Events to distinct tuples per file, tuples to pairs, pairs to edges with their first line, and the edges of other
    sources to these: what `int_identity__tuples`, `__pairs` and `__edges` do.
    """
    con.execute(
        "create or replace table tuples as select *, "
        + ", ".join(f"{KEY.format(kind)} as {kind}_key" for kind in ("visitor_id", "member_id", "email"))
        + " from (select _file_id, visitor_id, member_id, email, min(_landing_no) as landing_no,"
        " min(occurred_at) as first_seen_at, max(occurred_at) as last_seen_at, count(*) as observations,"
        " min(_line_no) as first_line_no from base_web_events where row_outcome = 'staged'"
        " and coalesce(visitor_id, member_id, email) is not null group by _file_id, visitor_id, member_id, email)"
    )
    kinds = [("member_id", "email"), ("member_id", "visitor_id"), ("email", "visitor_id")]
    pairs = " union all ".join(
        f"select {a}_key as left_key, {b}_key as right_key, * from tuples"
        f" where {a}_key is not null and {b}_key is not null"
        for a, b in kinds
    )
    con.execute(
        "create or replace table edges as from other_edges union all select left_key, right_key, 'order' as rule,"
        " 'web_events' as source, cast(sum(observations) as bigint), min(landing_no), min(cast(landing_no *"
        " 10000000000000 + epoch_ms(first_seen_at) as hugeint) * 10000000000000000 + first_line_no)"
        f" from ({pairs}) group by left_key, right_key"
    )


def ids_of_edges(con: duckdb.DuckDBPyConnection, edges: str = "int_identity__edges") -> np.ndarray:
    """From tables by key to an anchor per identifier, in key order, as the identity stage does it."""
    kinds = con.table("identity_kinds").to_arrow_table()
    near_identifiers(kinds, con.table("identifiers"), con.table(edges), OVERRIDES.empty_table())
    found = assignments(
        kinds,
        con.table("identifiers"),
        con.table(edges),
        OVERRIDES.empty_table(),
        PAIRS.empty_table(),
        PAIRS.append(pa.field("match_weight", pa.float64())).empty_table(),
    )
    return found["anchor_key"].fill_null(-1).to_numpy()


def ids_of_events(con: duckdb.DuckDBPyConnection) -> np.ndarray:
    """The whole way."""
    edges_of_events(con)
    return ids_of_edges(con, "edges")


PAIRS = pa.schema([("left_key", pa.int64()), ("right_key", pa.int64())])
OVERRIDES = PAIRS.append(pa.field("action", pa.string()))


def contestants(con: duckdb.DuckDBPyConnection) -> dict[str, Callable[[], np.ndarray | None]]:
    """Name -> a call that labels each identifier, in key order. A scan labels nothing."""
    kinds = read_kinds(con.table("identity_kinds").to_arrow_table())
    identifiers = read_identifiers(kinds, con.table("identifiers"))
    edges = read_edges(identifiers, con.table("int_identity__edges"))
    has_events = bool(con.sql("select 1 from duckdb_tables() where table_name = 'base_web_events'").fetchall())
    count = len(identifiers.key)

    def by_scipy() -> np.ndarray:
        graph = coo_array((np.ones(len(edges.left), np.int8), (edges.left, edges.right)), (count, count))
        return connected_components(graph, directed=False)[1]

    def by_networkx() -> np.ndarray:
        graph: Any = nx.Graph()
        graph.add_nodes_from(range(count))
        graph.add_edges_from(zip(edges.left.tolist(), edges.right.tolist(), strict=True))
        label = np.empty(count, dtype=np.int64)
        for number, part in enumerate(nx.connected_components(graph)):
            label[list(part)] = number
        return label

    def by_splink() -> np.ndarray:
        from splink import DuckDBAPI
        from splink.clustering import cluster_pairwise_predictions_at_threshold

        with duckdb.connect(config={"threads": THREADS}) as own:
            found = cluster_pairwise_predictions_at_threshold(
                pa.table({"node": np.arange(count)}),
                pa.table({"node_l": edges.left, "node_r": edges.right}),
                DuckDBAPI(connection=own),
                node_id_column_name="node",
            )
            rows = found.as_duckdbpyrelation().order("node").project("cluster_id").to_arrow_table()
            return rows["cluster_id"].to_numpy()

    return {
        SCIPY: by_scipy,
        RESOLVER: lambda: resolve_sorted(identifiers, edges, kinds, [], []).anchor,
        FROM_EDGES: lambda: ids_of_edges(con),
        **({SCAN: lambda: scan(con), FROM_EVENTS: lambda: ids_of_events(con)} if has_events else {}),
        "Splink 5 clustering on DuckDB, coded edges": by_splink,
        "networkx connected components, coded edges": by_networkx,
    }


def timed(call: Callable[[], np.ndarray | None], times: int) -> Timed:
    """The fastest of `times` calls: what the machine does besides only ever adds."""
    seconds, processor = [], []
    for _ in range(times):
        started, used = time.monotonic(), time.process_time()
        labels = call()
        seconds.append(time.monotonic() - started)
        processor.append(time.process_time() - used)
    return Timed(min(seconds), min(processor), labels)


def same_where_plain(
    con: duckdb.DuckDBPyConnection, plain: np.ndarray, labels: np.ndarray, anchors: np.ndarray
) -> bool:
    """Whether `labels` part the identifiers as `plain` does, in components of at most one member and nothing blocked by
    `anchors` (-1)."""
    kinds = con.sql("select identifier_kind = 'member_id' as is_member from identifiers order by identifier_key")
    members = np.bincount(plain[kinds.fetchnumpy()["is_member"]], minlength=plain.max() + 1)
    blocked = np.bincount(plain[anchors < 0], minlength=plain.max() + 1)
    chosen = ((members <= 1) & (blocked == 0))[plain]
    ours, theirs = np.unique(labels[chosen], return_inverse=True)[1], plain[chosen]
    pairs = np.unique(np.stack((ours, theirs)), axis=1).shape[1]
    return bool(pairs == len(np.unique(ours)) == len(np.unique(theirs)))


def budget_line(found: dict[str, Timed], name: str) -> str:
    """What the way to ids may take and what `name` takes, of wall and of processor time."""
    none = Timed(0, 0, None)
    allowed = f"{BUDGET} x SciPy" + (" + one scan" if SCAN in found else "")
    words = []
    for unit, of in (("seconds", lambda one: one.seconds), ("processor seconds", lambda one: one.processor_seconds)):
        budget, used = BUDGET * of(found[SCIPY]) + of(found.get(SCAN, none)), of(found[name])
        verdict = "within" if used <= budget else f"beyond by {used - budget:.2f}"
        words.append(f"{used:.2f} of {budget:.2f} {unit}: {verdict}")
    return f"{name}, budget {allowed}: " + "; ".join(words) + "."


def report(con: duckdb.DuckDBPyConnection, times: int, leave_out: tuple[str, ...]) -> tuple[str, bool]:
    """The table of one graph, as Markdown, and whether all agree."""
    found: dict[str, Timed] = {}
    for name, call in contestants(con).items():
        if not any(word in name for word in leave_out):
            progress.report("bench", name)
            found[name] = timed(call, times)
    [(count, edges)] = con.sql(
        "select (select count(*) from identifiers), (select count(*) from int_identity__edges)"
    ).fetchall()
    events = con.sql("select count(*) from base_web_events").fetchall()[0][0] if SCAN in found else 0
    plain, anchors = found[SCIPY].labels, found[RESOLVER].labels
    assert plain is not None and anchors is not None
    lines = [
        f"{count:,} identifiers, {edges:,} edges, {events:,} events, {int((anchors < 0).sum()):,} identifiers blocked"
        f" as shared; {machine()}; best of {times}.",
        "",
        "| | seconds | processor seconds | to SciPy | same persons where nothing is contested |",
        "|---|---:|---:|---:|---|",
    ]
    agreed = True
    for name, one in found.items():
        same = one.labels is None or same_where_plain(con, plain, one.labels, anchors)
        agreed &= same
        words = "-" if one.labels is None else "yes" if same else "NO"
        ratio = one.processor_seconds / max(found[SCIPY].processor_seconds, 1e-9)
        lines.append(f"| {name} | {one.seconds:.2f} | {one.processor_seconds:.2f} | {ratio:.2f} | {words} |")
    budgets = [budget_line(found, name) for name in (FROM_EDGES, FROM_EVENTS) if name in found]
    return "\n".join([*lines, "", *budgets]), agreed


@click.command()
@click.option("--edges", default=4_500_000, show_default=True, type=click.IntRange(min=100), help="About so many.")
@click.option(
    "--events",
    default=None,
    type=click.IntRange(min=0),
    help="Web events; 30 million for 4.5 million edges by default.",
)
@click.option(
    "--times", default=3, show_default=True, type=click.IntRange(min=1), help="Runs of each; the best counts."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same graph.")
@click.option("--without", "leave_out", multiple=True, help="Leave out by name: networkx takes minutes and gigabytes.")
def main(edges: int, events: int | None, times: int, seed: int, leave_out: tuple[str, ...]) -> None:
    """Kizuna's resolver, SciPy, networkx and Splink on one generated graph; exit 1 where they disagree."""
    events = round(edges * EVENTS_PER_EDGE) if events is None else events
    if 0 < events < 3 * edges:
        raise click.UsageError("--events: fewer than three for each edge do not show every pair; 0 leaves them out")
    # In a file, as the warehouse is: compressed, and not in memory.
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(Path(folder) / "bench.duckdb", config={"threads": THREADS}) as con,
    ):
        shop_graph(con, edges, seed, events)
        text, agreed = report(con, times, leave_out)
    click.echo(text)
    sys.exit(0 if agreed else 1)


if __name__ == "__main__":
    main(prog_name="python -m tests.bench.identity")
