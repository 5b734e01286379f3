"""Two coupons that better customers take likelier: one brings a known share of its takers back, the other nobody.

Whoever took one bought with it on its days. Since takers buy more often anyway, comparing them with everybody else
finds an effect where none was planted, and too large a one where one was.
"""

import numpy as np

from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.people import GUEST, MEMBER, People
from dagster_project.sample.shop import DAY, Shop, at_hours

UPLIFTS = {"gift_coupon": 0.0, "loyal_coupon": 0.20}  # chance of one more order in the days after, in the order of time
WINDOW = 60  # days after the coupon's last in which that order falls
CLASSES = (1, 2, 6)  # counted orders before from which a class of customers begins
TAKES = (0.0, 0.04, 0.30, 0.60)  # chance to take it, of those below the first class and of each class

Orders = tuple[np.ndarray, np.ndarray, np.ndarray]  # person, at, coupon (number in UPLIFTS, -1 none)


def plan_coupons(
    shop: Shop, catalogue: Catalogue, people: People, person: np.ndarray, at: np.ndarray, effects: dict
) -> Orders:
    """The EC orders that the coupons add to `person`, `at` (orders that count): those made with them, and later ones.

    Writes each coupon's plan into `effects`; `sent_at` is the moment from which later orders are counted.
    """
    known = person >= 0
    person, at = person[known], at[known]
    added: list[Orders] = []
    for number, (coupon, uplift) in enumerate(UPLIFTS.items()):
        rng = shop.rng(coupon)
        start, last = catalogue.campaigns[coupon]
        before = np.bincount(person[at < start * DAY], minlength=len(people.kind))
        chance = np.array(TAKES)[np.searchsorted(CLASSES, before, side="right")]
        chance = np.where(np.isin(people.kind, (MEMBER, GUEST)), chance, 0.0)
        who = np.flatnonzero(rng.random(len(chance)) < chance)
        taken = at_hours(rng, rng.integers(start, last + 1, len(who)), (8.0, 23.0))
        over = (last + 1) * DAY
        back = over + rng.integers(0, WINDOW * DAY, len(who))
        moved = (rng.random(len(who)) < uplift) & (back < shop.end)
        effects[coupon] = {
            "person": who,
            "sent_at": np.full(len(who), over),
            "treated": np.ones(len(who), bool),
            "moved": moved,
        }
        added += [(who, taken, np.full(len(who), number)), (who[moved], back[moved], np.full(moved.sum(), -1))]
        person = np.concatenate([person, who, who[moved]])
        at = np.concatenate([at, taken, back[moved]])
    whose, when, which = (np.concatenate([orders[part] for orders in added]) for part in range(3))
    return whose, when, which
