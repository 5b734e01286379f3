"""What was planted, as Parquet under `truth/`: computed from the plan in numpy, with nothing of the pipeline
in it.

A *linked id* is what a perfect reader of the sources could know: the person, or, where no row ties an
identifier to its person (a card under another phone, a browser that never logs in), a unit of its own. Times
are UTC, as in the marts.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.sample.assortment import planted_launches, planted_pairs
from dagster_project.sample.blemishes import BAD, COPIED, bad_count
from dagster_project.sample.browsing import Browsing
from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.identifiers import Identifiers
from dagster_project.sample.information import kind_conversions
from dagster_project.sample.linked import card_links, identifiers, tied_visitors, unit_texts
from dagster_project.sample.people import MEMBER, People
from dagster_project.sample.planted import campaign_effects, campaign_participants, carts_left, holdouts
from dagster_project.sample.planted_identities import planted_identities
from dagster_project.sample.profiles import later_versions
from dagster_project.sample.purchases import STORE, Purchases
from dagster_project.sample.repeat_rates import repeat_rates
from dagster_project.sample.sales import card_shown
from dagster_project.sample.shop import Shop
from dagster_project.sample.text import numbered, pick
from dagster_project.sample.words import INFORMATION_KINDS, PLACES


def write(
    shop: Shop, catalogue: Catalogue, people: People, purchases: Purchases, web: Browsing,
    mails: dict[str, np.ndarray], requests: dict[str, np.ndarray], ids: Identifiers, folder: Path,
) -> None:  # fmt: skip
    """All tables of planted truth."""
    folder.mkdir(parents=True, exist_ok=True)
    linked = linked_units(shop, people, purchases)
    tables = {
        "shop": _shop(shop),
        "persons": persons(shop, people, mails, requests, ids),
        "identifiers": identifiers(shop, people, purchases, web, ids),
        "planted_identities": planted_identities(shop, people, web, ids),
        "orders": orders(shop, people, purchases, linked, ids),
        "repeat_rates": repeat_rates(shop, linked, purchases.at, purchases.is_counted, purchases.is_trial),
        "carts_left": carts_left(shop, catalogue, people, purchases, web, linked, ids),
        "first_touches": first_touches(shop, people, web, ids),
        "kind_conversions": kind_conversions(web.touches, touches_tied(people, web)),
        "campaign_effects": campaign_effects(purchases),
        "campaign_participants": campaign_participants(shop, purchases),
        "holdouts": holdouts(shop, purchases, ids),
        "basket_pairs": planted_pairs(
            catalogue.product_ids, catalogue.sold, purchases.line_order, purchases.line_product, purchases.is_counted
        ),
        "launches": planted_launches(shop, catalogue.product_ids, catalogue.launches),
        "bad_rows": _bad_rows(shop),
        "copied_files": pa.table({"source": list(COPIED)}),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")


def write_accounts(accounts: dict[str, dict[str, int]], folder: Path) -> None:
    """Per source: rows in all files (copied files not counted) = staged + quarantined + duplicates +
    superseded. As the files stand: what a run erases at somebody's request is counted where it was before.
    """
    columns: dict[str, list] = {"source": list(accounts)}
    for name in ("rows", "quarantined", "duplicates", "superseded"):
        columns[name] = [account[name] for account in accounts.values()]
    left_out = zip(columns["quarantined"], columns["duplicates"], columns["superseded"], strict=True)
    columns["staged"] = [rows - sum(out) for rows, out in zip(columns["rows"], left_out, strict=True)]
    pq.write_table(pa.table(columns), folder / "row_accounts.parquet")


def _shop(shop: Shop) -> pa.Table:
    return pa.table(
        {
            "members": [shop.members],
            "days": [shop.days],
            "seed": [shop.seed],
            "first_day": [shop.first_day],
            "last_day": [shop.last_day],
        }
    )


def persons(
    shop: Shop,
    people: People,
    mails: dict[str, np.ndarray],
    requests: dict[str, np.ndarray],
    ids: Identifiers,
) -> pa.Table:
    """One row per person, with the attributes of the newest version of the record."""
    who = np.arange(len(people.kind))
    changes = later_versions(shop, people)
    place, withdrawn, erased = people.place.copy(), np.zeros(len(who), bool), np.zeros(len(who), bool)
    moved = changes["person"][~changes["withdrawn"]]
    place[moved] = (place[moved] + 5) % len(PLACES)
    withdrawn[changes["person"][changes["withdrawn"]]] = True
    erased[requests["person"][requests["kind"] == 2]] = True
    is_member = people.kind == MEMBER
    return pa.table(
        {
            "person_id": numbered("p", who, 8),
            "kind": pick(["member", "card_only", "guest", "looker"], people.kind),
            "member_id": ids.member(np.where(is_member, who, -1)),
            "gender": pick(["male", "female"], people.female.astype(int)),
            "birth_date": pa.array(people.birth),
            "prefecture": pick([row[0] for row in PLACES], place),
            "favourite_brand_id": numbered("B", people.brands[:, 0] + 1, 2),
            "best_channel": pick(["email", "line"], np.where(is_member, people.best_channel, -1)),
            "best_hour": pa.array(people.best_hour, mask=~is_member),
            "consent_email": _consent(people, people.email_opt_in, mails, requests, 0),
            "consent_line": _consent(people, people.line_opt_in, mails, requests, 1),
            "is_withdrawn": pa.array(withdrawn),
            "is_erased": pa.array(erased),
        }
    )


def _consent(
    people: People,
    opt_in: np.ndarray,
    mails: dict[str, np.ndarray],
    requests: dict[str, np.ndarray],
    channel: int,
) -> pa.Array:
    """Consent of a channel on the last day: what the member's record says, less unsubscriptions, complaints
    and opt-outs.

    Null for those who opted in later (by request), and for persons who are not members.
    """
    consent, unsure = opt_in == 1, people.kind != MEMBER
    for event in ("unsubscribed", "complained"):
        consent[mails["person"][(mails[event] >= 0) & (mails["channel"] == channel)]] = False
    if channel == 0:  # requests are about e-mail
        consent[requests["person"][requests["kind"] == 0]] = False
        unsure[requests["person"][requests["kind"] == 1]] = True
    return pa.array(consent, mask=unsure)


def linked_units(shop: Shop, people: People, purchases: Purchases) -> np.ndarray:
    """Per order, a number for its linked id: the person's, persons + card for a card that nothing ties, -1
    for nobody.
    """
    unit = card_links(people)
    card = card_shown(shop, people, purchases.person, purchases.at)
    by_card = (purchases.channel == STORE) & (card >= 0)
    return np.where(by_card, unit[card], purchases.person)


def orders(shop: Shop, people: People, purchases: Purchases, linked: np.ndarray, ids: Identifiers) -> pa.Table:
    """One row per order as it stands in the end. Returns are not orders: `returned_at` says when a receipt
    was brought back.
    """
    index = np.arange(len(purchases.at))
    in_store = purchases.channel == STORE
    key = pc.if_else(pa.array(in_store), ids.receipt(index), ids.order(index))
    prefix = pick(["ec:", "store:"], in_store.astype(int))
    back = purchases.returned_at
    return pa.table(
        {
            "order_id": pc.binary_join_element_wise(prefix, key, ""),
            "person_id": numbered("p", purchases.person, 8),
            "linked_id": unit_texts(people, linked),
            "ordered_at": shop.utc(purchases.at),
            "channel": pick(["ec", "store"], in_store.astype(int)),
            "is_counted": pa.array(purchases.is_counted),
            "is_trial": pa.array(purchases.is_trial),
            "is_gift": pa.array(purchases.is_gift),
            "is_subscription": pa.array(purchases.is_subscription),
            "net_amount": pa.array(purchases.remains),
            "returned_at": shop.utc(back),
        }
    )


def touches_tied(people: People, web: Browsing) -> np.ndarray:
    """Per planted touch, whether rows tie it to its person."""
    return tied_visitors(people, web)[web.touches["visitor"]] | web.touches["logged_in"]


def first_touches(shop: Shop, people: People, web: Browsing, ids: Identifiers) -> pa.Table:
    """The planted touches of brand contents, with the first counted purchase of that brand (null: none)."""
    touches = web.touches
    return pa.table(
        {
            "person_id": numbered("p", touches["person"], 8),
            "member_id": ids.member(touches["person"]),
            "visitor_id": ids.visitor(touches["visitor"]),
            "brand_id": numbered("B", touches["brand"] + 1, 2),
            "information_kind": pick([row[0] for row in INFORMATION_KINDS], touches["kind"]),
            "position": pa.array(touches["position"]),
            "touched_at": shop.utc(touches["at"]),
            "bought_at": shop.utc(touches["bought_at"]),
            "is_tied": pa.array(touches_tied(people, web)),
        }
    )


def _bad_rows(shop: Shop) -> pa.Table:
    sources, columns, _, reasons = (list(values) for values in zip(*BAD, strict=True))
    count = [bad_count(shop)] * len(BAD)
    return pa.table({"source": sources, "column": columns, "reason": reasons, "count": count})
