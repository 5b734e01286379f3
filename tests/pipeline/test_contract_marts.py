"""RF, conversion, ranks, pyramid, scores and badges of hand-made sources, against rules written once more in Python."""

import calendar
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import product
from statistics import median
from typing import Any

import pytest

from tests.pipeline import handmade_marts as made
from tests.pipeline.conftest import Shop
from tests.pipeline.handmade import open_shop

RECENCY = [f"{months:02d}" for months in range(14)] + ["14+", "total"]
FREQUENCY = [str(orders) for orders in range(6)] + ["6+", "total"]
WINDOWS, MATURITY = (30, 60, 90, 180), 365


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop after its one run."""
    own = open_shop(tmp_path_factory.mktemp("marts"), made.shop())
    own.run(made.AS_OF)
    return own


@pytest.fixture(scope="module")
def name_of(ran: Shop) -> dict[str, str]:
    """customer_id -> member_id."""
    return dict(ran.query("select customer_id, member_ids[1] from marts.customers"))


@pytest.fixture(scope="module")
def history(ran: Shop, name_of: dict[str, str]) -> dict[str, list[tuple[date, str, int]]]:
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
    ran: Shop, name_of: dict[str, str], history: dict[str, Any]
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
    rows = ran.query(
        "select customer_id, recency_months, recency_band, frequency, frequency_band, segment, lifecycle,"
        " net_sales from marts.rf_customers"
    )
    assert {name_of[row[0]]: (*row[1:7], int(row[7])) for row in rows} == expected
    assert {"k-none", "k-cancelled", "k-next"}.isdisjoint(name_of[row[0]] for row in rows)


@pytest.mark.parametrize(("day", "months"), made.EDGES.items())
def test_months_completed_at_the_edges(ran: Shop, name_of: dict[str, str], day: str, months: int) -> None:
    found = {name_of[row[0]]: row[1] for row in ran.query("select customer_id, recency_months from marts.rf_customers")}
    assert found[f"k-edge-{day}"] == months


def test_the_matrix_is_complete_and_every_figure_agrees(ran: Shop, history: dict[str, Any]) -> None:
    days = [made.AS_OF]
    for back in range(24):
        year, month = divmod(made.AS_OF.year * 12 + made.AS_OF.month - 2 - back, 12)
        days.append(date(year, month + 1, calendar.monthrange(year, month + 1)[1]))
    rows = ran.query(
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


def test_purchase_conversion_by_hand(ran: Shop, history: dict[str, Any]) -> None:
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
        for row in ran.query(
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


def test_each_rank_rule_and_its_reason(ran: Shop, name_of: dict[str, str]) -> None:
    rows = ran.query(
        "select customer_id, brand_id, rank, purchases, views, reviews, reason, is_potential from marts.brand_ranks"
    )
    found = {(name_of[row[0]], row[1]): row[2:] for row in rows}
    expected = {
        ("k-s-review", "b1"): ("S", 3, 0, 1),
        ("k-s-days", "b1"): ("S", 6, 0, 0),
        ("k-a-reviewed", "b1"): ("A", 2, 0, 1),
        ("k-a-one-day", "b1"): ("A", 3, 0, 1),
        ("k-a-five", "b1"): ("A", 5, 0, 0),
        ("k-a-window", "b1"): ("A", 1, 0, 0),
        ("k-b-review", "b1"): ("B", 0, 0, 1),
        ("k-like", "b1"): ("B", 0, 0, 0),
        ("k-clip", "b1"): ("B", 0, 0, 0),
        ("k-b-cart", "b1"): ("B", 0, 0, 0),
        ("k-b-visit", "b3"): ("B", 0, 0, 0),
        ("k-c", "b1"): ("C", 0, 3, 0),
        ("k-d-one-day", "b1"): ("D", 0, 3, 0),
        ("k-d-content", "b1"): ("D", 0, 2, 0),
        ("k-e-view", "b1"): ("E", 0, 1, 0),
        ("k-share", "b1"): ("E", 0, 0, 0),
        ("k-e-pages", "b1"): ("E", 0, 0, 0),
    }
    assert {key: found[key][:4] for key in expected} == expected
    for rank, _, _, _, reason, is_potential in found.values():
        assert reason.startswith(rank)
        assert is_potential == (rank in "BCDE")
    assert found["k-s-review", "b1"][4] != found["k-s-days", "b1"][4]
    assert ("k-out", "b1") not in found
    assert ("k-a", "b1") in found
    assert ("k-a", "b2") in found


def test_the_pyramid_has_six_steps_for_each_brand_that_add_up(ran: Shop) -> None:
    ranks = Counter(ran.query("select brand_id, rank from marts.brand_ranks"))
    rows = ran.query("select brand_id, rank, customers, share, moved_up, moved_down from marts.brand_pyramid")
    assert sorted(row[:2] for row in rows) == sorted((brand, rank) for brand in ("b1", "b2", "b3") for rank in "SABCDE")
    for brand, rank, customers, share, moved_up, moved_down in rows:
        whole = sum(number for (of, _), number in ranks.items() if of == brand)
        assert customers == ranks[brand, rank]
        assert share == pytest.approx(customers / whole)
        assert moved_up >= 0
        assert moved_down >= 0


def test_the_journey_goes_on_where_a_rank_has_lapsed(ran: Shop, name_of: dict[str, str]) -> None:
    rows = ran.query("select customer_id, brand_id, stage, since from marts.brand_journeys")
    found = {(name_of[row[0]], row[1]): row[2] for row in rows}
    expected = {
        ("k-s-review", "b1"): "loyal",
        ("k-s-days", "b1"): "loyal",
        ("k-a-one-day", "b1"): "purchased",
        ("k-a-five", "b1"): "repeated",
        ("k-out", "b1"): "purchased",
        ("k-b-review", "b1"): "considering",
        ("k-b-visit", "b3"): "considering",
        ("k-d-content", "b1"): "considering",
        ("k-e-view", "b1"): "aware",
        ("k-share", "b1"): "aware",
    }
    assert {key: found.get(key) for key in expected} == expected
    ranked = ran.query("select customer_id, brand_id from marts.brand_ranks")
    assert set(ranked) <= {row[:2] for row in rows}
    assert len({row[:2] for row in rows}) == len(rows)


def test_a_customer_has_one_rank_in_the_house_whatever_brands_he_touched(ran: Shop, name_of: dict[str, str]) -> None:
    rows = ran.query("select customer_id, group_id, rank, purchases from marts.brand_group_ranks")
    found = {name_of[row[0]]: row[1:] for row in rows}
    assert len(found) == len(rows)
    assert found["k-a-five"] == ("house", "A", 5)
    # One purchase of two brands, counted once here and once for each brand there.
    assert found["k-a"] == ("house", "A", 1)
    assert ran.query("select count(*), sum(purchases) from marts.brand_ranks join marts.customers using (customer_id)"
                     " where member_ids[1] = 'k-a' and purchases > 0") == [(2, 2)]  # fmt: skip


def test_shares_and_lifts_of_profiles_add_up(ran: Shop) -> None:
    unequal = ran.query(
        "select brand_id, rank, attribute from marts.brand_rank_profiles"
        " join (select brand_id, rank, count(*) as ranked from marts.brand_ranks group by brand_id, rank)"
        " using (brand_id, rank) group by brand_id, rank, attribute, ranked"
        " having abs(sum(share) - 1) > 1e-9 or sum(customers) <> ranked"
    )
    assert unequal == []
    assert ran.query("select count(*) from marts.brand_rank_profiles where not lift > 0") == [(0,)]
    assert ran.query("select count(*) from marts.brand_rank_interests where customers < 5") == [(0,)]


def test_customer_a_has_23_points_that_come_apart_into_8_10_and_5(ran: Shop, name_of: dict[str, str]) -> None:
    rows = ran.query("select customer_id, product, lifestyle, lifestance, total from marts.scores")
    scores = {name_of[row[0]]: row[1:] for row in rows}
    assert scores["k-a"] == (11, 6, 6, 23)
    assert scores["k-none"] == (0, 0, 0, 0)
    assert len(scores) == len(name_of)
    ledger = ran.query(
        "select t.action, l.product, l.lifestyle, l.lifestance from marts.score_ledger l"
        " join marts.touchpoints t using (touchpoint_id) join marts.customers c on c.customer_id = t.customer_id"
        " where c.member_ids[1] = 'k-a' order by t.occurred_at"
    )
    assert ledger == [("page_view", 3, 5, 0), ("purchase", 8, 1, 1), ("visit", 0, 0, 5)]
    assert ran.query(
        "select score_product, score_lifestyle, score_lifestance, score_total from marts.customers"
        " where member_ids[1] = 'k-a'"
    ) == [(11, 6, 6, 23)]


def test_badges_at_their_edges(ran: Shop, name_of: dict[str, str]) -> None:
    rows = ran.query("select customer_id, badge_id, earned_at, evidence from marts.badges")
    owners: dict[str, set[str]] = defaultdict(set)
    for customer_id, badge_id, earned_at, evidence in rows:
        owners[badge_id].add(name_of[customer_id])
        assert earned_at
        assert evidence
    assert owners["store_regular"] == {"k-ten"}
    assert "k-five" in owners["product_lover"]
    assert "k-four" not in owners["product_lover"]
    assert owners["vision_reader"] == {"k-vision"}
    when = {(name_of[row[0]], row[1]): str(row[2]) for row in rows}
    assert when["k-ten", "store_regular"].startswith("2026-01-10")
    assert when["k-five", "product_lover"] == "2026-02-02 03:00:00"


def test_counts_and_points_are_never_null_and_no_mart_tells_who_a_person_is(ran: Shop) -> None:
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
            assert ran.query(f"select count(*) from marts.{mart} where {column} is null") == [(0,)], (mart, column)
    for (mart,) in ran.query("select table_name from duckdb_tables() where schema_name = 'marts'"):
        assert ran.query(f"select count(*) from marts.{mart} t where cast(t as varchar) like '%@example.jp%'") == [(0,)]
