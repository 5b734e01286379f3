"""Campaigns: who took part, whom they are compared with, and whether planted differences are found and no others.

Intervals over many shops are in `test_promotion_intervals.py`.
"""

from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest
from promotion_shop import (
    AS_OF,
    ENDS,
    OUTCOME_DAYS,
    PRIOR_DAYS,
    STARTS,
    PromotionShop,
    planted_coupon,
    simulated,
)
from scipy import stats
from test_completed_months import largest_k

from dagster_project.sample.planted import campaign_effects

NORMAL = stats.norm.ppf(0.975)
ONE_DAY = timedelta(days=1)


def ordered(customer: str, day: date, channel: str = "ec", **named: str | None) -> tuple:
    return (customer, day, channel, named.get("store"), named.get("campaign"), named.get("coupon"), "counted", 1000)


def participants(shop: PromotionShop) -> dict[str, set[str]]:
    rows = shop.marts().execute(
        "select campaign_id, customer_id from int_marts__promotion_participants where is_treated"
    )
    found = defaultdict(set)
    for campaign, customer in rows.fetchall():
        found[campaign].add(customer)
    return dict(found)


def test_orders_that_name_an_ec_event_are_its_participants_and_only_without_any_the_orders_of_its_days() -> None:
    shop = PromotionShop(
        campaigns=[
            ("named", "ec_event", None, None, None, STARTS, ENDS),
            ("plain", "ec_event", None, None, None, STARTS + 30 * ONE_DAY, ENDS + 30 * ONE_DAY),
        ],
        orders=[
            ordered("by_campaign", STARTS, campaign="named"),
            ordered("by_coupon", ENDS, coupon="named"),
            ordered("names_nothing", STARTS),
            ordered("too_early", STARTS - ONE_DAY, campaign="named"),
            ordered("after", ENDS + ONE_DAY, campaign="named"),
            ordered("first_day", STARTS + 30 * ONE_DAY),
            ordered("last_day", ENDS + 30 * ONE_DAY),
            ordered("day_before", STARTS + 29 * ONE_DAY),
            ordered("day_after", ENDS + 31 * ONE_DAY),
            ordered("in_a_store", STARTS + 30 * ONE_DAY, "store", store="s1"),
            ordered("visitor", STARTS + 30 * ONE_DAY),
        ],
        persons={"visitor": (date(2020, 1, 1), True)},
    )
    assert participants(shop) == {
        "named": {"by_campaign", "by_coupon", "after"},
        "plain": {"first_day", "last_day"},
    }


def test_visits_and_receipts_in_the_store_on_the_days_take_part_in_a_store_event() -> None:
    shop = PromotionShop(
        campaigns=[("fest", "store_event", "s1", None, None, STARTS, ENDS)],
        visits=[("came", STARTS, "s1"), ("came_elsewhere", STARTS, "s2"), ("came_late", ENDS + ONE_DAY, "s1")],
        orders=[
            ordered("bought", ENDS, "store", store="s1"),
            ordered("bought_elsewhere", ENDS, "store", store="s2"),
            ordered("bought_on_ec", ENDS),
            ("brought_back", ENDS, "store", "s1", None, None, "return", -1000),
        ],
    )
    assert participants(shop) == {"fest": {"came", "bought"}}


def test_those_who_were_sent_a_mail_take_part_in_it_and_others_named_by_orders_only_where_no_mail_is_known() -> None:
    shop = PromotionShop(
        campaigns=[
            ("mailed", "mail", None, None, None, STARTS, ENDS),
            ("unmailed", "mail", None, None, None, STARTS, ENDS),
            ("coupon", "coupon", None, None, None, STARTS, ENDS),
            ("of_no_kind", None, None, None, None, STARTS, ENDS),
        ],
        messages=[("sent", STARTS, "mailed", "sent"), ("bounced", STARTS, "mailed", "bounced")],
        orders=[
            ordered("named", STARTS, campaign="mailed"),
            ordered("named", STARTS, campaign="unmailed"),
            ordered("couponed", STARTS, coupon="coupon"),
            ordered("other_coupon", STARTS, coupon="SPRING"),
            ordered("of_no_kind", STARTS, coupon="of_no_kind"),
        ],
    )
    assert participants(shop) == {
        "mailed": {"sent"},
        "unmailed": {"named"},
        "coupon": {"couponed"},
        "of_no_kind": {"of_no_kind"},
    }


def test_what_is_bought_on_the_campaigns_own_days_is_no_outcome_and_who_came_with_it_is_not_compared() -> None:
    shop = PromotionShop(
        campaigns=[("coupon", "coupon", None, None, None, STARTS, ENDS)],
        orders=[
            ordered("buyer", STARTS, coupon="coupon"),
            ordered("buyer", ENDS),
            ordered("returner", STARTS, coupon="coupon"),
            ordered("returner", ENDS + OUTCOME_DAYS * ONE_DAY),
            ordered("too_late", STARTS, coupon="coupon"),
            ordered("too_late", ENDS + (OUTCOME_DAYS + 1) * ONE_DAY),
            ordered("newcomer", STARTS, coupon="coupon"),
            ordered("named_after", ENDS + ONE_DAY, coupon="coupon"),
            ordered("other", ENDS + ONE_DAY),
        ],
        persons={"newcomer": (STARTS, False), "idle": (date(2020, 1, 1), False)},
    )
    con = shop.marts()
    outcomes = con.execute(
        "select customer_id, is_treated, purchase, net_sales from int_marts__promotion_customers as customers"
        " inner join persons on customers.person_key = persons.anchor_key"
    )
    assert set(outcomes.fetchall()) == {
        ("buyer", True, 0, 0), ("returner", True, 1, 1000), ("too_late", True, 0, 0), ("other", False, 1, 1000),
    }  # fmt: skip
    figures = "assigned, compared, unmatched, control, converted, control_converted, conversion_rate, control_rate"
    # the one who did nothing at all is control, too
    assert con.execute(f"select {figures} from promotion_effects").fetchall() == [(5, 3, 2, 2, 1, 1, 1 / 3, 1 / 2)]
    [(lift, verdict)] = con.execute("select lift, verdict from promotion_effects").fetchall()
    assert (lift, verdict) == (None, "too few")


def test_a_campaign_whose_days_are_not_over_is_immature_and_one_that_has_not_begun_is_not_there() -> None:
    running = AS_OF - (OUTCOME_DAYS - 1) * ONE_DAY
    shop = PromotionShop(
        campaigns=[
            ("over", "coupon", None, None, 0, running - ONE_DAY, running - ONE_DAY),
            ("running", "coupon", None, None, 10, running, running),
            ("to_come", "coupon", None, None, 10, AS_OF + ONE_DAY, AS_OF + ONE_DAY),
        ],
        orders=[ordered("taker", running, coupon="running")],
    )
    columns = "campaign_id, is_mature, assigned, waiting, lift, iroas, is_conclusive, verdict"
    assert shop.marts().execute(f"select {columns} from promotion_effects order by 1").fetchall() == [
        ("over", True, 0, 0, None, None, False, "nobody to compare"),
        ("running", False, 1, 1, None, None, False, "immature"),
    ]


def by_hand(shop: PromotionShop, outcome: str) -> tuple[float, float, float, float]:
    """Mean of participants, weighted mean of others, difference, standard error, customer by customer."""
    orders = defaultdict(list)
    for customer, day, channel, _, _, coupon, _, yen in shop.orders:
        orders[customer].append((day, channel, coupon, yen))
    strata: dict[tuple, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for customer in shop.persons:
        mine = orders[customer]
        before = [order for order in mine if order[0] < STARTS]
        prior = [order for order in before if order[0] >= STARTS - PRIOR_DAYS * ONE_DAY]
        after = [yen for day, _, _, yen in mine if ENDS < day <= ENDS + OUTCOME_DAYS * ONE_DAY]
        months = largest_k(max(order[0] for order in before), STARTS - ONE_DAY) if before else None
        age = months and (months >= 4) + (months >= 8)
        often = sum(len(before) >= least for least in (1, 2, 6))
        sales = sum(order[3] for order in prior)
        band = sum(sales >= least for least in (1, 10_000, 30_000))
        stratum = (often, age or 0, frozenset(order[1] for order in prior), band)
        took = any(order[2] == "coupon" for order in mine)
        strata[stratum][not took].append(sum(after) if outcome == "net_sales" else float(bool(after)))
    used = [(np.array(took), np.array(others)) for took, others in strata.values() if took and others]
    size = sum(len(took) for took, _ in used)
    within = []
    for arm in (0, 1):
        squares = sum(((cell[arm] - cell[arm].mean()) ** 2).sum() for cell in used)
        within.append(squares / sum(len(cell[arm]) - 1 for cell in used))
    variance = sum(
        (len(took) / size) ** 2
        * sum((y.var(ddof=1) if len(y) > 1 else within[arm]) / len(y) for arm, y in enumerate((took, others)))
        for took, others in used
    )
    treated = sum(took.sum() for took, _ in used) / size
    control = sum(len(took) * others.mean() for took, others in used) / size
    return treated, control, treated - control, float(np.sqrt(variance))


@pytest.mark.parametrize(("effect", "verdict"), [(0.15, "higher"), (0.0, "open")])
def test_matching_finds_the_planted_difference_where_the_naive_one_misses_it(effect: float, verdict: str) -> None:
    shop = planted_coupon(seed=11, effect=effect)
    con = shop.marts()
    [(lift, low, high, naive, compared, control, told)] = con.execute(
        "select lift, e.ci_low, e.ci_high, unadjusted_difference, compared, e.control, verdict"
        " from promotion_effects as e inner join promotion_outcomes as o using (campaign_id) where outcome = 'purchase'"
    ).fetchall()
    assert low < effect < high
    assert told == verdict
    # without matching, being a better customer passes for the campaign
    assert naive - effect > 1.96 * np.sqrt(0.25 / compared + 0.25 / control)
    assert abs(lift - effect) < (naive - effect) / 2
    [(before, after)] = con.execute(
        "select max(abs(difference_before)), max(abs(difference_after)) from promotion_balance"
    ).fetchall()
    assert before > 0.5
    assert after < 0.1
    assert con.execute("select distinct claim from promotion_effects").fetchall() == [("association",)]

    for outcome in ("purchase", "net_sales"):
        treated, others, difference, error = by_hand(shop, outcome)
        [found] = con.execute(
            "select treated_mean, control_mean, estimate, ci_low, ci_high from int_marts__promotion_estimates"
            f" where outcome = '{outcome}'"
        ).fetchall()
        half = NORMAL * error
        assert found == pytest.approx((treated, others, difference, difference - half, difference + half), rel=1e-9)


def test_a_random_hold_out_is_used_by_intention_to_treat() -> None:
    rng = np.random.default_rng(3)
    assigned_on = AS_OF - 100 * ONE_DAY
    shop = PromotionShop(campaigns=[("mail", "mail", None, None, 50_000, assigned_on, AS_OF)])
    spent: dict[str, list[int]] = {"treated": [], "control": []}
    for number in range(500):
        arm = "control" if rng.random() < 0.2 else "treated"
        customer = f"c{number}"
        shop.arms.append(("mail", customer, arm, assigned_on + int(rng.integers(0, 30)) * ONE_DAY))
        yen = int(rng.integers(1000, 9000)) if rng.random() < (0.45 if arm == "treated" else 0.2) else 0
        spent[arm].append(yen)
        if yen:
            since = shop.arms[-1][3]
            day = since + int(rng.integers(1, 50)) * ONE_DAY
            shop.orders.append((customer, day, "ec", None, None, None, "counted", yen))
        if arm == "treated" and rng.random() < 0.7:  # not everybody assigned was reached, which must not matter
            shop.messages.append((customer, shop.arms[-1][3], "mail", "sent"))
    # the days of one assigned a month ago are not over
    shop.arms.append(("mail", "fresh", "treated", AS_OF - 30 * ONE_DAY))
    con = shop.marts()
    [row] = con.execute(
        "select design, claim, assigned, compared, waiting, control, sent, conversion_rate, control_rate, lift, ci_low,"
        " ci_high, revenue, revenue_difference, iroas, is_conclusive, verdict from promotion_effects"
    ).fetchall()
    treated, control = (np.array(spent[arm], float) for arm in ("treated", "control"))
    rates = [(arm > 0).mean() for arm in (treated, control)]
    error = np.sqrt(sum(p * (1 - p) / len(arm) for p, arm in zip(rates, (treated, control), strict=True)))
    lift = rates[0] - rates[1]
    added = treated.sum() - control.sum() * len(treated) / len(control)
    assert row[:7] == ("holdout", "effect", len(treated) + 1, len(treated), 1, len(control), len(shop.messages))
    assert row[7:12] == pytest.approx((*rates, lift, lift - NORMAL * error, lift + NORMAL * error))
    assert [float(value) for value in row[12:15]] == pytest.approx([treated.sum(), round(added, 2), added / 50_000])
    assert row[15:] == (True, "higher")
    # the sales' standard error is Welch's
    [(estimate, low)] = con.execute(
        "select estimate, ci_low from int_marts__promotion_estimates where outcome = 'net_sales'"
    ).fetchall()
    welch = stats.ttest_ind(treated, control, equal_var=False)
    assert estimate - low == pytest.approx(NORMAL * estimate / welch.statistic)


def test_the_simulated_coupon_that_does_nothing_is_cleared_and_the_other_ones_effect_is_covered() -> None:
    shop, plan = simulated(members=6000, days=300, seed=3)
    truth = {row["campaign_id"]: row["caused"] / row["treated"] for row in campaign_effects(plan).to_pylist()}
    rows = shop.marts().execute(
        "select effects.campaign_id, compared, outcomes.control, effects.ci_low, effects.ci_high,"
        " unadjusted_difference, verdict"
        " from promotion_effects as effects inner join promotion_outcomes as outcomes using (campaign_id)"
        " where outcome = 'purchase' and effects.design = 'matched'"
    )
    found = {campaign: row for campaign, *row in rows.fetchall()}
    assert {campaign: row[-1] for campaign, row in found.items()} == {"gift_coupon": "open", "loyal_coupon": "higher"}
    for campaign, (_, _, low, high, _, _) in found.items():
        assert low < truth[campaign] < high
    compared, control, _, _, naive, _ = found["gift_coupon"]
    # takers are better customers: set against all others, the coupon that does nothing would pass for one that works
    assert naive > NORMAL * np.sqrt(0.25 / compared + 0.25 / control)


def test_the_simulated_trial_shows_the_planted_effect_of_its_mail() -> None:
    shop, plan = simulated(members=6000, days=300, seed=3)
    truth = {row["campaign_id"]: row for row in campaign_effects(plan).to_pylist()}["welcome_mail"]
    con = shop.marts(promotion_outcome_days=str(truth["window_days"]))
    row = con.execute(
        "select claim, assigned, control, ci_low, lift, ci_high, verdict from promotion_effects"
        " where design = 'holdout'"
    ).fetchall()
    [(claim, assigned, control, low, lift, high, verdict)] = row
    assert (claim, assigned, control, verdict) == ("effect", truth["treated"], truth["control"], "higher")
    assert low < truth["caused"] / truth["treated"] < high
    naive = truth["treated_converted"] / truth["treated"] - truth["control_converted"] / truth["control"]
    assert lift == pytest.approx(naive, abs=0.01)  # the plan counts to the second, here an order stands at noon
