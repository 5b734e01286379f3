"""The comparison of the resolver with plain components runs, and finds a disagreement where there is one."""

import duckdb
import numpy as np
import pytest

from tests.bench.identity import (
    FROM_EDGES,
    FROM_EVENTS,
    SCAN,
    SCIPY,
    Timed,
    budget_line,
    contestants,
    report,
    same_where_plain,
    timed,
)
from tests.bench.identity_graph import shop_graph


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        shop_graph(con, 3000, seed=1, events=20_000)
        yield con


def test_all_find_the_same_persons_where_nothing_is_contested(con):
    text, agreed = report(con, times=1, leave_out=())
    assert agreed
    assert [line.count("| yes |") for line in text.splitlines()].count(1) == 7


def test_a_person_too_many_or_too_few_is_a_disagreement(con):
    found = contestants(con)
    anchors, plain = timed(found[FROM_EDGES], 1).labels, timed(found[SCIPY], 1).labels
    assert same_where_plain(con, plain, plain, anchors)
    split = plain.copy()
    blocked = np.bincount(plain[anchors < 0], minlength=plain.max() + 1)
    label = np.flatnonzero((np.bincount(plain) > 2) & (blocked == 0))[0]
    split[np.flatnonzero(plain == label)[0]] = -5
    assert not same_where_plain(con, plain, split, anchors)
    assert not same_where_plain(con, plain, np.zeros_like(plain), anchors)


def test_the_budget_is_four_times_scipy_and_one_scan():
    found = {SCIPY: Timed(1, 2, None), SCAN: Timed(3, 1, None), FROM_EVENTS: Timed(6.5, 10, None)}
    assert "6.50 of 7.00 seconds: within; 10.00 of 9.00 processor seconds: beyond by 1.00." in budget_line(
        found, FROM_EVENTS
    )
