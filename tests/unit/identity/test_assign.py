"""From tables to tables, as the dbt model calls it, and a contested component large enough to show growth."""

import time

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from graphs import KINDS

from dagster_project.identity.assign import assignments, near_identifiers
from dagster_project.identity.evidence import Edges, Identifiers
from dagster_project.identity.graph import resolve
from dagster_project.identity.sorting import between_positions

KIND_COLUMNS = ("kind", "strength", "is_weak", "values_per_person", "is_blockable", "records_per_value")
PAIR = pa.schema([("left_key", pa.int64()), ("right_key", pa.int64())])
OVERRIDES, LIKELY = PAIR.append(pa.field("action", pa.string())), PAIR.append(pa.field("match_weight", pa.float64()))


@pytest.fixture
def con():
    with duckdb.connect() as con:
        yield con


def rules():
    """The rule table identity_kinds, not in the order of strength."""
    rows = [
        (k.name, k.strength, k.is_weak, 1 if k.is_exclusive else None, k.is_blockable, k.records_per_value)
        for k in KINDS
    ]
    return pa.Table.from_pylist([dict(zip(KIND_COLUMNS, row, strict=True)) for row in reversed(rows)])


def identifiers(con, rows):
    """Relation over (key, kind, is_blocklisted) rows."""
    con.execute(
        "create or replace table identifiers (identifier_key bigint, identifier_kind varchar,"
        " first_landing_no bigint, first_landing_seen_ms bigint, is_blocklisted boolean)"
    )
    for key, kind, is_blocklisted in reversed(rows):
        con.execute("insert into identifiers values (?, ?, 1, 0, ?)", [key, kind, is_blocklisted])
    return con.table("identifiers")


def edges(con, pairs, rule="order"):
    """Relation over pairs of keys."""
    con.execute(
        "create or replace table edges"
        " (left_key bigint, right_key bigint, rule varchar, observations bigint, landing_no bigint)"
    )
    for a, b in pairs:
        con.execute("insert into edges values (?, ?, ?, 1, 1)", [a, b, rule])
    return con.table("edges")


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


def test_tables_go_in_and_a_row_per_identifier_comes_out(con):
    found = assignments(
        rules(),
        identifiers(con, SHOP),
        edges(con, SEEN),
        pa.Table.from_pylist([{"left_key": 11, "right_key": 13, "action": "never_link"}], OVERRIDES),
        pa.Table.from_pylist([{"left_key": 15, "right_key": 16}], PAIR),
        pa.Table.from_pylist([{"left_key": 11, "right_key": 15, "match_weight": 9.5}], LIKELY),
    ).to_pylist()
    assert {row["identifier_key"]: (row["anchor_key"], row["blocked_reason"]) for row in found} == {
        10: (10, None),
        11: (11, None),
        12: (None, "shared_value"),
        13: (13, None),
        14: (None, "blocklisted"),
        15: (11, None),
        16: (16, None),
        17: (None, "conflicting_records"),
    }


def test_only_records_that_a_value_would_join_to_anothers_are_compared(con):
    shop = [*SHOP, (18, "card_no", False), (19, "email", False), (20, "card_no", False)]
    seen = [*SEEN, (11, 18), (18, 19), (19, 20)]
    found = near_identifiers(rules(), identifiers(con, shop), edges(con, seen), OVERRIDES.empty_table()).to_pylist()
    # 10 and 11 share a phone, but are members both; card 20 hangs on 11 by card 18 and its e-mail.
    assert {row["identifier_key"]: (row["core_key"], row["is_record"]) for row in found} == {
        **{10: (10, True), 11: (11, True), 12: (12, False), 13: (13, False), 18: (11, True), 19: (19, False)},
        **{20: (20, True), 15: (15, True), 16: (16, True), 17: (17, False)},
    }
    claims = {row["identifier_key"]: row["claims"] for row in found if row["is_record"]}
    assert claims[10] & claims[11] & claims[18]
    assert not claims[20] | claims[15] | claims[16]
    components = {row["identifier_key"]: row["component"] for row in found}
    assert components[15] == components[16] != components[10] == components[20]


def test_nothing_landed_gives_empty_tables_of_the_same_types(con):
    given = rules(), identifiers(con, []), edges(con, [])
    found = assignments(*given, OVERRIDES.empty_table(), PAIR.empty_table(), LIKELY.empty_table())
    assert found.num_rows == 0
    assert found.schema.types == [pa.int64(), pa.int64(), pa.string()]
    assert near_identifiers(*given, OVERRIDES.empty_table()).num_rows == 0


def anchors_of_a_card_with_two_members(con, seen, rule="order"):
    """Identifier -> anchor: members 10 and 11, card 15, and rows of evidence for either."""
    shop = [(10, "member_id", False), (11, "member_id", False), (15, "card_no", False)]
    none = OVERRIDES.empty_table(), PAIR.empty_table(), LIKELY.empty_table()
    found = assignments(rules(), identifiers(con, shop), edges(con, seen, rule), *none).to_pylist()
    return {row["identifier_key"]: row["anchor_key"] for row in found}


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
    given = Identifiers(np.arange(4 * count), kind, same, same, none)
    result = resolve(given, Edges(left, right, ones, ones), KINDS, [], [])
    assert time.process_time() - started < 20
    assert (result.reason[phone[:-1]] == 2).all()
    assert len(set(result.anchor[member])) == count
