"""birthday, trial_follow_up and first_purchase_follow_up: times, exits and edges."""

import pytest
from activation_shop import Shop

from dagster_project.activation.scenarios.reading import load_scenarios


def runs(shop: Shop, *days: str) -> None:
    for day in days:
        shop.run(day)


def test_a_birthday_is_listed_the_day_before_for_nine_in_the_morning(shop: Shop) -> None:
    shop.only("birthday", load_scenarios())
    shop.customer("anna", born="1990-03-10")
    runs(shop, "2026-03-08", "2026-03-09", "2026-03-10")
    assert shop.listed("all_scenario_targets") == [("anna", "greeting", "email", "2026-03-10 09:00")]
    assert shop.con.execute("select as_of::varchar, trigger from activation.all_scenario_targets").fetchall() == [
        ("2026-03-09", "birthday:2026")
    ]


@pytest.mark.parametrize(("year", "greeted"), [(2027, "2027-02-28 09:00"), (2028, "2028-02-29 09:00")])
def test_29_february_is_greeted_on_the_28th_in_common_years(shop: Shop, year: int, greeted: str) -> None:
    shop.only("birthday", load_scenarios())
    shop.customer("anna", born="2000-02-29")
    runs(shop, f"{year}-02-26", f"{year}-02-27", f"{year}-02-28", f"{year}-03-01")
    assert [row[3] for row in shop.listed("all_scenario_targets")] == [greeted]


def test_a_birthday_on_1_january_is_found_from_the_old_year(shop: Shop) -> None:
    shop.only("birthday", load_scenarios())
    shop.customer("anna", born="1990-01-01")
    shop.run("2026-12-31")
    assert shop.listed() == [("anna", "greeting", "email", "2027-01-01 09:00")]


def test_a_birthday_that_has_passed_is_not_greeted_late(shop: Shop) -> None:
    shop.only("birthday", load_scenarios())
    shop.customer("anna", born="1990-03-09")
    shop.run("2026-03-09")
    assert shop.listed() == []
    assert shop.suppressed() == [("anna", "greeting", "expired")]


def test_after_a_merge_the_person_is_not_greeted_again(shop: Shop) -> None:
    shop.only("birthday", load_scenarios())
    shop.customer("anna", born="1990-03-10")
    shop.run("2026-03-09")
    shop.con.execute("update insights.customers set customer_id = 'older'")
    shop.con.execute("update pii.person_attributes set customer_id = 'older'")
    shop.con.execute("insert into identity.customer_aliases values ('anna', 'older')")
    shop.run("2026-03-10")
    assert len(shop.listed("all_scenario_targets")) == 1


@pytest.mark.parametrize(
    ("won_by", "channels"),
    [
        ("direct_mail", ["dm", "email", "dm"]),
        ("phone", ["sms", "email", "email"]),
        ("line", ["email", "line", "email"]),
        (None, ["email", "email", "email"]),
        ("unheard of", ["email", "email", "email"]),
    ],
)
def test_a_trial_is_followed_3_10_and_20_days_after_it_arrived_by_channel_of_acquisition(
    shop: Shop, won_by: str | None, channels: list[str]
) -> None:
    shop.only("trial_follow_up", load_scenarios())
    shop.customer("anna", won_by=won_by)
    shop.order("anna", "2026-01-01 12:00", product="PT", trial=True, delivered="2026-01-03 12:00")
    runs(
        shop,
        "2026-01-02",
        "2026-01-04",
        "2026-01-05",
        "2026-01-11",
        "2026-01-12",
        "2026-01-21",
        "2026-01-22",
        "2026-01-23",
    )
    assert shop.listed("all_scenario_targets") == [
        ("anna", "arrived_3_days", channels[0], "2026-01-06 12:00"),
        ("anna", "arrived_10_days", channels[1], "2026-01-13 12:00"),
        ("anna", "arrived_20_days", channels[2], "2026-01-23 12:00"),
    ]


def test_a_trial_triggers_when_it_arrives_and_one_from_a_shop_is_there_at_once(shop: Shop) -> None:
    shop.only("trial_follow_up", load_scenarios())
    shop.customer("anna")
    shop.customer("ben")
    shop.order("anna", "2026-01-01 12:00", trial=True)
    shop.order("ben", "2026-01-01 12:00", trial=True, channel="store")
    runs(shop, "2026-01-02", "2026-01-03")
    assert [row[0] for row in shop.listed("all_scenario_targets")] == ["ben"]


def test_a_counted_order_ends_the_trial_follow_up_and_an_earlier_one_starts_none(shop: Shop) -> None:
    shop.only("trial_follow_up", load_scenarios())
    for name in ("anna", "ben"):
        shop.customer(name)
    shop.order("anna", "2026-01-01 12:00", trial=True, delivered="2026-01-03 12:00")
    shop.order("anna", "2026-01-08 12:00")
    shop.order("ben", "2025-12-01 12:00")
    shop.order("ben", "2026-01-01 12:00", trial=True, delivered="2026-01-03 12:00")
    runs(shop, "2026-01-05", "2026-01-12", "2026-01-22")
    assert [row[:2] for row in shop.listed("all_scenario_targets")] == [("anna", "arrived_3_days")]
    assert shop.suppressed("all_suppressions") == [("anna", "arrived_10_days", "purchased")]


def test_the_first_order_is_followed_after_7_30_and_60_days(shop: Shop) -> None:
    shop.only("first_purchase_follow_up", load_scenarios())
    shop.customer("anna")
    shop.customer("other")
    shop.order("other", "2024-01-01 12:00", product="P3")
    shop.order("anna", "2026-01-01 12:00", product="P1")
    runs(shop, "2026-01-06", "2026-01-07", "2026-01-29", "2026-01-30", "2026-02-28", "2026-03-01", "2026-03-02")
    assert shop.listed("all_scenario_targets") == [
        ("anna", "use", "email", "2026-01-08 12:00"),
        ("anna", "repeat", "email", "2026-01-31 12:00"),
        ("anna", "line", "line", "2026-03-02 12:00"),
    ]
    products = "select product_id from activation.all_scenario_targets order by send_at"
    assert shop.con.execute(products).fetchall() == [
        ("P1",),
        ("P1",),
        ("P3",),
    ]  # of P1's line and brand, P3 is bought most


def test_a_second_order_ends_the_first_purchase_follow_up_and_starts_none(shop: Shop) -> None:
    shop.only("first_purchase_follow_up", load_scenarios())
    shop.customer("anna")
    shop.order("anna", "2026-01-01 12:00")
    shop.order("anna", "2026-01-05 12:00")
    runs(shop, "2026-01-07", "2026-01-20")
    assert shop.listed("all_scenario_targets") == []
    assert shop.suppressed("all_suppressions") == [("anna", "use", "purchased")]
