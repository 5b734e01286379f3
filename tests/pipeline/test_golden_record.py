"""Which record each attribute of a person comes from, on the hand-made shop, and how one asks."""

import json

from dagster_project.identity.hashing import identifier_hash
from tests.conftest import Shop
from tests.pipeline.handmade import customer
from tests.pipeline.test_contract_customers import SALT, holder


def origin(shop: Shop, customer_id: str, attribute: str) -> tuple:
    """(record_kind, record_hash, decided_by, other records, disagreeing ones) of an attribute."""
    [row] = shop.query(
        "select record_kind, record_hash, decided_by, other_records, disagreeing_records"
        " from marts.customer_attribute_sources where customer_id = ? and attribute = ?",
        [customer_id, attribute],
    )
    return row


def record(kind: str, value: str) -> tuple[str, str]:
    return kind, identifier_hash(SALT, kind, value)


def test_a_member_record_comes_before_a_newer_card(planted_shop: Shop) -> None:
    customer_id, *known = customer(planted_shop, "m-gold", "customer_id, gender, prefecture, age_band")
    # The half address of the member stands as it is; what only the card knows, the card gives.
    assert known == ["female", "東京都", "40s"]
    for attribute in ("gender", "address"):
        assert origin(planted_shop, customer_id, attribute) == (*record("member_id", "m-gold"), "priority", 1, 1)
    assert origin(planted_shop, customer_id, "birth_date") == (*record("card_no", "c-gold"), "only_record", 0, 0)


def test_a_card_in_use_comes_before_a_member_who_left(planted_shop: Shop) -> None:
    customer_id, *known = customer(planted_shop, "m-left", "customer_id, gender, prefecture, member_rank")
    assert known == ["male", "大阪府", "gold"]
    assert origin(planted_shop, customer_id, "gender") == (*record("card_no", "c-left"), "priority", 1, 1)


def test_an_address_is_taken_whole_from_the_more_complete_card(planted_shop: Shop) -> None:
    customer_id = holder(planted_shop, "card_no", "c-half")
    assert customer_id == holder(planted_shop, "card_no", "c-whole")
    assert planted_shop.query(
        "select prefecture, gender from marts.customers where customer_id = ?", [customer_id]
    ) == [("京都府", "female")]
    whole = record("card_no", "c-whole")
    # They agree where both say something: the newer one knows no more than the postal code.
    assert origin(planted_shop, customer_id, "address") == (*whole, "completeness", 1, 0)
    assert origin(planted_shop, customer_id, "gender") == (*record("card_no", "c-half"), "recency", 1, 1)
    assert origin(planted_shop, customer_id, "phone") == (*record("card_no", "c-half"), "recency", 1, 0)


def test_a_guest_is_known_by_what_he_ordered_with(planted_shop: Shop) -> None:
    customer_id = holder(planted_shop, "email", "guest-buyer@example.jp")
    assert origin(planted_shop, customer_id, "email") == (
        *record("email", "guest-buyer@example.jp"),
        "only_record",
        0,
        0,
    )


def test_a_blocklisted_address_is_no_ones_attribute(planted_shop: Shop) -> None:
    [customer_id] = customer(planted_shop, "m-test")
    assert (
        planted_shop.query(
            "select attribute from marts.customer_attribute_sources where customer_id = ? and attribute = 'email'",
            [customer_id],
        )
        == []
    )


def test_exactly_what_is_known_of_a_customer_has_an_origin(planted_shop: Shop) -> None:
    """`customers` and its origins tell of the same values; no origin is without a person, none holds a value."""
    for attribute, is_known in {
        "gender": "gender is not null",
        "member_rank": "member_rank is not null",
        "birth_date": "age_band is not null",
    }.items():
        told = planted_shop.query(
            "select count(*) filter (where origins.customer_id is null), count(*) from marts.customers"
            " left join marts.customer_attribute_sources as origins"
            f" on customers.customer_id = origins.customer_id and attribute = ? where {is_known}",
            [attribute],
        )
        origins = planted_shop.query(
            "select count(*) from marts.customer_attribute_sources where attribute = ?", [attribute]
        )
        assert told == [(0, origins[0][0])] and origins[0][0] > 0
    assert planted_shop.query(
        "select count(*) from marts.customer_attribute_sources anti join marts.customers using (customer_id)"
    ) == [(0,)]


def test_the_card_of_a_customer_says_where_a_value_comes_from(planted_shop: Shop) -> None:
    told = json.loads(planted_shop.kizuna("card", "member_id:m-gold", "--json").stdout)["attributes"]
    assert [row["attribute"] for row in told] == ["address", "birth_date", "gender"]
    assert [(row["source"], row["priority"]) for row in told] == [("members", 1), ("store_cards", 2), ("members", 1)]
    printed = planted_shop.kizuna("card", "member_id:m-gold").stdout
    assert all(f"{row['record_kind']}:{row['record_hash'][:12]}" in printed for row in told)
