"""Which identifier belongs to whom, and which of them the rows of the sources tie together."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.sample.browsing import ORDER, SIGN_UP, Browsing
from dagster_project.sample.identifiers import PLACEHOLDER_PHONE, STAFF_EMAIL, Identifiers, e164
from dagster_project.sample.people import BY_NOTHING, BY_PHONE, GUEST, MEMBER, People
from dagster_project.sample.profiles import later_versions
from dagster_project.sample.purchases import EC, Purchases
from dagster_project.sample.shop import Shop
from dagster_project.sample.text import join, numbered


def card_links(people: People) -> np.ndarray:
    """Card -> linked unit: its person, or persons + card where nothing ties it."""
    cards = np.arange(len(people.card_person))
    return np.where(people.card_is_tied(), people.card_person, len(people.kind) + cards)


def tied_visitors(people: People, web: Browsing) -> np.ndarray:
    """Visitor -> whether some session of its told who it is, and it is nobody else's too."""
    tells = web.logged_in | np.isin(web.kind, (ORDER, SIGN_UP))
    tied = np.zeros(len(people.visitor_person), bool)
    tied[web.visitor[tells]] = True
    return tied & ~people.visitor_shared


def identifiers(shop: Shop, people: People, purchases: Purchases, web: Browsing, ids: Identifiers) -> pa.Table:
    """One row per (person, identifier) that occurs in the sources: normalised value, whether it is shared,
    its linked id.

    Shared identifiers (family phones and browsers, tablets, the store's own e-mail, placeholders) have no
    linked id.
    """
    members = np.flatnonzero(people.kind == MEMBER)
    lines = members[people.has_line[members]]
    changes = later_versions(shop, people)
    renewed = changes["person"][changes["new_email"]]
    holders, tie, flaw = people.card_person, people.card_tie, people.card_flaw
    cards = np.arange(len(holders))
    unit = card_links(people)
    size = len(people.kind)

    shown = people.card_has_email & (flaw != 2)
    right, wrong = shown & (flaw == 0), shown & (flaw == 1)
    second = (tie == BY_PHONE) & people.second_email[holders]
    given = people.card_has_phone & (flaw != 3)
    other = given & (tie == BY_NOTHING)
    same = given & ~other

    ec_orders = np.flatnonzero(purchases.channel == EC)
    guests = np.unique(purchases.person[ec_orders])
    guests = guests[people.kind[guests] == GUEST]
    wrote_phone = np.unique(purchases.person[ec_orders[ec_orders % 4 != 0]])
    wrote_phone = wrote_phone[people.kind[wrote_phone] == GUEST]
    phone_holders, phone_units = _distinct(
        np.concatenate([members, wrote_phone, holders[same]]),
        np.concatenate([members, wrote_phone, unit[same]]),
    )
    email_holders, email_units = _distinct(
        np.concatenate([members, guests, holders[right]]), np.concatenate([members, guests, unit[right]])
    )
    browsers, visitors = np.divmod(
        np.unique(web.person * len(people.visitor_person) + web.visitor), len(people.visitor_person)
    )
    tied = tied_visitors(people, web)[visitors]
    shared_browser = people.visitor_shared[visitors]
    alone = size + len(holders) + visitors  # a unit of its own
    parts = (
        ("member_id", members, ids.member(members), members, False),
        ("card_no", holders, ids.card(cards), unit, False),
        ("line_user_id", lines, ids.line(lines), lines, False),
        ("email", email_holders, ids.email(email_holders), email_units, False),
        ("email", renewed, ids.new_email(renewed), renewed, False),
        ("email", holders[wrong], ids.mistyped_email(holders[wrong]), unit[wrong], False),
        ("email", holders[second], ids.second_email(holders[second]), unit[second], False),
        (
            "email",
            holders[flaw == 2],
            pa.array([STAFF_EMAIL] * int((flaw == 2).sum()), pa.string()),
            None,
            True,
        ),
        (
            "phone",
            phone_holders,
            e164(people.phone[phone_holders]),
            phone_units,
            people.shares_phone[phone_holders],
        ),
        (
            "phone",
            holders[other],
            join("+813", numbered("", 10_000_000 + cards[other], 8)),
            unit[other],
            False,
        ),
        (
            "phone",
            holders[flaw == 3],
            pa.array([PLACEHOLDER_PHONE] * int((flaw == 3).sum()), pa.string()),
            None,
            True,
        ),
        ("visitor_id", browsers, ids.visitor(visitors), np.where(tied, browsers, alone), shared_browser),
    )
    return pa.concat_tables([_rows(people, *part) for part in parts])


def _distinct(person: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row per person, with the smallest unit (the person itself where one of the rows ties it)."""
    order = np.lexsort((unit, person))
    person, unit = person[order], unit[order]
    first = np.append(True, person[1:] != person[:-1]) if len(person) else np.zeros(0, bool)
    return person[first], unit[first]


def _rows(
    people: People,
    kind: str,
    person: np.ndarray,
    value: pa.Array,
    unit: np.ndarray | None,
    shared: np.ndarray | bool,
) -> pa.Table:
    is_shared = np.broadcast_to(shared, len(person))
    units = np.full(len(person), -1) if unit is None else np.where(is_shared, -1, unit)
    return pa.table(
        {
            "person_id": numbered("p", person, 8),
            "kind": pa.array([kind] * len(person), pa.string()),
            "value": value,
            "is_shared": pa.array(np.array(is_shared)),
            "linked_id": unit_texts(people, units),
        }
    )


def unit_texts(people: People, unit: np.ndarray) -> pa.Array:
    """Linked ids as text: `p00000012` for a person, `p00000012/0000003` for a card or browser that stands
    alone; null for -1.
    """
    size = len(people.kind)
    alone = unit >= size
    owner = np.concatenate([people.card_person, people.visitor_person])
    holder = np.where(alone, owner[np.clip(unit - size, 0, len(owner) - 1)], unit)
    texts = numbered("p", holder, 8)
    own = numbered("/", np.where(alone, unit - size, 0), 8)
    return pc.if_else(pa.array(alone), join(texts, own), texts)
