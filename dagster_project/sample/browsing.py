"""The plan of all web sessions: plain ones, first touches of content, carts left, orders and sign-ups.

Sessions are planned whole (a few bytes each); their events are spelled out month by month in `events.py`.
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.people import MEMBER, People, browser_at
from dagster_project.sample.purchases import EC, Purchases
from dagster_project.sample.shop import DAY, Shop, at_hours
from dagster_project.sample.words import INFORMATION_KINDS

BROWSE, TOUCH, CART, EMPTIED, ORDER, SIGN_UP = range(6)
EVENTS_PER_MEMBER = 30  # in a year
VIEWS = 3.4  # events of a plain session beyond the first
LOGIN_AFTER, CONTENT_AFTER, ADD_AFTER, REMOVE_AFTER, CHECKOUT = 15, 40, 90, 200, 400  # seconds into a session
CART_SHARE, EMPTIED_SHARE = 0.05, 0.12  # carts left per plain session; of them emptied again
LOGGED_IN = 0.45
ON_TABLET = 0.06  # of plain sessions of members who hold a card: in a store, on its tablet
STORES_PER_TABLET = 8  # one store in so many has one; its neighbours' customers come there


@dataclass(frozen=True)
class Browsing:
    """Sessions sorted by start; `ref` is the touch, product or order that a session is about (-1: none)."""

    person: np.ndarray
    start: np.ndarray
    kind: np.ndarray
    ref: np.ndarray
    visitor: np.ndarray
    logged_in: np.ndarray
    on_tablet: np.ndarray
    touches: dict[str, np.ndarray]  # person, brand, kind, content, at, bought_at (-1), position, visitor, logged_in
    carts: dict[str, np.ndarray]  # person, visitor, logged_in, product, at, emptied


def plan_browsing(shop: Shop, catalogue: Catalogue, people: People, purchases: Purchases) -> Browsing:
    """Plan sessions for about 30 events per member and year."""
    rng = shop.rng("browsing")
    touches = _touches(shop, catalogue, people, purchases)
    ordered = np.flatnonzero((purchases.channel == EC) & ~purchases.is_subscription & (purchases.at > CHECKOUT))
    ordered = ordered[people.has_web[purchases.person[ordered]]]
    signed = np.flatnonzero((people.kind == MEMBER) & people.has_web & (people.joined >= 0))
    wanted = EVENTS_PER_MEMBER * shop.members * shop.days / 365
    planned = 2.4 * len(touches["at"]) + 5.9 * len(ordered) + 2 * len(signed)
    plain = max(int((wanted - planned) / (VIEWS + 1.4)), shop.members // 4, 1)
    activity = np.where(people.has_web, rng.gamma(0.9, 1.0, len(people.kind)), 0.0)
    cumulated = np.cumsum(activity)
    person = np.searchsorted(cumulated, rng.random(plain) * cumulated[-1], side="right")
    start = at_hours(rng, rng.integers(0, shop.days, plain), (0.2, 23.9))
    is_cart = (rng.random(plain) < CART_SHARE) & (people.kind[person] == MEMBER)
    kind = np.where(is_cart, np.where(rng.random(plain) < EMPTIED_SHARE, EMPTIED, CART), BROWSE)
    brand = people.brands[person, 0]
    wished = np.array([products[0] for products in catalogue.sold])[brand]
    ref = np.where(is_cart, np.where(rng.random(plain) < 0.5, people.staple[person], wished), -1)
    joining = (people.joined[signed] * DAY).astype(np.int64) + rng.integers(8 * 3600, 22 * 3600, len(signed))
    first_seen = np.full(len(people.kind), shop.end)  # nobody orders before signing up
    np.minimum.at(first_seen, purchases.person[ordered], purchases.at[ordered] - 2 * CHECKOUT)
    joining = np.maximum(np.minimum(joining, first_seen[signed]), 0)
    parts = (
        (person, start, kind, ref),
        (touches["person"], touches["at"] - CONTENT_AFTER, TOUCH, np.arange(len(touches["at"]))),
        (purchases.person[ordered], purchases.at[ordered] - CHECKOUT, ORDER, ordered),
        (signed, joining, SIGN_UP, np.full(len(signed), -1)),
    )
    kinds = np.concatenate([np.broadcast_to(part[2], len(part[0])) for part in parts])
    person, start, ref = (np.concatenate([part[i] for part in parts]) for i in (0, 1, 3))
    start = np.clip(start, 0, shop.end)
    by_start = np.lexsort((ref, kinds, person, start))
    person, start, kinds, ref = person[by_start], start[by_start], kinds[by_start], ref[by_start]
    member = people.kind[person] == MEMBER
    chance = np.select([kinds == ORDER, kinds == SIGN_UP, kinds >= CART], [1.0, 0.0, 0.75], LOGGED_IN)
    registered = start >= people.joined[person] * DAY
    logged_in = member & (registered | (kinds == ORDER)) & (rng.random(len(person)) < chance)
    logged_in &= ~((kinds == ORDER) & purchases.as_guest[np.where(kinds == ORDER, ref, 0)])
    on_tablet = logged_in & (kinds == BROWSE) & (people.card_of[person] >= 0) & (rng.random(len(person)) < ON_TABLET)
    tablet = people.tablet_from + people.card_store[people.card_of[person]] // STORES_PER_TABLET
    visitor = np.where(on_tablet, tablet, browser_at(people, rng, person, start, shop.days))
    touching = np.flatnonzero(kinds == TOUCH)
    touching = touching[np.argsort(ref[touching])]
    touches |= {"visitor": visitor[touching], "logged_in": logged_in[touching]}
    is_cart = (kinds == CART) | (kinds == EMPTIED)
    carts = {
        "person": person[is_cart],
        "visitor": visitor[is_cart],
        "logged_in": logged_in[is_cart],
        "product": ref[is_cart],
        "at": start[is_cart] + ADD_AFTER,
        "emptied": kinds[is_cart] == EMPTIED,
    }
    return Browsing(person, start, kinds, ref, visitor, logged_in, on_tablet, touches, carts)


def _touches(shop: Shop, catalogue: Catalogue, people: People, purchases: Purchases) -> dict[str, np.ndarray]:
    """First touches of the favourite brand's contents: buyers at a delay that the kind of information sets,
    others at any time.

    Buyers are members who never tried a trial set and hold no card, so that their first purchase of the
    brand is in EC orders alone.
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
    chosen = np.flatnonzero(eligible & (rng.random(size) < np.where(buyer, 0.55, 0.30)))
    kind = rng.integers(0, len(INFORMATION_KINDS), len(chosen))
    usual = np.array([row[2] for row in INFORMATION_KINDS])[kind]
    delay = (usual * rng.lognormal(0, 0.35, len(chosen)) * DAY).astype(np.int64)
    anytime = rng.integers(0, shop.days, len(chosen)) * DAY + rng.integers(7 * 3600, 22 * 3600, len(chosen))
    at = np.where(buyer[chosen], first[chosen] - delay, anytime)
    inside = (at >= CONTENT_AFTER) & (at < shop.end)
    chosen, kind, at = chosen[inside], kind[inside], at[inside]
    follows = rng.random(len(chosen)) < 0.3  # a second kind, half way to the purchase
    later = np.where(buyer[chosen], (at + first[chosen]) // 2, at + 4 * DAY)
    follows &= later < shop.end
    second = (kind + rng.integers(1, len(INFORMATION_KINDS), len(chosen))) % len(INFORMATION_KINDS)
    person = np.append(chosen, chosen[follows])
    kinds = np.append(kind, second[follows])
    return {
        "person": person,
        "brand": brand[person],
        "kind": kinds,
        "content": brand[person] * len(INFORMATION_KINDS) + kinds,
        "at": np.append(at, later[follows]),
        "bought_at": np.where(buyer[person], first[person], -1),
        "position": np.append(np.ones(len(chosen), np.int64), np.full(follows.sum(), 2)),
    }
