"""What is planted to join the wrong persons, or to part one: by name, with the persons and identifiers concerned."""

import numpy as np
import pyarrow as pa

from dagster_project.sample.browsing import Browsing
from dagster_project.sample.identifiers import PLACEHOLDER_PHONE, STAFF_EMAIL, Identifiers, e164
from dagster_project.sample.people import CARD_ONLY, MEMBER, People
from dagster_project.sample.profiles import later_versions
from dagster_project.sample.shop import Shop
from dagster_project.sample.text import numbered

KINDS = {
    "family_phone_of_members": "phone",
    "family_phone_on_cards": "phone",
    "family_browser": "visitor_id",
    "store_tablet": "visitor_id",
    "staff_email": "email",
    "placeholder_phone": "phone",
    "mistyped_email": "email",
    "card_registered_twice": "card_no",
    "email_changed": "email",
}


def planted_identities(shop: Shop, people: People, web: Browsing, ids: Identifiers) -> pa.Table:
    """One row per planted mix-up, case of it, person and identifier: planted, case_no, person_id, kind, value.

    Of the first six a case is one value that several persons share; of the others one person under several values (a
    mistyped address: besides the right one).
    """
    holders, flaw = people.card_person, people.card_flaw
    cards = np.arange(len(holders))
    sharing = np.flatnonzero(people.shares_phone)
    browsers, visitors = np.divmod(
        np.unique(web.person * len(people.visitor_person) + web.visitor), len(people.visitor_person)
    )
    shared = people.visitor_shared[visitors]
    at_home, in_store = shared & (visitors < people.tablet_from), shared & (visitors >= people.tablet_from)
    changes = later_versions(shop, people)
    renewed = np.unique(changes["person"][changes["new_email"]])
    twice = np.isin(holders, holders[people.card_birth_slip])
    family, couple = (sharing[people.kind[sharing] == kind] for kind in (MEMBER, CARD_ONLY))
    staff, nobody, slip = (np.flatnonzero(flaw == number) for number in (2, 3, 1))
    parts = {
        "family_phone_of_members": (people.phone[family], family, e164(people.phone[family])),
        "family_phone_on_cards": (people.phone[couple], couple, e164(people.phone[couple])),
        "family_browser": (visitors[at_home], browsers[at_home], ids.visitor(visitors[at_home])),
        "store_tablet": (visitors[in_store], browsers[in_store], ids.visitor(visitors[in_store])),
        "staff_email": (staff * 0, holders[staff], pa.array([STAFF_EMAIL] * len(staff), pa.string())),
        "placeholder_phone": (nobody * 0, holders[nobody], pa.array([PLACEHOLDER_PHONE] * len(nobody), pa.string())),
        "mistyped_email": (slip, holders[slip], ids.mistyped_email(holders[slip])),
        "card_registered_twice": (holders[twice], holders[twice], ids.card(cards[twice])),
        "email_changed": (
            np.tile(renewed, 2),
            np.tile(renewed, 2),
            pa.concat_arrays([ids.email(renewed), ids.new_email(renewed)]),
        ),
    }
    return pa.concat_tables(_rows(name, *part) for name, part in parts.items())


def _rows(name: str, case: np.ndarray, person: np.ndarray, value: pa.Array) -> pa.Table:
    return pa.table(
        {
            "planted": pa.array([name] * len(person), pa.string()),
            "case_no": pa.array(np.unique(case, return_inverse=True)[1].astype(np.int64)),
            "person_id": numbered("p", person, 8),
            "kind": pa.array([KINDS[name]] * len(person), pa.string()),
            "value": value,
        }
    )
