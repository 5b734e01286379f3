"""The plan of all purchases: who buys what, when, where, and what becomes of the order.

An organic process (a first order, then repeats around the replenishment cycle of the person's staple, with a
chance of coming back that grows with every order) makes the repeat rate collapse with recency. On top of it
lie the planted effects.
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.sample.assortment import move_lines
from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.coupons import plan_coupons
from dagster_project.sample.people import CARD_ONLY, GUEST, MEMBER, People
from dagster_project.sample.shop import DAY, Shop, at_hours

EC, STORE = 0, 1
PAID, CANCELLED, REFUNDED, PART_REFUNDED = range(4)
BUYERS = (0.74, 0.92, 1.0, 0.0)  # share that ever buys, by kind of person
COMES_BACK = np.array([0.0, 0.44, 0.62, 0.73, 0.80, 0.85, 0.90])  # after the k-th order; the last for all later ones
TRIAL_SHARE, TRIAL_CONVERTS = 0.25, 0.40
WELCOME_DELAY, WELCOME_WINDOW = 7, 14  # days after the first order; days in which its effect is planted
WELCOME_UPLIFT, WELCOME_CONTROL = 0.10, 0.20
EVENT_UPLIFT, EVENT_WINDOW = 0.15, 60
GIVERS, GIFT_SHARES = 0.08, (0.40, 0.03)  # persons who often give; share of gifts of their orders and of all others


@dataclass(frozen=True)
class Purchases:
    """Orders sorted by time, their lines sorted by order, and who was given which planted treatment."""

    person: np.ndarray  # -1: a receipt without a card
    at: np.ndarray
    channel: np.ndarray
    store: np.ndarray
    is_trial: np.ndarray
    is_gift: np.ndarray
    is_subscription: np.ndarray
    has_coupon: np.ndarray
    coupon: np.ndarray  # number in coupons.UPLIFTS, -1 none
    in_event: np.ndarray
    outcome: np.ndarray
    outcome_at: np.ndarray  # when the order was cancelled or refunded, else its own time
    returned_at: np.ndarray  # store: when it was brought back, -1 never
    as_guest: np.ndarray  # a member who did not log in
    total: np.ndarray  # paid after discounts, at first
    discount: np.ndarray
    remains: np.ndarray  # paid after all
    line_order: np.ndarray
    line_no: np.ndarray
    line_product: np.ndarray
    line_quantity: np.ndarray
    line_amount: np.ndarray
    effects: dict[str, dict[str, np.ndarray]]

    @property
    def is_counted(self) -> np.ndarray:
        """Counts towards frequency: not a trial, and something of it was paid in the end."""
        return ~self.is_trial & np.isin(self.outcome, (PAID, PART_REFUNDED))


def plan_purchases(shop: Shop, catalogue: Catalogue, people: People) -> Purchases:
    """Plan every order of the window; all arrays are parallel, one entry per order."""
    rng = shop.rng("purchases")
    person, at, number, trial = _organic(shop, rng, catalogue, people)
    in_store = (people.card_of[person] >= 0) & ~trial
    in_store &= (people.kind[person] == CARD_ONLY) | (rng.random(len(person)) < 0.5)
    effects: dict[str, dict[str, np.ndarray]] = {}
    mailed = _welcome_mail(shop, people, person, at, number, effects)
    span = catalogue.campaigns["beauty_day"]
    pulled = _pulled_by_event(shop, people, person, at, span)
    on_ec = np.append(person[~in_store], pulled[0]), np.append(at[~in_store], pulled[1])
    once_more = _event_effect(shop, people, *on_ec, span, effects)
    fest = _store_fest(shop, catalogue, people, effects)
    # Orders that the mail, the EC event or a coupon brought are EC orders, those of the fest are receipts.
    added = ((mailed, False), (pulled, False), (once_more, False), (fest, True))
    person = np.concatenate([person, *(who for (who, _), _ in added)])
    at = np.concatenate([at, *(when for (_, when), _ in added)])
    in_store = np.concatenate([in_store, *(np.full(len(who), is_store) for (who, _), is_store in added)])
    counts = np.append(~trial, np.ones(len(person) - len(trial), bool))
    who, when, which = plan_coupons(shop, catalogue, people, person[counts], at[counts], effects)
    coupon = np.append(np.full(len(person), -1), which)
    person, at, in_store = np.append(person, who), np.append(at, when), np.append(in_store, np.zeros(len(who), bool))
    trial = np.append(trial, np.zeros(len(person) - len(trial), bool))
    # Till customers without a card: receipts that nobody can be told from.
    walk_ins = int(in_store.sum() * 0.18)
    person = np.append(person, np.full(walk_ins, -1))
    at, coupon = np.append(at, rng.integers(0, shop.days, walk_ins) * DAY), np.append(coupon, np.full(walk_ins, -1))
    in_store, trial = np.append(in_store, np.ones(walk_ins, bool)), np.append(trial, np.zeros(walk_ins, bool))
    opening = at_hours(rng, at // DAY, (10.0, 20.0))
    at = np.minimum(np.where(in_store & (at % DAY < 10 * 3600), opening, at), shop.end)
    order = np.lexsort((person, at))
    return _finish(
        shop, rng, catalogue, people, person[order], at[order], in_store[order], trial[order], coupon[order], effects
    )


def _organic(shop: Shop, rng: np.random.Generator, catalogue: Catalogue, people: People) -> tuple[np.ndarray, ...]:
    """The replenishment process: (person, at, number of the order from 1; 0 for trials, is trial)."""
    buys = rng.random(len(people.kind)) < np.array(BUYERS)[people.kind]
    joined = people.joined
    late = joined + rng.exponential(18, len(joined))
    first = np.where(joined < 0, rng.random(len(joined)) ** 2.0 * shop.days, late)
    who = np.flatnonzero(buys & (first < shop.days))
    day = first[who]
    tries = (people.card_of[who] < 0) & (people.kind[who] != GUEST) & (rng.random(len(who)) < TRIAL_SHARE)
    rounds = [(who[tries], day[tries], np.zeros(tries.sum(), np.int64))]
    converts = ~tries | (rng.random(len(who)) < TRIAL_CONVERTS)
    day = np.where(tries, day + rng.uniform(9, 55, len(who)), day)
    going = converts & (day < shop.days)
    who, day, number = who[going], day[going], 1
    while len(who):
        rounds.append((who, day, np.full(len(who), number)))
        chance = COMES_BACK[min(number, len(COMES_BACK) - 1)] * np.where(people.kind[who] == GUEST, 0.3, 1.0)
        back = rng.random(len(who)) < chance
        # Two or three products in rotation: orders come faster than one pack lasts.
        gap = catalogue.replenishment[people.staple[who]] * rng.lognormal(-0.45, 0.4, len(who))
        rare = rng.random(len(who)) < 0.02  # hardly anybody returns after the better part of a year
        gap = np.where(rare, gap + rng.uniform(120, 260, len(who)), gap)
        day, who = (day + np.maximum(gap, 2.0))[back], who[back]
        inside = day < shop.days
        who, day, number = who[inside], day[inside], number + 1
    person, days, numbers = (np.concatenate([r[i] for r in rounds]) for i in range(3))
    return person, at_hours(rng, days, (7.0, 23.4)), numbers, numbers == 0


def _welcome_mail(
    shop: Shop, people: People, person: np.ndarray, at: np.ndarray, number: np.ndarray, effects: dict
) -> tuple[np.ndarray, np.ndarray]:
    """A mail a week after the first order, at random to 80 %: it adds an order within 14 days with a known
    chance.
    """
    rng = shop.rng("welcome")
    firsts = np.flatnonzero(number == 1)
    sent = (at[firsts] // DAY + WELCOME_DELAY) * DAY + 10 * 3600
    who = person[firsts]
    can = (people.kind[who] == MEMBER) & (people.email_opt_in[who] == 1) & ~people.bounces[who]
    can &= sent < (shop.days - WELCOME_WINDOW) * DAY
    who, sent = who[can], sent[can]
    treated = rng.random(len(who)) >= WELCOME_CONTROL
    moved = treated & (rng.random(len(who)) < WELCOME_UPLIFT)
    when = sent + rng.integers(2 * 3600, WELCOME_WINDOW * DAY, len(who))
    effects["welcome_mail"] = {"person": who, "sent_at": sent, "treated": treated, "moved": moved}
    return who[moved], when[moved]


def _pulled_by_event(
    shop: Shop, people: People, person: np.ndarray, at: np.ndarray, span: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Members whom the EC event draws: the busier before, the likelier, so that a naive comparison is
    biased.
    """
    rng = shop.rng("event")
    start, last = span
    before = np.bincount(person[at < start * DAY], minlength=len(people.kind))
    chance = np.where(people.kind == MEMBER, 0.02 + 0.07 * np.minimum(before, 3), 0.0)
    who = np.flatnonzero((rng.random(len(chance)) < chance) & (people.joined < start))
    return who, at_hours(rng, rng.integers(start, last + 1, len(who)), (8.0, 23.0))


def _event_effect(
    shop: Shop, people: People, person: np.ndarray, at: np.ndarray, span: tuple[int, int], effects: dict
) -> tuple[np.ndarray, np.ndarray]:
    """Of the members who ordered on the EC site during the event, a known share orders once more within 60
    days.
    """
    rng = shop.rng("event effect")
    inside = (at >= span[0] * DAY) & (at < (span[1] + 1) * DAY)
    who = np.unique(person[inside])
    who = who[people.kind[who] == MEMBER]
    when = (span[1] + 1) * DAY + rng.integers(0, EVENT_WINDOW * DAY, len(who))
    moved = (rng.random(len(who)) < EVENT_UPLIFT) & (when < shop.end)
    treated = np.ones(len(who), bool)
    sent = np.full(len(who), span[0] * DAY)
    effects["beauty_day"] = {"person": who, "sent_at": sent, "treated": treated, "moved": moved}
    return who[moved], when[moved]


def _store_fest(shop: Shop, catalogue: Catalogue, people: People, effects: dict) -> tuple[np.ndarray, np.ndarray]:
    """Holders of the flagship's card come to the fest; it changes nothing afterwards (a planted zero)."""
    rng = shop.rng("fest")
    start, last = catalogue.campaigns["store_fest"]
    holders = np.unique(people.card_person[people.card_store == 0])
    who = holders[rng.random(len(holders)) < 0.25]
    when = at_hours(rng, rng.integers(start, last + 1, len(who)), (10.0, 20.0))
    no = np.zeros(len(who), bool)
    effects["store_fest"] = {"person": who, "sent_at": when // DAY * DAY, "treated": ~no, "moved": no}
    return who, when


def _finish(
    shop: Shop, rng: np.random.Generator, catalogue: Catalogue, people: People, person: np.ndarray,
    at: np.ndarray, in_store: np.ndarray, trial: np.ndarray, with_coupon: np.ndarray, effects: dict,
) -> Purchases:  # fmt: skip
    """Give each order its lines, amounts, store and outcome."""
    size = len(person)
    known = person >= 0
    member = known & (people.kind[person] == MEMBER)
    givers = shop.rng("givers").random(len(people.kind)) < GIVERS
    gift = (rng.random(size) < np.where(known & givers[person], *GIFT_SHARES)) & ~trial
    subscription = (rng.random(size) < 0.05) & ~trial & ~in_store & member
    span, event = catalogue.campaigns["spring_coupon"], catalogue.campaigns["beauty_day"]
    day = at // DAY
    coupon = (day >= span[0]) & (day <= span[1]) & ~in_store & ~trial & (rng.random(size) < 0.5)
    in_event = (day >= event[0]) & (day <= event[1]) & ~in_store
    fest = catalogue.campaigns["store_fest"]
    home = np.where(known, people.card_store[people.card_of[person]], rng.integers(0, 40, size))
    away = (rng.random(size) < 0.15) & ~((day >= fest[0]) & (day <= fest[1]) & (home == 0))
    store = np.where(in_store, np.where(away, rng.integers(0, 40, size), home), -1)
    line_order, line_no, product, quantity, amount = _lines(shop, rng, catalogue, people, person, at, trial)
    total = np.bincount(line_order, weights=amount, minlength=size).astype(np.int64)
    discount = np.where(coupon, total // 10, 0)
    total -= discount
    draw = rng.random(size)
    outcome = np.select([draw < 0.02, draw < 0.033, draw < 0.043], [CANCELLED, REFUNDED, PART_REFUNDED], PAID)
    changed = at + rng.integers(3600, 9 * DAY, size)
    kept = in_store | trial | (changed > shop.end)
    outcome = np.where(kept, PAID, outcome)
    remains = np.select(
        [outcome == CANCELLED, outcome == REFUNDED, outcome == PART_REFUNDED], [0, 0, total // 2], total
    )
    back = at + rng.integers(1, 14, size) * DAY
    returned = np.where(in_store & (rng.random(size) < 0.02) & (back <= shop.end), back, -1)
    return Purchases(
        person=person, at=at, channel=np.where(in_store, STORE, EC), store=store, is_trial=trial,
        is_gift=gift,
        is_subscription=subscription, has_coupon=coupon, coupon=with_coupon, in_event=in_event, outcome=outcome,
        outcome_at=np.where(outcome == PAID, at, changed), returned_at=returned,
        as_guest=member & ~in_store & (rng.random(size) < 0.04), total=total, discount=discount,
        remains=remains,
        line_order=line_order, line_no=line_no, line_product=product, line_quantity=quantity,
        line_amount=amount,
        effects=effects,
    )  # fmt: skip


def _lines(
    shop: Shop, rng: np.random.Generator, catalogue: Catalogue, people: People, person: np.ndarray, at: np.ndarray,
    trial: np.ndarray,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """First line: the staple (60 %) or another product of a favourite brand; one to five lines, the later ones with the
    planted pairs and launches; trials have one.
    """
    size = len(person)
    count = np.where(trial, 1, 1 + rng.binomial(4, 0.33, size))
    order = np.repeat(np.arange(size), count)
    number = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count) + 1
    who = person[order]
    favourite = people.brands[who, (rng.random(len(order)) < 0.35).astype(np.int64)]
    anywhere = (who < 0) | (rng.random(len(order)) < 0.18)
    brand = np.where(anywhere, rng.integers(0, len(catalogue.sold), len(order)), favourite)
    starts = np.cumsum([0] + [len(products) for products in catalogue.sold])
    within = (np.diff(starts)[brand] * rng.random(len(order)) ** 1.8).astype(np.int64)
    product = np.concatenate(catalogue.sold)[starts[brand] + within]
    usual = (number == 1) & (who >= 0) & (rng.random(len(order)) < 0.6)
    product = np.where(usual, people.staple[who], product)
    loyal = np.where((who < 0) | trial[order], -1, people.brands[who, 0])
    late = len(catalogue.product_ids) - len(catalogue.launches.day)
    product = move_lines(shop, catalogue.sold, catalogue.launches, late, loyal, at[order], order, number, product)
    product = np.where(trial[order], catalogue.trial[people.brands[who, 0]], product)
    quantity = np.where(trial[order], 1, 1 + rng.binomial(2, 0.12, len(order)))
    return order, number, product, quantity, catalogue.price[product] * quantity
