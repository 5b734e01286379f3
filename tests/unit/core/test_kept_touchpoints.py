"""Touchpoints that are kept are those of a table built whole, whoever a party is and whatever masters tell by now."""

import pytest
from models import Crash, Models

BEFORE = """
    create table int_core__acts as select 'web_events' as source, 'e' || n as source_key, n % 5 as party_key,
        timestamp '2026-05-01' + n * interval 1 hour as occurred_at, 'web' as channel, 'page_view' as action,
        case when n % 3 = 0 then 'b9' end as brand_id, case when n % 4 < 2 then 'p' || n % 2 end as product_id,
        case when n % 4 > 1 then 'k' || n % 2 end as content_id, case when n % 7 = 0 then 's1' end as store_id,
        case when n % 6 = 0 then 'spring' end as campaign_id, cast(null as varchar) as order_id, true as is_first_line,
        0 as quantity, 0 as amount, cast(null as varchar) as visit_source, 'f1' as _file_id, 'state 1' as _state
    from range(40) as numbers (n);
    insert into int_core__acts by name
        select source, source_key, party_key, ordered_at as occurred_at, order_id, true as is_first_line, 1 as quantity,
            1 as amount, state as _state
        from (values ('ec_order_items', 'o1:1', 0, timestamp '2026-04-03', 'o1', 'order'),
            ('pos_receipts', 'r2', 1, timestamp '2026-04-20', 'o2', 'order'),
            ('ec_orders', 'o3', 1, timestamp '2026-04-21', 'o3', 'order'),
            ('reviews', 'v1', 1, timestamp '2026-04-22', null, 'told 1'))
            as of_no_file (source, source_key, party_key, ordered_at, order_id, state);
    create table party_customers (party_key bigint, customer_id varchar, shared_party_key bigint);
    insert into party_customers values (0, 'c0', null), (1, 'c1', null), (2, null, null), (3, null, 3), (4, null, 4);
    create table int_core__shared_device_events as
        select party_key, occurred_at, 'c7' as customer_id from int_core__acts where party_key in (3, 4);
    create table int_core__orders as
        select order_id, occurred_at as ordered_at from int_core__acts where order_id is not null;
    create table stg_products (product_id varchar, brand_id varchar, category varchar);
    insert into stg_products values ('p0', 'b1', 'skin'), ('p1', 'b2', 'hair');
    create table int_core__contents (
        content_id varchar, brand_id varchar, campaign_id varchar, information_kind varchar, score_category varchar
    );
    insert into int_core__contents values ('k0', 'b1', null, 'article', 'product');
    create table stg_stores (store_id varchar, brand_id varchar);
    create table stg_campaigns (campaign_id varchar)
"""
NEWS = {
    "nothing": ("select 1", []),
    "a product moves": ("update stg_products set brand_id = 'b3' where product_id = 'p1'", ["c0", "c1", "c7"]),
    "a product goes": ("delete from stg_products where product_id = 'p1'", ["c0", "c1", "c7"]),
    "a content comes": ("insert into int_core__contents values ('k1', null, 'spring', 'vision', 'lifestance')", None),
    "a store's brand is told": ("insert into stg_stores values ('s1', 'b4')", None),
    "a campaign is named late": ("insert into stg_campaigns values ('spring')", None),
    "two are one": ("update party_customers set customer_id = 'c1' where party_key = 0", ["c0", "c1"]),
    "somebody is known": ("update party_customers set customer_id = 'c2' where party_key = 2", ["c2"]),
    "a device is one's own": (
        "update party_customers set customer_id = 'c3', shared_party_key = null where party_key = 3", ["c3", "c7"]),
    "a device is nobody's": ("update party_customers set shared_party_key = null where party_key = 4", ["c7"]),
    "a device is shared now": (
        "update party_customers set customer_id = null, shared_party_key = 1 where party_key = 1;"
        " insert into int_core__shared_device_events"
        " select 1, occurred_at, 'c8' from int_core__acts where party_key = 1", ["c1", "c8"]),
    "an act on a shared device is another's, one is nobody's": (
        "update int_core__shared_device_events set customer_id = 'c8'"
        " where occurred_at = (select max(occurred_at) from int_core__acts where party_key = 3);"
        " delete from int_core__shared_device_events"
        " where occurred_at = (select min(occurred_at) from int_core__acts where party_key = 4)", ["c7", "c8"]),
    "a party goes": ("delete from party_customers where party_key = 2; delete from int_core__acts where party_key = 2;"
        " update int_core__acts set _state = 'state 2' where _file_id is not null", None),
    "a party comes": ("insert into party_customers values (8, null, null), (9, 'c9', null);"
        " insert into int_core__acts by name select * replace ('new' as source_key, 9 as party_key, 'f2' as _file_id,"
        " 'state 2' as _state) from int_core__acts limit 1", ["c9"]),
    "orders change, one of them its day, and one goes": (
        "update int_core__acts set quantity = 2, occurred_at = timestamp '2026-03-01' where order_id = 'o1';"
        " update int_core__acts set quantity = 2 where order_id = 'o2';"
        " delete from int_core__acts where order_id = 'o3';"
        " create or replace table int_core__orders as select order_id, occurred_at as ordered_at from int_core__acts"
        " where order_id is not null; insert into run.touched_orders values ('o1'), ('o2'), ('o3')", ["c0", "c1"]),
    "an order goes, and nothing else is touched": ("delete from int_core__acts where order_id = 'o2';"
        " delete from int_core__orders where order_id = 'o2'; insert into run.touched_orders values ('o2')", ["c1"]),
    "a review is written anew": (
        "update int_core__acts set product_id = 'p0', _state = 'told 2' where source = 'reviews'", ["c1"]),
    "a review goes": ("delete from int_core__acts where source = 'reviews'", ["c1"]),
    "an act comes": ("insert into int_core__acts by name select * replace ('new' as source_key, 'f2' as _file_id,"
        " 'state 2' as _state) from int_core__acts limit 1", ["c0"]),
}  # fmt: skip
ROWS = "select * exclude (_batch) from int_core__touchpoints"


def warehouse() -> Models:
    made = Models()
    made.con.execute(BEFORE)
    return made


def build(made: Models, crashes: bool = False) -> None:
    """Touchpoints, after facts have noted the files that they hold."""
    made.con.execute("delete from run.files_held where holder = 'facts'")
    made.con.execute(
        "insert into run.files_held select distinct 'facts', source, _file_id, _state from int_core__acts"
        " where _file_id is not null"
    )
    made.build("int_core__touchpoints", crashes=crashes)


@pytest.mark.parametrize(("news", "touched"), NEWS.values(), ids=NEWS.keys())
def test_news_are_seen(news: str, touched: list[str] | None) -> None:
    kept, anew = warehouse(), warehouse()
    build(kept)
    kept.con.execute("delete from run.touched_customers")
    whose = (
        "select party_key, cast(null as timestamp) as occurred_at, customer_id, shared_party_key from party_customers"
        " union all select party_key, occurred_at, customer_id, null from int_core__shared_device_events"
    )
    kept.con.execute(f"create table before as {whose}")
    for made in (kept, anew):
        made.con.execute(news)
    differ = f"((from before) except ({whose})) union (({whose}) except (from before))"
    kept.con.execute(f"insert into run.changed_parties select distinct party_key from ({differ})")
    with pytest.raises(Crash):
        build(kept, crashes=True)
    build(kept)
    build(anew)
    assert kept.rows(ROWS) == anew.rows(ROWS)
    found = [customer for (customer,) in kept.rows("select distinct customer_id from run.touched_customers")]
    assert found == touched or (touched is None and found)
    # A run that finds nothing new writes nothing, be it that all parties were made anew.
    kept.con.execute("delete from run.touched_orders; insert into run.changed_parties values (null)")
    build(kept)
    assert kept.rows("select count(*) from int_core__touchpoints where _batch = 'build 4'") == [(0,)]
