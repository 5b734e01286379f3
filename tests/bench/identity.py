"""`python -m tests.bench.identity --edges 4500000`: Kizuna's resolver beside plain connected components, on one graph.

SciPy, networkx and Splink's clustering find components and nothing else; Kizuna also keeps persons apart, blocks shared
values and names each person by its anchor. Where nothing is contested all must find the same. The budget of the way to
ids is four times SciPy's components on coded edges, plus one scan of the events. It is held against the way from edges
by key, from the tuples that events show, which are stored and grow by a day's files a day, and from the events.
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
from dagster_project.identity.assign import read_edges, read_identifiers, read_kinds
from dagster_project.identity.evidence import Pairings
from dagster_project.identity.graph import resolve_records
from dagster_project.identity.records import records
from tests.bench.identity_graph import shop_graph
from tests.bench.identity_way import ids_of_edges, ids_of_events, ids_of_tuples, scan, some_conflicts, tuples_of_events
from tests.bench.measure import machine

EVENTS_PER_EDGE = 30 / 4.5  # as many as a shop of that size has
SCIPY = "SciPy connected components, coded edges"
RESOLVER = "Kizuna's resolver, coded edges"
FROM_EDGES = "Kizuna, from edges by key to ids"
FROM_TUPLES = "Kizuna, from stored tuples to ids (every day)"
FROM_EVENTS = "Kizuna, from events to ids (first run)"
SCAN = "One scan of the events, DuckDB"
BUDGET = 4
THREADS = 2
Contestant = Callable[[], np.ndarray | pa.Table | None]


@dataclass(frozen=True)
class Timed:
    """Wall and processor seconds that one contestant took, and its label per identifier; None for a scan."""

    seconds: float
    processor_seconds: float
    labels: np.ndarray | None


def contestants(con: duckdb.DuckDBPyConnection) -> dict[str, Contestant]:
    """Name -> a call that labels each identifier, in key order or by key. A scan labels nothing."""
    kinds = read_kinds(con.table("identity_kinds").to_arrow_table())
    identifiers = read_identifiers(kinds, con.table("identifiers"))
    edges = read_edges(identifiers, con.table("int_identity__edges"))
    has_events = bool(con.sql("select 1 from duckdb_tables() where table_name = 'base_web_events'").fetchall())
    count = len(identifiers.key)
    conflicts = some_conflicts(con)
    known = Pairings(conflicts=list(zip(*(column.to_pylist() for column in conflicts.columns), strict=True)))

    def by_resolver() -> np.ndarray:
        return resolve_records(identifiers, records(identifiers, edges, kinds, known), kinds, known).anchor

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

    of_events: dict[str, Contestant] = {
        SCAN: lambda: scan(con),
        FROM_TUPLES: lambda: ids_of_tuples(con, conflicts),
        FROM_EVENTS: lambda: ids_of_events(con, conflicts),
    }
    if has_events:
        tuples_of_events(con)
    return {
        SCIPY: by_scipy,
        RESOLVER: by_resolver,
        FROM_EDGES: lambda: ids_of_edges(con, conflicts),
        **(of_events if has_events else {}),
        "Splink 5 clustering on DuckDB, coded edges": by_splink,
        "networkx connected components, coded edges": by_networkx,
    }


def timed(call: Contestant, times: int) -> Timed:
    """The fastest of `times` calls: what the machine does besides only ever adds."""
    seconds, processor = [], []
    for _ in range(times):
        started, used = time.monotonic(), time.process_time()
        labels = call()
        seconds.append(time.monotonic() - started)
        processor.append(time.process_time() - used)
    if isinstance(labels, pa.Table):
        labels = labels.sort_by("identifier_key")["anchor_key"].fill_null(-1).to_numpy()
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
    budgets = [budget_line(found, name) for name in (FROM_EDGES, FROM_TUPLES, FROM_EVENTS) if name in found]
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
