"""Generated identity graphs, and the call of the resolver that is under test, in plain Python values."""

import random
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st

from dagster_project.identity.evidence import Edges, Identifiers, Kind, Pairings
from dagster_project.identity.graph import REASONS, resolve

MEMBER, CARD, LINE, EMAIL, PHONE, VISITOR = range(6)


def kinds(records_per_value: int | None = 5) -> list[Kind]:
    """The kinds as shipped, with another number of records that a value may have."""
    return [
        Kind("member_id", 1, is_weak=False, is_exclusive=True, is_blockable=False),
        Kind("card_no", 2, is_weak=False, is_exclusive=False, is_blockable=False),
        Kind("line_user_id", 3, False, False, True, records_per_value),
        Kind("email", 4, False, False, True, records_per_value),
        Kind("phone", 5, False, False, True, records_per_value),
        Kind("visitor_id", 6, is_weak=True, is_exclusive=False, is_blockable=True),
    ]


KINDS = kinds()


@dataclass
class Graph:
    """What the resolver is given: identifiers by key, edges as dicts, pairs of keys, the limit of records a value."""

    identifiers: dict[int, dict]
    edges: list[dict]
    never: list[tuple[int, int]] = field(default_factory=list)
    always: list[tuple[int, int]] = field(default_factory=list)
    conflicts: list[tuple[int, int]] = field(default_factory=list)
    likely: list[tuple[int, int, float]] = field(default_factory=list)
    limit: int | None = 5

    def of_kind(self, *kinds: int) -> set[int]:
        """The keys of identifiers of these kinds."""
        return {key for key, row in self.identifiers.items() if row["kind"] in kinds}

    def without(self, keys: set[int]) -> "Graph":
        """The same as if these identifiers had never been seen."""
        pairs = {
            name: [pair for pair in getattr(self, name) if not keys & set(pair[:2])]
            for name in ("never", "always", "conflicts", "likely")
        }
        edges = [edge for edge in self.edges if not keys & {edge["left"], edge["right"]}]
        return replace(
            self, identifiers={k: r for k, r in self.identifiers.items() if k not in keys}, edges=edges, **pairs
        )


@st.composite
def graphs(draw, overrides=False, guards=False, contested=True):
    """A Graph dense enough that most examples are contested; with `overrides`, with `guards` (conflicts between
    records, likely pairs, a limit of records a value). Not `contested`: without members and blocked values, and sparse.

    Hypothesis draws the sizes, so that a failure shrinks to a small graph; what they are filled with comes from a
    seed, since lists drawn one element at a time come out too sparse to be contested.
    """
    counts = draw(st.lists(st.integers(0, 4), min_size=6, max_size=6).filter(lambda c: sum(c) >= 2))
    counts[MEMBER] *= contested
    density = draw(st.integers(0, 30 if contested else 6))
    chance = random.Random(draw(st.integers(0, 2**32)))
    kinds = [kind for kind, count in enumerate(counts) for _ in range(count)]
    keys = chance.sample(range(1, len(kinds) + 1), len(kinds))
    identifiers = {
        key: {
            "kind": kind,
            "landing_no": chance.randint(1, 2),
            "first_seen": chance.randint(0, 2),
            "blocklisted": contested and chance.random() < 0.05,
        }
        for key, kind in zip(keys, kinds, strict=True)
    }
    every = [(a, b) for a in keys for b in keys if a < b]

    def some(pairs, at_most):
        return chance.sample(pairs, min(len(pairs), chance.randint(0, at_most)))

    edges = [
        {"left": a, "right": b, "observations": chance.randint(1, 2), "landing_no": chance.randint(1, 2)}
        for a, b in chance.sample(every, min(len(every), density))
    ]
    graph = Graph(identifiers, edges)
    if overrides:
        graph.never, graph.always = some(every, 2), some(every, 2)
    if guards:
        records = sorted(graph.of_kind(MEMBER, CARD))
        pairs = [(a, b) for a in records for b in records if a < b]
        graph.conflicts = some(pairs, 6)
        graph.likely = [(a, b, float(chance.randint(1, 2))) for a, b in some(pairs, 3)]
        graph.limit = chance.choice([None, None, 1, 2, 3])
    return graph


def run(graph: Graph, shuffle: int | None = None):
    """The resolver's answer as (key -> anchor or None, key -> reason); `shuffle` seeds the order of rows."""
    keys, edges = list(graph.identifiers), list(graph.edges)
    never, always, conflicts, likely = map(list, (graph.never, graph.always, graph.conflicts, graph.likely))
    if shuffle is not None:
        mixer = random.Random(shuffle)
        for rows in (keys, edges, never, always, conflicts, likely):
            mixer.shuffle(rows)
        edges = [{**e, "left": e["right"], "right": e["left"]} if mixer.random() < 0.5 else e for e in edges]
        never = [(b, a) for a, b in never]
        conflicts = [(b, a) for a, b in conflicts]

    def column(rows, name, dtype=np.int64):
        return np.array([row[name] for row in rows], dtype=dtype)

    rows = [graph.identifiers[key] for key in keys]
    result = resolve(
        Identifiers(
            np.array(keys, dtype=np.int64),
            column(rows, "kind"),
            column(rows, "landing_no"),
            column(rows, "first_seen"),
            column(rows, "blocklisted", bool),
        ),
        Edges(*(column(edges, name) for name in ("left", "right", "observations", "landing_no"))),
        kinds(graph.limit),
        Pairings(never, always, conflicts, likely),
    )
    return (
        {key: None if anchor < 0 else int(anchor) for key, anchor in zip(keys, result.anchor, strict=True)},
        {key: REASONS[code] for key, code in zip(keys, result.reason, strict=True)},
    )
