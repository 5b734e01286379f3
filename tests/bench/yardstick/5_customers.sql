-- One row per customer: all that is known.

create table visitors as
select p.customer_id, p.first_seen_at, coalesce(max(t.occurred_at), p.first_seen_at) as last_seen_at, count(t.touchpoint_id) as events
from persons as p left join touchpoints as t using (customer_id)
where p.is_visitor and p.first_seen_at < getvariable('until')
group by p.customer_id, p.first_seen_at;

create table customer_identifiers as
select o.customer_id, i.kind as identifier_kind, i.hash as identifier_hash, i.first_seen_at, i.last_seen_at, i.sources
from owners as o inner join identifiers as i using (id);

create table attributes as
with records as (
    select
        m.customer_id, case when r.status = 'withdrawn' then 3 else 1 end as place, r.updated_at, r.member_id as id, r.gender,
        r.birth_date, r.prefecture, r.address_parts, r.member_rank
    from members as r inner join by_member as m on r.member_id = m.value
    union all
    select c.customer_id, 2, r.updated_at, r.card_no, r.gender, r.birth_date, r.prefecture, r.address_parts, null
    from cards as r inner join by_card as c on r.card_no = c.value
),
ordered as (
    select
        *, row_number() over (partition by customer_id order by place, updated_at desc, id) as n,
        row_number() over (partition by customer_id order by place, address_parts desc, updated_at desc, id) as address_n
    from records
)
select
    customer_id, arg_min(gender, n) filter (where gender is not null) as gender,
    arg_min(birth_date, n) filter (where birth_date is not null) as birth_date,
    -- an address is one record's as a whole, with or without a prefecture
    arg_min_null(prefecture, address_n) filter (where address_parts > 0) as prefecture,
    arg_min(member_rank, n) filter (where member_rank is not null) as member_rank
from ordered
group by customer_id;

create table consents as
with said as (
    select m.customer_id, channel, bool_or(says) as some_yes, bool_or(not says) as some_no
    from (unpivot members on email_opt_in, line_opt_in, sms_opt_in, push_opt_in, dm_opt_in into name answer value says) as u
    cross join lateral (select replace(u.answer, '_opt_in', '') as channel)
    inner join by_member as m on u.member_id = m.value
    group by all
),
-- A refusal by an address that several persons share is a refusal of each of them.
sharers as (
    select i.kind, i.value, o.customer_id
    from identifiers as i
    inner join blocked_identifiers as b on i.kind = b.kind and i.hash = b.hash and b.reason = 'shared_value'
    inner join (select left_id as a, right_id as b from edges union select right_id, left_id from edges) as e on i.id = e.a
    inner join owners as o on e.b = o.id
),
requests as (
    select c.channel, r.kind = 'opt_in' as wants, r.requested_at as wished_at, r.identifier_kind as kind, r.identifier as value
    from privacy_requests as r
    inner join unnest(['email', 'line', 'sms', 'push', 'dm']) as c(channel) on r.channel is null or r.channel = c.channel
    where r.requested_at < getvariable('until')
),
wishes as (
    select o.customer_id, channel, wants, wished_at from requests inner join owners as o using (kind, value)
    union all
    select s.customer_id, channel, wants, wished_at from requests inner join sharers as s using (kind, value) where not wants
    union all
    select t.customer_id, t.channel, false, t.occurred_at
    from touchpoints as t where t.action in ('message_unsubscribed', 'message_complained') and t.customer_id is not null
    union all
    select s.customer_id, m.channel, false, m.occurred_at
    from message_events as m
    semi join (select source_key from touchpoints where source = 'message_events' and customer_id is null) as t
        on m.message_event_id = t.source_key
    inner join sharers as s
        on s.value = coalesce(m.email, m.phone, m.line_user_id)
        and s.kind = case when m.email is not null then 'email' when m.phone is not null then 'phone' else 'line_user_id' end
    where m.event in ('unsubscribed', 'complained') and m.occurred_at < getvariable('until')
),
latest as (
    select customer_id, channel, max(wished_at) filter (where wants) as wanted_at, max(wished_at) filter (where not wants) as refused_at
    from wishes group by all
),
verdicts as (
    select
        customer_id, channel,
        (coalesce(s.some_yes, false) or l.wanted_at is not null) and not coalesce(s.some_no, false)
        and (l.refused_at is null or coalesce(l.wanted_at > l.refused_at, false)) as holds
    from said as s full join latest as l using (customer_id, channel)
)
select
    customer_id, bool_or(holds and channel = 'email') as email, bool_or(holds and channel = 'line') as line,
    bool_or(holds and channel = 'sms') as sms, bool_or(holds and channel = 'push') as push, bool_or(holds and channel = 'dm') as dm
from verdicts
group by customer_id;

create table order_totals as
select
    customer_id, count_if(is_counted) as orders, sum(net_amount) as net_sales,
    sum(net_amount) filter (where is_counted) / nullif(count_if(is_counted), 0) as average_order_value,
    min(ordered_at) filter (where is_counted) as first_order_at, max(ordered_at) filter (where is_counted) as last_order_at,
    max(ordered_at) filter (where is_counted or is_trial) as cart_ended_at, count_if(is_counted and is_gift) as gift_orders
from orders
where customer_id is not null
group by customer_id;

create table favourites as
with lines as (select i.*, p.category from order_items as i left join products as p using (product_id)
    where i.is_counted and i.customer_id is not null),
brands as (
    select customer_id, brand_id from lines where brand_id is not null group by customer_id, brand_id
    qualify row_number() over (partition by customer_id order by sum(amount) desc, count(*) desc, brand_id) = 1
),
categories as (
    select customer_id, category from lines where category is not null group by customer_id, category
    qualify row_number() over (partition by customer_id order by sum(amount) desc, count(*) desc, category) = 1
),
prices as (
    select customer_id, sum(amount) / sum(quantity) as price from lines where quantity > 0 group by customer_id
)
select c.customer_id, b.brand_id, k.category,
    case when p.price < 2000 then 'low' when p.price < 5000 then 'middle' when p.price < 10000 then 'high'
        when p.price >= 10000 then 'luxury' end as price_band
from (select distinct customer_id from lines) as c
left join brands as b using (customer_id) left join categories as k using (customer_id) left join prices as p using (customer_id);

create table activity as
select
    customer_id, bool_or(channel = 'ec') as has_ec, bool_or(channel = 'store') as has_store, bool_or(source = 'web_events') as has_web,
    count_if(action = 'visit') as visits, max(occurred_at) filter (where source = 'web_events' or action = 'visit') as visited_at
from touchpoints where customer_id is not null group by customer_id;

create table web_sessions as
with starts as (
    select customer_id, occurred_at, touchpoint_id, visit_source
    from touchpoints
    where source = 'web_events' and customer_id is not null and occurred_at >= getvariable('until') - interval 30 days
    qualify coalesce(occurred_at - lag(occurred_at) over (partition by customer_id order by occurred_at, touchpoint_id)
        >= interval 30 minutes, true)
)
select customer_id, count(*) as sessions, arg_max(visit_source, {'at': occurred_at, 'id': touchpoint_id}) as visit_source
from starts group by customer_id;

create table open_carts as
with changes as (
    select
        t.customer_id, coalesce(t.product_id, '') as product_id, t.occurred_at, t.touchpoint_id,
        case when t.action = 'add_to_cart' then t.quantity else -t.quantity end as change
    from touchpoints as t left join order_totals as o using (customer_id)
    where t.action in ('add_to_cart', 'remove_from_cart') and t.customer_id is not null
        and (o.cart_ended_at is null or t.occurred_at > o.cart_ended_at)
),
balances as (
    select *, sum(change) over (
        partition by customer_id, product_id order by occurred_at, change desc, touchpoint_id rows unbounded preceding
    ) as balance
    from changes
),
contents_of_carts as (
    select customer_id, product_id, sum(change) - least(min(balance), 0) as quantity from balances group by all
)
select distinct customer_id from contents_of_carts where quantity > 0;

create table person_ids as
select
    customer_id, list_sort(list(value) filter (where kind = 'member_id')) as member_ids,
    list_sort(list(value) filter (where kind = 'card_no')) as card_nos
from owners where kind in ('member_id', 'card_no') group by customer_id;

create table customers as
select
    p.customer_id, p.first_seen_at, coalesce(n.member_ids, []) as member_ids, coalesce(n.card_nos, []) as card_nos,
    coalesce(a.has_ec, false) as has_ec, coalesce(a.has_store, false) as has_store, coalesce(a.has_web, false) as has_web,
    r.gender, case when r.birth_date is not null
        then cast(least(greatest(date_sub('year', r.birth_date, getvariable('as_of')) // 10 * 10, 10), 70) as varchar) || 's' end
        as age_band,
    r.prefecture, r.member_rank, coalesce(c.email, false) as consent_email, coalesce(c.line, false) as consent_line,
    coalesce(c.sms, false) as consent_sms, coalesce(c.push, false) as consent_push, coalesce(c.dm, false) as consent_dm,
    coalesce(o.orders, 0) as orders, coalesce(o.net_sales, 0) as net_sales,
    cast(o.average_order_value as decimal(18, 2)) as average_order_value, o.first_order_at, o.last_order_at,
    f.recency_months, coalesce(f.frequency, 0) as frequency, f.segment as rf_segment, v.brand_id as favourite_brand_id,
    v.category as favourite_category, v.price_band, coalesce(o.gift_orders, 0) as gift_orders, coalesce(a.visits, 0) as visits,
    coalesce(w.sessions, 0) as web_sessions_30d, w.visit_source, k.customer_id is not null as cart_open,
    getvariable('as_of') - tokyo_day(a.visited_at) as days_since_last_visit, coalesce(s.product, 0) as score_product,
    coalesce(s.lifestyle, 0) as score_lifestyle, coalesce(s.lifestance, 0) as score_lifestance, coalesce(s.total, 0) as score_total
from persons as p
left join person_ids as n using (customer_id)
left join activity as a using (customer_id)
left join attributes as r using (customer_id)
left join consents as c using (customer_id)
left join order_totals as o using (customer_id)
left join rf_customers as f using (customer_id)
left join favourites as v using (customer_id)
left join web_sessions as w using (customer_id)
left join open_carts as k using (customer_id)
left join scores as s using (customer_id)
where not p.is_visitor and p.first_seen_at < getvariable('until');
