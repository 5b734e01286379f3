"""Two hundred simulated trials per case with a planted effect, each a scenario of its own in one ledger.

Do the intervals cover the truth as often as they say, and is a message without effect left in peace?
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt

import numpy as np
import pyarrow as pa
import pytest
import yaml
from results_shop import MONDAY, Ledger

from dagster_project.project import DBT_PROJECT

TRIALS = 200
SAMPLING_ERROR = sqrt(0.05 * 0.95 / TRIALS)


@dataclass(frozen=True)
class Case:
    """`base` buy anyhow; of those who are sent the message (not stopped by a cap) `uplift` of the rest buy too."""

    customers: int
    holdout: float
    base: float
    uplift: float
    capped: float = 0.2
    triggers: int = 2
    trials: int = TRIALS

    @property
    def lift(self) -> float:
        """The truth by intention to treat: over all assigned, the capped included."""
        return (1 - self.capped) * self.uplift * (1 - self.base)


CASES = [
    Case(customers=400, holdout=0.1, base=0.05, uplift=0.0),
    Case(customers=300, holdout=0.3, base=0.20, uplift=0.0),
    Case(customers=400, holdout=0.1, base=0.05, uplift=0.15),
    Case(customers=600, holdout=0.2, base=0.10, uplift=0.08),
]


def trials(case: Case) -> Ledger:
    """A ledger with a scenario per trial: each customer is triggered several times, a week apart."""
    rng = np.random.default_rng([case.customers, int(case.holdout * 100), int(case.uplift * 100)])
    size = case.trials * case.customers
    control, capped = rng.random(size) < case.holdout, rng.random(size) < case.capped
    moved = ~control & ~capped & (rng.random(size) < case.uplift)
    buys = (rng.random(size) < case.base) | moved
    ledger = Ledger()
    columns = {
        "trial": np.arange(size) // case.customers,
        "customer": np.arange(size),
        "control": control,
        "capped": capped & ~control,
        "buys": buys,
        "at": rng.integers(0, 14 * 24, size),
        "amount": rng.gamma(2, 2500, size).astype(int) + 500,
    }
    ledger.con.register("people", pa.table(columns))
    ledger.con.execute(
        "create temp table triggered as select *, unnest(range(?)) as number from people", [case.triggers]
    )
    what = (
        " select date '2026-01-05' as as_of, 'trial ' || trial as scenario_id, 'one' as step,"
        " cast(customer as varchar) as customer_id, cast(number as varchar) as trigger,"
        " ? + to_days(cast(7 * number as integer)) as send_at"
    )
    ledger.con.execute(
        f"insert into activation.ledger_scenario_steps by name {what}, customer || '-' || number as feed_row_id,"
        " control as holdout, true as continues, 10 as cost from triggered where not capped",
        [MONDAY],
    )
    ledger.con.execute(
        f"insert into activation.ledger_suppressions by name {what}, 'frequency_cap' as reason from triggered"
        " where capped",
        [MONDAY],
    )
    ledger.con.execute(
        'insert into core.orders select customer, customer, ? + to_hours("at"), true, amount from people where buys',
        [MONDAY],
    )
    return ledger


@pytest.mark.parametrize("case", CASES, ids=str)
def test_intervals_cover_the_truth_and_nothing_is_seldom_called_something(case: Case) -> None:
    ledger = trials(case)
    ledger.results(datetime(2026, 3, 1), scenario_min_customers="20")
    found = ledger.con.execute(
        "select assigned + control, lift, ci_low, ci_high, is_conclusive, verdict, revenue_difference"
        " from activation.scenario_results order by scenario_id"
    ).fetchnumpy()
    people, lift, low, high, conclusive, verdict, _ = found.values()
    assert set(people) == {case.customers}
    assert len(lift) == TRIALS
    covered = (low <= case.lift) & (case.lift <= high)
    assert covered.mean() >= 0.95 - 2 * SAMPLING_ERROR
    assert lift.mean() == pytest.approx(case.lift, abs=4 * lift.std() / sqrt(TRIALS))
    if case.uplift == 0:
        assert conclusive.mean() <= 0.05 + 2 * SAMPLING_ERROR
    else:
        assert conclusive.mean() > 0.15
        assert not (verdict == "lower").any()
    assert broken_rules(ledger) == {}


def test_a_rare_act_in_a_small_shop_is_not_called_an_effect() -> None:
    """A few held out of whom nobody bought: the rate of 0 has an interval too."""
    case = Case(customers=250, holdout=0.1, base=0.01, uplift=0.0)
    ledger = trials(case)
    rows = ledger.results(datetime(2026, 3, 1), scenario_min_customers="2", table="scenario_totals")
    assert np.mean([row["is_conclusive"] for row in rows.values()]) <= 0.05
    assert np.mean([row["ci_low"] <= 0 <= row["ci_high"] for row in rows.values()]) >= 0.95
    assert {row["control_converted"] for row in rows.values()} >= {0}


def test_figures_hold_what_their_description_promises_day_by_day() -> None:
    ledger = trials(replace(CASES[2], trials=20))
    for days in (0, 3, 14, 18, 30):
        ledger.results(MONDAY + timedelta(days=days))
        assert broken_rules(ledger) == {}


def broken_rules(ledger: Ledger) -> dict[str, int]:
    """Conditions of models/activation/sources.yml that rows break, with how many."""
    [source] = yaml.safe_load((DBT_PROJECT / "models/activation/sources.yml").read_text(encoding="utf-8"))["sources"]
    broken = {}
    for table in source["tables"]:
        if table["name"] not in ("scenario_results", "scenario_totals"):
            continue
        [conditions] = [test["holds"]["arguments"]["conditions"] for test in table["data_tests"] if "holds" in test]
        for condition in conditions:
            [(rows,)] = ledger.con.execute(
                f"select count(*) from activation.{table['name']} where ({condition}) is not true"
            ).fetchall()
            if rows:
                broken[f"{table['name']}: {condition}"] = rows
    assert len(conditions) > 10
    return broken
