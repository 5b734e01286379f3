"""A shop written by hand in which one person's every value is a canary, in every source and column that may hold one.

`CANARY` is unlike any other text; its person asks to be erased on the second day. `CONTESTED` is an address that two
others share, asked to be erased as well. `OTHERS` must stay as they are.
"""

from tests.pipeline.handmade import Sources
from tests.pipeline.rows import card, line, member, message, order, receipt, request, visit, web

MEMBER, CARD, LINE, VISITOR, TABLET = (
    "qx-member-7713",
    "qx-card-7713",
    "qx-line-7713",
    "qx-visitor-7713",
    "qx-tablet-7713",
)
EMAIL, OLD_EMAIL, PHONE = "qx.canary.7713@example.jp", "qx.before.7713@example.jp", "+818077137713"
NAMES = {
    "last_name": "嘉納鴉",
    "first_name": "七十三鳥",
    "last_name_kana": "カナリヤキューエックス",
    "first_name_kana": "ナナイチサンナナ",
    "birth_date": "1977-07-13",
    "postal_code": "771-3771",
    "prefecture": "北海道",
    "address": "鳥籠市カナリヤ町7713-7",
}
FREE = {
    "review": "qx-review 7713 my birds love it",
    "answer": "qx-answer 7713",
    "url": "https://shop.example.jp/account/qx-url-7713?mail=qx.canary.7713@example.jp",
    "attribute": "qx-attribute-7713",
    "coupon": "QX-COUPON-7713",
    "extra": "qx-unknown-column-7713",
    "session": "https://shop.example.jp/qx-session-7713",
    "survey": "qx-by-session-7713",
}
# What may be found of the person, as raw text and as staging writes it.
CANARIES = [
    MEMBER, CARD, LINE, VISITOR, TABLET, EMAIL, OLD_EMAIL, PHONE, "080-7713-7713", "08077137713",
    *(value for name, value in NAMES.items() if name != "prefecture"), *FREE.values(),
]  # fmt: skip
# What two persons share is nobody's: one phone with the canary, one address among others.
FAMILY, CONTESTED = "070-2222-3333", "family-mailbox@example.jp"
OTHERS = ["qy-1", "qy-2", "qy-3", "qy-4"]
WILLING = {f"{channel}_opt_in": "true" for channel in ("email", "line", "sms", "push", "dm")}
UNKNOWN = "qx-nobody-yet"
# A browser on which both log in; some of its rows carry nothing but its id.
SHARED = "family-browser"


def shop() -> Sources:
    """The first day's files."""
    sources = Sources()
    sources.add("brands", {"brand_id": "b1", "name": "b1"})
    sources.add("stores", {"store_id": "s1", "name": "s1"}, {"store_id": "s2", "name": "s2"})
    for product, trial in (("p1", ""), ("t1", "yes")):
        sources.add("products", {"product_id": product, "brand_id": "b1", "name": product, "is_trial": trial})
    _canary(sources)
    _others(sources)
    _family(sources)
    return sources


def _canary(sources: Sources) -> None:
    person = {"phone": "080-7713-7713", "line_user_id": LINE, **NAMES, **WILLING, "note": FREE["extra"]}
    sources.add("members", member(MEMBER, email=OLD_EMAIL, **person), name="canary-old.csv")
    newer = member(MEMBER, email=EMAIL.upper(), **person, updated_at="2026-01-01 09:00:00")
    sources.add("members", newer, name="canary.csv", encoding="cp932")
    sources.add("store_cards", card(CARD, member_id=MEMBER, phone=FAMILY, **NAMES))
    sources.add(
        "ec_orders",
        order("qo-1", "3000", member_id=MEMBER, email=EMAIL, phone=PHONE, coupon_code=FREE["coupon"]),
        order("qo-2", "500", email=EMAIL, ordered_at="2026-03-29T10:00:00"),  # a guest's, of a trial
        order("qo-3", "no money", email=EMAIL, phone="080-7713-7713"),
        order("o-1", "700", member_id=OTHERS[0], email=f"{OTHERS[0]}@example.jp"),
    )
    sources.add(
        "ec_order_items", line("qo-1", 1, "p1", "3000"), line("qo-2", 1, "t1", "500"), line("o-1", 1, "p1", "700")
    )
    sources.add("pos_receipts", receipt("qr-1", "1200", CARD), receipt("r-1", "300"))
    sources.add("pos_receipt_items", line("qr-1", 1, "p1", "1200", key="receipt_id"))
    sources.add("store_visits", visit("qv-1", "2026-03-20 10:00:00", card_no=CARD, member_id=MEMBER))
    sources.add(
        "web_events",
        web("qw-1", VISITOR, "2026-03-30T10:00:00", "login", member_id=MEMBER, url=FREE["url"]),
        web("qw-2", VISITOR, "2026-03-31T10:00:00", "add_to_cart", product_id="p1", quantity="1", url=FREE["url"]),
        web("qw-3", TABLET, "2026-03-31T11:00:00", "search", email=EMAIL, url=FREE["url"]),
        web("w-1", "y-visitor", "2026-03-31T10:00:00", member_id=OTHERS[0]),
        web("w-2", "y-visitor", "2026-03-31T10:05:00"),
    )
    sources.add(
        "message_events",
        message("qm-1", "opened", "2026-03-01T10:00:00", address=EMAIL, member_id=MEMBER),
        message("qm-2", "delivered", "2026-03-01T10:00:00", address=LINE) | {"channel": "line"},
        message("qm-3", "delivered", "2026-03-01T10:00:00", address="08077137713") | {"channel": "sms"},
    )
    review = {"product_id": "p1", "rating": "5", "posted_at": "2026-03-15T10:00:00"}
    sources.add("reviews", {"review_id": "qe-1", "member_id": MEMBER, "body": FREE["review"], **review})
    act = {"kind": "like", "brand_id": "b1", "occurred_at": "2026-03-16T10:00:00"}
    sources.add("social_actions", {"action_id": "qa-1", "line_user_id": LINE, "visitor_id": VISITOR, **act})
    asked = {"question": "q", "answered_at": "2026-03-16T10:00:00"}
    sources.add("survey_answers", {"answer_id": "qs-1", "member_id": MEMBER, "answer": FREE["answer"], **asked})
    known = {"updated_at": "2026-03-16T10:00:00"}
    sources.add(
        "external_attributes",
        {
            "identifier_kind": "phone",
            "identifier": "０８０−７７１３−７７１３",
            "name": "note",
            "value": FREE["attribute"],
            **known,
        },
    )
    sources.add("privacy_requests", request("q-1", "opt_in", "email", EMAIL, "2026-02-01T10:00:00", "email"))
    # Rows that cannot be read hold values as well.
    torn = {
        "answer_id": "qs-2",
        "visitor_id": VISITOR,
        "answered_at": "a while ago",
        "answer": FREE["answer"],
        "question": "q",
    }
    sources.add("survey_answers", torn)


def _others(sources: Sources) -> None:
    for number, member_id in enumerate(OTHERS):
        email = CONTESTED if number in (2, 3) else f"{member_id}@example.jp"
        phone = FAMILY if number == 1 else f"0901111000{number}"
        sources.add(
            "members", member(member_id, email=email, phone=phone, birth_date=f"1990-01-0{number + 1}", **WILLING)
        )
    sources.add("ec_orders", order("o-2", "900", email=CONTESTED))
    sources.add("ec_order_items", line("o-2", 1, "p1", "900"))


def _family(sources: Sources) -> None:
    """An evening on the shared browser: the other's log-in and page, then the canary's; at night a page of nobody's."""
    sources.add(
        "web_events",
        web("w-10", SHARED, "2026-03-30T20:00:00", "login", member_id=OTHERS[0]),
        web("w-11", SHARED, "2026-03-30T20:05:00"),
        web("qw-10", SHARED, "2026-03-30T20:10:00", "login", member_id=MEMBER),
        web("qw-11", SHARED, "2026-03-30T20:12:00", url=FREE["session"]),
        web("w-12", SHARED, "2026-03-30T23:00:00"),
    )
    answered = {"visitor_id": SHARED, "question": "q", "answered_at": "2026-03-30T20:15:00"}
    sources.add("survey_answers", {"answer_id": "qs-3", "answer": FREE["survey"], **answered})


def second_day() -> Sources:
    """What comes on the second day: the requests, rows of the canary's again, and rows of others."""
    sources = Sources()
    sources.add(
        "privacy_requests",
        request("q-2", "erase", "email", EMAIL, "2026-04-01T10:00:00"),
        request("q-3", "erase", "email", CONTESTED, "2026-04-01T10:00:00"),
        request("q-4", "erase", "visitor_id", UNKNOWN, "2026-04-01T10:00:00"),
        request("q-5", "opt_out", "email", f"{OTHERS[0]}@example.jp", "2026-04-01T10:00:00"),
        name="02.csv",
    )
    # Not the same file, so it lands; a copy of the file itself, under whatever name, does not.
    sources.add(
        "members", member(MEMBER, email=EMAIL, **NAMES), member("qy-5", phone="090-1111-0005"), name="again.csv"
    )
    sources.add(
        "web_events",
        web("qw-4", TABLET, "2026-04-01T09:00:00", url=FREE["url"]),
        web("qw-5", "y-visitor", "2026-04-01T09:00:00", member_id=OTHERS[0]),
        web("qw-12", SHARED, "2026-04-01T20:00:00", "login", member_id=MEMBER),
        web("qw-13", SHARED, "2026-04-01T20:01:00", url=FREE["session"]),
        web("qw-11", SHARED, "2026-03-30T20:12:00", url=FREE["session"]),
        name="02.csv",
    )
    return sources
