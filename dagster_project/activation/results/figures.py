"""The figures of a comparison, from the numbers that SQL counted: rates, lift, iROAS, added sales, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dagster_project.activation.results import intervals

METHOD = "intention to treat; Newcombe's score interval of the conversion rates, Welch's of net sales"


@dataclass(frozen=True)
class Terms:
    """When a figure is given: the fewest customers on either side, and the confidence of the intervals."""

    min_customers: int
    confidence: float


def figures(sums: Mapping[str, np.ndarray], terms: Terms) -> dict[str, list[Any]]:
    """Column -> values, one per comparison, None where the numbers are too small to carry a figure.

    `sums`: the columns of result_sums as arrays; money as float, nan where a cost is not known.

    lift = rT - rC over those compared; iROAS = (RevT - RevC nT / nC) / cost; added sales = customers of the scenario x
    rise in conversion x net sales per buyer among them (domain.md, Definitions and 5.1).
    """
    treated, control = sums["compared"], sums["compared_control"]
    rates = intervals.of_shares(
        sums["compared_converted"], treated, sums["compared_control_converted"], control, terms.confidence
    )
    sales = intervals.of_means(
        sums["treated_sum"], sums["treated_squares"], treated,
        sums["control_sum"], sums["control_squares"], control, terms.confidence,
    )  # fmt: skip
    is_large = (treated >= terms.min_customers) & (control >= terms.min_customers)
    is_effect = sums["begins"].astype(bool)
    cost = np.where(sums["compared_cost"] > 0, sums["compared_cost"], np.nan)
    lift, low, high = (np.where(is_large, values, np.nan) for values in (rates.estimate, rates.low, rates.high))
    gained, gained_low, gained_high = (
        np.where(is_large, values * treated, np.nan) for values in (sales.estimate, sales.low, sales.high)
    )
    buyers = lift * treated
    spend = _ratio(sums["treated_sum"], sums["compared_converted"])
    differs = (low > 0) | (high < 0)
    return {
        "claim": ["effect" if one else "association" for one in is_effect],
        "method": [METHOD] * len(treated),
        "open_rate": _known(_ratio(sums["opened"], sums["sent"])),
        "click_rate": _known(_ratio(sums["clicked"], sums["sent"])),
        "conversion_rate": _known(_ratio(sums["compared_converted"], treated)),
        "control_rate": _known(_ratio(sums["compared_control_converted"], control)),
        "lift": _known(lift),
        "ci_low": _known(low),
        "ci_high": _known(high),
        "revenue_difference": _known(gained.round(2)),
        "iroas": _known(gained / cost),
        "iroas_low": _known(gained_low / cost),
        "iroas_high": _known(gained_high / cost),
        "added_buyers": _known(buyers),
        "spend_per_buyer": _known(spend.round(2)),
        "added_sales": _known(np.where(buyers == 0, 0.0, buyers * spend).round(2)),
        "is_mature": [bool(one) for one in treated + control > 0],
        "is_conclusive": [bool(one) for one in differs & is_effect],
        "verdict": [_verdict(*one) for one in zip(treated, control, sums["control"], is_large, low, high, strict=True)],
    }


def _verdict(treated: int, control: int, held_out: int, is_large: bool, low: float, high: float) -> str:
    """The words of promotion_effects."""
    if held_out == 0:
        return "nobody to compare"
    if treated + control == 0:
        return "immature"
    if not is_large:
        return "too few"
    return "higher" if low > 0 else "lower" if high < 0 else "open"


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, np.asarray(above, float) / below, np.nan)


def _known(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
