"""Planted facts about acts: carts left, effects of campaigns, and who was held out."""

import numpy as np
import pyarrow as pa

from dagster_project.sample.browsing import ADD_AFTER, REMOVE_AFTER, Browsing
from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.coupons import UPLIFTS, WINDOW
from dagster_project.sample.identifiers import Identifiers
from dagster_project.sample.linked import tied_visitors
from dagster_project.sample.people import People
from dagster_project.sample.purchases import (
    EVENT_UPLIFT,
    EVENT_WINDOW,
    WELCOME_UPLIFT,
    WELCOME_WINDOW,
    Purchases,
)
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.text import numbered, pick

# Per campaign: planted chance of one more order, days in which it falls, how people got in.
EFFECTS = {
    "welcome_mail": (WELCOME_UPLIFT, WELCOME_WINDOW, "random"),
    "beauty_day": (EVENT_UPLIFT, EVENT_WINDOW, "own choice"),
    "store_fest": (0.0, EVENT_WINDOW, "own choice"),
    **{coupon: (uplift, WINDOW, "own choice") for coupon, uplift in UPLIFTS.items()},
}


def carts_left(
    shop: Shop, catalogue: Catalogue, people: People, purchases: Purchases, web: Browsing,
    linked: np.ndarray, ids: Identifiers,
) -> pa.Table:  # fmt: skip
    """One row per product put into a cart and not bought there: when, by whom, and what ended it (null:
    still open at the end).

    `is_tied`: the rows of the sources tell whose it is. `ended_at` is the person's next counted order in any
    channel, or the emptying a moment later.
    """
    carts = web.carts
    known = purchases.is_counted & (linked >= 0)
    unit, at = linked[known], purchases.at[known]
    span = (shop.days + 1) * DAY  # orders as one sorted number line: unit by unit, by time
    line = np.sort(unit * span + at)
    wanted = carts["person"] * span + carts["at"]
    following = np.searchsorted(line, wanted)
    candidate = line[np.minimum(following, len(line) - 1)] if len(line) else np.full(len(wanted), -1)
    same = (following < len(line)) & (candidate // span == carts["person"])
    ended = np.where(same, candidate % span, -1)
    by = np.where(same, 0, -1)
    ended = np.where(carts["emptied"], carts["at"] + REMOVE_AFTER - ADD_AFTER, ended)
    by = np.where(carts["emptied"], 1, by)
    return pa.table(
        {
            "person_id": numbered("p", carts["person"], 8),
            "member_id": ids.member(carts["person"]),
            "visitor_id": ids.visitor(carts["visitor"]),
            "product_id": pick(catalogue.product_ids, carts["product"]),
            "added_at": shop.utc(carts["at"]),
            "ended_at": shop.utc(ended),
            "ended_by": pick(["order", "emptied"], by),
            "is_tied": pa.array(carts["logged_in"] | tied_visitors(people, web)[carts["visitor"]]),
        }
    )


def campaign_effects(purchases: Purchases) -> pa.Table:
    """One row per campaign: the planted chance of one more order, who had it, and what came of it, in
    counted orders.

    `caused` counts the treated who ordered in the window and would not have without the campaign.
    """
    rows = []
    for campaign, (chance, window, assignment) in EFFECTS.items():
        plan = purchases.effects[campaign]
        bought = _orders_within(purchases, plan["person"], plan["sent_at"], window)
        treated, moved = plan["treated"], plan["moved"]
        rows.append(
            {
                "campaign_id": campaign,
                "assignment": assignment,
                "planted_uplift": chance,
                "window_days": window,
                "treated": int(treated.sum()),
                "control": int((~treated).sum()),
                "treated_converted": int((treated & (bought > 0)).sum()),
                "control_converted": int((~treated & (bought > 0)).sum()),
                "moved": int(moved.sum()),
                "caused": int((moved & (bought == 1)).sum()),
            }
        )
    return pa.Table.from_pylist(rows)


def _orders_within(purchases: Purchases, person: np.ndarray, since: np.ndarray, window: int) -> np.ndarray:
    """Counted orders of each person in (since, since + window days]."""
    known = purchases.is_counted & (purchases.person >= 0)
    span = 10_000 * DAY
    line = np.sort(purchases.person[known] * span + purchases.at[known])
    start = person * span + since
    return np.searchsorted(line, start + window * DAY, side="right") - np.searchsorted(line, start, side="right")


def campaign_participants(shop: Shop, purchases: Purchases) -> pa.Table:
    """One row per campaign and person with its arm, and whether the campaign moved the person to one more
    order.
    """
    plans = {campaign: purchases.effects[campaign] for campaign in EFFECTS}
    return pa.concat_tables(
        pa.table(
            {
                "campaign_id": pa.array([campaign] * len(plan["person"]), pa.string()),
                "person_id": numbered("p", plan["person"], 8),
                "arm": pick(["control", "treated"], plan["treated"].astype(int)),
                "moved": pa.array(plan["moved"]),
                "assigned_at": shop.utc(plan["sent_at"]),
            }
        )
        for campaign, plan in plans.items()
    )


def holdouts(shop: Shop, purchases: Purchases, ids: Identifiers) -> pa.Table:
    """The control group of the random trial: one row per person who was not mailed."""
    mail = purchases.effects["welcome_mail"]
    person, at = mail["person"][~mail["treated"]], mail["sent_at"][~mail["treated"]]
    return pa.table(
        {
            "scenario_id": pa.array(["welcome_mail"] * len(person), pa.string()),
            "person_id": numbered("p", person, 8),
            "member_id": ids.member(person),
            "assigned_at": shop.utc(at),
        }
    )
