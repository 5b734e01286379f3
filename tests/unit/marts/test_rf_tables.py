"""The RF table and the conversions against a count by hand, customer by customer and order by order."""

import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from statistics import median

import duckdb
import pytest
from rendered import build, load_rules, month_ends_before, write_run
from test_completed_months import largest_k

WINDOWS = [30, 90]
MATURITY = 120
RECENCY = [f"{k:02d}" for k in range(14)] + ["14+"]
FREQUENCY = ["0", "1", "2", "3", "4", "5", "6+"]
CHANNELS = ["ec", "store", "both", "total"]
MODELS = (
    "int_marts__as_of_days",
    "int_marts__rf_states",
    "int_marts__rf_cells",
    "int_marts__rf_tables",
    "rf_matrix",
    "rf_matrix_by_channel",
    "int_marts__rf_customers",
    "rf_customers",
)

# customer, day, kind (counted, trial, return, cancelled), net amount, channel
Order = tuple[str, date, str, int, str]


def random_orders(seed: int, as_of: date) -> list[Order]:
    chance = random.Random(seed)
    orders = []
    for number in range(150):
        for _ in range(chance.choice([1, 1, 2, 4, 9])):
            # some of them on the last days of a month, some after as_of, where they must not be seen
            day = as_of - timedelta(days=chance.randint(-20, 900))
            if chance.random() < 0.3:
                next_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
                day = next_month - timedelta(days=chance.randint(1, 2))
            kind = chance.choices(["counted", "trial", "return", "cancelled"], [6, 2, 1, 1])[0]
            amounts = {"counted": chance.randint(1, 9000), "trial": 980, "return": -chance.randint(1, 3000)}
            orders.append((f"c{number}", day, kind, amounts.get(kind, 0), chance.choice(["ec", "ec", "store"])))
    return orders


def write_orders(con: duckdb.DuckDBPyConnection, orders: list[Order]) -> None:
    con.execute(
        "create table orders (order_id varchar, customer_id varchar, ordered_at timestamp,"
        " ordered_on date, channel varchar, is_counted boolean, is_trial boolean, is_return boolean,"
        " net_amount decimal(18, 2))"
    )
    con.executemany(
        "insert into orders values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                f"ec:{number:05d}",
                customer,
                datetime.combine(day, time(3)),
                day,
                channel,
                kind == "counted",
                kind == "trial",
                kind == "return",
                amount,
            )
            for number, (customer, day, kind, amount, channel) in enumerate(orders)
        ],
    )


def cells_by_hand(orders: list[Order], day: date) -> dict[str, tuple[str, str, int, list[date], str]]:
    """Per customer in the table on `day`: its two bands, net sales, days of later counted orders, channel."""
    histories = defaultdict(list)
    for customer, *order in orders:
        histories[customer].append(order)
    cells = {}
    for customer, history in histories.items():
        counted = [(on, channel) for on, kind, _, channel in history if kind == "counted" and on <= day]
        trials = [(on, channel) for on, kind, _, channel in history if kind == "trial" and on <= day]
        if counted or trials:
            months = largest_k(max(counted or trials)[0], day)
            channels = {channel for _, channel in counted or trials}
            cells[customer] = (
                RECENCY[min(months, 14)],
                FREQUENCY[min(len(counted), 6)],
                sum(amount for on, _, amount, _ in history if on <= day),
                [on for on, kind, _, _ in history if kind == "counted" and on > day],
                "both" if len(channels) == 2 else channels.pop(),
            )
    return cells


@pytest.mark.parametrize(
    ("seed", "as_of"),
    [
        (1, date(2026, 11, 20)),
        (2, date(2028, 2, 29)),
        (3, date(2027, 3, 1)),
    ],
)
def test_the_matrix_is_what_counting_by_hand_gives(seed: int, as_of: date) -> None:
    orders = random_orders(seed, as_of)
    con = duckdb.connect()
    load_rules(con)
    write_run(con, as_of, repeat_window_days=" ".join(str(days) for days in WINDOWS))
    write_orders(con, orders)
    build(con, *MODELS)

    expected = {}
    seen = [order for order in orders if order[1] <= as_of]
    for day in [as_of, *month_ends_before(as_of, 24)]:
        cells = cells_by_hand(seen, day).values()
        for window, channel in product(WINDOWS, CHANNELS):
            table = [cell for cell in cells if channel in ("total", cell[4])]
            for r, f in product([*RECENCY, "total"], [*FREQUENCY, "total"]):
                chosen = [cell for cell in table if r in ("total", cell[0]) and f in ("total", cell[1])]
                end = day + timedelta(days=window)
                repeaters = sum(any(on <= end for on in cell[3]) for cell in chosen)
                expected[day, window, channel, r, f] = (
                    len(chosen),
                    Decimal(sum(cell[2] for cell in chosen)),
                    repeaters,
                    end <= as_of,
                )
    figures = "recency_band, frequency_band, customers, net_sales, repeaters, is_mature"
    rows = con.execute(
        f"select as_of, window_days, 'total', {figures} from rf_matrix"
        f" union all select as_of, window_days, channel, {figures} from rf_matrix_by_channel"
    ).fetchall()
    assert len(rows) == len(expected) == 25 * 2 * 4 * 16 * 8
    assert {row[:5]: row[5:] for row in rows} == expected
    assert all(any(row[2] == channel and row[5] > 5 for row in rows) for channel in CHANNELS)

    now = cells_by_hand(seen, as_of)
    found = con.execute("select customer_id, recency_band, frequency_band, net_sales from rf_customers")
    assert {row[0]: row[1:] for row in found.fetchall()} == {name: cell[:3] for name, cell in now.items()}
    assert con.execute("""
        select count(*) from rf_customers join rf_matrix using (recency_band, frequency_band)
        where rf_matrix.as_of = (select as_of from run.context) and rf_matrix.window_days = 30
            and rf_customers.segment = rf_matrix.segment
    """).fetchall() == [(len(now),)]


def test_shares_and_rates_follow_from_the_counts() -> None:
    as_of = date(2026, 11, 20)
    con = duckdb.connect()
    load_rules(con)
    write_run(con, as_of, repeat_window_days="90")
    write_orders(con, random_orders(4, as_of))
    build(con, *MODELS)
    rows = con.execute(
        "select as_of, recency_band || frequency_band, customers, customer_share, net_sales,"
        " sales_share, repeaters, repeat_rate, is_mature from rf_matrix"
    ).fetchall()
    wholes = {row[0]: row for row in rows if row[1] == "totaltotal"}
    rated = 0
    for day, _, customers, customer_share, net_sales, sales_share, repeaters, repeat_rate, is_mature in rows:
        assert customer_share == pytest.approx(customers / wholes[day][2])
        assert sales_share == pytest.approx(float(net_sales / wholes[day][4]))
        assert (repeat_rate is None) == (not is_mature or customers == 0)
        if repeat_rate is not None:
            rated += 1
            assert repeat_rate == pytest.approx(repeaters / customers)
    assert rated > 100


@pytest.mark.parametrize("seed", [5, 6])
def test_conversions_are_what_counting_by_hand_gives(seed: int) -> None:
    as_of = date(2026, 11, 20)
    orders = random_orders(seed, as_of)
    con = duckdb.connect()
    write_run(con, as_of, maturity_days=str(MATURITY))
    write_orders(con, orders)
    build(con, "int_marts__order_steps", "purchase_conversion")

    days = defaultdict(list)
    trials = defaultdict(list)
    for customer, on, kind, _, _ in orders:
        if on <= as_of and kind in ("counted", "trial"):
            (days if kind == "counted" else trials)[customer].append(on)
    steps: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    for history in days.values():
        ordered = sorted(history)
        for k, (reached, following) in enumerate(zip(ordered, [*ordered[1:], None], strict=True), start=1):
            steps[k].append((reached, following))
    for customer, history in trials.items():
        first = min(days[customer], default=None)
        if first is None or min(history) <= first:
            steps[0].append((min(history), first))
    rows = con.execute("select * from purchase_conversion order by k").fetchall()
    assert [row[0] for row in rows] == sorted(steps)
    for k, reached_k, reached_next, mature_k, mature_next, conversion, median_days in rows:
        mature = [step for step in steps[k] if step[0] + timedelta(days=MATURITY) <= as_of]
        gaps = [
            (following - reached).days
            for reached, following in mature
            if following and (following - reached).days <= MATURITY
        ]
        assert (reached_k, reached_next) == (len(steps[k]), sum(step[1] is not None for step in steps[k]))
        assert (mature_k, mature_next) == (len(mature), len(gaps))
        assert conversion == (pytest.approx(len(gaps) / len(mature)) if mature else None)
        assert median_days == (median(gaps) if gaps else None)


def test_nothing_in_gives_an_empty_table_of_full_size() -> None:
    con = duckdb.connect()
    load_rules(con)
    write_run(con, date(2026, 11, 20), repeat_window_days="90", maturity_days="365")
    write_orders(con, [("nobody", date(2026, 11, 21), "counted", 1, "ec")])
    counted = ("purchase_conversion", "rf_segment_totals", "rf_cohorts", "rf_cohort_retention", "rf_transitions")
    build(con, *MODELS, "int_marts__order_steps", *counted)
    assert con.execute("select count(*) from rf_customers").fetchall() == [(0,)]
    assert con.execute("select count(*), sum(customers), count(repeat_rate) from rf_matrix").fetchall() == [
        (25 * 16 * 8, 0, 0)
    ]
    assert con.execute("select count(*), sum(customers), count(repeat_rate) from rf_segment_totals").fetchall() == [
        (25 * 11, 0, 0)
    ]
    for mart in ("rf_cohorts", "rf_cohort_retention", "rf_transitions"):
        assert con.execute(f"select count(*) from {mart}").fetchall() == [(0,)], mart
    conversions = con.execute("select count(*), sum(reached_k), count(conversion) from purchase_conversion")
    assert conversions.fetchall() == [(0, None, 0)]
