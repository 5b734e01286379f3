"""The feeds that ship: customers has a row per member, scenario_targets never a hold-out."""

import json

import duckdb
import pytest
from feed_steps import AS_OF, CUT_OFF, receive

from dagster_project.activation.feeds import deliver, load_feeds, prepare
from dagster_project.project import ROOT

CONTRACT = [
    "user_id",
    "customer_id",
    "gender",
    "age_band",
    "prefecture",
    "member_rank",
    "rf_segment",
    "frequency",
    "net_sales",
    "first_order_on",
    "last_order_on",
    "favourite_brand_id",
    "favourite_category",
    "price_band",
    "visits",
    "score_product",
    "score_lifestyle",
    "score_lifestance",
    "badge_ids",
    "consents",
]


@pytest.fixture
def shipped():
    return {feed.feed_id: feed for feed in load_feeds(ROOT / "seeds" / "feeds")}


@pytest.fixture
def marts():
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("create schema marts")
        con.execute("""
            create table marts.customers (
                customer_id varchar, member_ids varchar[], gender varchar, age_band varchar,
                prefecture varchar, member_rank varchar, consent_email boolean, consent_line boolean,
                consent_sms boolean, consent_push boolean, consent_dm boolean, net_sales decimal(18, 2),
                first_order_at timestamp,
                last_order_at timestamp, frequency bigint, rf_segment varchar, favourite_brand_id varchar,
                favourite_category varchar, price_band varchar, visits bigint, days_since_last_visit bigint,
                score_product bigint, score_lifestyle bigint, score_lifestance bigint)
        """)
        con.execute("create table marts.badges (customer_id varchar, badge_id varchar)")
        con.execute("""
            insert into marts.customers values
                ('c1', ['m1'], 'female', '30s', '東京都', 'gold', true, true, false, false, true, 1234.00,
                 '2024-03-31 15:00:00', '2024-12-30 14:59:59', 2, 'promising_active', 'b1', 'lotion',
                 'mid', 3, 7, 10, 5, 8),
                ('c2', ['m2', 'm3'], null, null, null, null, false, false, false, false, false, 0, null, null,
                 0, null, null, null, null, 0, null, 0, 0, 0),
                ('c3', [], 'male', '40s', '大阪府', null, false, false, false, false, false, 500, null, null,
                 0, null, null, null, null, 1, null, 0, 0, 5)
        """)
        con.execute("insert into marts.badges values ('c1', 'vision_reader'), ('c1', 'product_lover')")
        yield con


def test_customers_has_the_columns_of_the_contract_and_a_row_per_member(shipped, marts, home):
    feed = shipped["customers"]
    assert [column.name for column in feed.columns] == CONTRACT
    assert (feed.key, feed.mode, feed.format, feed.destination["type"]) == (
        "user_id",
        "mirror",
        "csv",
        "folder",
    )
    done = deliver(home, prepare(marts, home, feed, AS_OF, CUT_OFF))
    assert (done.counts.added, done.counts.held_back) == (3, 0)
    nobody = ["", "", "", "", "", "0", "0", "", "", "", "", "", "0", "0", "0", "0", "", ""]
    assert receive(home, "customers") == {
        # 31 March 15:00 UTC is 1 April in Tokyo; 30 December 14:59:59 is still that day.
        "m1": [
            "c1",
            "female",
            "30s",
            "東京都",
            "gold",
            "promising_active",
            "2",
            "1234",
            "2024-04-01",
            "2024-12-30",
            "b1",
            "lotion",
            "mid",
            "3",
            "10",
            "5",
            "8",
            "product_lover|vision_reader",
            "dm|email|line",
        ],
        "m2": ["c2", *nobody],
        "m3": ["c2", *nobody],
    }


def test_the_passing_of_days_alone_sends_no_customer(shipped, marts, home):
    deliver(home, prepare(marts, home, shipped["customers"], AS_OF, CUT_OFF))
    marts.execute("update marts.customers set days_since_last_visit = days_since_last_visit + 1")
    assert deliver(home, prepare(marts, home, shipped["customers"], AS_OF, CUT_OFF)).status == "unchanged"


def test_an_erased_member_is_sent_as_a_deletion(shipped, marts, home):
    deliver(home, prepare(marts, home, shipped["customers"], AS_OF, CUT_OFF))
    marts.execute("delete from marts.customers where customer_id = 'c1'")
    assert deliver(home, prepare(marts, home, shipped["customers"], AS_OF, CUT_OFF)).counts.removed == 1
    assert sorted(receive(home, "customers")) == ["m2", "m3"]


def test_scenario_targets_sends_each_row_once_and_never_a_holdout(shipped, home):
    feed = shipped["scenario_targets"]
    assert (feed.key, feed.mode) == ("feed_row_id", "upsert")
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("create schema marts")
        con.execute(
            "create table marts.scenario_targets (as_of date, feed_row_id varchar, scenario_id varchar,"
            " step integer, customer_id varchar, channel varchar, send_at timestamp, content_id varchar,"
            " product_id varchar, reason varchar, rule_version varchar, holdout boolean, brand_id varchar,"
            " store_id varchar, campaign_id varchar, withdrawn varchar)"
        )
        add = (
            "insert into marts.scenario_targets values ('2024-12-31', ?, 'birthday', 1, 'c1', 'email',"
            " '2025-01-01 00:00:00', 'k1', null, 'birthday on 1 January', 'v1', ?, null, null, null, null)"
        )
        con.execute(add, ["r1", False])
        con.execute(add, ["r2", True])
        assert deliver(home, prepare(con, home, feed, AS_OF, CUT_OFF)).counts.added == 1
        con.execute(add, ["r3", False])
        assert deliver(home, prepare(con, home, feed, AS_OF, CUT_OFF)).counts.added == 1
        first, second = sorted((home.feeds / "scenario_targets").iterdir())
        assert (second / "data-0001.csv").read_text().splitlines()[1:] == [
            "r3,2024-12-31,birthday,1,c1,email,2025-01-01 00:00:00,k1,,,,,birthday on 1 January,v1"
        ]
        assert json.loads((second / "manifest.json").read_text())["previous_sync_id"] == first.name
    assert sorted(receive(home, "scenario_targets")) == ["r1", "r3"]
