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

Act = tuple[str, str, str, date, str | None]  # customer, brand, action, day, order


def random_acts(seed: int) -> list[Act]:
    chance = random.Random(seed)
    acts: list[Act] = []
    for customer in range(120):
        few = chance.sample(ACTIONS, chance.choice([1, 1, 2, 4, 8]))
        for number in range(chance.choice([1, 2, 3, 8, 20])):
            action = chance.choice(few)
            day = AS_OF - timedelta(days=chance.choice([chance.randint(-3, 60), chance.randint(340, 400)]))
            order = f"ec:{customer}-{number}" if action == "purchase" else None
            lines = chance.randint(1, 3) if order else 1
            acts += [(f"c{customer}", chance.choice(["b1", "b2"]), action, day, order) for _ in range(lines)]
    return acts


def rank_of(acts: list[Act]) -> str:
    """The rank that the acts of one customer with one brand within the window give."""
    orders = {(day, order) for *_, action, day, order in acts if action == "purchase"}
    counts = Counter(action for _, _, action, _, _ in acts)
    viewed = [day for _, _, action, day, _ in acts if action in ("product_view", "content_view")]
    purchase_days = {day for day, _ in orders}
    if (len(purchase_days) >= 3 and counts["review"]) or len(purchase_days) >= 6:
        return "S"
    if orders:
        return "A"
    if any(counts[action] for action in ("review", "like", "clip", "add_to_cart", "visit")):
        return "B"
    if len(viewed) >= 3 and len(set(viewed)) >= 2:
        return "C"
    return "D" if len(viewed) >= 2 else "E"


def ranks_on(acts: list[Act], day: date) -> dict[tuple[str, str], str]:
    held = defaultdict(list)
    for act in acts:
        if day - timedelta(days=365) < act[3] <= day:
            held[act[:2]].append(act)
    return {pair: rank_of(history) for pair, history in held.items()}


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
    build(
        con, "int_marts__as_of_days", "int_marts__brand_days", "int_marts__brand_ranks", "brand_ranks", "brand_pyramid"
    )
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


def test_nothing_in_gives_nothing() -> None:
    con = warehouse([("c1", "b1", "like", AS_OF + timedelta(days=1), None)])
    assert con.execute("select count(*) from brand_ranks").fetchall() == [(0,)]
    assert con.execute("select count(*) from brand_pyramid").fetchall() == [(0,)]
