"""Customers, tags and recommendations that are kept by customer are those of a warehouse that has seen no other day."""

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from insight_shop import FIRST_DAY, Shop, build, warehouse, write_day


def test_day_after_day_the_same_as_built_whole() -> None:
    chance = random.Random(1)
    shop, kept = Shop(chance), warehouse()
    shop.open()
    as_of, asked = FIRST_DAY, []
    for number in range(1, 10):
        before = as_of
        as_of += timedelta(days=chance.choice([0, 1, 1, 1, 3]))
        changed = shop.pass_day(as_of, number) | shop.becoming_visible(before, as_of)
        write_day(kept, shop, number, as_of, None if number == 1 else changed)
        if number in (3, 6):
            build(kept, but_the_last=True)  # it died there
            continue
        found = build(kept)
        asked += kept.rows(
            f"select count(*) from int_insights__recommendation_scope where as_of = '{as_of}' and not is_only_for_pairs"
        )
        if number % 2:
            continue
        anew = warehouse()
        write_day(anew, shop, 1, as_of, None)
        assert found == build(anew), (number, as_of)
    assert min(asked) < max(asked)  # not all of them every day


AS_OF = FIRST_DAY + timedelta(days=6)


def order(customer: str, product: str, days_ago: int) -> dict:
    """An order on the site."""
    at = datetime.combine(AS_OF - timedelta(days=days_ago), time(3))
    row = {"customer_id": customer, "product_id": product, "at": at, "channel": "ec", "amount": 100}
    return row | {"is_gift": False, "is_subscription": False}


def quiet_shop() -> Shop:
    """c1 loves what p1 is, of which p3 sells best, and has just seen p4; c2, in the thirties, bought p3 long ago."""
    shop = Shop(random.Random(0))
    shop.open()
    for product in shop.products.values():
        product["withdrawn_on"] = None
    for customer in [*shop.persons]:
        if customer not in ("c1", "c2"):
            shop.persons.pop(customer)
    shop.persons["c2"] |= {"gender": "male", "birth_date": AS_OF.replace(year=1990)}
    shop.orders = {"o1": order("c1", "p1", 20), "o2": order("c2", "p3", 20), "o3": order("c2", "p3", 20)}
    at = datetime.combine(AS_OF - timedelta(days=1), time(3))
    shop.views = {"t1": {"customer_id": "c1", "product_id": "p4", "at": at}}
    return shop


def overtakes(shop: Shop) -> set[str]:
    """By c2's orders p1 sells best, which is c1's favourite category."""
    shop.orders |= {"o4": order("c2", "p1", 20), "o5": order("c2", "p1", 20)}
    return {"c2"}


def is_withdrawn(shop: Shop) -> set[str]:
    """What c1 has seen is not sold any more."""
    shop.products["p4"]["withdrawn_on"] = AS_OF
    return set()


def is_known_better(shop: Shop) -> set[str]:
    """c2 turns out to be one of whom a season asks."""
    shop.persons["c2"]["gender"] = "female"
    return set()


def lasts_longer(shop: Shop) -> set[str]:
    """What c2 has bought is not due yet."""
    shop.products["p3"]["replenishment_days"] = 30
    return set()


def second_best_overtakes(shop: Shop) -> set[str]:
    """p5 sells second best by now, and what sells best lasts for c1."""
    shop.orders |= {"o6": order("c2", "p5", 20), "o7": order("c2", "p5", 20)}
    return {"c2"}


@pytest.mark.parametrize("happens", [overtakes, is_withdrawn, is_known_better, lasts_longer, second_best_overtakes])
def test_who_did_nothing_is_asked_where_it_concerns_him(happens: Callable[[Shop], set[str]]) -> None:
    shop, kept, anew = quiet_shop(), warehouse(), warehouse()
    if happens is second_best_overtakes:
        shop.orders["o8"] = order("c1", "p3", 0)
    write_day(kept, shop, 1, AS_OF, None)
    before = build(kept)["recommendations"]
    changed = happens(shop)
    write_day(kept, shop, 2, AS_OF, changed)
    write_day(anew, shop, 1, AS_OF, None)
    found = build(kept)["recommendations"]
    assert [row for row in found if row[0] not in changed] != [row for row in before if row[0] not in changed]
    assert found == build(anew)["recommendations"]
