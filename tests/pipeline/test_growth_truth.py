"""The User Growth Map of a simulated shop against what the simulator planted: whom each kind of information
touched, who of them bought, and after how many days."""

from pathlib import Path

import pandas as pd
import pytest

from dagster_project.sample.information import DRAW
from tests.conftest import Shop

COUNTS = ["touched", "buyers", "already_buyers"]


@pytest.fixture(scope="module")
def planted(sources: Path) -> pd.DataFrame:
    """Kind -> the planted counts over all brands."""
    return pd.read_parquet(sources / "truth" / "kind_conversions.parquet").set_index("information_kind")


@pytest.fixture(scope="module")
def found(shop: Shop) -> pd.DataFrame:
    """Kind -> the growth map's counts over all brands."""
    sums = ", ".join(f"cast(sum({name}) as bigint)" for name in COUNTS)
    rows = shop.query(f"select information_kind, {sums} from marts.growth_map group by information_kind")
    return pd.DataFrame(rows, columns=["information_kind", *COUNTS]).set_index("information_kind")


def test_each_kind_touched_and_won_whom_it_was_planted_for(
    sources: Path, planted: pd.DataFrame, found: pd.DataFrame
) -> None:
    """Exactly, but for browsers of several members: there a login of the same session may tell whose a touch is."""
    touches = pd.read_parquet(sources / "truth" / "first_touches.parquet")
    identifiers = pd.read_parquet(sources / "truth" / "identifiers.parquet")
    shared = set(identifiers.loc[identifiers["is_shared"] & (identifiers["kind"] == "visitor_id"), "value"])
    unsure = touches[~touches["is_tied"] & touches["visitor_id"].isin(shared)].groupby("information_kind").size()
    more = found.reindex(planted.index, fill_value=0)[COUNTS] - planted[COUNTS]
    assert (more >= 0).all(axis=None), more
    assert (more["touched"] + more["already_buyers"] <= unsure.reindex(planted.index, fill_value=0)).all(), more
    assert len(planted) == len(found) > 0
    assert (planted.sum() > 0).all()


def test_conversion_parts_the_kinds_that_were_planted_apart(found: pd.DataFrame) -> None:
    conversion = found["buyers"] / found["touched"]
    draws_all, draws_few = max(DRAW, key=DRAW.__getitem__), min(DRAW, key=DRAW.__getitem__)
    assert conversion[draws_few] > conversion[draws_all] + 0.1


def test_days_to_the_purchase_and_paths_are_those_planted(shop: Shop, sources: Path) -> None:
    """A review is read days before the purchase, a brand's story weeks before."""
    medians = dict(
        shop.query(
            "select information_kind, sum(median_days * buyers) / sum(buyers) from marts.growth_map"
            " where buyers > 0 group by all"
        )
    )
    touches = pd.read_parquet(sources / "truth" / "first_touches.parquet")
    before = touches[touches["is_tied"] & (touches["touched_at"] < touches["bought_at"])]
    days = (before["bought_at"] - before["touched_at"]).dt.days.groupby(before["information_kind"]).mean()
    assert medians["review"] < medians["brand_story"]
    assert days["review"] < days["brand_story"]
    # A mean over brands of medians of few buyers lies near the planted mean, not on it.
    assert all(abs(medians[kind] - planted) <= 0.4 * planted + 1 for kind, planted in days.items())
    pairs = before.sort_values("position").groupby("person_id")["information_kind"].agg(" > ".join)
    two = {path for path in pairs if " > " in path}
    shown = {path for (path,) in shop.query("select path from marts.growth_map_paths where path like '% > %'")}
    assert len(shown & two) >= 0.9 * len(shown) > 0


def test_the_curves_end_where_the_map_says(shop: Shop) -> None:
    """The events of a curve are the map's buyers, those at risk on day 0 the touched, and it never rises."""
    assert shop.query("select count(*) > 0 from marts.growth_map_curve where events > 0 and survival < 1") == [(True,)]
    assert (
        shop.query(
            "select * from marts.growth_map as map left join (select brand_id, information_kind, sum(events) as events,"
            " max(at_risk) as at_risk from marts.growth_map_curve group by all) as curve"
            " using (brand_id, information_kind)"
            " where map.touched <> coalesce(curve.at_risk, 0) or map.buyers <> coalesce(curve.events, 0)"
        )
        == []
    )
