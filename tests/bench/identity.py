"""`python -m tests.bench.identity --edges 4500000`: Kizuna's resolver beside plain connected components, on one graph.

SciPy, networkx and Splink's clustering find components and nothing else; Kizuna also keeps persons apart, blocks shared
values and names each person by its anchor. Where nothing is contested all must find the same.
"""

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dagster_project import progress
from dagster_project.identity.assign import assignments, near_identifiers, read_identifiers, read_kinds, read_links
from dagster_project.identity.graph import resolve_sorted
from dagster_project.project import DBT_PROJECT, seeds
from tests.bench.measure import machine

# Kinds as shipped, and how many identifiers of each a member of the simulated shop has.
PER_MEMBER = {"member_id": 1.0, "card_no": 0.6, "line_user_id": 0.33, "email": 1.15, "phone": 1.15, "visitor_id": 1.25}
SCIPY = "SciPy connected components, coded edges"
THREADS = 2


@dataclass(frozen=True)
class Timed:
    """Seconds that one contestant took, and its label per identifier; None where it was left out."""

    seconds: float
    labels: np.ndarray


def shop_graph(con: duckdb.DuckDBPyConnection, edges: int, seed: int) -> None:
    """Tables `identity_kinds`, `unnumbered` (identifiers by key) and `int_identity__edges`: about `edges` pairs of a
    shop whose members mostly own their e-mail, phone and cookies; 1 % of phones are a family's, 2 % of cookies a
    tablet's.
    """
    mixer = np.random.default_rng(seed)
    members = max(int(edges / 4.5), 20)
    sizes = [int(members * share) for share in PER_MEMBER.values()]
    count = sum(sizes)
    keys = np.unique(mixer.integers(0, 1 << 60, count + count // 1000 + 10))[: 10 * count]
    keys = mixer.permutation(keys)[:count]
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
        (member[visits[: len(visitor)]], visitor[: len(visits)]),
        (member[family], phone[mixer.integers(0, members, len(family))]),
        (member[tablet], visitor[mixer.integers(0, len(visitor), len(tablet))]),
        (email[orders], phone[mixer.integers(0, members, len(orders))]),
    ]
    found = pa.table(
        {"left_key": np.concatenate([a for a, _ in pairs]), "right_key": np.concatenate([b for _, b in pairs])}
    )
    named = pa.table({"identifier_key": keys, "identifier_kind": np.repeat(list(PER_MEMBER), sizes)})
    con.register("found", found)
    con.register("named", named)
    con.execute("create table identity_kinds as from read_csv(?)", [str(seeds() / "rules" / "identity_kinds.csv")])
    con.execute(
        "create table unnumbered as select *, cast(1 as bigint) as first_landing_no, false as is_blocklisted,"
        " cast(hash(identifier_key) % 100000000000 as bigint) as first_landing_seen_ms from named"
    )
    con.execute(
        "create table int_identity__edges as select left_key, right_key, 'order' as rule, 'ec_orders' as source,"
        " hash(left_key, right_key) % 9 + 1 as observations, 1 as landing_no from found"
    )


def whole_way(con: duckdb.DuckDBPyConnection) -> np.ndarray:
    """From the table of edges by key to an anchor per identifier, as the identity stage does it."""
    con.execute(
        "create or replace table identifiers as select numbered.identifier_no, unnumbered.* from unnumbered inner join"
        " (select identifier_key, cast(row_number() over (order by identifier_key) - 1 as integer) as identifier_no"
        " from unnumbered) as numbered using (identifier_key)"
    )
    model = (DBT_PROJECT / "models" / "identity" / "int_identity__links.sql").read_text(encoding="utf-8")
    con.execute("create or replace table links as " + re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", model))
    kinds = con.table("identity_kinds").to_arrow_table()
    near_identifiers(kinds, con.table("identifiers"), con.table("links"), OVERRIDES.empty_table())
    found = assignments(
        kinds,
        con.table("identifiers"),
        con.table("links"),
        OVERRIDES.empty_table(),
        PAIRS.empty_table(),
        PAIRS.append(pa.field("match_weight", pa.float64())).empty_table(),
    )
    return found["anchor_key"].fill_null(-1).to_numpy()


PAIRS = pa.schema([("left_key", pa.int64()), ("right_key", pa.int64())])
OVERRIDES = PAIRS.append(pa.field("action", pa.string()))


def contestants(con: duckdb.DuckDBPyConnection) -> dict[str, Callable[[], np.ndarray]]:
    """Name -> a call that labels each identifier, in key order. Call `whole_way` first: it makes the coded tables."""
    kinds = read_kinds(con.table("identity_kinds").to_arrow_table())
    identifiers, edges = read_identifiers(kinds, con.table("identifiers")), read_links(con.table("links"))
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
        "Kizuna's resolver, coded edges": lambda: resolve_sorted(identifiers, edges, kinds, [], []).anchor,
        "Kizuna, from edges by key to ids": lambda: whole_way(con),
        "Splink 5 clustering on DuckDB, coded edges": by_splink,
        "networkx connected components, coded edges": by_networkx,
    }


def timed(call: Callable[[], np.ndarray], times: int) -> Timed:
    """The fastest of `times` calls: what the machine does besides only ever adds."""
    seconds = []
    for _ in range(times):
        started = time.monotonic()
        labels = call()
        seconds.append(time.monotonic() - started)
    return Timed(min(seconds), labels)


def same_where_plain(
    con: duckdb.DuckDBPyConnection, plain: np.ndarray, labels: np.ndarray, anchors: np.ndarray
) -> bool:
    """Whether `labels` part the identifiers as `plain` does, in components of at most one member and nothing blocked by
    `anchors` (-1)."""
    kinds = con.sql("select identifier_kind = 'member_id' as is_member from identifiers order by identifier_no")
    members = np.bincount(plain[kinds.fetchnumpy()["is_member"]], minlength=plain.max() + 1)
    blocked = np.bincount(plain[anchors < 0], minlength=plain.max() + 1)
    chosen = ((members <= 1) & (blocked == 0))[plain]
    ours, theirs = np.unique(labels[chosen], return_inverse=True)[1], plain[chosen]
    pairs = np.unique(np.stack((ours, theirs)), axis=1).shape[1]
    return bool(pairs == len(np.unique(ours)) == len(np.unique(theirs)))


def report(con: duckdb.DuckDBPyConnection, times: int, leave_out: tuple[str, ...]) -> tuple[str, bool]:
    """The table of one graph, as Markdown, and whether all agree."""
    whole_way(con)
    found: dict[str, Timed] = {}
    for name, call in contestants(con).items():
        if not any(word in name for word in leave_out):
            progress.report("bench", name)
            found[name] = timed(call, times)
    [(count, edges)] = con.sql("select (select count(*) from identifiers), (select count(*) from links)").fetchall()
    plain = found[SCIPY].labels
    anchors = found["Kizuna's resolver, coded edges"].labels
    lines = [
        f"{count:,} identifiers, {edges:,} edges, {int((anchors < 0).sum()):,} identifiers blocked as shared;"
        f" {machine()}; best of {times}.",
        "",
        "| | seconds | to SciPy | same persons where nothing is contested |",
        "|---|---:|---:|---|",
    ]
    agreed = True
    for name, one in found.items():
        same = same_where_plain(con, plain, one.labels, anchors)
        agreed &= same
        ratio = one.seconds / found[SCIPY].seconds
        lines.append(f"| {name} | {one.seconds:.2f} | {ratio:.2f} | {'yes' if same else 'NO'} |")
    return "\n".join(lines), agreed


@click.command()
@click.option("--edges", default=4_500_000, show_default=True, type=click.IntRange(min=100), help="About so many.")
@click.option(
    "--times", default=3, show_default=True, type=click.IntRange(min=1), help="Runs of each; the best counts."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same graph.")
@click.option("--without", "leave_out", multiple=True, help="Leave out by name: networkx takes minutes and gigabytes.")
def main(edges: int, times: int, seed: int, leave_out: tuple[str, ...]) -> None:
    """Kizuna's resolver, SciPy, networkx and Splink on one generated graph; exit 1 where they disagree."""
    with duckdb.connect(config={"threads": THREADS}) as con:
        shop_graph(con, edges, seed)
        text, agreed = report(con, times, leave_out)
    click.echo(text)
    sys.exit(0 if agreed else 1)


if __name__ == "__main__":
    main(prog_name="python -m tests.bench.identity")
