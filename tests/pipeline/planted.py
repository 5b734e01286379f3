"""A shop of a few dozen persons, each planted for one rule of the contract; as_of is 2026-03-31.

The ids say what they are there for: member `m-zero`, order `o-zero`. What must come of them stands in the tests.
"""

from datetime import date, datetime, timedelta

from tests.pipeline import planted_orders
from tests.pipeline.handmade import Sources
from tests.pipeline.rows import CONSENTS, card, line, member, message, order, receipt, request, visit, web

AS_OF = date(2026, 3, 31)
# What somebody has decided, written as people write: two accounts are one person's, a number is the store's own.
RULES = {
    "identity_overrides": ["member_id,ｍ-part-yes,member_id,m-part-no,always_link,tester,two accounts of one person"],
    "identity_blocklist": ["phone,value,03-9999-0000,The store's own number"],
}


def shop() -> Sources:
    """All of it."""
    sources = Sources()
    for part in (
        planted_orders.masters,
        planted_orders.formats,
        planted_orders.bad_rows,
        planted_orders.orders,
        planted_orders.days,
        _brands,
        _carts,
        _people,
        _records,
        _devices,
        _consents,
        _stores,
    ):
        part(sources)
    return sources


def _brands(sources: Sources) -> None:
    at = "2026-03-05T10:00:00"
    sources.add(
        "web_events",
        web("w-product", "v-brands", at, "product_view", product_id="p1", content_id="k-own"),
        web("w-code", "v-brands", at, "product_view", product_id="M-1"),
        web("w-content", "v-brands", at, "content_view", content_id="k-own"),
        web("w-content-product", "v-brands", at, "content_view", content_id="k-product"),
        web("w-none", "v-brands", at, "content_view", content_id="k-none"),
    )
    sources.add(
        "pos_receipts", receipt("r-brand", "100", "c-brand", "s1"), receipt("r-store-brand", "100", "c-brand", "s1")
    )
    sources.add("pos_receipt_items", line("r-brand", 1, "p2", "100", key="receipt_id"))
    sources.add(
        "social_actions",
        {
            "action_id": "a1",
            "member_id": "m-orders",
            "visitor_id": "",
            "line_user_id": "",
            "kind": "like",
            "brand_id": "b2",
            "product_id": "",
            "content_id": "",
            "occurred_at": at,
        },
    )
    sources.add(
        "reviews",
        {
            "review_id": "r1",
            "member_id": "m-orders",
            "product_id": "p2",
            "rating": "5",
            "body": "秘密の感想",
            "posted_at": at,
        },
    )
    sources.add(
        "survey_answers",
        {
            "answer_id": "q1",
            "member_id": "m-orders",
            "visitor_id": "",
            "question": "肌",
            "answer": "乾燥",
            "answered_at": at,
        },
    )


def _carts(sources: Sources) -> None:
    for name in ("open", "bought", "emptied", "again"):
        sources.add("members", member(f"m-cart-{name}"))
        sources.add(
            "web_events",
            web(
                f"w-add-{name}",
                f"v-cart-{name}",
                "2026-03-20T10:00:00",
                "add_to_cart",
                product_id="p1",
                quantity="2",
                member_id=f"m-cart-{name}",
            ),
        )
    sources.add(
        "ec_orders",
        *(
            order(f"o-cart-{name}", "10", member_id=f"m-cart-{name}", ordered_at="2026-03-20T11:00:00")
            for name in ("bought", "again")
        ),
    )
    sources.add(
        "web_events",
        web("w-remove", "v-cart-emptied", "2026-03-20T10:30:00", "remove_from_cart", product_id="p1", quantity="2"),
        web("w-add-2", "v-cart-again", "2026-03-20T12:00:00", "add_to_cart", product_id="p2"),
    )


def _people(sources: Sources) -> None:
    """Who is one person, who is nobody."""
    phone, mail = "03-1234-5678", "family@example.jp"
    sources.add(
        "members",
        member("m-family-1", phone=phone),
        member("m-family-2", phone="+81-3-1234-5678"),
        *(member(f"m-mail-{n}", email=mail) for n in (1, 2, 3)),
        member("m-test", email="test@example.com"),
        member("m-card"),
        member("m-two-cards", email="two@example.jp"),
    )
    sources.add(
        "store_cards",
        card("c-card", member_id="m-card"),
        card("c-mail", email="Two@Example.jp "),
        card("c-member", member_id="m-two-cards"),
        card("c-late", phone="090-2222-0001"),
    )
    sources.add(
        "ec_orders",
        order("o-family", "10", phone="0312345678"),
        order("o-mail", "10", email=mail),
        order("o-test", "10", email="test@example.com", phone="0000000000"),
        order("o-guest-word", "10", member_id="guest"),
        order("o-store", "10", phone="０３９９９９００００"),
        order("o-guest", "10", email="guest-buyer@example.jp"),
        order("o-guest-2", "10", email="ＧＵＥＳＴ-buyer@example.jp"),
    )
    sources.add(
        "web_events",
        web("w-buyer-1", "v-buyer", "2026-03-10T11:50:00"),
        web("w-buyer-2", "v-buyer", "2026-03-10T12:00:00", "purchase", order_id="o-guest"),
        web("w-anonymous", "v-anonymous", "2026-03-10T12:00:00"),
    )
    sources.add(
        "social_actions",
        {
            "action_id": "a2",
            "member_id": "",
            "visitor_id": "",
            "line_user_id": "U-only",
            "kind": "follow",
            "brand_id": "b1",
            "product_id": "",
            "content_id": "",
            "occurred_at": "2026-03-05T10:00:00",
        },
    )


def _records(sources: Sources) -> None:
    """Records of one person that say different things of him: a member and his card, two cards with one phone."""
    newer = "2026-02-01 10:00:00"
    there = {"postal_code": "530-0001", "prefecture": "大阪府", "address": "大阪市北区梅田1-1"}
    sources.add(
        "members",
        member("m-gold", gender="female", prefecture="東京都"),
        member(
            "m-left", gender="female", prefecture="東京都", member_rank="gold", status="withdrawn", updated_at=newer
        ),
    )
    phone = "090-3333-0001"
    sources.add(
        "store_cards",
        card("c-gold", member_id="m-gold", gender="male", birth_date="1985-04-01", updated_at=newer, **there),
        card("c-left", member_id="m-left", gender="male", **there),
        card(
            "c-whole",
            phone=phone,
            gender="male",
            postal_code="600-8001",
            prefecture="京都府",
            address="京都市下京区1-1",
        ),
        card("c-half", phone=phone, gender="female", postal_code="600-8001", updated_at=newer),
    )


def _devices(sources: Sources) -> None:
    """A tablet shared by two members: sessions end after 30 minutes without an event."""
    sources.add("members", member("m-tab-1"), member("m-tab-2"))
    start = datetime(2026, 3, 8, 10, 0)
    for name, minutes, who in (
        ("before", 0, ""),
        ("login-1", 10, "m-tab-1"),
        ("same-1", 39, ""),
        ("chain-1", 60, ""),
        ("gap", 90, ""),
        ("login-2", 100, "m-tab-2"),
        ("same-2", 129, ""),
        ("next-day", 1440, ""),
    ):
        sources.add(
            "web_events",
            web(f"w-tab-{name}", "v-tablet", (start + timedelta(minutes=minutes)).isoformat(), member_id=who),
        )


def _consents(sources: Sources) -> None:
    yes = dict.fromkeys(CONSENTS, "yes")
    said = {"yes": yes, "no": dict.fromkeys(CONSENTS, "0"), "blank": {}}
    sources.add("members", *(member(f"m-says-{word}", **columns) for word, columns in said.items()))
    for name in (
        "out-all",
        "out-sms",
        "out-in",
        "in-out",
        "later",
        "unsubscribed",
        "unsubscribed-in",
        "complained",
        "by-card",
    ):
        sources.add("members", member(f"m-{name}", email=f"{name}@example.jp", **yes))
    sources.add(
        "members",
        member("m-part-yes", email_opt_in="true", line_opt_in="true", push_opt_in="", sms_opt_in="false"),
        member("m-part-no", email_opt_in="false", line_opt_in="", push_opt_in="", sms_opt_in="true", dm_opt_in="true"),
    )
    # A mailbox of two is nobody's, but a refusal from there is both's.
    sources.add(
        "members",
        member("m-share-1", email="share@example.jp", **yes),
        member("m-share-2", email="share@example.jp", **yes),
    )
    sources.add("message_events", message("n5", "unsubscribed", "2026-03-03 00:00:00", address="share@example.jp"))
    sources.add("store_cards", card("c-by-card", member_id="m-by-card"))
    sources.add(
        "privacy_requests",
        request("q1", "opt_out", "member_id", "m-out-all", "2026-03-01 00:00:00"),
        request("q2", "opt_out", "email", "Out-SMS@example.jp", "2026-03-01 00:00:00", "sms"),
        request("q3", "opt_out", "member_id", "m-out-in", "2026-03-01 00:00:00", "email"),
        request("q4", "opt_in", "email", "out-in@example.jp", "2026-03-02 00:00:00", "email"),
        request("q5", "opt_in", "member_id", "m-in-out", "2026-03-01 00:00:00", "email"),
        request("q6", "opt_out", "member_id", "m-in-out", "2026-03-02 00:00:00", "email"),
        request("q7", "opt_out", "member_id", "m-later", "2026-04-01 00:00:00", "email"),
        request("q8", "opt_in", "member_id", "m-unsubscribed-in", "2026-03-09 00:00:00", "email"),
        request("q9", "opt_out", "card_no", "c-by-card", "2026-03-02 00:00:00", "dm"),
    )
    sources.add(
        "message_events",
        message("n1", "unsubscribed", "2026-03-03 00:00:00", address="UNSUBSCRIBED@example.jp"),
        message("n2", "unsubscribed", "2026-03-03 00:00:00", address="unsubscribed-in@example.jp"),
        message("n3", "complained", "2026-03-03 00:00:00", member_id="m-complained"),
        message("n4", "opened", "2026-03-03 00:00:00", member_id="m-says-yes"),
    )


def _stores(sources: Sources) -> None:
    """Card c-visits: two visits of three rows, one of them on the day of a receipt in the same store."""
    mine = {"card_no": "c-visits"}
    sources.add(
        "store_visits",
        visit("y1", "2026-03-05 10:00:00", **mine),
        visit("y2", "2026-03-06 10:00:00", "counselling", **mine),
        visit("y3", "2026-03-07 10:00:00", "reservation", reserved_for="2026-03-20 10:00:00", **mine),
        visit("y4", "2026-03-08 10:00:00"),
    )
    sources.add(
        "pos_receipts",
        receipt("r-visit", "100", "c-visits", "s1", "2026-03-05 11:00:00"),
        receipt("r-late", "100", "c-late"),
    )
