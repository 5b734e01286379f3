"""`kizuna card`: one customer as shop staff need him before a visit; what is known, from where, and what it rests on.

Marts alone, so no name, address or birth date: whoever may see those has them in the member system, under the ids shown
here.
"""

from typing import Any

from dagster_project.customer.named import customer_of
from dagster_project.home import Home
from dagster_project.landing.origin_rows import landed_values
from dagster_project.publish.reader import connect_published
from dagster_project.run_context import end_of_day
from dagster_project.sql import dicts

TIMELINE_ROWS = 20
SHOWN = 8
LOOKED_DAYS = 30

# Section -> its rows. `$who` is the customer, `$as_of_end_at` the end of the published day, `$shown` the rows of a
# short section.
QUERIES = {
    "customer": "select * from marts.customers where customer_id = $who",
    "identifiers": "select identifier_kind, identifier_hash, first_seen_at, last_seen_at, sources"
    " from marts.customer_identifiers where customer_id = $who order by all",
    "attributes": "select attribute, source, record_status, record_kind, record_hash, updated_at, priority, choose,"
    " decided_by, other_records, disagreeing_records from marts.customer_attribute_sources"
    " where customer_id = $who order by attribute",
    "reservations": "select occurred_at as booked_at, store_id, source, source_key from marts.touchpoints"
    " where customer_id = $who and action = 'reservation' order by occurred_at desc, touchpoint_id limit $shown",
    "purchases": "select orders.ordered_at, orders.channel, orders.store_id, orders.net_amount, orders.is_trial,"
    " orders.is_return, orders.is_gift, string_agg(items.product_id || case when items.quantity > 1 then ' x'"
    " || items.quantity else '' end, ', ' order by items.line_no) as products"
    " from marts.orders as orders left join marts.order_items as items on items.order_id = orders.order_id"
    " where orders.customer_id = $who and (orders.is_counted or orders.is_trial or orders.is_return)"
    " group by orders.order_id, orders.ordered_at, orders.channel, orders.store_id, orders.net_amount, orders.is_trial,"
    " orders.is_return, orders.is_gift order by orders.ordered_at desc, orders.order_id limit $shown",
    "stores": "select store_id, count(distinct occurred_on) as days, max(occurred_on) as last_on from marts.touchpoints"
    " where customer_id = $who and store_id is not null group by store_id order by days desc, store_id limit $shown",
    "looked_at": "select product_id, content_id, any_value(brand_id) as brand_id, count(*) as views,"
    " max(occurred_at) as last_at from marts.touchpoints where customer_id = $who"
    " and action in ('product_view', 'content_view') and occurred_at >= $as_of_end_at - to_days($looked_days)"
    " group by product_id, content_id order by last_at desc, product_id, content_id limit $shown",
    "cart": "with ordered as (select max(ordered_at) as at from marts.orders where customer_id = $who"
    " and (is_counted or is_trial)) select product_id, sum(case when action = 'add_to_cart' then greatest(quantity, 1)"
    " else -greatest(quantity, 1) end) as units, max(occurred_at) as last_at from marts.touchpoints cross join ordered"
    " where customer_id = $who and action in ('add_to_cart', 'remove_from_cart')"
    " and (ordered.at is null or occurred_at > ordered.at)"
    " and (select cart_open from marts.customers where customer_id = $who)"
    " group by product_id having units > 0 order by last_at desc, product_id",
    "brand_ranks": "select brand_id, rank, purchases, views, reviews, reason from marts.brand_ranks"
    " where customer_id = $who order by rank = 'S' desc, rank, brand_id",
    "badges": "select badge_id, earned_at, evidence from marts.badges where customer_id = $who order by all",
    "tags": "select tag, value, since from marts.tags where customer_id = $who order by since desc, tag",
    "recommendations": "select kind, position, product_id, reason from marts.recommendations where customer_id = $who"
    " and position <= 3 order by kind, position",
    "messages": "select send_at, scenario_id, step, channel, content_id, product_id from marts.scenario_targets"
    " where customer_id = $who and not holdout order by send_at desc, feed_row_id limit $shown",
    "message_acts": "select occurred_at, channel, action from marts.touchpoints where customer_id = $who"
    " and action like 'message%' order by occurred_at desc, touchpoint_id limit $shown",
    "timeline": "select occurred_at, channel, action, brand_id, product_id, content_id, store_id, amount,"
    " source, source_key from marts.touchpoints where customer_id = $who"
    " order by occurred_at desc, touchpoint_id limit $timeline",
}


def look_up(home: Home, who: str) -> dict[str, Any]:
    """Every section of the card as rows; `customer_id` is today's. Raises UsageError where `who` names nobody."""
    with connect_published(home) as con:
        customer_id = customer_of(con, home, who)
        [(as_of,)] = con.execute("select max(day) from marts.kpi_daily").fetchall()
        given = {
            "who": customer_id,
            "as_of_end_at": end_of_day(as_of),
            "shown": SHOWN,
            "looked_days": LOOKED_DAYS,
            "timeline": TIMELINE_ROWS,
        }
        found: dict[str, Any] = {"customer_id": customer_id}
        for section, sql in QUERIES.items():
            used = {name: value for name, value in given.items() if f"${name}" in sql}
            found[section] = dicts(con.execute(sql, used))
    keys = [(row["source"], row["source_key"]) for row in found["reservations"]]
    reserved = landed_values(home, keys, "reserved_for")
    for row in found["reservations"]:
        row["reserved_for"] = reserved.get((row.pop("source"), row.pop("source_key")))
    return found
