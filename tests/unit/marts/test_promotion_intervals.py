"""The interval of a matched comparison over many shops at once, each a campaign of its own with its own customers."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from promotion_shop import SETTINGS
from rendered import build, write_run

SHOPS, CUSTOMERS = 1000, 600
RANKS = ("none", "E", "B", "A", "S")
SHARE = (0.35, 0.25, 0.2, 0.12, 0.08)
TAKES_PART = (0.03, 0.08, 0.15, 0.3, 0.5)
BUYS = (0.05, 0.12, 0.25, 0.4, 0.6)
SPENDS = (2000, 3000, 4000, 6000, 9000)  # of those who buy, the mean, by exponential law


def estimates(effect: float, seed: int) -> pd.DataFrame:
    """The estimates of every shop, in which `effect` more of the participants bought."""
    rng = np.random.default_rng(seed)
    size = SHOPS * CUSTOMERS
    rank = rng.choice(len(RANKS), size, p=SHARE)
    channel = rng.integers(0, 4, size)
    took = rng.random(size) < np.array(TAKES_PART)[rank]
    bought = rng.random(size) < np.array(BUYS)[rank] + 0.02 * channel + effect * took
    yen = np.where(bought, rng.exponential(np.array(SPENDS)[rank]), 0).astype(np.int64)
    zeros = np.zeros(size, np.int32)
    campaign = np.char.add("shop", (np.arange(size) // CUSTOMERS).astype(str))
    given = pa.table(
        {
            "campaign_id": campaign, "person_key": np.arange(size), "is_randomised": zeros.astype(bool),
            "is_treated": took, "segment": np.full(size, "all"), "rank": np.array(RANKS)[rank],
            "channel": np.array(["none", "ec", "store", "both"])[channel], "sales_band": np.full(size, "under 1"),
            "orders_before": zeros, "prior_orders": zeros, "prior_sales": zeros, "purchase": bought.astype(np.int32),
            "net_sales": yen, "rf_up": zeros, "rf_down": zeros, "rank_up": zeros, "rank_down": zeros,
        }
    )  # fmt: skip
    con = duckdb.connect()
    con.register("int_marts__promotion_customers", given)
    write_run(con, np.datetime64("2026-11-20").item(), **SETTINGS)
    con.execute(
        "create table int_marts__promotions as select distinct campaign_id, 1 as campaign_no, false as is_randomised,"
        " true as is_over, timestamp '2026-08-01' as starts_at from int_marts__promotion_customers"
    )
    con.execute("create table persons (customer_id varchar, first_seen_at timestamp, is_visitor boolean)")
    con.execute(
        "create table int_marts__promotion_participants (campaign_id varchar, campaign_no integer, customer_id varchar,"
        " is_late boolean, is_known_before boolean)"
    )
    build(con, "int_marts__promotion_strata", "int_marts__promotion_estimates")
    return con.execute("select * from int_marts__promotion_estimates where treated >= 30").df()


@pytest.mark.parametrize("effect", [0.0, 0.1])
def test_intervals_cover_the_truth_at_their_rate_and_nothing_passes_for_something_one_time_in_twenty(
    effect: float,
) -> None:
    frame = estimates(effect, seed=20)
    purchases = frame[frame["outcome"] == "purchase"]
    assert len(purchases) > 0.9 * SHOPS
    covered = (purchases["ci_low"] <= effect) & (effect <= purchases["ci_high"])
    # 95 % of a thousand, give or take three standard errors
    assert 0.929 < covered.mean() < 0.971
    assert purchases["estimate"].mean() == pytest.approx(effect, abs=0.006)
    assert purchases["unadjusted_difference"].mean() > effect + 0.1
    conclusive = (purchases["ci_low"] > 0) | (purchases["ci_high"] < 0)
    assert conclusive.mean() < 0.071 if effect == 0 else conclusive.mean() > 0.3
    if effect == 0:
        sales = frame[frame["outcome"] == "net_sales"]
        # sums of few skewed amounts: the normal law holds less well
        assert 0.91 < ((sales["ci_low"] <= 0) & (sales["ci_high"] >= 0)).mean() < 0.971
