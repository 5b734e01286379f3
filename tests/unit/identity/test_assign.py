"""From tables to tables, as the dbt model calls it, and a contested component large enough to show growth."""

import time

import numpy as np
import pyarrow as pa
from graphs import KINDS

from dagster_project.identity.assign import assignments
from dagster_project.identity.evidence import Edges, Identifiers
from dagster_project.identity.graph import resolve


def test_tables_go_in_and_a_row_per_identifier_comes_out():
    names = ("kind", "strength", "is_weak", "values_per_person", "is_blockable")
    rules = [
        dict(zip(names, row, strict=True))
        for row in [
            ("phone", 5, False, None, True),
            ("member_id", 1, False, 1, False),
            ("email", 4, False, None, True),
        ]
    ]
    identifiers = pa.table(
        {
            "identifier_key": [10, 11, 12, 13, 14],
            "identifier_kind": ["member_id", "member_id", "phone", "email", "email"],
            "first_landing_no": [1, 1, 1, 1, 1],
            "first_landing_seen_ms": [0, 0, 0, 0, 0],
            "is_blocklisted": [False, False, False, False, True],
        }
    )
    edges = pa.table(
        {
            "left_key": [10, 11, 11, 10],
            "right_key": [12, 12, 13, 14],
            "observations": [1, 1, 1, 1],
            "landing_no": [1, 1, 1, 1],
        }
    )
    overrides = pa.table({"left_key": [11], "right_key": [13], "action": ["never_link"]})
    found = assignments(pa.Table.from_pylist(rules), identifiers, edges, overrides).to_pylist()
    assert {row["identifier_key"]: (row["anchor_key"], row["blocked_reason"]) for row in found} == {
        10: (10, None),
        11: (11, None),
        12: (None, "shared_value"),
        13: (13, None),
        14: (None, "blocklisted"),
    }


def test_nothing_landed_gives_an_empty_table_of_the_same_types():
    empty = pa.schema([("left_key", pa.int64()), ("right_key", pa.int64()), ("observations", pa.int64())])
    identifiers = pa.schema(
        [
            ("identifier_key", pa.int64()),
            ("identifier_kind", pa.string()),
            ("first_landing_no", pa.int64()),
            ("first_landing_seen_ms", pa.int64()),
            ("is_blocklisted", pa.bool_()),
        ]
    )
    rules = [
        {
            "kind": k.name,
            "strength": k.strength,
            "is_weak": k.is_weak,
            "values_per_person": None,
            "is_blockable": True,
        }
        for k in KINDS
    ]
    found = assignments(
        pa.Table.from_pylist(rules),
        identifiers.empty_table(),
        empty.append(pa.field("landing_no", pa.int64())).empty_table(),
        pa.schema([("left_key", pa.int64()), ("right_key", pa.int64()), ("action", pa.string())]).empty_table(),
    )
    assert found.num_rows == 0
    assert found.schema.types == [pa.int64(), pa.int64(), pa.string()]


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
    identifiers = Identifiers(np.arange(4 * count), kind, same, same, none)
    result = resolve(identifiers, Edges(left, right, ones, ones), KINDS, [], [])
    assert time.process_time() - started < 20
    assert (result.reason[phone[:-1]] == 2).all()
    assert len(set(result.anchor[member])) == count
