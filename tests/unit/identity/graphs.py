"""Generated identity graphs, and the call of the resolver that is under test, in plain Python values."""

import random

import numpy as np
from hypothesis import strategies as st

from dagster_project.identity.evidence import Edges, Identifiers, Kind
from dagster_project.identity.graph import REASONS, resolve

KINDS = [
    Kind("member_id", 1, is_weak=False, is_exclusive=True, is_blockable=False),
    Kind("card_no", 2, is_weak=False, is_exclusive=False, is_blockable=False),
    Kind("line_user_id", 3, is_weak=False, is_exclusive=False, is_blockable=True),
    Kind("email", 4, is_weak=False, is_exclusive=False, is_blockable=True),
    Kind("phone", 5, is_weak=False, is_exclusive=False, is_blockable=True),
    Kind("visitor_id", 6, is_weak=True, is_exclusive=False, is_blockable=True),
]
MEMBER, CARD, LINE, EMAIL, PHONE, VISITOR = range(6)


@st.composite
def graphs(draw, overrides=False):
    """(identifiers by key, edges, never, always): dense enough that most examples are contested."""
    counts = draw(st.lists(st.integers(0, 4), min_size=6, max_size=6).filter(lambda c: sum(c) >= 2))
    kinds = [kind for kind, count in enumerate(counts) for _ in range(count)]
    keys = draw(st.permutations(range(1, len(kinds) + 1)))
    identifiers = {
        key: {
            "kind": kind,
            "landing_no": draw(st.integers(1, 2)),
            "first_seen": draw(st.integers(0, 2)),
            "blocklisted": draw(st.integers(0, 19)) == 0,
        }
        for key, kind in zip(keys, kinds, strict=True)
    }
    pair = st.tuples(st.sampled_from(keys), st.sampled_from(keys)).filter(lambda p: p[0] < p[1])
    chosen = draw(st.lists(pair, max_size=30, unique=True))
    edges = [
        {
            "left": a,
            "right": b,
            "observations": draw(st.integers(1, 2)),
            "landing_no": draw(st.integers(1, 2)),
        }
        for a, b in chosen
    ]
    never = draw(st.lists(pair, max_size=2, unique=True)) if overrides else []
    always = draw(st.lists(pair, max_size=2, unique=True)) if overrides else []
    return identifiers, edges, never, always


def run(identifiers, edges, never=(), always=(), shuffle=None):
    """The resolver's answer as (key -> anchor or None, key -> reason); `shuffle` seeds the order of rows."""
    keys, edges, never, always = list(identifiers), list(edges), list(never), list(always)
    if shuffle is not None:
        mixer = random.Random(shuffle)
        for rows in (keys, edges, never, always):
            mixer.shuffle(rows)
        edges = [{**e, "left": e["right"], "right": e["left"]} if mixer.random() < 0.5 else e for e in edges]

    def column(rows, name, dtype=np.int64):
        return np.array([row[name] for row in rows], dtype=dtype)

    rows = [identifiers[key] for key in keys]
    result = resolve(
        Identifiers(
            np.array(keys, dtype=np.int64),
            column(rows, "kind"),
            column(rows, "landing_no"),
            column(rows, "first_seen"),
            column(rows, "blocklisted", bool),
        ),
        Edges(
            column(edges, "left"),
            column(edges, "right"),
            column(edges, "observations"),
            column(edges, "landing_no"),
        ),
        KINDS,
        never,
        always,
    )
    return (
        {key: None if anchor < 0 else int(anchor) for key, anchor in zip(keys, result.anchor, strict=True)},
        {key: REASONS[code] for key, code in zip(keys, result.reason, strict=True)},
    )
