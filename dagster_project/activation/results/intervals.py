"""Intervals of the difference between two independent groups, over whole arrays of comparisons at once.

SciPy has intervals of one proportion and no interval of a difference of two; statsmodels, which has, is not among the
dependencies.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

Array = np.ndarray


@dataclass(frozen=True)
class Difference:
    """Per comparison: the first group's mean less the second's, and its interval. nan where it cannot be told."""

    estimate: Array
    low: Array
    high: Array


def of_shares(
    successes: Array, size: Array, other_successes: Array, other_size: Array, confidence: float
) -> Difference:
    """Difference of two independent shares by Newcombe's hybrid score interval (no continuity correction).

    Each end takes its distance from the Wilson interval of each share, so it stays within -1 and 1, and keeps its
    coverage with few customers and shares near 0, where the usual interval (Wald's) is far too short.
    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of
    eleven methods, Statistics in Medicine 17 (1998), 873-890, method 10.
    """
    share, low, high = wilson(successes, size, confidence)
    other, other_low, other_high = wilson(other_successes, other_size, confidence)
    estimate = share - other
    return Difference(
        estimate,
        estimate - np.hypot(share - low, other_high - other),
        estimate + np.hypot(high - share, other - other_low),
    )


def wilson(successes: Array, size: Array, confidence: float) -> tuple[Array, Array, Array]:
    """(share, low, high) of a share by Wilson's score interval; nan where `size` is 0.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    n = _or_nan(size)
    share, z = np.asarray(successes, float) / n, ndtri((1 + confidence) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return share, np.where(share == 0, 0.0, centre - half), np.where(share == 1, 1.0, centre + half)


def of_means(
    total: Array, squares: Array, size: Array, other_total: Array, other_squares: Array, other_size: Array,
    confidence: float,
) -> Difference:  # fmt: skip
    """Difference of two means by Welch's interval, from sums, sums of squares and sizes; nan below two a group.

    Source: B. L. Welch, Biometrika 34 (1947), 28-35; degrees of freedom by Satterthwaite.
    """
    mean, error, freedom = _mean(total, squares, size)
    other, other_error, other_freedom = _mean(other_total, other_squares, other_size)
    estimate, variance = mean - other, error + other_error
    with np.errstate(invalid="ignore", divide="ignore"):
        degrees = variance**2 / (error**2 / freedom + other_error**2 / other_freedom)
    # Without any spread on either side there is nothing to divide; the interval is the point.
    half = np.where(variance > 0, stdtrit(degrees, (1 + confidence) / 2) * np.sqrt(variance), variance)
    return Difference(estimate, estimate - half, estimate + half)


def _mean(total: Array, squares: Array, size: Array) -> tuple[Array, Array, Array]:
    """(mean, its squared standard error, degrees of freedom)."""
    n = _or_nan(size)
    mean = np.asarray(total, float) / n
    freedom = np.where(n > 1, n - 1, np.nan)
    return mean, np.maximum(np.asarray(squares, float) - n * mean**2, 0) / freedom / n, freedom


def _or_nan(size: Array) -> Array:
    return np.where(np.asarray(size) > 0, size, np.nan).astype(float)
