"""The plan of all web sessions: plain ones, first touches of content, carts left, orders and sign-ups.

Sessions are planned whole (a few bytes each); their events are spelled out month by month in `events.py`.
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.information import plan_touches
from dagster_project.sample.people import MEMBER, People, browser_at
from dagster_project.sample.purchases import EC, Purchases
from dagster_project.sample.shop import DAY, Shop, at_hours

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
    touches = plan_touches(shop, catalogue, people, purchases, CONTENT_AFTER)
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
