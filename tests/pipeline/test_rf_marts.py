"""RF by channel, segment, cohort and month to month on the simulated shop, against pandas over the published orders."""

from itertools import pairwise

import pandas as pd
import pytest

from dagster_project.home import Home
from dagster_project.publish.reader import connect_published
from tests.conftest import LAST_DAY, Shop

AS_OF = pd.Timestamp(LAST_DAY)
WINDOWS = (30, 60, 90, 180)
DAYS = [AS_OF + pd.offsets.MonthEnd(-months) for months in range(24, 0, -1)] + [AS_OF]
TABLE = ["as_of", "window_days"]


def mart(shop: Shop, sql: str) -> pd.DataFrame:
    """Rows of the published marts, amounts as floats: whole yen below 2^53 stay exact."""
    with connect_published(Home(shop.home)) as con:
        return con.execute(sql).df()


@pytest.fixture(scope="module")
def orders(shop: Shop) -> pd.DataFrame:
    """Every order, trial and return of a known customer: customer_id, on, channel, counted, trial, amount."""
    return mart(
        shop,
        "select customer_id, cast(ordered_on as timestamp) as on, channel, is_counted as counted, is_trial as trial,"
        " cast(net_amount as double) as amount from marts.orders"
        " where customer_id is not null and (is_counted or is_trial or is_return)",
    )


def completed_months(since: pd.Series, until: pd.Timestamp) -> pd.Series:
    """Months by pandas' own calendar: the months between, less one where adding them leads past `until`."""
    between = (until.year - since.dt.year) * 12 + until.month - since.dt.month
    reached = [day + pd.DateOffset(months=int(months)) for day, months in zip(since, between, strict=True)]
    return between - (pd.Series(reached, index=since.index) > until).astype(int)


def segment(frequency: int, months: int) -> str:
    """The segments as the document draws them."""
    if frequency == 0:
        return "prospect_active" if months < 4 else "prospect_lapsed"
    group = "new" if frequency == 1 else "promising" if frequency < 6 else "loyal"
    return f"{group}_{'active' if months < 4 else 'dormant' if months < 8 else 'lapsed'}"


@pytest.fixture(scope="module")
def snapshots(orders: pd.DataFrame) -> pd.DataFrame:
    """One row per customer and day of the table: segment, channel, cohort, net sales, next counted order."""
    found = []
    for day in DAYS:
        past, counted = orders[orders.on <= day], orders[(orders.on <= day) & orders.counted]
        trials = past[past.trial]
        rows = pd.DataFrame({"net_sales": past.groupby("customer_id").amount.sum()})
        rows["frequency"] = counted.groupby("customer_id").size()
        rows["frequency"] = rows.frequency.fillna(0).astype(int)
        rows["recent"] = counted.groupby("customer_id").on.max()
        rows["recent"] = rows.recent.fillna(trials.groupby("customer_id").on.max())
        rows["cohort_month"] = counted.groupby("customer_id").on.min().dt.to_period("M").dt.to_timestamp()
        for kind in (counted, trials):
            channels = kind.groupby("customer_id").channel.agg(
                lambda names: "both" if names.nunique() > 1 else names.iloc[0]
            )
            rows["channel"] = channels if "channel" not in rows else rows.channel.fillna(channels)
        rows["next"] = orders[(orders.on > day) & orders.counted].groupby("customer_id").on.min()
        rows = rows[rows.recent.notna()]
        if len(rows):
            months = completed_months(rows.recent, day)
            rows["segment"] = [segment(f, m) for f, m in zip(rows.frequency, months, strict=True)]
            found.append(rows.assign(as_of=day).reset_index())
    return pd.concat(found, ignore_index=True)


def sums(snapshots: pd.DataFrame, by: str) -> pd.DataFrame:
    """Per as_of, window and `by`: customers, net sales, repeaters, repeat rate of mature windows."""
    found = []
    for window in WINDOWS:
        rows = snapshots.assign(window_days=window, again=snapshots.next <= snapshots.as_of + pd.Timedelta(days=window))
        grouped = rows.groupby([*TABLE, by])
        found.append(
            grouped.agg(
                customers=("again", "size"), net_sales=("net_sales", "sum"), repeaters=("again", "sum")
            ).reset_index()
        )
    table = pd.concat(found, ignore_index=True)
    table["is_mature"] = table.as_of + pd.to_timedelta(table.window_days, unit="D") <= AS_OF
    table["repeat_rate"] = (table.repeaters / table.customers).where(table.is_mature)
    return table


def assert_same(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> None:
    """The same rows, whatever their order and the widths of their integers."""
    assert len(found) > 0
    columns = list(expected.columns)
    pd.testing.assert_frame_equal(
        found[columns].sort_values(keys, ignore_index=True),
        expected.sort_values(keys, ignore_index=True),
        check_dtype=False,
    )


FIGURES = "customers, cast(net_sales as double) as net_sales, repeaters, is_mature, repeat_rate"


def test_segments_are_those_of_every_customer_counted(shop: Shop, snapshots: pd.DataFrame) -> None:
    found = mart(
        shop, f"select cast(as_of as timestamp) as as_of, window_days, segment, {FIGURES} from marts.rf_segment_totals"
    )
    assert len(found) == len(DAYS) * len(WINDOWS) * 11
    assert_same(found[found.customers > 0], sums(snapshots, "segment"), [*TABLE, "segment"])
    shares = found.assign(share=found.customers).groupby(TABLE).share.sum()
    assert (shares.groupby("as_of").nunique() == 1).all()


def test_channels_are_where_the_orders_were_made(shop: Shop, snapshots: pd.DataFrame) -> None:
    whole = "recency_band = 'total' and frequency_band = 'total'"
    found = mart(
        shop,
        f"select cast(as_of as timestamp) as as_of, window_days, channel, {FIGURES} from marts.rf_matrix_by_channel"
        f" where {whole}",
    )
    assert set(found[found.customers > 0].channel) == {"ec", "store", "both"}
    assert_same(found[found.customers > 0], sums(snapshots, "channel"), [*TABLE, "channel"])


def test_the_channels_tables_add_up_to_the_whole_table(shop: Shop) -> None:
    cells = "as_of, window_days, recency_band, frequency_band, segment, is_mature"
    assert shop.query(
        f"select count(*) from (select {cells}, sum(customers), sum(net_sales), sum(repeaters)"
        " from marts.rf_matrix_by_channel group by all"
        f" except all select {cells}, customers, net_sales, repeaters from marts.rf_matrix)"
    ) == [(0,)]


def test_cohorts_are_the_months_of_first_orders(shop: Shop, snapshots: pd.DataFrame) -> None:
    found = mart(
        shop,
        "select cast(as_of as timestamp) as as_of, window_days, cast(cohort_month as timestamp) as cohort_month,"
        f" months_after, {FIGURES}, customer_share from marts.rf_cohorts",
    )
    expected = sums(snapshots, "cohort_month")
    expected["months_after"] = [
        (day.to_period("M") - month.to_period("M")).n
        for day, month in zip(expected.as_of, expected.cohort_month, strict=True)
    ]
    expected["customer_share"] = expected.customers / expected.as_of.map(snapshots.groupby("as_of").size())
    assert_same(found, expected, [*TABLE, "cohort_month"])
    assert found.repeat_rate.notna().any() and found.repeat_rate.isna().any()


def test_retention_is_who_of_a_cohort_bought_in_a_month(shop: Shop, orders: pd.DataFrame) -> None:
    counted = orders[orders.counted].copy()
    first = counted.groupby("customer_id").on.min().dt.to_period("M").rename("cohort")
    second = counted.sort_values("on").groupby("customer_id").on.nth(1)
    second = pd.Series(second.values, index=counted.loc[second.index].customer_id).dt.to_period("M")
    acts = orders.join(first, on="customer_id", how="inner")
    acts["month"] = acts.on.dt.to_period("M")
    expected = []
    for cohort in sorted(first.unique()):
        members = set(first[first == cohort].index)
        for month in pd.period_range(cohort, AS_OF.to_period("M")):
            of_month = acts[(acts.cohort == cohort) & (acts.month == month)]
            expected.append(
                {
                    "cohort_month": cohort.to_timestamp(),
                    "months_after": (month - cohort).n,
                    "cohort_size": len(members),
                    "active_customers": of_month[of_month.counted].customer_id.nunique(),
                    "retention_rate": of_month[of_month.counted].customer_id.nunique() / len(members),
                    "repeaters": sum(by <= month for name, by in second.items() if name in members),
                    "orders": int(of_month.counted.sum()),
                    "net_sales": of_month.amount.sum(),
                    "net_sales_so_far": acts[
                        (acts.cohort == cohort) & (acts.month >= cohort) & (acts.month <= month)
                    ].amount.sum(),
                }
            )
    found = mart(
        shop,
        "select * replace (cast(cohort_month as timestamp) as cohort_month, cast(net_sales as double) as net_sales,"
        " cast(net_sales_so_far as double) as net_sales_so_far) from marts.rf_cohort_retention",
    )
    assert found.is_complete.all()  # the shop's last day is a month's end
    assert_same(found, pd.DataFrame(expected), ["cohort_month", "months_after"])


def test_transitions_are_what_each_customer_was_and_is(shop: Shop, snapshots: pd.DataFrame) -> None:
    held = {day: rows.set_index("customer_id").segment for day, rows in snapshots.groupby("as_of")}
    expected = []
    for before, day in pairwise(DAYS):
        if day in held:
            now = held[day]
            was = held[before].reindex(now.index).fillna("none") if before in held else now.map(lambda _: "none")
            for (from_segment, to_segment), rows in now.groupby([was.values, now.values]):
                share = len(rows) / (was == from_segment).sum()
                expected.append((before, day, from_segment, to_segment, len(rows), share))
    columns = ["from_as_of", "to_as_of", "from_segment", "to_segment", "customers", "share"]
    found = mart(
        shop,
        "select * replace (cast(from_as_of as timestamp) as from_as_of, cast(to_as_of as timestamp) as to_as_of)"
        " from marts.rf_transitions",
    )
    assert_same(found, pd.DataFrame(expected, columns=columns), columns[:4])
    assert "none" in set(found.from_segment) and (found.from_segment != found.to_segment).any()
