"""A shop written by hand for the marts of RF, ranks, scores and badges; as_of is 2026-03-30.

Customer `k-...` is member `k-...`; what must come of each is worked out in the test, by rules written once more.
"""

import random
from datetime import date, timedelta

from tests.pipeline.handmade import Sources
from tests.pipeline.planted import line, member, order, receipt, visit, web

AS_OF = date(2026, 3, 30)

# The last purchase of each, and the months completed from it up to as_of.
EDGES = {
    "2026-03-30": 0,
    "2026-03-01": 0,
    "2026-02-28": 1,
    "2026-03-02": 0,
    "2026-01-31": 1,
    "2026-01-30": 2,
    "2025-12-30": 3,
    "2025-12-31": 2,
    "2025-12-01": 3,
    "2025-11-30": 4,
    "2025-11-29": 4,
    "2025-08-01": 7,
    "2025-07-31": 7,
    "2025-07-30": 8,
    "2025-02-28": 13,
    "2025-02-01": 13,
    "2025-01-31": 13,
    "2025-01-30": 14,
    "2022-06-15": 45,
    "2024-02-29": 25,
}


def add_order(
    sources: Sources,
    order_id: str,
    member_id: str,
    on: str,
    product: str = "p1",
    amount: int = 1000,
    quantity: int = 1,
    at: str = "12:00:00",
) -> None:
    """A paid order of one line."""
    sources.add("ec_orders", order(order_id, str(amount), member_id=member_id, ordered_at=f"{on}T{at}"))
    sources.add("ec_order_items", line(order_id, 1, product, str(amount), str(quantity)))


def add_member(sources: Sources, member_id: str, **columns: str) -> None:
    """A member with an e-mail address of his own."""
    sources.add("members", member(member_id, email=f"{member_id}@example.jp", **columns))


def shop() -> Sources:
    """All of it."""
    sources = Sources()
    for part in (_masters, _edges, _crowd, _trials, _ranks, _customer_a, _badges):
        part(sources)
    return sources


def random_orders() -> list[tuple[str, date, int]]:
    """(member, day, amount) of a crowd whose orders lie anywhere in three years and a week after as_of."""
    chance = random.Random(11)
    orders = []
    for number in range(60):
        for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 13))):
            orders.append(
                (
                    f"k-crowd-{number:02d}",
                    AS_OF + timedelta(days=7 - chance.randrange(1100)),
                    chance.randrange(500, 9000),
                )
            )
    return orders


def _masters(sources: Sources) -> None:
    sources.add("brands", *({"brand_id": brand, "name": brand} for brand in ("b1", "b2", "b3")))
    sources.add(
        "stores",
        {"store_id": "s1", "name": "銀座", "brand_id": "b3"},
        {"store_id": "s2", "name": "梅田", "brand_id": ""},
    )
    for product, brand, trial in (("p1", "b1", ""), ("p2", "b2", ""), ("t1", "b1", "true")):
        sources.add("products", {"product_id": product, "brand_id": brand, "name": product, "is_trial": trial})
    sources.add(
        "contents",
        {"content_id": "vision", "brand_id": "", "information_kind": "vision"},
        {"content_id": "about-b1", "brand_id": "b1", "information_kind": "article"},
    )


def _edges(sources: Sources) -> None:
    for number, day in enumerate(EDGES):
        add_member(sources, f"k-edge-{day}")
        add_order(sources, f"edge-{number}", f"k-edge-{day}", day)
    # Just before and just after midnight in Tokyo.
    for name, on, at in (("late", "2026-03-30", "23:59:59"), ("next", "2026-03-31", "00:00:00")):
        add_member(sources, f"k-{name}")
        add_order(sources, f"midnight-{name}", f"k-{name}", on, at=at)


def _crowd(sources: Sources) -> None:
    for member_id in sorted({member_id for member_id, _, _ in random_orders()}):
        add_member(sources, member_id)
    for number, (member_id, on, amount) in enumerate(random_orders()):
        add_order(sources, f"crowd-{number}", member_id, str(on), "p2", amount)


def _trials(sources: Sources) -> None:
    """Trials alone, before a purchase, after one; a return; a cancelled order."""
    for name in ("trial", "trial-old", "trial-then", "trial-after", "returned", "cancelled", "none"):
        add_member(sources, f"k-{name}")
    add_order(sources, "trial-1", "k-trial", "2026-03-01", "t1", 300)
    add_order(sources, "trial-2", "k-trial-old", "2025-11-01", "t1", 300)
    add_order(sources, "trial-3", "k-trial-then", "2026-01-05", "t1", 300)
    add_order(sources, "then-1", "k-trial-then", "2026-01-20")
    add_order(sources, "after-1", "k-trial-after", "2025-10-10")
    add_order(sources, "trial-4", "k-trial-after", "2026-03-20", "t1", 300)
    sources.add(
        "store_cards",
        {"card_no": "c-returned", "member_id": "k-returned", "registered_at": "2025-01-01", "updated_at": "2025-01-01"},
    )
    sources.add(
        "pos_receipts",
        receipt("r-bought", "1000", "c-returned", at="2026-02-10 10:00:00"),
        receipt("r-back", "400", "c-returned", at="2026-02-11 10:00:00", is_return="true"),
    )
    sources.add("ec_orders", order("gone", "900", member_id="k-cancelled", status="cancelled"))


def _ranks(sources: Sources) -> None:
    """One customer per rank rule, of brand b1 unless the name says otherwise."""

    def buys(member_id: str, *days: str) -> None:
        add_member(sources, member_id)
        for number, day in enumerate(days):
            add_order(sources, f"{member_id}-{number}", member_id, day)

    def acts(member_id: str, *acts: tuple[str, str], **columns: str) -> None:
        add_member(sources, member_id)
        sources.add(
            "web_events",
            *(
                web(
                    f"{member_id}-{number}",
                    f"v-{member_id}",
                    f"{at} 10:0{number}:00",
                    event,
                    member_id=member_id,
                    **columns,
                )
                for number, (event, at) in enumerate(acts)
            ),
        )

    buys("k-s-review", "2026-01-01", "2026-01-02", "2026-01-03")
    buys("k-s-days", *(f"2026-01-0{n}" for n in range(1, 7)))
    buys("k-a-reviewed", "2026-01-01", "2026-01-02")
    buys("k-a-one-day", "2026-01-01", "2026-01-01", "2026-01-01")
    buys("k-a-five", *(f"2026-01-0{n}" for n in range(1, 6)))
    buys("k-a-window", "2025-03-31")  # the 365th day back, as_of counted
    buys("k-out", "2025-03-30")
    for member_id in ("k-s-review", "k-a-reviewed", "k-a-one-day", "k-b-review"):
        sources.add(
            "reviews",
            {
                "review_id": f"rv-{member_id}",
                "member_id": member_id,
                "product_id": "p1",
                "rating": "5",
                "posted_at": "2026-02-01 10:00:00",
            },
        )
    add_member(sources, "k-b-review")
    for kind in ("like", "clip", "share"):
        add_member(sources, f"k-{kind}")
        sources.add(
            "social_actions",
            {
                "action_id": f"so-{kind}",
                "member_id": f"k-{kind}",
                "kind": kind,
                "brand_id": "b1",
                "occurred_at": "2026-02-01 10:00:00",
            },
        )
    acts("k-b-cart", ("add_to_cart", "2026-02-01"), product_id="p1")
    add_member(sources, "k-b-visit")
    sources.add("store_visits", visit("vi-b", "2026-02-01 10:00:00", member_id="k-b-visit"))
    acts(
        "k-c",
        ("product_view", "2026-02-01"),
        ("product_view", "2026-02-01"),
        ("product_view", "2026-02-02"),
        product_id="p1",
    )
    acts("k-d-one-day", *[("product_view", "2026-02-01")] * 3, product_id="p1")
    acts("k-d-content", ("content_view", "2026-02-01"), ("content_view", "2026-02-02"), content_id="about-b1")
    acts("k-e-view", ("product_view", "2026-02-01"), product_id="p1")
    acts("k-e-pages", *[("page_view", "2026-02-01")] * 4, product_id="p1")


def _customer_a(sources: Sources) -> None:
    """Customer A of the scoring document: a web view, a purchase, a visit, each once."""
    add_member(sources, "k-a")
    sources.add(
        "web_events",
        web("a-view", "v-a", "2026-02-01 10:00:00", "page_view", member_id="k-a"),
        web("a-purchase", "v-a", "2026-02-02 10:00:00", "purchase", member_id="k-a", order_id="a-order"),
    )
    sources.add("ec_orders", order("a-order", "3000", member_id="k-a", ordered_at="2026-02-02 10:00:00"))
    sources.add("ec_order_items", line("a-order", 1, "p1", "1000"), line("a-order", 2, "p2", "2000"))
    sources.add(
        "store_visits",
        visit("a-visit", "2026-02-03 10:00:00", member_id="k-a", store_id="s2"),
        visit("a-reserved", "2026-02-03 09:00:00", "reservation", member_id="k-a", store_id="s2"),
    )


def _badges(sources: Sources) -> None:
    """Ten uses of one store (a receipt and a visit on one day are one), nine; five units of one product, four."""
    for member_id, uses in (("k-ten", 10), ("k-nine", 9)):
        add_member(sources, member_id)
        sources.add(
            "store_cards",
            {
                "card_no": f"c-{member_id}",
                "member_id": member_id,
                "registered_at": "2025-01-01",
                "updated_at": "2025-01-01",
            },
        )
        for number in range(1, uses + 1):
            day = f"2026-01-{number:02d}"
            if number % 2:
                sources.add(
                    "store_visits",
                    visit(f"{member_id}-{number}", f"{day} 11:00:00", member_id=member_id, store_id="s2"),
                )
            if number in (1, 3) or number % 2 == 0:
                sources.add(
                    "pos_receipts", receipt(f"{member_id}-{number}", "500", f"c-{member_id}", at=f"{day} 12:00:00")
                )
        sources.add(
            "store_visits", visit(f"{member_id}-other", "2026-02-20 11:00:00", member_id=member_id, store_id="s1")
        )
    for member_id, units in (("k-five", (2, 3)), ("k-four", (2, 2))):
        add_member(sources, member_id)
        for number, quantity in enumerate(units):
            add_order(sources, f"{member_id}-{number}", member_id, f"2026-02-0{number + 1}", quantity=quantity)
        add_order(sources, f"{member_id}-p2", member_id, "2026-02-05", "p2", quantity=3)
    add_member(sources, "k-vision")
    sources.add(
        "web_events",
        web("vision", "v-vision", "2026-02-01 10:00:00", "content_view", member_id="k-vision", content_id="vision"),
    )
