"""Who there is: persons, their cards, their browsers, and what ties each of these to the person in the data.

Persons are numbered; members of the EC site come first (0 .. members-1), then holders of a card alone, then
guests who buy without membership, then people who only look. Nothing here reads what is written to the
sources.
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.mixups import add_second_cards, choose_mixups
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.words import BRANDS, FEMALE_NAMES, FIRST_NAMES, LAST_NAMES, PLACES

MEMBER, CARD_ONLY, GUEST, LOOKER = range(4)
SHARES = {CARD_ONLY: 0.25, GUEST: 0.10, LOOKER: 0.30}  # of the members
BY_MEMBER_ID, BY_EMAIL, BY_PHONE, BY_NOTHING, OWN = range(5)  # how a card is tied to its holder
WEB_SHARE = (0.88, 0.10, 1.0, 1.0)  # by kind of person


@dataclass(frozen=True)
class People:
    """Arrays by person; `cards_*` by card; `visitor_*` by browser (the last ones are the stores' tablets,
    person -1).
    """

    kind: np.ndarray
    female: np.ndarray
    birth: np.ndarray  # datetime64[D]
    last_name: np.ndarray
    first_name: np.ndarray
    place: np.ndarray
    block: np.ndarray  # house numbers, three in one integer
    phone: np.ndarray  # 11 digits as integer, without the leading 0
    shares_phone: np.ndarray
    second_email: np.ndarray
    joined: np.ndarray  # day (negative: before the window)
    brands: np.ndarray  # persons x 2, favourites
    staple: np.ndarray  # product bought again and again
    email_opt_in: np.ndarray  # 1 true, 0 false, -1 blank
    line_opt_in: np.ndarray
    has_line: np.ndarray
    bounces: np.ndarray
    best_channel: np.ndarray  # 0 email, 1 line
    best_hour: np.ndarray
    has_web: np.ndarray
    card_person: np.ndarray
    card_tie: np.ndarray
    card_has_email: np.ndarray
    card_has_phone: np.ndarray
    card_flaw: np.ndarray  # 0 none, 1 e-mail mistyped, 2 the store's e-mail, 3 placeholder phone
    card_birth_slip: np.ndarray  # whether the birth date was mistyped
    card_store: np.ndarray
    card_of: np.ndarray  # person -> newest card, -1
    visitor_person: np.ndarray
    visitor_from: np.ndarray  # person -> first browser
    visitor_count: np.ndarray
    visitor_shared: np.ndarray
    tablet_from: int

    def card_is_tied(self) -> np.ndarray:
        """Whether the rows of the sources can tell whose card it is."""
        tie, holder = self.card_tie, self.card_person
        by_phone = (tie == BY_PHONE) & ~self.shares_phone[holder]
        return np.isin(tie, (BY_MEMBER_ID, BY_EMAIL, OWN)) | by_phone


def plan_people(shop: Shop, catalogue: Catalogue) -> People:
    """Draw all persons; deterministic in the shop's seed and size."""
    rng = shop.rng("people")
    kind = np.repeat(
        np.array([MEMBER, *SHARES]),
        [shop.members, *(max(int(shop.members * share), 1) for share in SHARES.values())],
    )
    size = len(kind)
    members = shop.members
    female = rng.random(size) < 0.86
    first = np.where(female, rng.integers(0, FEMALE_NAMES, size), rng.integers(FEMALE_NAMES, len(FIRST_NAMES), size))
    last = (len(LAST_NAMES) * rng.beta(0.9, 1.6, size)).astype(np.int64)
    weights = np.array([float(place[3]) for place in PLACES])
    place = rng.choice(len(PLACES), size, p=weights / weights.sum())
    block = rng.integers(0, 1_000_000, size)
    phone = _phones(shop, size)
    shares_phone = np.zeros(size, bool)
    # Families: pairs of members, one name, one address, one phone.
    pairs = rng.permutation(members)[: 2 * max(int(members * 0.01), 1 if members > 9 else 0)].reshape(-1, 2)
    for values in (last, place, block, phone):
        values[pairs[:, 1]] = values[pairs[:, 0]]
    shares_phone[pairs.ravel()] = True
    favourites = np.stack([(len(BRANDS) * rng.beta(1.0, 1.5, size)).astype(np.int64) for _ in range(2)], axis=1)
    age = np.clip(rng.normal(41, 13, size), 16, 88)
    old = np.where(rng.random(size) < 0.35, -rng.integers(1, 2000, size), rng.random(size) ** 1.2 * shop.days)
    opt = rng.choice([1, 0, -1], p=[0.70, 0.15, 0.15], size=(2, size))
    has_line = (kind == MEMBER) & (rng.random(size) < 0.32)
    has_web = rng.random(size) < np.array(WEB_SHARE)[kind]
    has_web[pairs.ravel()] = True
    births = _births(shop, age)
    best_channel = np.where(has_line & (rng.random(size) < 0.6), 1, 0)
    best_hour = rng.choice([8, 12, 20], size, p=[0.25, 0.30, 0.45])
    cards = _cards(shop, kind)
    # The same among those who hold a card alone: nothing but names and birth dates tells them apart.
    mixups = choose_mixups(shop, np.flatnonzero(kind == CARD_ONLY), cards["card_person"])
    one, other = mixups.families.T
    for values in (last, place, block, phone):
        values[other] = values[one]
    first[other] = np.where(first[other] == first[one], (first[one] + 1) % len(FIRST_NAMES), first[other])
    births[other] += np.where(births[other] == births[one], 400, 0)
    shares_phone[mixups.families.ravel()] = True
    cards = add_second_cards(mixups, cards)
    visitors = _visitors(shop, has_web, pairs)
    return People(
        kind=kind, female=female, birth=births, last_name=last, first_name=first,
        place=place, block=block,
        phone=phone, shares_phone=shares_phone, second_email=rng.random(size) < 0.05, joined=np.floor(old),
        brands=favourites, staple=_staples(shop, catalogue, favourites[:, 0]), email_opt_in=opt[0],
        line_opt_in=np.where(has_line, opt[1], -1), has_line=has_line, bounces=rng.random(size) < 0.012,
        best_channel=best_channel, best_hour=best_hour, has_web=has_web, **cards, **visitors,
    )  # fmt: skip


def _phones(shop: Shop, size: int) -> np.ndarray:
    """Distinct mobile numbers: 70, 80 or 90, then eight digits that do not begin with 0."""
    number = (np.arange(size, dtype=np.int64) * 48_271_519 + shop.seed * 7_919) % 90_000_000 + 10_000_000
    return (7 + np.arange(size) % 3) * 10**9 + number


def _births(shop: Shop, age: np.ndarray) -> np.ndarray:
    """Birth dates; one in 500 falls on a 29 February."""
    # Ages are clipped, so a day of the year is drawn besides: else thousands would share one birthday.
    day = shop.rng("birthdays").integers(0, 365, len(age))
    births = shop.dates(-(age * 365.25).astype(np.int64) - day)
    leap = np.arange(len(age)) % 500 == 7
    years = births.astype("datetime64[Y]").astype(int) + 1970
    leaps = np.array([f"{year}-02-29" for year in years[leap] // 4 * 4], "datetime64[D]")
    births[leap] = leaps
    return births


def _staples(shop: Shop, catalogue: Catalogue, brand: np.ndarray) -> np.ndarray:
    rng = shop.rng("staples")
    starts = np.cumsum([0] + [len(products) for products in catalogue.sold])
    counts = np.diff(starts)[brand]
    return np.concatenate(catalogue.sold)[starts[brand] + (counts * rng.random(len(brand)) ** 1.8).astype(np.int64)]


def _cards(shop: Shop, kind: np.ndarray) -> dict:
    """The cards: 35 % of the members hold one, tied by member id, e-mail, phone or nothing at all."""
    rng = shop.rng("cards")
    holds = (kind == CARD_ONLY) | ((kind == MEMBER) & (rng.random(len(kind)) < 0.35))
    person = np.flatnonzero(holds)
    tie = rng.choice([BY_MEMBER_ID, BY_EMAIL, BY_PHONE, BY_NOTHING], len(person), p=[0.60, 0.25, 0.10, 0.05])
    tie = np.where(kind[person] == CARD_ONLY, OWN, tie)
    own_email, own_phone = rng.random(len(person)) < 0.55, rng.random(len(person)) < 0.85
    again = np.flatnonzero((rng.random(len(person)) < 0.03) & ((tie != OWN) | own_phone) & (tie != BY_NOTHING))
    person, tie = (
        np.append(person, person[again]),
        np.append(tie, tie[again]),
    )  # a lost card and its successor
    own_email, own_phone = np.append(own_email, own_email[again]), np.append(own_phone, own_phone[again])
    has_email = np.isin(tie, (BY_EMAIL,)) | (np.isin(tie, (BY_MEMBER_ID, OWN)) & own_email)
    has_phone = np.isin(tie, (BY_PHONE, BY_NOTHING)) | (np.isin(tie, (BY_MEMBER_ID, OWN)) & own_phone)
    flaw = np.zeros(len(person), np.int64)
    sure = np.flatnonzero(tie == BY_MEMBER_ID)  # flaws are planted where the member id still tells whose card it is
    draw = rng.random(len(sure))
    flaw[sure] = np.select([draw < 0.04, draw < 0.05, draw < 0.06], [1, 2, 3], 0)
    card_of = np.full(len(kind), -1)
    card_of[person] = np.arange(len(person))
    store = np.minimum(39, (40 * rng.beta(0.9, 2.0, len(kind))).astype(np.int64))
    return {
        "card_person": person, "card_tie": tie, "card_has_email": has_email | (flaw == 1) | (flaw == 2),
        "card_has_phone": has_phone | (flaw == 3), "card_flaw": flaw, "card_store": store[person],
        "card_birth_slip": np.zeros(len(person), bool),
        "card_of": card_of,
    }  # fmt: skip


def _visitors(shop: Shop, has_web: np.ndarray, pairs: np.ndarray) -> dict:
    """Browsers per person (one to four over the window); half of the families share one; some stores have a tablet."""
    rng = shop.rng("visitors")
    count = np.where(has_web, 1 + rng.binomial(3, 0.25, len(has_web)), 0)
    start = np.cumsum(count) - count
    person = np.repeat(np.arange(len(has_web)), count)
    shared = np.zeros(len(person) + 40, bool)
    sharing = pairs[rng.random(len(pairs)) < 0.5]
    count[sharing[:, 1]] = 1
    start[sharing[:, 1]] = start[sharing[:, 0]]
    shared[start[sharing[:, 0]]] = True
    shared[len(person) :] = True
    return {
        "visitor_person": np.append(person, np.full(40, -1)), "visitor_from": start, "visitor_count": count,
        "visitor_shared": shared, "tablet_from": len(person),
    }  # fmt: skip


def browser_at(
    people: People, rng: np.random.Generator, person: np.ndarray, seconds: np.ndarray, days: int
) -> np.ndarray:
    """The browser a person uses then: cookies follow each other, now and then the other device."""
    count = np.maximum(people.visitor_count[person], 1)
    turn = np.minimum(seconds * count // (days * DAY), count - 1)
    other = rng.random(len(person)) < 0.15
    return people.visitor_from[person] + np.where(other, (turn + 1) % count, turn)
