"""Rows of the smaller sources: reviews, social acts, survey answers, privacy requests and what other systems
know.
"""

import numpy as np
import pyarrow as pa

from dagster_project.sample.browsing import Browsing
from dagster_project.sample.catalogue import Catalogue
from dagster_project.sample.identifiers import Identifiers
from dagster_project.sample.people import MEMBER, People
from dagster_project.sample.purchases import Purchases
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.text import digits, moments, numbered, pick
from dagster_project.sample.words import REVIEW_BODIES

QUESTIONS = (
    ("肌の悩みは何ですか", ("乾燥", "毛穴", "しみ", "敏感")),
    ("どこで知りましたか", ("SNS", "店頭", "友人", "雑誌")),
)


def reviews(shop: Shop, catalogue: Catalogue, people: People, plan: Purchases, ids: Identifiers) -> pa.Table:
    """Buyers who are members review one line in sixteen, ten days to a month later."""
    rng = shop.rng("reviews")
    person = plan.person[plan.line_order]
    line = np.flatnonzero((person >= 0) & (people.kind[person] == MEMBER) & (rng.random(len(person)) < 0.06))
    at = plan.at[plan.line_order[line]] + rng.integers(10, 30, len(line)) * DAY
    line, at = line[at < shop.end], at[at < shop.end]
    order = np.lexsort((line, at))
    line, at = line[order], at[order]
    return pa.table(
        {
            "review_id": numbered("RV", np.arange(len(at)) + 1, 8),
            "member_id": ids.member(person[line]),
            "product_id": pick(catalogue.product_ids, plan.line_product[line]),
            "rating": digits(rng.choice([1, 2, 3, 4, 5], len(at), p=[0.03, 0.07, 0.18, 0.37, 0.35])),
            "body": pick(list(REVIEW_BODIES), rng.integers(0, len(REVIEW_BODIES), len(at))),
            "posted_at": moments(shop, at),
            "_day": pa.array(at // DAY),
        }
    )


def social_actions(shop: Shop, catalogue: Catalogue, people: People, web: Browsing, ids: Identifiers) -> pa.Table:
    """Likes, clips and shares by members, by LINE friends and by browsers, on brands and products that they
    favour.
    """
    rng = shop.rng("social")
    session = np.flatnonzero(~web.on_tablet & (rng.random(len(web.person)) < 0.04))
    who, at = web.person[session], web.start[session] + 120
    is_member = people.kind[who] == MEMBER
    by_line = is_member & people.has_line[who] & (rng.random(len(who)) < 0.3)
    by_visitor = ~is_member | (rng.random(len(who)) < 0.25)
    kind = rng.choice(5, len(who), p=[0.5, 0.25, 0.1, 0.1, 0.05])
    brand = people.brands[who, 0]
    about = np.where(np.isin(kind, (0, 1, 2)), people.staple[who], -1)
    return pa.table(
        {
            "action_id": numbered("SA", np.arange(len(who)) + 1, 8),
            "member_id": ids.member(np.where(by_line | by_visitor, -1, who)),
            "visitor_id": ids.visitor(np.where(by_visitor & ~by_line, web.visitor[session], -1)),
            "line_user_id": pick(ids.line_ids, np.where(by_line, who, -1)),
            "kind": pick(["like", "clip", "share", "follow", "mention"], kind),
            "brand_id": numbered("B", brand + 1, 2),
            "product_id": pick(catalogue.product_ids, about),
            "content_id": pa.nulls(len(who), pa.string()),
            "occurred_at": moments(shop, at),
            "_day": pa.array(at // DAY),
        }
    )


def survey_answers(shop: Shop, people: People, ids: Identifiers) -> pa.Table:
    """Two questions, answered by one member in twelve."""
    rng = shop.rng("survey")
    members = np.flatnonzero(people.kind == MEMBER)
    who = members[rng.random(len(members)) < 0.08]
    day = np.maximum(rng.integers(0, shop.days, len(who)), np.maximum(people.joined[who], 0).astype(int))
    at = np.repeat(day * DAY + rng.integers(8 * 3600, 22 * 3600, len(who)), 2)
    question = np.tile([0, 1], len(who))
    answers = [answer for _, options in QUESTIONS for answer in options]
    return pa.table(
        {
            "answer_id": numbered("AN", np.arange(len(at)) + 1, 8),
            "member_id": ids.member(np.repeat(who, 2)),
            "visitor_id": pa.nulls(len(at), pa.string()),
            "question": pick([text for text, _ in QUESTIONS], question),
            "answer": pick(answers, question * 4 + rng.integers(0, 4, len(at))),
            "answered_at": moments(shop, at),
            "_day": pa.array(at // DAY),
        }
    )


def plan_requests(shop: Shop, people: People, purchases: Purchases, web: Browsing) -> dict[str, np.ndarray]:
    """Privacy requests: opt-outs of e-mail, a few opt-ins, and erasures of members who never did anything."""
    rng = shop.rng("privacy")
    members = np.flatnonzero((people.kind == MEMBER) & (people.joined < shop.days - 2) & (people.card_of < 0))
    draw = rng.random(len(members))
    kind = np.select([draw < 0.012, draw < 0.015], [0, 1], -1)
    idle = ~np.isin(members, purchases.person) & ~np.isin(members, web.person) & ~people.shares_phone[members]
    erased = np.flatnonzero(idle & (kind < 0))[: max(shop.members // 1000, 1)]
    kind[erased] = 2
    who, kind = members[kind >= 0], kind[kind >= 0]
    day = np.maximum(people.joined[who] + 1, rng.integers(0, shop.days, len(who)))
    at = np.minimum(day * DAY + 13 * 3600 + who % 3600, shop.end).astype(np.int64)
    return {"person": who, "kind": kind, "at": at}


def privacy_requests(shop: Shop, plan: dict[str, np.ndarray], ids: Identifiers) -> pa.Table:
    """One row per request, made by member id or by e-mail."""
    by_email = plan["person"] % 2 == 0
    return pa.table(
        {
            "request_id": numbered("PR", np.arange(len(by_email)) + 1, 7),
            "identifier_kind": pick(["member_id", "email"], by_email.astype(int)),
            "identifier": pa.array(
                [
                    email if use else member
                    for use, email, member in zip(
                        by_email,
                        ids.email(plan["person"]).to_pylist(),
                        ids.member(plan["person"]).to_pylist(),
                        strict=True,
                    )
                ],
                pa.string(),
            ),
            "kind": pick(["opt_out", "opt_in", "erase"], plan["kind"]),
            "channel": pick(["email"], np.where(plan["kind"] == 2, -1, 0)),
            "requested_at": moments(shop, plan["at"]),
            "_day": pa.array(plan["at"] // DAY),
        }
    )


def external_attributes(shop: Shop, people: People, purchases: Purchases, ids: Identifiers) -> pa.Table:
    """What the mail tool knows: the arm of each member in the scenario's random trial, and a skin type from
    the counsellors.
    """
    rng = shop.rng("external")
    mail = purchases.effects["welcome_mail"]
    advised = np.flatnonzero((people.kind == MEMBER) & (rng.random(len(people.kind)) < 0.1))
    person = np.concatenate([mail["person"], advised])
    is_arm = np.arange(len(person)) < len(mail["person"])
    at = np.concatenate([mail["sent_at"], rng.integers(0, shop.days, len(advised)) * DAY + 15 * 3600])
    treated = np.concatenate([mail["treated"], np.zeros(len(advised), bool)])
    value = np.where(is_arm, treated.astype(int), 2 + rng.integers(0, 4, len(person)))
    return pa.table(
        {
            "identifier_kind": pick(["member_id"], np.zeros(len(person), int)),
            "identifier": ids.member(person),
            "name": pick(["welcome_mail_arm", "skin_type"], (~is_arm).astype(int)),
            "value": pick(["control", "treated", "dry", "oily", "mixed", "sensitive"], value),
            "updated_at": moments(shop, at),
            "_day": pa.array(at // DAY),
        }
    )
