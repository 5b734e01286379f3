"""From tables to tables, as the dbt model calls it, and a contested component large enough to show growth."""

import time
from collections import defaultdict
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from graphs import KINDS, graphs, kinds, run
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.identity.assign import KEYS, changes, clusters, clusters_anew
from dagster_project.identity.evidence import Edges, Identifiers, Pairings
from dagster_project.identity.graph import resolve
from dagster_project.identity.sorting import between_positions
from tests.bench.identity_way import assignments

KIND_COLUMNS = ("kind", "strength", "is_weak", "values_per_person", "is_blockable", "records_per_value")
PAIR = pa.schema([("left_key", pa.int64()), ("right_key", pa.int64())])
IDENTIFIERS = pa.schema(
    [
        ("identifier_key", pa.int64()),
        ("identifier_kind", pa.string()),
        ("first_landing_no", pa.int64()),
        ("first_landing_seen_ms", pa.int64()),
        ("is_blocklisted", pa.bool_()),
    ]
)
EDGES = pa.schema([*PAIR, ("observations", pa.int64()), ("landing_no", pa.int64()), ("rule", pa.string())])
OVERRIDES, LIKELY = PAIR.append(pa.field("action", pa.string())), PAIR.append(pa.field("match_weight", pa.float64()))


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        yield con


def rules(kinds_=KINDS):
    """The rule table identity_kinds, not in the order of strength."""
    rows = [
        (k.name, k.strength, k.is_weak, 1 if k.is_exclusive else None, k.is_blockable, k.records_per_value)
        for k in kinds_
    ]
    return pa.Table.from_pylist([dict(zip(KIND_COLUMNS, row, strict=True)) for row in reversed(rows)])


def table(schema, rows):
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


def identifiers(con, rows):
    """Relation over (key, kind, is_blocklisted) rows."""
    return con.from_arrow(table(IDENTIFIERS, [(key, kind, 1, 0, blocked) for key, kind, blocked in reversed(rows)]))


def edges(con, pairs, rule="order"):
    """Relation over pairs of keys."""
    return con.from_arrow(table(EDGES, [(a, b, 1, 1, rule) for a, b in pairs]))


SHOP = [
    (10, "member_id", False),
    (11, "member_id", False),
    (12, "phone", False),
    (13, "email", False),
    (14, "email", True),
    (15, "card_no", False),
    (16, "card_no", False),
    (17, "phone", False),
]
SEEN = [(10, 12), (11, 12), (11, 13), (10, 14), (15, 17), (16, 17)]


def assigned(con, shop, seen, overrides=(), conflicts=(), likely=(), rule="order"):
    """int_identity__assignments, made as its model makes it, with int_identity__clusters and what changed of it."""
    tables = rules(), identifiers(con, shop), edges(con, seen, rule)
    ties = table(OVERRIDES, overrides)
    found = clusters(*tables, ties)
    known = con.from_arrow(found)
    changed = changes(*tables, ties, known, table(PAIR, conflicts), table(LIKELY, likely), con.from_arrow)
    return assignments(known, con.from_arrow(changed)).to_arrow_table(), found, changed


def fates(found):
    """Key -> anchor and reason."""
    return {row["identifier_key"]: (row["anchor_key"], row["blocked_reason"]) for row in found.to_pylist()}


def test_tables_go_in_and_a_row_per_identifier_comes_out(con):
    found, before, _ = assigned(con, SHOP, SEEN, [(11, 13, "never_link")], [(15, 16)], [(11, 15, 9.5)])
    assert found.num_rows == len(SHOP)
    assert fates(found) == {
        10: (10, None),
        11: (11, None),
        12: (None, "shared_value"),
        13: (13, None),
        14: (None, "blocklisted"),
        15: (11, None),
        16: (16, None),
        17: (None, "conflicting_records"),
    }
    assert fates(before) == fates(found) | {15: (15, None), 16: (15, None), 17: (15, None)}


def test_only_components_that_hold_a_pair_are_resolved_again(con):
    _, _, changed = assigned(con, SHOP, SEEN, conflicts=[(15, 16)])
    assert set(fates(changed)) == {15, 16, 17}
    _, _, changed = assigned(con, SHOP, SEEN, [(11, 13, "never_link")])
    assert changed.num_rows == 0


@settings(max_examples=75, deadline=None)
@given(graph=graphs(overrides=True, guards=True))
def test_what_pairs_of_records_change_is_as_if_all_were_resolved_at_once(con, graph):
    anchors, reasons = run(graph)
    shop = [
        (key, KINDS[row["kind"]].name, row["landing_no"], row["first_seen"], row["blocklisted"])
        for key, row in graph.identifiers.items()
    ]
    seen = [(*edge.values(), "order") for edge in graph.edges]
    ties = [(*pair, "never_link") for pair in graph.never] + [(*pair, "always_link") for pair in graph.always]
    overrides = table(OVERRIDES, ties)
    tables = rules(kinds(graph.limit)), *map(con.from_arrow, (table(IDENTIFIERS, shop), table(EDGES, seen)))
    known = con.from_arrow(clusters(*tables, overrides))
    pairs = table(PAIR, graph.conflicts), table(LIKELY, graph.likely)
    changed = changes(*tables, overrides, known, *pairs, con.from_arrow)
    found = assignments(known, con.from_arrow(changed)).to_arrow_table()
    assert fates(found) == {key: (anchors[key], reasons[key] or None) for key in anchors}


def seen_of(graph):
    """The relations that the models read of a graph, as tables: identifiers and edges."""
    shop = [
        (key, KINDS[row["kind"]].name, row["landing_no"], row["first_seen"], row["blocklisted"])
        for key, row in graph.identifiers.items()
    ]
    return table(IDENTIFIERS, shop), table(EDGES, [(*edge.values(), "order") for edge in graph.edges])


def parts(found):
    """Rows by key; components by all that are in them, whatever they are called."""
    rows = {row["identifier_key"]: row for row in found.to_pylist()}
    for name in ("component", "near"):
        members = defaultdict(set)
        for key, row in rows.items():
            members[row[name]].add(key)
        for row in rows.values():
            row[name] = row[name] and frozenset(members[row[name]])
    return rows


@settings(max_examples=75, deadline=None)
@given(graph=graphs(overrides=True, guards=True), chance=st.randoms(use_true_random=False))
def test_what_is_decided_anew_around_what_was_touched_is_as_if_all_were(con, graph, chance):
    # Yesterday lacked some edges and identifiers, and held some that are gone by now.
    new, gone, was_seen_otherwise = (
        {key for key in graph.identifiers if chance.random() < share} for share in (0.1, 0.1, 0.05)
    )
    before, now = graph.without(new), graph.without(gone)
    old_edges, new_edges = ([edge for edge in part.edges if chance.random() < 0.8] for part in (before, now))
    rows = {key: row | {"first_seen": row["first_seen"] + (key in was_seen_otherwise)}
            for key, row in before.identifiers.items()}  # fmt: skip
    before, now = replace(before, edges=old_edges, identifiers=rows), replace(now, edges=new_edges)
    touched = new | gone | was_seen_otherwise
    touched |= {edge["left"] for edge in new_edges if edge not in old_edges}
    touched |= {edge[end] for edge in old_edges if edge not in new_edges for end in ("left", "right")}
    # The rule table of overrides is the same on both days, and names identifiers that are not there.
    ties = [(*pair, "never_link") for pair in graph.never] + [(*pair, "always_link") for pair in graph.always]
    rules_, overrides = rules(kinds(graph.limit)), table(OVERRIDES, ties)
    kept = clusters(rules_, *map(con.from_arrow, seen_of(before)), overrides)
    named = con.from_arrow(pa.table({"identifier_key": sorted(touched)}, schema=KEYS))
    shown = map(con.from_arrow, seen_of(now))
    anew = clusters_anew(rules_, *shown, overrides, con.from_arrow(kept), named, con.from_arrow)
    is_made = {*touched, *anew["identifier_key"].to_pylist()}
    stayed = [row for row in kept.to_pylist() if row["identifier_key"] not in is_made]
    found = pa.concat_tables([pa.Table.from_pylist(stayed, kept.schema), anew])
    assert parts(found) == parts(clusters(rules_, *map(con.from_arrow, seen_of(now)), overrides))


def test_what_nobody_has_touched_is_not_decided_anew(con):
    tables = rules(), identifiers(con, SHOP), edges(con, SEEN)
    none = OVERRIDES.empty_table()
    kept = con.from_arrow(clusters(*tables, none))
    for touched, expected in (([], set()), ([13], {10, 11, 12, 13}), ([14], {14})):
        named = con.from_arrow(pa.table({"identifier_key": touched}, schema=KEYS))
        anew = clusters_anew(*tables, none, kept, named, con.from_arrow)
        assert set(anew["identifier_key"].to_pylist()) == expected


def test_a_value_of_too_many_records_is_asked_again_where_two_of_them_are_one_by_now(con):
    shop = [(10, "member_id", False), *((key, "card_no", False) for key in (15, 16, 18)), (17, "phone", False)]
    held, none = [(15, 17), (16, 17), (18, 17)], OVERRIDES.empty_table()
    tables = rules(kinds(2)), identifiers(con, shop)
    kept = con.from_arrow(clusters(*tables, edges(con, held), none))
    assert fates(kept.to_arrow_table())[17] == (None, "too_many_records")
    named = con.from_arrow(pa.table({"identifier_key": [10, 15, 16]}, schema=KEYS))
    now = edges(con, [*held, (10, 15), (10, 16)])
    anew = clusters_anew(*tables, now, none, kept, named, con.from_arrow)
    # Neither the phone nor the third card was touched.
    assert fates(anew) == fates(clusters(*tables, now, none)) == {key: (10, None) for key, *_ in shop}


def test_only_records_that_a_value_would_join_to_anothers_are_compared(con):
    shop = [*SHOP, (18, "card_no", False), (19, "email", False), (20, "card_no", False)]
    seen = [*SEEN, (11, 18), (18, 19), (19, 20)]
    found = clusters(rules(), identifiers(con, shop), edges(con, seen), OVERRIDES.empty_table()).to_pylist()
    found = [row for row in found if row["near"] is not None]
    # 10 and 11 share a phone, but are members both; card 20 hangs on 11 by card 18 and its e-mail.
    assert {row["identifier_key"]: (row["core_key"], row["is_record"]) for row in found} == {
        **{10: (10, True), 11: (11, True), 12: (12, False), 13: (13, False), 18: (11, True), 19: (19, False)},
        **{20: (20, True), 15: (15, True), 16: (16, True), 17: (17, False)},
    }
    claims = {row["identifier_key"]: row["claims"] for row in found if row["is_record"]}
    assert claims[10] & claims[11] & claims[18]
    assert not claims[20] | claims[15] | claims[16]
    near = {row["identifier_key"]: row["near"] for row in found}
    assert near[15] == near[16] != near[10] == near[20]


def test_nothing_landed_gives_empty_tables_of_the_same_types(con):
    found, before, _ = assigned(con, [], [])
    assert found.num_rows == before.num_rows == 0
    assert found.schema.types == [pa.int64(), pa.int64(), pa.string()]


def anchors_of_a_card_with_two_members(con, seen, rule="order"):
    """Identifier -> anchor: members 10 and 11, card 15, and rows of evidence for either."""
    shop = [(10, "member_id", False), (11, "member_id", False), (15, "card_no", False)]
    return {key: anchor for key, (anchor, _) in fates(assigned(con, shop, seen, rule=rule)[0]).items()}


def test_several_rows_of_a_pair_count_together(con):
    # Of two equal edges the one with the smaller keys comes first; three sightings in three rows are more than two.
    assert anchors_of_a_card_with_two_members(con, [(10, 15), (11, 15)])[15] == 10
    assert anchors_of_a_card_with_two_members(con, [(10, 15), (10, 15), (11, 15), (15, 11), (11, 15)])[15] == 11


def test_edges_of_overrides_are_not_read_as_evidence(con):
    assert anchors_of_a_card_with_two_members(con, [(11, 15)], rule="override") == {10: 10, 11: 11, 15: 15}


@pytest.mark.parametrize(
    "key",
    [np.arange(100), np.append(np.arange(100), 1 << 59), np.arange(100) * ((1 << 60) // 100), np.array([7])],
    ids=["close", "clumped", "even", "one"],
)
def test_edges_find_their_identifiers_however_keys_are_spread(key):
    ones = np.ones(len(key), dtype=np.int64)
    found = between_positions(key, Edges(key[::-1], key, ones, ones))
    assert found.left.tolist() == list(range(len(key)))[::-1] == found.right.tolist()[::-1]
    for unknown in (key[0] - 1, key[-1] + 1, 1 << 58):
        with pytest.raises(ValueError, match="not among the identifiers"):
            between_positions(key, Edges(key, np.append(key[1:], unknown), ones, ones))


def test_a_contested_component_of_twenty_thousand_identifiers_takes_seconds():
    # Members in a row, neighbours joined by e-mail - phone - e-mail: no value touches two members itself.
    count = 5000
    member, near, phone, far = (np.arange(count) + start * count for start in range(4))
    kind = np.repeat([0, 3, 4, 3], count)
    left = np.concatenate((member, near, far[:-1], far[:-1]))
    right = np.concatenate((near, phone, phone[:-1], member[1:]))
    ones = np.ones(len(left), dtype=np.int64)
    started = time.process_time()
    same, none = np.ones(4 * count, dtype=np.int64), np.zeros(4 * count, dtype=bool)
    shop = Identifiers(np.arange(4 * count), kind, same, same, none)
    result = resolve(shop, Edges(left, right, ones, ones), KINDS, Pairings())
    assert time.process_time() - started < 20
    assert (result.reason[phone[:-1]] == 2).all()
    assert len(set(result.anchor[member])) == count
