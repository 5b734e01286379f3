"""What changes in the assortment, and which products go together: launches, a product withdrawn, pairs.

Only later lines of an order are moved, and by a stream of random numbers of its own: who orders, when, where, and an
order's first product stay as they are.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.words import BRANDS, CATEGORIES, LINES, SERIES

# Brand, its launch in days before the last one, days before the last one from which it is withdrawn (None: still sold).
LAUNCHES = ((0, 130, 20), (0, 45, None), (1, 75, None), (2, 60, None), (3, 100, None), (4, 15, None))
LAUNCH_CHANCE = 0.50  # that the last of several lines of somebody who favours the brand is its new product
NEW_FOR = 90  # days
PAIRED_BRANDS = (0, 1, 2, 3)  # in each, the best-selling product draws the least-selling one
PAIR_CHANCE = 0.50  # that the line after the best-selling one is its partner


@dataclass(frozen=True)
class Launches:
    """Products that come to the catalogue inside the window, one entry each; days are indices of the window."""

    brand: np.ndarray
    kind: np.ndarray  # category
    price: np.ndarray
    series: np.ndarray
    line: np.ndarray
    day: np.ndarray
    withdrawn: np.ndarray  # first day on which it is not sold any more; the window's length where it still is


def plan_launches(shop: Shop) -> Launches:
    """The same few launches in every shop, counted from its last day."""
    rng = shop.rng("launches")
    size = len(LAUNCHES)
    brand = np.array([brand for brand, _, _ in LAUNCHES])
    kind = rng.integers(0, len(CATEGORIES), size)
    low, high = (np.array([row[side] for row in CATEGORIES])[kind] for side in (2, 3))
    return Launches(
        brand=brand % len(BRANDS),
        kind=kind,
        price=(low + (high - low) * 0.35).astype(np.int64) // 100 * 100 + 80,
        series=rng.integers(0, len(SERIES), size),
        line=rng.integers(0, len(LINES), size),
        day=shop.days - np.array([before for _, before, _ in LAUNCHES]),
        withdrawn=shop.days - np.array([gone or 0 for _, _, gone in LAUNCHES]),
    )


def pairs(sold: list[np.ndarray]) -> np.ndarray:
    """(best-selling product, its partner), one row per paired brand."""
    return np.array([(sold[brand][0], sold[brand][-1]) for brand in PAIRED_BRANDS])


def move_lines(
    shop: Shop, sold: list[np.ndarray], launches: Launches, first_launch: int,
    favourite: np.ndarray, at: np.ndarray, order: np.ndarray, number: np.ndarray, product: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The product of each line after the planted effects; all arrays are parallel, one entry per line, by order.

    `favourite` is the customer's brand (-1: nobody's, or a trial, which stays as it is), `first_launch` the number of
    the first launched product. The partner follows the product that draws it, the new product comes last.
    """
    rng = shop.rng("assortment")
    product = product.copy()
    later = (number > 1) & (favourite >= 0)
    wished, new = rng.random(len(product)), rng.random(len(product))
    for left, right in pairs(sold):
        after = later & (np.append(-1, product[:-1]) == left) & (number == 2) & (wished < PAIR_CHANCE)
        product[after] = right
    last = np.append(order[1:] != order[:-1], True)
    day = at // DAY
    for index in range(len(launches.day)):
        since = day - launches.day[index]
        drawn = later & last & (favourite == launches.brand[index]) & (new < LAUNCH_CHANCE)
        drawn &= (since >= 0) & (since < NEW_FOR) & (day < launches.withdrawn[index])
        product[drawn] = first_launch + index
    return product


def planted_pairs(
    product_ids: list[str], sold: list[np.ndarray], line_order: np.ndarray, product: np.ndarray, is_counted: np.ndarray
) -> pa.Table:
    """One row per planted pair: the products, the chance, and the counted orders that hold left, right and both."""
    rows = []
    for left, right in pairs(sold):
        in_left, in_right = (np.unique(line_order[(product == one) & is_counted[line_order]]) for one in (left, right))
        rows.append(
            {
                "left_product_id": product_ids[left],
                "right_product_id": product_ids[right],
                "planted_chance": PAIR_CHANCE,
                "left_baskets": len(in_left),
                "right_baskets": len(in_right),
                "baskets_together": len(np.intersect1d(in_left, in_right)),
                "baskets": int(is_counted.sum()),
            }
        )
    return pa.Table.from_pylist(rows)


def planted_launches(shop: Shop, product_ids: list[str], launches: Launches) -> pa.Table:
    """One row per product launched in the window, with the days on which it is sold."""
    gone = launches.withdrawn
    first = len(product_ids) - len(launches.day)
    return pa.table(
        {
            "product_id": product_ids[first:],
            "brand_id": [f"B{brand + 1:02d}" for brand in launches.brand],
            "launched_on": pa.array(shop.dates(launches.day)),
            "withdrawn_on": pa.array(shop.dates(gone), mask=gone >= shop.days),
            "planted_chance": [LAUNCH_CHANCE] * len(gone),
        }
    )
