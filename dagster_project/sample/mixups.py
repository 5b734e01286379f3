"""What misleads whoever joins records, planted among the holders of a card alone: no member id tells who they are.

Families that give one phone, staff who type the store's own e-mail, and a card registered a second time with a slip.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dagster_project.sample.shop import Shop

STAFF_CARDS = 20  # cards without a member id under the store's own e-mail
FAMILY_SHARE, TWICE_SHARE = 0.005, 0.005  # per member: families of two, cards registered twice
STAFF = 2  # as in `People.card_flaw`


@dataclass(frozen=True)
class Mixups:
    """Persons, by number; each is in one of them at most."""

    families: np.ndarray  # n x 2: one name, one address, one phone, two cards
    twice: np.ndarray  # registered again, with the same e-mail and phone and another birth date
    staffed: np.ndarray  # whose card carries the store's own e-mail


def choose_mixups(shop: Shop, holders: np.ndarray, card_person: np.ndarray) -> Mixups:
    """Draw them from the `holders` of exactly one card; the smallest shops have room for some of them alone."""
    rng = shop.rng("mixups")
    cards = np.bincount(card_person, minlength=holders.max(initial=0) + 1)
    drawn = rng.permutation(holders[cards[holders] == 1])
    families = min(max(int(shop.members * FAMILY_SHARE), 1), len(drawn) // 2)
    twice = max(int(shop.members * TWICE_SHARE), 1)
    paired, rest = drawn[: 2 * families], drawn[2 * families :]
    return Mixups(paired.reshape(-1, 2), rest[:twice], rest[twice : twice + STAFF_CARDS])


def add_second_cards(mixups: Mixups, cards: dict[str, Any]) -> dict[str, Any]:
    """The columns of `cards` with the mix-ups in them; second cards come last, as the newest."""
    card_of = cards["card_of"].copy()
    first = card_of[mixups.twice]
    second = len(cards["card_person"]) + np.arange(len(first))
    mixed = {name: np.append(values, values[first]) for name, values in cards.items() if name != "card_of"}
    for card in (first, second):
        mixed["card_has_email"][card] = True
        mixed["card_has_phone"][card] = True
    mixed["card_birth_slip"][second] = True
    mixed["card_has_phone"][card_of[mixups.families]] = True
    mixed["card_has_email"][card_of[mixups.staffed]] = True
    mixed["card_flaw"][card_of[mixups.staffed]] = STAFF
    card_of[mixups.twice] = second
    return {**mixed, "card_of": card_of}
