"""Brand ranks and the pyramid's moves against the rules as `domain.md` words them, tried act by act."""

import random
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta

import duckdb
from rendered import build, load_rules, month_ends_before, write_run

AS_OF = date(2026, 11, 20)
ACTIONS = [
    "purchase",
    "review",
    "like",
    "clip",
    "add_to_cart",
    "visit",
    "product_view",
    "content_view",
    "page_view",
    "share",
    "reservation",
]

INTEREST = ("review", "like", "clip", "add_to_cart", "visit")
VIEWS = ("product_view", "content_view")

Act = tuple[str, str, str, date, str | None]  # customer, brand, action, day, order


def random_acts(seed: int, days_back: int = 400) -> list[Act]:
    chance = random.Random(seed)
    acts: list[Act] = []
    for customer in range(120):
        few = chance.sample(ACTIONS, chance.choice([1, 1, 2, 4, 8]))
        for number in range(chance.choice([1, 2, 3, 8, 20])):
            action = chance.choice(few)
            near, far = chance.randint(-3, 60), chance.randint(min(340, days_back - 60), days_back)
            day = AS_OF - timedelta(days=chance.choice([near, far]))
            order = f"ec:{customer}-{number}" if action == "purchase" else None
            lines = chance.randint(1, 3) if order else 1
            acts += [(f"c{customer}", chance.choice(["b1", "b2"]), action, day, order) for _ in range(lines)]
    return acts


def is_loyal(acts: list[Act]) -> bool:
    """3 or more purchase days and a review, or 6 or more purchase days."""
    purchase_days = {day for _, _, action, day, _ in acts if action == "purchase"}
    return (len(purchase_days) >= 3 and any(act[2] == "review" for act in acts)) or len(purchase_days) >= 6


def rank_of(acts: list[Act]) -> str:
    """The rank that the acts of one customer with one brand within the window give."""
    orders = {(day, order) for *_, action, day, order in acts if action == "purchase"}
    counts = Counter(action for _, _, action, _, _ in acts)
    viewed = [day for _, _, action, day, _ in acts if action in VIEWS]
    if is_loyal(acts):
        return "S"
    if orders:
        return "A"
    if any(counts[action] for action in INTEREST):
        return "B"
    if len(viewed) >= 3 and len(set(viewed)) >= 2:
        return "C"
    return "D" if len(viewed) >= 2 else "E"


def ranks_on(acts: list[Act], day: date, group: str | None = None) -> dict[tuple[str, str], str]:
    """(customer, brand) -> rank; with `group`, all brands are one of this name."""
    held = defaultdict(list)
    for act in acts:
        if day - timedelta(days=365) < act[3] <= day:
            held[act[0], group or act[1]].append(act)
    return {pair: rank_of(history) for pair, history in held.items()}


MODELS = (
    "int_marts__as_of_days",
    "int_marts__brand_days",
    "int_marts__brand_rank_spells",
    "int_marts__brand_spell_counts",
    "int_marts__brand_ranks",
    "brand_ranks",
    "int_marts__brand_rank_months",
    "brand_rank_history",
    "brand_pyramid",
    "int_marts__brand_group_days",
    "int_marts__brand_group_ranks",
    "brand_group_ranks",
    "brand_group_pyramid",
    "int_marts__brand_journeys",
    "brand_journeys",
)


def warehouse(acts: list[Act]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    load_rules(con)
    write_run(con, AS_OF, rank_window_days="365")
    con.execute(
        "create table touchpoints (customer_id varchar, brand_id varchar, action varchar,"
        " occurred_on date, occurred_at timestamp, order_id varchar)"
    )
    con.executemany(
        "insert into touchpoints values (?, ?, ?, ?, ?, ?)",
        [
            (customer, brand, action, day, datetime.combine(day, time(3)), order)
            for customer, brand, action, day, order in acts
        ],
    )
    con.execute("create table persons as select distinct customer_id, false as is_visitor from touchpoints")
    build(con, *MODELS)
    return con


def test_each_customer_and_brand_has_the_rank_of_its_acts() -> None:
    acts = random_acts(7)
    now = ranks_on(acts, AS_OF)
    rows = warehouse(acts).execute("select customer_id, brand_id, rank from brand_ranks").fetchall()
    assert {row[:2]: row[2] for row in rows} == now
    assert len(rows) == len(now)
    assert set(now.values()) == set("SABCDE"), "the acts must try every rank"


def test_the_pyramid_counts_who_moved_since_the_month_before() -> None:
    acts = random_acts(8)
    now, before = ranks_on(acts, AS_OF), ranks_on(acts, month_ends_before(AS_OF, 1)[0])
    order = "SABCDE"
    expected = {}
    for brand in ("b1", "b2"):
        for rank in order:
            here = [pair for pair in now if pair[1] == brand and now[pair] == rank]
            known = [order.index(before[pair]) - order.index(rank) for pair in here if pair in before]
            gone = [pair for pair in before if pair[1] == brand and before[pair] == rank and pair not in now]
            up, down = sum(move > 0 for move in known), sum(move < 0 for move in known)
            expected[brand, rank] = (len(here), up, down, len(here) - len(known), len(gone))
    rows = (
        warehouse(acts)
        .execute("select brand_id, rank, customers, moved_up, moved_down, entered, dropped_out from brand_pyramid")
        .fetchall()
    )
    assert {row[:2]: row[2:] for row in rows} == expected
    assert all(map(sum, zip(*expected.values(), strict=True))), "every kind of move must occur"


def test_each_month_end_has_the_ranks_of_its_day() -> None:
    acts = random_acts(9, days_back=1200)
    ends = month_ends_before(AS_OF, 24)
    expected = {(end, *pair): rank for end in ends for pair, rank in ranks_on(acts, end).items()}
    rows = warehouse(acts).execute("select as_of, customer_id, brand_id, rank from brand_rank_history").fetchall()
    assert {row[:3]: row[3] for row in rows} == expected
    assert len(rows) == len(expected)
    assert set(expected.values()) == set("SABCDE"), "the acts must try every rank"
    assert {row[0] for row in rows} == set(ends), "every month end must have ranks"


def test_a_month_end_keeps_its_history_whichever_day_is_asked() -> None:
    con = warehouse(random_acts(10, days_back=900))
    [end] = month_ends_before(AS_OF, 1)
    held = con.execute("select * from brand_rank_history where as_of = ? order by all", [end]).fetchall()
    write_run(con, end, rank_window_days="365")
    build(con, *MODELS)
    now = con.execute("select ?, * from brand_ranks order by all", [end]).fetchall()
    assert held == now
    assert held


def test_the_house_counts_an_order_of_two_brands_once() -> None:
    acts = random_acts(11)
    con = warehouse(acts)
    expected = {pair[0]: rank for pair, rank in ranks_on(acts, AS_OF, group="house").items()}
    rows = con.execute("select customer_id, rank, purchases from brand_group_ranks where group_id = 'house'").fetchall()
    assert {row[0]: row[1] for row in rows} == expected
    orders = defaultdict(set)
    for customer, _, action, day, order in acts:
        if action == "purchase" and AS_OF - timedelta(days=365) < day <= AS_OF:
            orders[customer].add(order)
    assert {row[0]: row[2] for row in rows} == {customer: len(orders[customer]) for customer in expected}
    by_brand = "select customer_id, sum(purchases) from brand_ranks group by customer_id"
    doubled = dict(con.execute(by_brand).fetchall())
    assert any(doubled[customer] > len(orders[customer]) for customer in expected), "an order must have two brands"


def stage_of(acts: list[Act]) -> str:
    counts = Counter(action for _, _, action, _, _ in acts)
    bought_on = {day for _, _, action, day, _ in acts if action == "purchase"}
    if is_loyal(acts):
        return "loyal"
    if bought_on:
        return "repeated" if len(bought_on) >= 2 else "purchased"
    considers = any(counts[action] for action in INTEREST) or sum(counts[action] for action in VIEWS) >= 2
    return "considering" if considers else "aware"


def test_the_journey_is_the_furthest_stage_and_the_day_it_was_reached() -> None:
    acts = random_acts(12, days_back=900)
    held = defaultdict(list)
    for act in acts:
        if act[3] <= AS_OF:
            held[act[:2]].append(act)
    expected = {}
    for pair, history in held.items():
        days = sorted({act[3] for act in history})
        stages = [stage_of([act for act in history if act[3] <= day]) for day in days]
        expected[pair] = (stages[-1], days[stages.index(stages[-1])])
    rows = warehouse(acts).execute("select customer_id, brand_id, stage, since from brand_journeys").fetchall()
    assert {row[:2]: row[2:] for row in rows} == expected
    assert len(rows) == len(expected)
    assert len({stage for stage, _ in expected.values()}) == 5, "the acts must try every stage"


def test_nothing_in_gives_nothing() -> None:
    con = warehouse([("c1", "b1", "like", AS_OF + timedelta(days=1), None)])
    assert con.execute("select count(*) from brand_ranks").fetchall() == [(0,)]
    assert con.execute("select count(*) from brand_pyramid").fetchall() == [(0,)]
    assert con.execute("select count(*) from brand_journeys").fetchall() == [(0,)]
