"""The intervals against published values, against exact coverage, and at the edges."""

import numpy as np
import pytest
from scipy.stats import binom, ttest_ind

from dagster_project.activation.results.intervals import Difference, of_means, of_shares, wilson

# Newcombe 1998, table II, method 10: (successes, size, of the other group), interval.
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0)),
    ((10, 10, 0, 10), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("counts", "interval"), PUBLISHED)
def test_the_interval_of_two_shares_is_the_published_one(
    counts: tuple[int, ...], interval: tuple[float, float]
) -> None:
    successes, size, other_successes, other_size = (np.array([count]) for count in counts)
    found = of_shares(successes, size, other_successes, other_size, confidence=0.95)
    assert (found.low[0], found.high[0]) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize("sizes", [(90, 10), (90, 30), (270, 30), (900, 100), (30, 30)])
def test_the_interval_keeps_its_coverage_at_small_numbers(sizes: tuple[int, int]) -> None:
    """Exactly, over every outcome: never a point below 95 %, and without effect hardly ever more than 5 % beside 0."""
    treated, control = np.meshgrid(*(np.arange(size + 1) for size in sizes), indexing="ij")
    found = of_shares(treated, np.array(sizes[0]), control, np.array(sizes[1]), confidence=0.95)
    coverage = {}
    for base in (0.005, 0.02, 0.05, 0.1, 0.2, 0.4):
        for lift in (0.0, 0.02, 0.05, 0.1):
            weight = binom.pmf(treated, sizes[0], base + lift) * binom.pmf(control, sizes[1], base)
            coverage[base, lift] = (weight * ((found.low <= lift) & (lift <= found.high))).sum()
    assert min(coverage.values()) > 0.94
    assert np.mean(list(coverage.values())) > 0.95
    assert min(of for (_, lift), of in coverage.items() if lift == 0) > 0.945


def test_the_usual_interval_would_not() -> None:
    """Why Newcombe's: with 90 treated and 10 held out Wald's interval of 5 % against 5 % covers 60 %."""
    treated, control = np.meshgrid(np.arange(91), np.arange(11), indexing="ij")
    rate, other = treated / 90, control / 10
    half = 1.96 * np.sqrt(rate * (1 - rate) / 90 + other * (1 - other) / 10)
    weight = binom.pmf(treated, 90, 0.05) * binom.pmf(control, 10, 0.05)
    assert (weight * (np.abs(rate - other) <= half)).sum() < 0.65


def test_nobody_has_no_interval() -> None:
    share, low, high = wilson(np.array([0, 0]), np.array([0, 5]), 0.95)
    assert np.isnan([share[0], low[0], high[0]]).all()
    assert (share[1], low[1]) == (0, 0)


def test_the_interval_of_two_means_is_welchs() -> None:
    numbers = np.random.default_rng(1)
    first, second = numbers.exponential(5000, 40), numbers.exponential(4000, 15)
    found = means(*((one.sum(), (one**2).sum(), len(one)) for one in (first, second)), confidence=0.9)
    expected = ttest_ind(first, second, equal_var=False).confidence_interval(0.9)
    assert (found.low[0], found.high[0]) == pytest.approx((expected.low, expected.high))


def test_means_without_spread_have_a_point_and_one_customer_none() -> None:
    assert means((0, 0, 30), (0, 0, 30)).low[0] == 0
    assert np.isnan(means((5, 25, 1), (0, 0, 30)).low[0])


def means(*groups: tuple[float, float, int], confidence: float = 0.95) -> Difference:
    """The interval of two groups of (sum, sum of squares, size)."""
    (total, squares, size), (other, other_squares, other_size) = [
        tuple(np.array([value]) for value in group) for group in groups
    ]
    return of_means(total, squares, size, other, other_squares, other_size, confidence)
