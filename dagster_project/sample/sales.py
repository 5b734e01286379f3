"""Rows of orders, receipts and their lines, and of visits to the stores, from the plan of purchases."""

import numpy as np
import pyarrow as pa

from dagster_project.sample.catalogue import Catalogue, till_code
from dagster_project.sample.coupons import UPLIFTS
from dagster_project.sample.identifiers import Identifiers
from dagster_project.sample.people import MEMBER, People
from dagster_project.sample.profiles import email_then
from dagster_project.sample.purchases import CANCELLED, EC, PAID, STORE, Purchases
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.text import blank, digits, flags, moments, numbered, phones, pick


def ec_orders(shop: Shop, people: People, plan: Purchases, ids: Identifiers) -> pa.Table:
    """One row per version: as ordered, then, where something came of it, as cancelled or refunded."""
    first = np.flatnonzero(plan.channel == EC)
    order = np.concatenate([first, first[plan.outcome[first] != PAID]])
    later = np.arange(len(order)) >= len(first)
    who = plan.person[order]
    is_member = (people.kind[who] == MEMBER) & ~plan.as_guest[order]
    outcome = np.where(later, plan.outcome[order], PAID)
    status = np.select([outcome == PAID, outcome == CANCELLED], [0, 1], 2)
    total = np.where(later & (outcome != CANCELLED), plan.remains[order], plan.total[order])
    updated = np.where(later, plan.outcome_at[order], plan.at[order])
    arrived = plan.at[order] + DAY + order * 7919 % (2 * DAY)
    coupon = np.where(plan.has_coupon[order], len(UPLIFTS), -1)
    coupon = np.where(plan.coupon[order] < 0, coupon, plan.coupon[order])
    return pa.table(
        {
            "order_id": ids.order(order),
            "member_id": ids.member(np.where(is_member, who, -1)),
            "email": email_then(shop, people, ids, who, plan.at[order]),
            "phone": blank(phones(people.phone[who], order % 2), order % 4 == 0),
            "ordered_at": moments(shop, plan.at[order]),
            "delivered_at": blank(moments(shop, arrived), (outcome == CANCELLED) | (arrived > shop.end)),
            "status": pick(["paid", "cancelled", "refunded"], status),
            "total_amount": digits(total),
            "discount_amount": digits(plan.discount[order]),
            "coupon_code": pick([*UPLIFTS, "HARU10"], coupon),
            "campaign_id": pick(["beauty_day"], np.where(plan.in_event[order], 0, -1)),
            "is_gift": flags(plan.is_gift[order], ("0", "1")),
            "is_subscription": flags(plan.is_subscription[order], ("0", "1")),
            "updated_at": moments(shop, updated),
            "_day": pa.array(updated // DAY),
        }
    )


def ec_order_items(catalogue: Catalogue, plan: Purchases, ids: Identifiers) -> pa.Table:
    """One row per line of an EC order."""
    line = np.flatnonzero(plan.channel[plan.line_order] == EC)
    order = plan.line_order[line]
    return pa.table(
        {
            "order_id": ids.order(order),
            "line_no": digits(plan.line_no[line]),
            "product_id": pick(catalogue.product_ids, plan.line_product[line]),
            "quantity": digits(plan.line_quantity[line]),
            "amount": digits(plan.line_amount[line]),
            "_day": pa.array(plan.at[order] // DAY),
        }
    )


def card_shown(shop: Shop, people: People, person: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The card that is shown at the till: the lost one in the first half of the window, its successor
    afterwards.
    """
    oldest = np.full(len(people.kind), -1)
    oldest[people.card_person[::-1]] = np.arange(len(people.card_person))[::-1]
    card = np.where(at < shop.days * DAY // 2, oldest[person], people.card_of[person])
    return np.where(person < 0, -1, card)


def _receipts(plan: Purchases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(order, at, is return) of every receipt: sales, then returns."""
    sold = np.flatnonzero(plan.channel == STORE)
    back = sold[plan.returned_at[sold] >= 0]
    at = np.concatenate([plan.at[sold], plan.returned_at[back]])
    return np.concatenate([sold, back]), at, np.arange(len(at)) >= len(sold)


def _receipt_ids(plan: Purchases, order: np.ndarray, is_return: np.ndarray, ids: Identifiers) -> pa.Array:
    return ids.receipt(order + is_return * len(plan.at))


def pos_receipts(shop: Shop, people: People, plan: Purchases, ids: Identifiers) -> pa.Table:
    """One row per receipt; a return is a receipt of its own, written with or without a minus sign, as tills
    do.
    """
    order, at, is_return = _receipts(plan)
    signed = np.where(is_return & (order % 2 == 0), -plan.total[order], plan.total[order])
    return pa.table(
        {
            "receipt_id": _receipt_ids(plan, order, is_return, ids),
            "store_id": numbered("S", plan.store[order] + 1, 3),
            "card_no": ids.card(card_shown(shop, people, plan.person[order], plan.at[order])),
            "receipted_at": moments(shop, at, "slash"),
            "total_amount": digits(signed),
            "is_return": flags(is_return, ("0", "1")),
            "_day": pa.array(at // DAY),
        }
    )


def pos_receipt_items(catalogue: Catalogue, plan: Purchases, ids: Identifiers) -> pa.Table:
    """One row per line of a receipt, products under the code that the till scans."""
    order, at, is_return = _receipts(plan)
    begin, end = (
        np.searchsorted(plan.line_order, order),
        np.searchsorted(plan.line_order, order, side="right"),
    )
    count = end - begin
    receipt = np.repeat(np.arange(len(order)), count)
    line = begin[receipt] + np.arange(len(receipt)) - np.repeat(np.cumsum(count) - count, count)
    codes = [till_code(product) for product in range(len(catalogue.product_ids))]
    return pa.table(
        {
            "receipt_id": _receipt_ids(plan, order[receipt], is_return[receipt], ids),
            "line_no": digits(plan.line_no[line]),
            "product_id": pick(codes, plan.line_product[line]),
            "quantity": digits(plan.line_quantity[line]),
            "amount": digits(plan.line_amount[line]),
            "_day": pa.array(at[receipt] // DAY),
        }
    )


def store_visits(shop: Shop, people: People, plan: Purchases, ids: Identifiers) -> pa.Table:
    """Check-ins before a third of the purchases in a store, and reservations with the counselling that
    follows some.
    """
    rng = shop.rng("visits")
    seen = np.flatnonzero((plan.channel == STORE) & (plan.person >= 0))
    seen = seen[rng.random(len(seen)) < 0.33]
    holders = np.unique(people.card_person)
    booked = holders[rng.random(len(holders)) < 0.08]
    day = rng.integers(0, shop.days, len(booked))
    asked = day * DAY + rng.integers(9 * 3600, 19 * 3600, len(booked))
    wanted = asked + rng.integers(1, 10, len(booked)) * DAY
    came = np.flatnonzero((wanted < shop.end) & (rng.random(len(booked)) < 0.8))
    home = people.card_store[people.card_of[booked]]
    person = np.concatenate([plan.person[seen], booked, booked[came]])
    at = np.concatenate([plan.at[seen] - 600, asked, wanted[came]])
    kind = np.repeat([0, 1, 2], [len(seen), len(booked), len(came)])
    store = np.concatenate([plan.store[seen], home, home[came]])
    reserved = np.concatenate([np.full(len(seen), -1), wanted, np.full(len(came), -1)])
    by_member = (people.kind[person] == MEMBER) & (rng.random(len(person)) < 0.25)
    order = np.lexsort((kind, person, at))
    person, at, by_member = person[order], at[order], by_member[order]
    return pa.table(
        {
            "visit_id": numbered("VS", np.arange(len(order)) + 1, 8),
            "store_id": numbered("S", store[order] + 1, 3),
            "card_no": ids.card(np.where(by_member, -1, people.card_of[person])),
            "member_id": ids.member(np.where(by_member, person, -1)),
            "visited_at": moments(shop, at, "plain"),
            "kind": pick(["check_in", "reservation", "counselling"], kind[order]),
            "reserved_for": blank(moments(shop, reserved[order], "plain"), reserved[order] < 0),
            "_day": pa.array(at // DAY),
        }
    )
