-- What raises scores, and how far customers have come: from the yardstick's score_ledger, every point worth one.

create table score_contributions as
with acts as (
    select
        l.customer_id, t.action, l.rule_id, t.score_category, t.information_kind, t.content_id, l.product, l.lifestyle, l.lifestance,
        l.product + l.lifestyle + l.lifestance as total
    from score_ledger as l inner join touchpoints as t using (touchpoint_id)
),
long as (
    unpivot (select *, action as a_action, rule_id as a_rule_id from acts)
    on a_action as 'action', a_rule_id as 'rule_id', score_category, information_kind, content_id
    into name dimension value value
),
whole as (
    select sum(product) as product, sum(lifestyle) as lifestyle, sum(lifestance) as lifestance, sum(total) as total,
        (select count(*) from scores) as customers
    from acts
)
select
    l.dimension, l.value, count(*) as acts, count(distinct l.customer_id) as customers,
    count(distinct l.customer_id) / any_value(w.customers) as customer_share, sum(l.product) as product, sum(l.lifestyle) as lifestyle,
    sum(l.lifestance) as lifestance, sum(l.product) / any_value(w.product) as product_share,
    sum(l.lifestyle) / any_value(w.lifestyle) as lifestyle_share, sum(l.lifestance) / any_value(w.lifestance) as lifestance_share,
    sum(l.total) as total, sum(l.total) / any_value(w.total) as total_share
from long as l cross join whole as w
group by all;

create table score_history as
with ledger as (select l.*, t.occurred_on from score_ledger as l inner join touchpoints as t using (touchpoint_id)),
firsts as (
    select
        customer_id, min(occurred_on) as scored_on, min(occurred_on) filter (where product > 0) as product_on,
        min(occurred_on) filter (where lifestyle > 0) as lifestyle_on, min(occurred_on) filter (where lifestance > 0) as lifestance_on
    from ledger
    group by customer_id
),
days as (
    select occurred_on, sum(product) as product, sum(lifestyle) as lifestyle, sum(lifestance) as lifestance from ledger group by all
)
select
    d.as_of, p.customers, f.customers_scored, f.customers_product, f.customers_lifestyle, f.customers_lifestance,
    f.customers_all_three, coalesce(s.product, 0) as product, coalesce(s.lifestyle, 0) as lifestyle,
    coalesce(s.lifestance, 0) as lifestance, coalesce(s.product + s.lifestyle + s.lifestance, 0) as total,
    coalesce(s.product + s.lifestyle + s.lifestance, 0) / nullif(p.customers, 0) as points_per_customer
from days_of_table as d
cross join lateral (
    select count(*) as customers from persons where not is_visitor and tokyo_day(first_seen_at) <= d.as_of
) as p
cross join lateral (
    select
        count_if(scored_on <= d.as_of) as customers_scored, count_if(product_on <= d.as_of) as customers_product,
        count_if(lifestyle_on <= d.as_of) as customers_lifestyle, count_if(lifestance_on <= d.as_of) as customers_lifestance,
        count_if(product_on <= d.as_of and lifestyle_on <= d.as_of and lifestance_on <= d.as_of) as customers_all_three
    from firsts
) as f
cross join lateral (
    select sum(product) as product, sum(lifestyle) as lifestyle, sum(lifestance) as lifestance from days where occurred_on <= d.as_of
) as s;

create table score_sales as
with known as (
    select
        s.total, coalesce(r.frequency, 0) as orders, coalesce(r.net_sales, 0) as net_sales,
        (s.product > 0)::int + (s.lifestyle > 0)::int + (s.lifestance > 0)::int as categories,
        row_number() over (order by s.total desc, s.customer_id) as place, count(*) filter (s.total > 0) over () as scored
    from scores as s left join rf_customers as r using (customer_id)
),
placed as (
    select 'categories' as dimension, categories as level, * from known
    union all
    -- of n customers the first n mod 10 tenths hold one more than the others
    select 'decile', case when place <= scored % 10 * (scored // 10 + 1) then (place - 1) // (scored // 10 + 1) + 1
        else (place - 1 - scored % 10) // (scored // 10) + 1 end, *
    from known where total > 0
)
select
    dimension, level, count(*) as customers, count(*) / (select count(*) from known) as customer_share, sum(total) as points,
    count_if(orders > 0) as buyers, sum(orders) as orders, sum(net_sales) as net_sales,
    cast(sum(net_sales) as double) / cast((select sum(net_sales) from known) as double) as sales_share,
    round(sum(net_sales) / count(*), 2) as net_sales_per_customer
from placed
group by all;

-- Tags: acts of this calendar month and the two before it; the month before those tells whether any have left since.
create table tag_acts as
select
    t.customer_id, t.channel, t.action, t.campaign_id, t.product_id, t.occurred_at, t.occurred_on,
    t.occurred_on >= date_trunc('month', getvariable('as_of')) - interval 2 months as counts
from touchpoints as t
semi join (select customer_id from persons where not is_visitor) as p using (customer_id)
where t.is_first_line and t.occurred_on >= date_trunc('month', getvariable('as_of')) - interval 3 months
    and t.action not in ('web_purchase', 'message_sent', 'message_delivered', 'message_bounced', 'message_unsubscribed', 'message_complained');

create macro moved(day, counts) as max(case when counts then day else cast(date_trunc('month', getvariable('as_of')) as date) end);

create table favourite_spells as
with brands as (
    select i.customer_id, 'favourite_brand' as tag, i.brand_id as name, f.brand_id as favourite, tokyo_day(i.ordered_at) as day, i.amount
    from order_items as i inner join favourites as f using (customer_id)
    where i.is_counted and i.brand_id is not null
    union all
    select i.customer_id, 'favourite_category', p.category, f.category, tokyo_day(i.ordered_at), i.amount
    from order_items as i inner join favourites as f using (customer_id) inner join products as p using (product_id)
    where i.is_counted and p.category is not null
),
-- at each purchase day: what the favourite and what each other had by its end
days as (select distinct customer_id, tag, favourite, day from brands),
standings as (
    select
        d.customer_id, d.tag, d.day, d.favourite, b.name, sum(b.amount) as amount, bool_or(b.day = d.day) as is_bought
    from days as d inner join brands as b on d.customer_id = b.customer_id and d.tag = b.tag and b.day <= d.day
    group by all
),
judged as (
    select
        customer_id, tag, day, max(favourite) as favourite, bool_or(is_bought and name = favourite) as is_bought,
        max(amount) > coalesce(max(amount) filter (where name = favourite), 0) as is_behind
    from standings
    group by all
)
select customer_id, tag, favourite as value, min(day) filter (where is_bought) as since
from (
    select *, max(day) filter (where is_behind) over (partition by customer_id, tag) as behind_on from judged
)
where behind_on is null or day > behind_on
group by all;

create table price_band_spells as
with days as (
    select
        customer_id, tokyo_day(ordered_at) as day, sum(sum(amount)) over w / sum(sum(quantity)) over w as price
    from order_items where is_counted and customer_id is not null and quantity > 0
    group by customer_id, tokyo_day(ordered_at)
    window w as (partition by customer_id order by tokyo_day(ordered_at))
),
banded as (
    select customer_id, day, case when price < 2000 then 'low' when price < 5000 then 'middle' when price < 10000 then 'high' else 'luxury' end as band
    from days
),
spells as (
    select *, band is distinct from lag(band) over (partition by customer_id order by day) as is_new from banded
)
select customer_id, max_by(band, day) as value, max(day) filter (where is_new) as since from spells group by customer_id;

create table subscription_spells as
with days as (select distinct customer_id, ordered_on from orders where is_counted and is_subscription and customer_id is not null),
spells as (
    select *, ordered_on - lag(ordered_on) over (partition by customer_id order by ordered_on) <= 90 as goes_on from days
)
select customer_id, max(ordered_on) as last_on, max(ordered_on) filter (where goes_on is not true) as since from spells group by customer_id;

create table cart_adds as
with changes as (
    select
        t.customer_id, coalesce(t.product_id, '') as product_id, t.occurred_at, t.touchpoint_id,
        case when t.action = 'add_to_cart' then t.quantity else -t.quantity end as change
    from touchpoints as t semi join open_carts as k using (customer_id) left join order_totals as o using (customer_id)
    where t.action in ('add_to_cart', 'remove_from_cart') and (o.cart_ended_at is null or t.occurred_at > o.cart_ended_at)
),
balances as (
    select *, sum(change) over (
        partition by customer_id, product_id order by occurred_at, change desc, touchpoint_id rows unbounded preceding
    ) as balance
    from changes
),
lying as (
    select customer_id, max(occurred_at) filter (where change > 0) as added_at
    from balances group by customer_id, product_id having sum(change) - least(min(balance), 0) > 0
)
select customer_id, tokyo_day(max(added_at)) as added_on from lying group by customer_id;

create table tags as
select
    customer_id, 'active_share:' || channel as tag, cast(cast(round(100 * count_if(counts) / sum(count_if(counts)) over w) as bigint) as varchar) as value,
    max(moved(occurred_on, counts)) over w as since
from tag_acts
group by customer_id, channel
window w as (partition by customer_id)
qualify count_if(counts) > 0
union all
select customer_id, 'campaign_interest:' || campaign_id, cast(count_if(counts) as varchar), moved(occurred_on, counts)
from tag_acts where campaign_id is not null group by customer_id, campaign_id having count_if(counts) > 0
union all
select customer_id, action || 's', cast(count_if(counts) as varchar), moved(occurred_on, counts)
from tag_acts where action in ('page_view', 'product_view') group by customer_id, action having count_if(counts) > 0
union all
select customer_id, 'cart_item', product_id, occurred_on
from tag_acts where counts and action = 'add_to_cart' and product_id is not null
qualify row_number() over (partition by customer_id order by occurred_at desc, product_id desc) = 1
union all
select customer_id, 'purchases', cast(count(*) as varchar), max(ordered_on)
from orders where is_counted and customer_id is not null group by customer_id
union all
select customer_id, 'gift_giver', cast(count(*) as varchar), max(ordered_on)
from orders where is_counted and is_gift and customer_id is not null group by customer_id
union all
select customer_id, 'subscription', case when last_on + 90 >= getvariable('as_of') then 'active' else 'ended' end,
    case when last_on + 90 >= getvariable('as_of') then since else last_on + 91 end
from subscription_spells
union all
select t.customer_id, 'store_visitor', 'yes', min(t.occurred_on)
from touchpoints as t semi join customers as c using (customer_id)
where t.channel = 'store' and t.action <> 'reservation' group by t.customer_id
union all
select customer_id, 'cart_open', 'yes', added_on from cart_adds semi join customers using (customer_id)
union all
select customer_id, 'days_since_last_visit', cast(getvariable('as_of') - tokyo_day(visited_at) as varchar), tokyo_day(visited_at)
from activity semi join customers using (customer_id) where visited_at is not null
union all
select customer_id, tag, value, since from favourite_spells
union all
select customer_id, 'price_band', value, since from price_band_spells;
