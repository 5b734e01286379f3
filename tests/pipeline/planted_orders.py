"""The planted shop's masters, formats, bad rows and orders; its people are in `planted.py`."""

from datetime import UTC, date, datetime

from tests.pipeline.handmade import Sources
from tests.pipeline.rows import card, line, member, order, receipt, web


def masters(sources: Sources) -> None:
    sources.add("brands", *({"brand_id": f"b{n}", "name": f"ブランド{n}"} for n in (1, 2, 3)), encoding="cp932")
    sources.add(
        "stores",
        {"store_id": "s1", "name": "銀座", "prefecture": "東京", "brand_id": "b3"},
        {"store_id": "s2", "name": "梅田", "prefecture": "大阪府", "brand_id": ""},
    )
    product = {"brand_id": "b1", "name": "化粧水", "category": "skin", "is_trial": "", "price": "1000"}
    sources.add(
        "products",
        {"product_id": "p1"} | product,
        {"product_id": "p2"} | product | {"brand_id": "b2"},
        {"product_id": "t1"} | product | {"is_trial": "YES"},
        name="all.csv",
        delimiter="\t",
    )
    sources.add(
        "product_codes",
        *(
            {"surface": surface, "code": code, "product_id": "p1"}
            for surface, code in (("media", "M-1"), ("shop", "S-1"), ("till", "4900001"))
        ),
        name="codes.jsonl",
    )
    sources.add(
        "contents",
        {"content_id": "k-own", "title": "一", "brand_id": "b2", "product_id": "p1"},
        {"content_id": "k-product", "title": "二", "brand_id": "", "product_id": "p1"},
        {"content_id": "k-none", "title": "三", "brand_id": "", "product_id": ""},
    )


def formats(sources: Sources) -> None:
    """The same kind of row in every format; id 007 must stay a text."""
    japanese = {
        "last_name": "髙橋",
        "first_name": "一郎",
        "last_name_kana": "ﾀｶﾊｼ",
        "prefecture": "東京",
        "address": "港区１ー２",
        "email_opt_in": "TRUE",
        "sms_opt_in": "no",
        "dm_opt_in": "1",
        "favourite_colour": "赤",
    }
    sources.add(
        "members",
        member(
            "007",
            email=" Cp932@Example.JP",
            phone="０９０－１１１１－０００１",
            birth_date="昭和60年4月1日",
            gender="Female",
            **japanese,
        ),
        name="01.csv",
        encoding="cp932",
    )
    sources.add(
        "members",
        member(
            "m-bom", email="bom@example.jp", phone="+81 90 1111 0002", birth_date="1985/3/31", gender="male", **japanese
        ),
        name="02.csv.gz",
        encoding="utf-8-sig",
        delimiter="\t",
    )
    sources.add(
        "members",
        {
            "member_id": 8,
            "email": "jsonl@example.jp",
            "registered_at": "2025-01-01T00:00:00Z",
            "updated_at": "2025-01-01T09:00:00+09:00",
            "email_opt_in": True,
            "line_opt_in": None,
        },
        name="03.jsonl",
    )
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    sources.add(
        "members",
        {
            "member_id": 9,
            "email": "parquet@example.jp",
            "registered_at": moment,
            "updated_at": moment,
            "birth_date": date(2010, 5, 5),
            "email_opt_in": False,
            "sms_opt_in": True,
        },
        name="04.parquet",
    )
    sources.add(
        "ec_orders",
        {
            "order_id": "o-parquet",
            "member_id": 9,
            "ordered_at": datetime(2026, 3, 1, 9, 30),
            "status": "paid",
            "total_amount": 1234.0,
            "is_gift": True,
        },
        name="typed.parquet",
    )
    sources.add(
        "ec_order_items",
        {"order_id": "o-parquet", "line_no": 1, "product_id": "p1", "quantity": 2, "amount": 1234},
        name="typed.jsonl.gz",
    )


def bad_rows(sources: Sources) -> None:
    """Rows for quarantine, values for warnings, copies and older versions."""
    sources.add(
        "members",
        member("m-no-date", registered_at=""),
        member("m-bad-date", registered_at="2026-02-30"),
        member(
            "m-warn",
            email="not an address",
            phone="12",
            gender="f",
            birth_date="never",
            email_opt_in="maybe",
            postal_code="SW1A 1AA",
            prefecture="Greater London",
            address="10 Downing St",
        ),
        member("m-version", member_rank="gold", updated_at="2026-01-02 00:00:00"),
        name="05.csv",
    )
    sources.add("members", member("m-version", member_rank="silver", updated_at="2026-01-01 00:00:00"), name="06.csv")
    sources.add(
        "ec_orders",
        order("o-shipped", "100", status="shipped"),
        order("o-no-amount", "many"),
        order("", "100"),
        name="bad.csv",
    )
    sources.add(
        "web_events",
        web("w-zap", "v-bad", "2026-03-01 00:00:00", "zap"),
        web("w-nobody", "", "2026-03-01 00:00:00"),
        web("w-warn", "v-warn", "2026-03-01 00:00:00", "add_to_cart", quantity="two", email="x@"),
        name="01.csv",
    )
    sources.add(
        "web_events",
        web("w-twice", "v-first", "2026-03-01 00:00:00"),
        web("w-twice", "v-second", "2026-03-02 00:00:00"),
        name="02.csv",
    )
    sources.add("web_events", web("w-twice", "v-third", "2026-03-03 00:00:00"), name="03.csv")


def orders(sources: Sources) -> None:
    """Member m-orders, with card c-orders: what counts as an order."""
    mine = {"member_id": "m-orders"}
    sources.add("members", member("m-orders", email="orders@example.jp"))
    sources.add("store_cards", card("c-orders", member_id="m-orders"))
    sources.add(
        "ec_orders",
        order("o-paid", "1000", is_gift="yes", **mine),
        order("o-zero", "0", **mine),
        order("o-lineless", "700", **mine),
        order("o-cancelled", "5000", status="cancelled", **mine),
        order("o-refunded", "0", status="refunded", **mine),
        order("o-part", "800", status="refunded", updated_at="2026-03-20 00:00:00", **mine),
        order("o-trial", "500", **mine),
        order("o-mixed", "900", is_subscription="yes", **mine),
    )
    # The older version of the order lands later: updated_at decides.
    sources.add("ec_orders", order("o-part", "2000", updated_at="2026-03-10 12:00:00", **mine), name="02.csv")
    sources.add(
        "ec_order_items",
        line("o-paid", 1, "S-1", "600", "2"),
        line("o-paid", 2, "p2", "400"),
        line("o-zero", 1, "p1", "0"),
        line("o-cancelled", 1, "p1", "5000"),
        line("o-refunded", 1, "p1", "0"),
        line("o-part", 1, "p1", "800"),
        line("o-trial", 1, "t1", "500"),
        line("o-mixed", 1, "t1", "300"),
        line("o-mixed", 2, "p1", "600"),
    )
    sources.add(
        "pos_receipts",
        receipt("r-sold", "400", "c-orders"),
        receipt("r-back", "300", "c-orders", is_return="1"),
        receipt("r-back-2", "-50", "c-orders", is_return="true"),
        receipt("r-nobody", "9000"),
    )
    sources.add(
        "pos_receipt_items",
        line("r-sold", 1, "4900001", "400", key="receipt_id"),
        line("r-back", 1, "p1", "300", key="receipt_id"),
        line("r-nobody", 1, "p1", "9000", key="receipt_id"),
    )


def days(sources: Sources) -> None:
    """Members m-day-...: one order each, at the edges of Tokyo's 31 March."""
    for name, at in {
        "last-second": "2026-03-31T23:59:59",
        "last-second-utc": "2026-03-31T14:59:59Z",
        "first-second-utc": "2026-03-30T15:00:00+00:00",
        "tomorrow": "2026-04-01 00:00:00",
        "tomorrow-utc": "2026-03-31T15:00:00Z",
    }.items():
        sources.add("members", member(f"m-day-{name}"))
        sources.add("ec_orders", order(f"o-day-{name}", "10", member_id=f"m-day-{name}", ordered_at=at))
    sources.add("members", member("m-tomorrow", registered_at="2026-04-01 10:00:00"))
    sources.add("web_events", web("w-tomorrow", "v-tomorrow", "2026-04-01T10:00:00"))
