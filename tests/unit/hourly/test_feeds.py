"""Which feeds go out between two daily runs."""

from types import SimpleNamespace

import pytest

from dagster_project.activation.feeds import load_feeds
from dagster_project.hourly.feeds import due_feeds
from dagster_project.project import ROOT


def feed(feed_id: str, select: str) -> SimpleNamespace:
    return SimpleNamespace(feed_id=feed_id, source=SimpleNamespace(select=select))


def test_an_hourly_run_delivers_the_feeds_of_lists() -> None:
    declared = load_feeds(ROOT / "seeds" / "feeds")
    due = due_feeds(declared)
    assert "scenario_targets" in due
    assert "customers" in {each.feed_id for each in declared} - due


@pytest.mark.parametrize(
    ("select", "is_due"),
    [
        ("select * from marts.suppressions", True),
        ("with t as (from marts.scenario_targets) select t.* from t join marts.customers using (customer_id)", True),
        ("select * from MARTS.Scenario_Targets", True),
        ("select * from marts.customers", False),
    ],
)
def test_a_feed_is_due_by_what_it_reads(select: str, is_due: bool) -> None:
    assert bool(due_feeds([feed("own", select)])) == is_due
