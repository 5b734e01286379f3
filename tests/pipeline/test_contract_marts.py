"""RF and conversion of hand-made sources, against rules written once more in Python; and what holds of every mart."""

import calendar
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import product
from statistics import median
from typing import Any

import pytest

from tests.pipeline import handmade_marts as made
from tests.pipeline.conftest import Shop

RECENCY = [f"{months:02d}" for months in range(14)] + ["14+", "total"]
FREQUENCY = [str(orders) for orders in range(6)] + ["6+", "total"]
WINDOWS, MATURITY = (30, 60, 90, 180), 365


@pytest.fixture(scope="module")
def history() -> dict[str, list[tuple[date, str, int]]]:
    """member_id -> (Tokyo day, counted, trial or return, net amount) as written into the sources, later days too."""
    files = made.shop().files
    items = {row["order_id"]: row["product_id"] for row in files["ec_order_items", "01.csv"].rows}
    found: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
    for row in files["ec_orders", "01.csv"].rows:
        if row["status"] == "paid":
            kind = "trial" if items[row["order_id"]] == "t1" else "counted"
            found[row["member_id"]].append((date.fromisoformat(row["ordered_at"][:10]), kind, int(row["total_amount"])))
    for row in files["pos_receipts", "01.csv"].rows:
        day, amount = date.fromisoformat(row["receipted_at"][:10]), int(row["total_amount"])
        found["k-" + row["card_no"].removeprefix("c-").removeprefix("k-")].append(
            (day, "return", -amount) if row["is_return"] else (day, "counted", amount)
        )
    return found


def completed_months(start: date, end: date) -> int:
    """The largest k for which start plus k months, clamped to the month's end, is on or before end."""
    k = 0
    while True:
        year, month = divmod(start.year * 12 + start.month - 1 + k + 1, 12)
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        if date(year, month + 1, day) > end:
            return k
        k += 1


def cell(acts: list[tuple[date, str, int]], as_of: date) -> tuple[int, int, int] | None:
    """(months, orders, net sales) at as_of; None without order or trial."""
    known = [act for act in acts if act[0] <= as_of]
    counted = [day for day, kind, _ in known if kind == "counted"]
    trials = [day for day, kind, _ in known if kind == "trial"]
    if not counted and not trials:
        return None
    return completed_months(max(counted or trials), as_of), len(counted), sum(amount for _, _, amount in known)


def bands(months: int, orders: int) -> tuple[str, str]:
    return f"{months:02d}" if months < 14 else "14+", str(orders) if orders < 6 else "6+"


def segment(months: int, orders: int) -> str:
    name = "prospect" if orders == 0 else "new" if orders == 1 else "promising" if orders < 6 else "loyal"
    if months < 4:
        return f"{name}_active"
    return f"{name}_lapsed" if months >= 8 or orders == 0 else f"{name}_dormant"


def test_rf_customers_hold_every_buyer_and_trier_in_the_right_cell(
    marts_shop: Shop, name_of: dict[str, str], history: dict[str, Any]
) -> None:
    expected = {}
    for member_id, acts in history.items():
        found = cell(acts, made.AS_OF)
        if found:
            months, orders, sales = found
            expected[member_id] = (
                months,
                bands(months, orders)[0],
                orders,
                bands(months, orders)[1],
                segment(months, orders),
                segment(months, orders).split("_")[1],
                sales,
            )
    rows = marts_shop.query(
        "select customer_id, recency_months, recency_band, frequency, frequency_band, segment, lifecycle,"
        " net_sales from marts.rf_customers"
    )
    assert {name_of[row[0]]: (*row[1:7], int(row[7])) for row in rows} == expected
    assert {"k-none", "k-cancelled", "k-next"}.isdisjoint(name_of[row[0]] for row in rows)


@pytest.mark.parametrize(("day", "months"), made.EDGES.items())
def test_months_completed_at_the_edges(marts_shop: Shop, name_of: dict[str, str], day: str, months: int) -> None:
    found = {
        name_of[row[0]]: row[1]
        for row in marts_shop.query("select customer_id, recency_months from marts.rf_customers")
    }
    assert found[f"k-edge-{day}"] == months


def test_the_matrix_is_complete_and_every_figure_agrees(marts_shop: Shop, history: dict[str, Any]) -> None:
    days = [made.AS_OF]
    for back in range(24):
        year, month = divmod(made.AS_OF.year * 12 + made.AS_OF.month - 2 - back, 12)
        days.append(date(year, month + 1, calendar.monthrange(year, month + 1)[1]))
    rows = marts_shop.query(
        "select as_of, recency_band, frequency_band, window_days, segment, customers, customer_share, net_sales,"
        " sales_share, repeaters, repeat_rate, is_mature from marts.rf_matrix"
    )
    assert sorted(row[:4] for row in rows) == sorted(
        (day, r, f, window) for day in days for r in RECENCY for f in FREQUENCY for window in WINDOWS
    )
    for as_of, window in product(days, WINDOWS):
        counts: Counter[tuple[str, str]] = Counter()
        sales: Counter[tuple[str, str]] = Counter()
        repeaters: Counter[tuple[str, str]] = Counter()
        for acts in history.values():
            found = cell(acts, as_of)
            if found is None:
                continue
            again = any(
                as_of < day <= min(as_of + timedelta(days=window), made.AS_OF) and kind == "counted"
                for day, kind, _ in acts
            )
            r, f = bands(*found[:2])
            for place in ((r, f), (r, "total"), ("total", f), ("total", "total")):
                counts[place] += 1
                sales[place] += found[2]
                repeaters[place] += again
        mature = as_of + timedelta(days=window) <= made.AS_OF
        whole = ("total", "total")
        for row in (row for row in rows if row[0] == as_of and row[3] == window):
            place = row[1:3]
            assert (row[5], row[7], row[11]) == (counts[place], sales[place], mature), row
            assert row[6] == pytest.approx(counts[place] / counts[whole])
            assert row[8] == pytest.approx(sales[place] / sales[whole])
            assert row[9] == repeaters[place], row
            assert row[10] == (pytest.approx(repeaters[place] / counts[place]) if mature and counts[place] else None), (
                row
            )
            if "total" not in place:
                assert row[4] == segment(RECENCY.index(place[0]), FREQUENCY.index(place[1]))


def test_purchase_conversion_by_hand(marts_shop: Shop, history: dict[str, Any]) -> None:
    expected: dict[int, list[Any]] = defaultdict(lambda: [0, 0, 0, 0, []])
    for acts in history.values():
        days = sorted(day for day, kind, _ in acts if kind == "counted" and day <= made.AS_OF)
        for k, day in enumerate(days, start=1):
            row = expected[k]
            after = days[k] if k < len(days) else None
            row[0] += 1
            row[1] += after is not None
            if day + timedelta(days=MATURITY) <= made.AS_OF:
                row[2] += 1
                if after is not None and (after - day).days <= MATURITY:
                    row[3] += 1
                    row[4].append((after - day).days)
    rows = {
        row[0]: row[1:]
        for row in marts_shop.query(
            "select k, reached_k, reached_next, mature_k, mature_next, conversion, median_days"
            " from marts.purchase_conversion"
        )
    }
    assert max(expected) == 13
    for k, (reached, onward, mature, mature_next, days) in expected.items():
        assert rows[k] == (
            reached,
            onward,
            mature,
            mature_next,
            pytest.approx(mature_next / mature) if mature else None,
            median(days) if days else None,
        ), k
    # Trials before any counted order: k-trial, k-trial-old and k-trial-then, of whom the last bought. None is mature.
    assert rows[0] == (3, 1, 0, 0, None, None)


def test_counts_and_points_are_never_null_and_no_mart_tells_who_a_person_is(marts_shop: Shop) -> None:
    for mart, columns in {
        "rf_customers": ("recency_months", "frequency", "net_sales"),
        "rf_matrix": ("customers", "net_sales", "repeaters"),
        "rf_matrix_by_channel": ("customers", "net_sales", "repeaters"),
        "rf_segment_totals": ("customers", "net_sales", "repeaters"),
        "rf_cohorts": ("customers", "net_sales", "repeaters"),
        "rf_cohort_retention": ("active_customers", "repeaters", "orders", "net_sales"),
        "rf_transitions": ("customers",),
        "purchase_conversion": ("reached_k", "reached_next", "mature_k", "mature_next"),
        "brand_ranks": ("purchases", "views", "reviews"),
        "brand_rank_history": ("purchases", "views", "reviews"),
        "brand_pyramid": ("customers", "moved_up", "moved_down"),
        "brand_pyramid_history": ("customers", "moved_up", "moved_down"),
        "brand_group_ranks": ("purchases", "views", "reviews"),
        "brand_group_pyramid": ("customers", "moved_up", "moved_down"),
        "brand_rank_profiles": ("customers",),
        "brand_rank_interests": ("customers",),
        "brand_potentials": ("customers",),
        "score_ledger": ("product", "lifestyle", "lifestance"),
        "scores": ("product", "lifestyle", "lifestance", "total"),
    }.items():
        for column in columns:
            assert marts_shop.query(f"select count(*) from marts.{mart} where {column} is null") == [(0,)], (
                mart,
                column,
            )
    for (mart,) in marts_shop.query("select table_name from duckdb_tables() where schema_name = 'marts'"):
        assert marts_shop.query(
            f"select count(*) from marts.{mart} t where cast(t as varchar) like '%@example.jp%'"
        ) == [(0,)]
