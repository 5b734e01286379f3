"""Touches of the contents of a member's favourite brand: which kind, and when before the first purchase.

Kinds differ in two planted ways: how many days they take to a purchase (`words.py`), and how many of those
whom they touch ever buy.
"""

import numpy as np
import pyarrow as pa

from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.people import MEMBER, People
from dagster_project.sample.purchases import Purchases
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.text import pick
from dagster_project.sample.words import INFORMATION_KINDS

KINDS = [kind for kind, *_ in INFORMATION_KINDS]
TOUCHED_BUYERS, TOUCHED_OTHERS = 0.85, 0.6  # of the members whose purchases are known for certain
LATE = 0.12  # of touched buyers, those who are touched only after their purchase
SECOND = 0.3  # of all touched, those whom a second kind touches too
# How often those who never buy come to a kind, others 1: adverts reach many, reviews are read by the decided.
DRAW = {"review": 0.25, "advert": 3.0}


def plan_touches(
    shop: Shop, catalogue: Catalogue, people: People, purchases: Purchases, earliest: int
) -> dict[str, np.ndarray]:
    """Touches at `earliest` seconds or later: person, brand, kind, content, at, bought_at (-1) and position, aligned.

    Buyers come at a delay before the purchase that the kind of information sets, others at any time. Buyers
    are members who never tried a trial set and hold no card, so that their first purchase of the brand is in
    EC orders alone.
    """
    rng = shop.rng("touches")
    size = len(people.kind)
    brand = people.brands[:, 0]
    line_person = purchases.person[purchases.line_order]
    bought = (line_person >= 0) & (catalogue.brand[purchases.line_product] == brand[line_person])
    bought &= purchases.is_counted[purchases.line_order]
    first = np.full(size, shop.days * DAY)
    np.minimum.at(first, line_person[bought], purchases.at[purchases.line_order][bought])
    buyer = first < shop.days * DAY
    unsure = np.zeros(size, bool)
    unsure[purchases.person[purchases.is_trial | ~purchases.is_counted]] = True
    eligible = (people.kind == MEMBER) & people.has_web & (people.card_of < 0) & ~unsure
    chosen = np.flatnonzero(eligible & (rng.random(size) < np.where(buyer, TOUCHED_BUYERS, TOUCHED_OTHERS)))
    draw = np.array([DRAW.get(kind, 1.0) for kind in KINDS])
    kind = np.where(
        buyer[chosen],
        rng.integers(0, len(KINDS), len(chosen)),
        rng.choice(len(KINDS), len(chosen), p=draw / draw.sum()),
    )
    usual = np.array([row[2] for row in INFORMATION_KINDS])[kind]
    delay = (usual * rng.lognormal(0, 0.35, len(chosen)) * DAY).astype(np.int64)
    late = rng.random(len(chosen)) < LATE
    delay = np.where(late, -rng.integers(1, 60, len(chosen)) * DAY, delay)
    anytime = rng.integers(0, shop.days, len(chosen)) * DAY + rng.integers(7 * 3600, 22 * 3600, len(chosen))
    at = np.where(buyer[chosen], first[chosen] - delay, anytime)
    inside = (at >= earliest) & (at < shop.end)
    chosen, kind, at, late = chosen[inside], kind[inside], at[inside], late[inside]
    follows = rng.random(len(chosen)) < SECOND  # for buyers half way to the purchase
    later = np.where(buyer[chosen] & ~late, (at + first[chosen]) // 2, at + 4 * DAY)
    follows &= later < shop.end
    second = (kind + rng.integers(1, len(KINDS), len(chosen))) % len(KINDS)
    person = np.append(chosen, chosen[follows])
    kinds = np.append(kind, second[follows])
    return {
        "person": person,
        "brand": brand[person],
        "kind": kinds,
        "content": brand[person] * len(KINDS) + kinds,
        "at": np.append(at, later[follows]),
        "bought_at": np.where(buyer[person], first[person], -1),
        "position": np.append(np.ones(len(chosen), np.int64), np.full(follows.sum(), 2)),
    }


def kind_conversions(touches: dict[str, np.ndarray], tied: np.ndarray) -> pa.Table:
    """Per kind of information, over the brands: whom it touched before a purchase, of them the buyers, and who had
    bought already; only touches that rows tie to their person.
    """
    has_bought = touches["bought_at"] >= 0
    before = ~has_bought | (touches["at"] < touches["bought_at"])
    counted = {"touched": before & tied, "buyers": before & has_bought & tied, "already_buyers": ~before & tied}
    counts = {name: np.bincount(touches["kind"][these], minlength=len(KINDS)) for name, these in counted.items()}
    return pa.table({"information_kind": pick(KINDS, np.arange(len(KINDS))), **counts})
