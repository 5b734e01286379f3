"""A shop of a few dozen persons, each planted for one rule of the contract; as_of is 2026-03-31.

The ids say what they are there for: member `m-zero`, order `o-zero`. What must come of them stands in the tests.
"""

from datetime import UTC, date, datetime, timedelta

from tests.pipeline.handmade import Row, Sources

AS_OF = date(2026, 3, 31)
CONSENTS = {f"{channel}_opt_in": "" for channel in ("email", "line", "sms", "push", "dm")}
# Two accounts of one person, as somebody has decided.
OVERRIDES = ["member_id,m-part-yes,member_id,m-part-no,always_link,tester,two accounts of one person"]


def member(member_id: str, **columns: str) -> Row:
    """A row of members."""
    return {"member_id": member_id, "email": "", "phone": "", "registered_at": "2025-01-01 09:00:00",
            "updated_at": "2025-01-01 09:00:00", "line_user_id": "", "gender": "", "birth_date": "", **CONSENTS} | columns


def order(order_id: str, amount: str, **columns: str) -> Row:
    """A row of ec_orders, paid at noon of 10 March unless it says otherwise."""
    return {"order_id": order_id, "member_id": "", "email": "", "phone": "", "ordered_at": "2026-03-10T12:00:00",
            "status": "paid", "total_amount": amount, "is_gift": "", "updated_at": ""} | columns


def line(order_id: str, line_no: int, product_id: str, amount: str, quantity: str = "1", key: str = "order_id") -> Row:
    """A row of ec_order_items or, with key receipt_id, of pos_receipt_items."""
    return {key: order_id, "line_no": str(line_no), "product_id": product_id, "quantity": quantity, "amount": amount}


def receipt(receipt_id: str, amount: str, card_no: str = "", store_id: str = "s2", at: str = "2026-03-12 18:00:00",
            is_return: str = "") -> Row:
    """A row of pos_receipts."""
    return {"receipt_id": receipt_id, "store_id": store_id, "card_no": card_no, "receipted_at": at,
            "total_amount": amount, "is_return": is_return}


def card(card_no: str, **columns: str) -> Row:
    """A row of store_cards."""
    return {"card_no": card_no, "member_id": "", "email": "", "phone": "", "registered_at": "2025-02-01 10:00:00",
            "updated_at": "2025-02-01 10:00:00"} | columns


def visit(visit_id: str, at: str, kind: str = "check_in", **columns: str) -> Row:
    """A row of store_visits in store s1."""
    return {"visit_id": visit_id, "store_id": "s1", "card_no": "", "member_id": "", "visited_at": at, "kind": kind} | columns


def web(event_id: str, visitor_id: str, at: str, event_name: str = "page_view", **columns: str) -> Row:
    """A row of web_events."""
    return {"event_id": event_id, "occurred_at": at, "visitor_id": visitor_id, "member_id": "", "email": "",
            "event_name": event_name, "product_id": "", "content_id": "", "order_id": "", "quantity": ""} | columns


def message(event_id: str, event: str, at: str, **columns: str) -> Row:
    """A row of message_events by e-mail."""
    return {"message_event_id": event_id, "message_id": "x" + event_id, "channel": "email", "address": "", "member_id": "",
            "event": event, "occurred_at": at} | columns


def request(request_id: str, kind: str, identifier_kind: str, identifier: str, at: str, channel: str = "") -> Row:
    """A row of privacy_requests."""
    return {"request_id": request_id, "identifier_kind": identifier_kind, "identifier": identifier, "kind": kind,
            "channel": channel, "requested_at": at}


def shop() -> Sources:
    """All of it."""
    sources = Sources()
    for part in (_masters, _formats, _bad_rows, _orders, _days, _brands, _carts, _people, _devices, _consents, _stores):
        part(sources)
    return sources


def _masters(sources: Sources) -> None:
    sources.add("brands", *({"brand_id": f"b{n}", "name": f"ブランド{n}"} for n in (1, 2, 3)), encoding="cp932")
    sources.add("stores", {"store_id": "s1", "name": "銀座", "prefecture": "東京", "brand_id": "b3"},
                {"store_id": "s2", "name": "梅田", "prefecture": "大阪府", "brand_id": ""})
    product = {"brand_id": "b1", "name": "化粧水", "category": "skin", "is_trial": "", "price": "1000"}
    sources.add("products", {"product_id": "p1"} | product, {"product_id": "p2"} | product | {"brand_id": "b2"},
                {"product_id": "t1"} | product | {"is_trial": "YES"}, name="all.csv", delimiter="\t")
    sources.add("product_codes", *({"surface": surface, "code": code, "product_id": "p1"} for surface, code in
                                   (("media", "M-1"), ("shop", "S-1"), ("till", "4900001"))), name="codes.jsonl")
    sources.add("contents", {"content_id": "k-own", "title": "一", "brand_id": "b2", "product_id": "p1"},
                {"content_id": "k-product", "title": "二", "brand_id": "", "product_id": "p1"},
                {"content_id": "k-none", "title": "三", "brand_id": "", "product_id": ""})


def _formats(sources: Sources) -> None:
    """The same kind of row in every format; id 007 must stay a text."""
    japanese = {"last_name": "髙橋", "first_name": "一郎", "last_name_kana": "ﾀｶﾊｼ", "prefecture": "東京", "address": "港区１ー２",
                "email_opt_in": "TRUE", "sms_opt_in": "no", "dm_opt_in": "1", "favourite_colour": "赤"}
    sources.add("members", member("007", email=" Cp932@Example.JP", phone="０９０－１１１１－０００１", birth_date="昭和60年4月1日",
                                  gender="Female", **japanese), name="01.csv", encoding="cp932")
    sources.add("members", member("m-bom", email="bom@example.jp", phone="+81 90 1111 0002", birth_date="1985/3/31",
                                  gender="male", **japanese), name="02.csv.gz", encoding="utf-8-sig", delimiter="\t")
    sources.add("members", {"member_id": 8, "email": "jsonl@example.jp", "registered_at": "2025-01-01T00:00:00Z",
                            "updated_at": "2025-01-01T09:00:00+09:00", "email_opt_in": True, "line_opt_in": None},
                name="03.jsonl")
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    sources.add("members", {"member_id": 9, "email": "parquet@example.jp", "registered_at": moment, "updated_at": moment,
                            "birth_date": date(2010, 5, 5), "email_opt_in": False, "sms_opt_in": True}, name="04.parquet")
    sources.add("ec_orders", {"order_id": "o-parquet", "member_id": 9, "ordered_at": datetime(2026, 3, 1, 9, 30),
                              "status": "paid", "total_amount": 1234.0, "is_gift": True}, name="typed.parquet")
    sources.add("ec_order_items", {"order_id": "o-parquet", "line_no": 1, "product_id": "p1", "quantity": 2, "amount": 1234},
                name="typed.jsonl.gz")


def _bad_rows(sources: Sources) -> None:
    """Rows for quarantine, values for warnings, copies and older versions."""
    sources.add("members", member("m-no-date", registered_at=""), member("m-bad-date", registered_at="2026-02-30"),
                member("m-warn", email="not an address", phone="12", gender="f", birth_date="never", email_opt_in="maybe",
                       postal_code="SW1A 1AA", prefecture="Greater London", address="10 Downing St"),
                member("m-version", member_rank="gold", updated_at="2026-01-02 00:00:00"), name="05.csv")
    sources.add("members", member("m-version", member_rank="silver", updated_at="2026-01-01 00:00:00"), name="06.csv")
    sources.add("ec_orders", order("o-shipped", "100", status="shipped"), order("o-no-amount", "many"), order("", "100"),
                name="bad.csv")
    sources.add("web_events", web("w-zap", "v-bad", "2026-03-01 00:00:00", "zap"), web("w-nobody", "", "2026-03-01 00:00:00"),
                web("w-warn", "v-warn", "2026-03-01 00:00:00", "add_to_cart", quantity="two", email="x@"), name="01.csv")
    sources.add("web_events", web("w-twice", "v-first", "2026-03-01 00:00:00"), web("w-twice", "v-second", "2026-03-02 00:00:00"),
                name="02.csv")
    sources.add("web_events", web("w-twice", "v-third", "2026-03-03 00:00:00"), name="03.csv")


def _orders(sources: Sources) -> None:
    """Member m-orders, with card c-orders: what counts as an order."""
    mine = {"member_id": "m-orders"}
    sources.add("members", member("m-orders", email="orders@example.jp"))
    sources.add("store_cards", card("c-orders", member_id="m-orders"))
    sources.add("ec_orders", order("o-paid", "1000", is_gift="yes", **mine), order("o-zero", "0", **mine),
                order("o-lineless", "700", **mine), order("o-cancelled", "5000", status="cancelled", **mine),
                order("o-refunded", "0", status="refunded", **mine),
                order("o-part", "800", status="refunded", updated_at="2026-03-20 00:00:00", **mine),
                order("o-trial", "500", **mine), order("o-mixed", "900", **mine))
    # The older version of the order lands later: updated_at decides.
    sources.add("ec_orders", order("o-part", "2000", updated_at="2026-03-10 12:00:00", **mine), name="02.csv")
    sources.add("ec_order_items", line("o-paid", 1, "S-1", "600", "2"), line("o-paid", 2, "p2", "400"), line("o-zero", 1, "p1", "0"),
                line("o-cancelled", 1, "p1", "5000"), line("o-refunded", 1, "p1", "0"), line("o-part", 1, "p1", "800"),
                line("o-trial", 1, "t1", "500"), line("o-mixed", 1, "t1", "300"), line("o-mixed", 2, "p1", "600"))
    sources.add("pos_receipts", receipt("r-sold", "400", "c-orders"), receipt("r-back", "300", "c-orders", is_return="1"),
                receipt("r-back-2", "-50", "c-orders", is_return="true"), receipt("r-nobody", "9000"))
    sources.add("pos_receipt_items", line("r-sold", 1, "4900001", "400", key="receipt_id"),
                line("r-back", 1, "p1", "300", key="receipt_id"), line("r-nobody", 1, "p1", "9000", key="receipt_id"))


def _days(sources: Sources) -> None:
    """Members m-day-...: one order each, at the edges of Tokyo's 31 March."""
    for name, at in {"last-second": "2026-03-31T23:59:59", "last-second-utc": "2026-03-31T14:59:59Z",
                     "first-second-utc": "2026-03-30T15:00:00+00:00", "tomorrow": "2026-04-01 00:00:00",
                     "tomorrow-utc": "2026-03-31T15:00:00Z"}.items():
        sources.add("members", member(f"m-day-{name}"))
        sources.add("ec_orders", order(f"o-day-{name}", "10", member_id=f"m-day-{name}", ordered_at=at))
    sources.add("members", member("m-tomorrow", registered_at="2026-04-01 10:00:00"))
    sources.add("web_events", web("w-tomorrow", "v-tomorrow", "2026-04-01T10:00:00"))


def _brands(sources: Sources) -> None:
    at = "2026-03-05T10:00:00"
    sources.add("web_events", web("w-product", "v-brands", at, "product_view", product_id="p1", content_id="k-own"),
                web("w-code", "v-brands", at, "product_view", product_id="M-1"),
                web("w-content", "v-brands", at, "content_view", content_id="k-own"),
                web("w-content-product", "v-brands", at, "content_view", content_id="k-product"),
                web("w-none", "v-brands", at, "content_view", content_id="k-none"))
    sources.add("pos_receipts", receipt("r-brand", "100", "c-brand", "s1"), receipt("r-store-brand", "100", "c-brand", "s1"))
    sources.add("pos_receipt_items", line("r-brand", 1, "p2", "100", key="receipt_id"))
    sources.add("social_actions", {"action_id": "a1", "member_id": "m-orders", "visitor_id": "", "line_user_id": "", "kind": "like",
                                   "brand_id": "b2", "product_id": "", "content_id": "", "occurred_at": at})
    sources.add("reviews", {"review_id": "r1", "member_id": "m-orders", "product_id": "p2", "rating": "5", "body": "秘密の感想",
                            "posted_at": at})
    sources.add("survey_answers", {"answer_id": "q1", "member_id": "m-orders", "visitor_id": "", "question": "肌", "answer": "乾燥",
                                   "answered_at": at})


def _carts(sources: Sources) -> None:
    for name in ("open", "bought", "emptied", "again"):
        sources.add("members", member(f"m-cart-{name}"))
        sources.add("web_events", web(f"w-add-{name}", f"v-cart-{name}", "2026-03-20T10:00:00", "add_to_cart", product_id="p1",
                                      quantity="2", member_id=f"m-cart-{name}"))
    sources.add("ec_orders", *(order(f"o-cart-{name}", "10", member_id=f"m-cart-{name}", ordered_at="2026-03-20T11:00:00")
                               for name in ("bought", "again")))
    sources.add("web_events", web("w-remove", "v-cart-emptied", "2026-03-20T10:30:00", "remove_from_cart", product_id="p1", quantity="2"),
                web("w-add-2", "v-cart-again", "2026-03-20T12:00:00", "add_to_cart", product_id="p2"))


def _people(sources: Sources) -> None:
    """Who is one person, who is nobody."""
    phone, mail = "03-1234-5678", "family@example.jp"
    sources.add("members", member("m-family-1", phone=phone), member("m-family-2", phone="+81-3-1234-5678"),
                *(member(f"m-mail-{n}", email=mail) for n in (1, 2, 3)), member("m-test", email="test@example.com"),
                member("m-card"), member("m-two-cards", email="two@example.jp"))
    sources.add("store_cards", card("c-card", member_id="m-card"), card("c-mail", email="Two@Example.jp "),
                card("c-member", member_id="m-two-cards"), card("c-late", phone="090-2222-0001"))
    sources.add("ec_orders", order("o-family", "10", phone="0312345678"), order("o-mail", "10", email=mail),
                order("o-test", "10", email="test@example.com", phone="0000000000"), order("o-guest-word", "10", member_id="guest"),
                order("o-guest", "10", email="guest-buyer@example.jp"), order("o-guest-2", "10", email="ＧＵＥＳＴ-buyer@example.jp"))
    sources.add("web_events", web("w-buyer-1", "v-buyer", "2026-03-10T11:50:00"),
                web("w-buyer-2", "v-buyer", "2026-03-10T12:00:00", "purchase", order_id="o-guest"),
                web("w-anonymous", "v-anonymous", "2026-03-10T12:00:00"))
    sources.add("social_actions", {"action_id": "a2", "member_id": "", "visitor_id": "", "line_user_id": "U-only", "kind": "follow",
                                   "brand_id": "b1", "product_id": "", "content_id": "", "occurred_at": "2026-03-05T10:00:00"})


def _devices(sources: Sources) -> None:
    """A tablet shared by two members: sessions end after 30 minutes without an event."""
    sources.add("members", member("m-tab-1"), member("m-tab-2"))
    start = datetime(2026, 3, 8, 10, 0)
    for name, minutes, who in (("before", 0, ""), ("login-1", 10, "m-tab-1"), ("same-1", 39, ""), ("chain-1", 60, ""), ("gap", 90, ""),
                               ("login-2", 100, "m-tab-2"), ("same-2", 129, ""), ("next-day", 1440, "")):
        sources.add("web_events", web(f"w-tab-{name}", "v-tablet", (start + timedelta(minutes=minutes)).isoformat(), member_id=who))


def _consents(sources: Sources) -> None:
    yes = {column: "yes" for column in CONSENTS}
    said = {"yes": yes, "no": {column: "0" for column in CONSENTS}, "blank": {}}
    sources.add("members", *(member(f"m-says-{word}", **columns) for word, columns in said.items()))
    for name in ("out-all", "out-sms", "out-in", "in-out", "later", "unsubscribed", "unsubscribed-in", "complained", "by-card"):
        sources.add("members", member(f"m-{name}", email=f"{name}@example.jp", **yes))
    sources.add("members", member("m-part-yes", email_opt_in="true", line_opt_in="true", push_opt_in="", sms_opt_in="false"),
                member("m-part-no", email_opt_in="false", line_opt_in="", push_opt_in="", sms_opt_in="true", dm_opt_in="true"))
    # A mailbox of two is nobody's, but a refusal from there is both's.
    sources.add("members", member("m-share-1", email="share@example.jp", **yes), member("m-share-2", email="share@example.jp", **yes))
    sources.add("message_events", message("n5", "unsubscribed", "2026-03-03 00:00:00", address="share@example.jp"))
    sources.add("store_cards", card("c-by-card", member_id="m-by-card"))
    sources.add("privacy_requests", request("q1", "opt_out", "member_id", "m-out-all", "2026-03-01 00:00:00"),
                request("q2", "opt_out", "email", "Out-SMS@example.jp", "2026-03-01 00:00:00", "sms"),
                request("q3", "opt_out", "member_id", "m-out-in", "2026-03-01 00:00:00", "email"),
                request("q4", "opt_in", "email", "out-in@example.jp", "2026-03-02 00:00:00", "email"),
                request("q5", "opt_in", "member_id", "m-in-out", "2026-03-01 00:00:00", "email"),
                request("q6", "opt_out", "member_id", "m-in-out", "2026-03-02 00:00:00", "email"),
                request("q7", "opt_out", "member_id", "m-later", "2026-04-01 00:00:00", "email"),
                request("q8", "opt_in", "member_id", "m-unsubscribed-in", "2026-03-09 00:00:00", "email"),
                request("q9", "opt_out", "card_no", "c-by-card", "2026-03-02 00:00:00", "dm"))
    sources.add("message_events", message("n1", "unsubscribed", "2026-03-03 00:00:00", address="UNSUBSCRIBED@example.jp"),
                message("n2", "unsubscribed", "2026-03-03 00:00:00", address="unsubscribed-in@example.jp"),
                message("n3", "complained", "2026-03-03 00:00:00", member_id="m-complained"),
                message("n4", "opened", "2026-03-03 00:00:00", member_id="m-says-yes"))


def _stores(sources: Sources) -> None:
    """Card c-visits: two visits of three rows, one of them on the day of a receipt in the same store."""
    mine = {"card_no": "c-visits"}
    sources.add("store_visits", visit("y1", "2026-03-05 10:00:00", **mine), visit("y2", "2026-03-06 10:00:00", "counselling", **mine),
                visit("y3", "2026-03-07 10:00:00", "reservation", reserved_for="2026-03-20 10:00:00", **mine),
                visit("y4", "2026-03-08 10:00:00"))
    sources.add("pos_receipts", receipt("r-visit", "100", "c-visits", "s1", "2026-03-05 11:00:00"),
                receipt("r-late", "100", "c-late"))
