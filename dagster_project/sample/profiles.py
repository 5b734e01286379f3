"""Rows of the sources that say who someone is: members and store cards, as typed by people into two
different systems.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.sample.identifiers import PLACEHOLDER_PHONE, STAFF_EMAIL, Identifiers
from dagster_project.sample.people import BY_MEMBER_ID, BY_NOTHING, BY_PHONE, MEMBER, OWN, People
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.text import (
    blank,
    choose,
    days,
    flags,
    half_kana,
    join,
    moments,
    numbered,
    phones,
    pick,
)
from dagster_project.sample.words import FIRST_NAMES, LAST_NAMES, PLACES

OLD_KANJI = str.maketrans("高崎斎", "髙﨑齋")  # as families write themselves
MOVED_SHARE, WITHDRAWN_SHARE = 0.08, 0.01
NEW_EMAIL_SHARE = 0.04  # of the members; half of those who move change their address on the web too


def later_versions(shop: Shop, people: People) -> dict[str, np.ndarray]:
    """Members whose record changes in the window: person, at, withdrawn (else: moved to another address), new_email."""
    rng = shop.rng("versions")
    member = np.flatnonzero(people.kind == MEMBER)
    draw = rng.random(len(member))
    who = member[draw < MOVED_SHARE + WITHDRAWN_SHARE]
    at = rng.integers(0, shop.days, len(who)) * DAY + rng.integers(9 * 3600, 21 * 3600, len(who))
    withdrawn = draw[who] < WITHDRAWN_SHARE
    after = at > (people.joined[who] + 1) * DAY
    changed = draw[who] >= MOVED_SHARE + WITHDRAWN_SHARE - NEW_EMAIL_SHARE
    return {"person": who[after], "at": at[after], "withdrawn": withdrawn[after], "new_email": changed[after]}


def email_then(shop: Shop, people: People, ids: Identifiers, person: np.ndarray, seconds: np.ndarray) -> pa.Array:
    """The e-mail address that each person (-1: nobody) uses at that time."""
    changes = later_versions(shop, people)
    since = np.full(len(people.kind), shop.days * DAY)
    since[changes["person"][changes["new_email"]]] = changes["at"][changes["new_email"]]
    is_new = (person >= 0) & (seconds > since[person])
    return choose(is_new.astype(int), ids.email(person), ids.new_email(person))


def members(shop: Shop, people: People, ids: Identifiers) -> pa.Table:
    """One row per version of a member: the registration, then moves and withdrawals."""
    rng = shop.rng("members")
    changes = later_versions(shop, people)
    who = np.concatenate([np.flatnonzero(people.kind == MEMBER), changes["person"]])
    first = len(who) - len(changes["at"])
    registered = (people.joined[who] * DAY).astype(np.int64) + 7 * 3600 + who * 37 % 50_000
    updated = np.concatenate([registered[:first], np.maximum(changes["at"], registered[first:] + 60)])
    withdrawn = np.concatenate([np.zeros(first, bool), changes["withdrawn"]])
    moved = np.concatenate([np.zeros(first, bool), ~changes["withdrawn"]])
    place = np.where(moved, (people.place[who] + 5) % len(PLACES), people.place[who])
    noise = rng.random(len(who))
    renewed = np.concatenate([np.zeros(first, bool), changes["new_email"]])
    email = choose(renewed.astype(int), ids.email(who), ids.new_email(who))
    email = choose(
        np.select([noise < 0.04, noise < 0.06], [1, 2], 0),
        email,
        pc.utf8_upper(email),
        join(" ", email, "　"),
    )
    opt = np.array([2, 0, 1])  # -1, 0, 1 -> blank, false, true
    email_opt = pick(
        ["false", "true", "", "0", "1", "", "No", "YES", ""], opt[people.email_opt_in[who] + 1] + who % 3 * 3
    )
    line_opt = pick(["false", "true", ""], opt[people.line_opt_in[who] + 1])
    return pa.table(
        {
            "member_id": ids.member(who),
            "email": email,
            "phone": phones(people.phone[who], np.digitize(rng.random(len(who)), [0.6, 0.85, 0.93])),
            **_names(people, who, rng.random(len(who)) < 0.08),
            "birth_date": _births(people.birth[who], rng),
            "gender": pick(
                ["male", "female", ""],
                np.where(rng.random(len(who)) < 0.05, 2, people.female[who].astype(int)),
            ),
            **_addresses(place, people.block[who], rng),
            "member_rank": pick(["regular", "silver", "gold"], np.digitize((who * 31 % 100) / 100, [0.7, 0.92])),
            "registered_at": moments(shop, registered),
            "updated_at": moments(shop, updated),
            "status": flags(withdrawn, ("active", "withdrawn")),
            "email_opt_in": email_opt,
            "line_opt_in": line_opt,
            "sms_opt_in": pick(["false", "true", ""], who * 7 % 3),
            "push_opt_in": pick(["false", ""], who % 2),
            "dm_opt_in": pick(["true", "", "false"], who * 11 % 3),
            "line_user_id": ids.line(who),
            "acquisition_channel": pick(["web", "dm", "phone", "email"], who * 13 % 4),
            "_day": pa.array(np.maximum(updated // DAY, 0)),
        }
    )


def store_cards(shop: Shop, people: People, ids: Identifiers) -> pa.Table:
    """One row per card, as the shop's staff typed it."""
    rng = shop.rng("store cards")
    who, tie, flaw = people.card_person, people.card_tie, people.card_flaw
    registered = np.minimum(people.joined[who] * DAY, shop.days * DAY * 0.02 - who % 97 * DAY).astype(np.int64)
    own = choose((rng.random(len(who)) < 0.1).astype(int), ids.email(who), pc.utf8_upper(ids.email(who)))
    staff = pa.array([STAFF_EMAIL] * len(who), pa.string())
    email = choose(np.where(flaw < 3, flaw, 0), own, ids.mistyped_email(who), staff)
    second = (tie == BY_PHONE) & people.second_email[who]
    email = choose(second.astype(int), blank(email, ~people.card_has_email), ids.second_email(who))
    number = np.where(tie == BY_NOTHING, 3_100_000_000 + 10_000_000 + np.arange(len(who)), people.phone[who])
    written = phones(number % 10**10, rng.choice([0, 1, 2], len(who), p=[0.4, 0.45, 0.15]))
    written = choose((tie == BY_NOTHING).astype(int), written, join("03", numbered("", number % 10**8, 8)))
    phone = choose((flaw == 3).astype(int), written, pa.array([PLACEHOLDER_PHONE] * len(who), pa.string()))
    year = people.birth[who].astype("datetime64[Y]")
    slipped = (year + 1).astype("datetime64[D]") + (people.birth[who] - year)
    births = np.where(people.card_birth_slip, slipped, people.birth[who])
    # Where planted mix-ups turn on the birth date, it is there.
    telling = (people.shares_phone[who] & (tie == OWN)) | np.isin(who, who[people.card_birth_slip])
    return pa.table(
        {
            "card_no": ids.card(np.arange(len(who))),
            "member_id": ids.member(np.where(tie == BY_MEMBER_ID, who, -1)),
            "email": email,
            "phone": blank(phone, ~people.card_has_phone),
            **_names(people, who, rng.random(len(who)) < 0.6, rng.random(len(who)) < 0.3),
            "birth_date": blank(_births(births, rng), (rng.random(len(who)) < 0.2) & ~telling),
            "gender": pick(["male", "female"], people.female[who].astype(int)),
            **_addresses(people.place[who], people.block[who], rng),
            "home_store_id": numbered("S", people.card_store + 1, 3),
            "registered_at": moments(shop, registered, "slash"),
            "updated_at": moments(shop, registered, "slash"),
            "_day": pa.array(np.zeros(len(who), np.int64)),
        }
    )


def _names(
    people: People, who: np.ndarray, half_width: np.ndarray, old_kanji: np.ndarray | bool = False
) -> dict[str, pa.Array]:
    kanji = [row[0] for row in LAST_NAMES]
    kanji += [name.translate(OLD_KANJI) for name in kanji]
    last, first = [row[1] for row in LAST_NAMES], [row[1] for row in FIRST_NAMES]
    return {
        "last_name": pick(kanji, people.last_name[who] + old_kanji * len(LAST_NAMES)),
        "first_name": pick([row[0] for row in FIRST_NAMES], people.first_name[who]),
        "last_name_kana": pick(last + half_kana(last), people.last_name[who] + half_width * len(last)),
        "first_name_kana": pick(first + half_kana(first), people.first_name[who] + half_width * len(first)),
    }


def _births(births: np.ndarray, rng: np.random.Generator) -> pa.Array:
    styles = np.digitize(rng.random(len(births)), [0.8, 0.95])
    return choose(styles, days(births), days(births, "slash"), days(births, "kanji"))


def _addresses(place: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Postal code, prefecture and address; house numbers as 1-2-3 or as 1丁目2番3号."""
    parts = [
        pc.cast(pa.array(part), pa.string())
        for part in (block // 100_000 + 1, block // 1000 % 100 % 30 + 1, block % 1000 % 20 + 1)
    ]
    short, long = (
        join(*parts[:1], "-", parts[1], "-", parts[2]),
        join(parts[0], "丁目", parts[1], "番", parts[2], "号"),
    )
    town = pick([row[1] for row in PLACES], place)
    postal = [row[2] for row in PLACES] + [row[2].replace("-", "") for row in PLACES]
    compact = rng.random(len(place)) < 0.3
    return {
        "postal_code": pick(postal, place + compact * len(PLACES)),
        "prefecture": pick([row[0] for row in PLACES], place),
        "address": join(town, choose((rng.random(len(place)) < 0.3).astype(int), short, long)),
    }
