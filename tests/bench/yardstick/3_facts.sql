-- Persons, and the facts with the customer of their strongest identifier that is not blocked.
-- The runner supplies components (id, person) over edges between identifiers that are not blocked.

create table persons as
select
    c.person,
    'c' || left(sha256(getvariable('salt') || '|customer|' || min({
        'weak': i.is_weak, 'landing': i.first_landing.landing_no, 'strength': i.strength, 'at': i.first_landing.at, 'hash': i.hash
    }).hash), 24) as customer_id,
    min(i.is_weak) as is_visitor, min(i.first_seen_at) as first_seen_at
from components as c
inner join identifiers as i using (id)
group by c.person;

create table owners as
select i.id, i.kind, i.value, p.person, p.customer_id
from identifiers as i
inner join components as c using (id)
inner join persons as p using (person);
create table by_member as select value, customer_id from owners where kind = 'member_id';
create table by_card as select value, customer_id from owners where kind = 'card_no';
create table by_line as select value, customer_id from owners where kind = 'line_user_id';
create table by_email as select value, customer_id from owners where kind = 'email';
create table by_phone as select value, customer_id from owners where kind = 'phone';
create table by_visitor as select value, customer_id from owners where kind = 'visitor_id';

create table identity_edges as
select
    a.kind as left_kind, a.hash as left_hash, b.kind as right_kind, b.hash as right_hash, e.rule, e.source, e.first_seen_at,
    cast(e.observations as bigint) as observations, case when x.id is null or y.id is null then 'blocked' else 'used' end as status
from edges as e
inner join identifiers as a on e.left_id = a.id
inner join identifiers as b on e.right_id = b.id
left join components as x on e.left_id = x.id
left join components as y on e.right_id = y.id;

-- Acts of shared devices: the member of the device's latest row at or before the act in the same session.
create table device_acts as
with shared as (
    select i.value from identifiers as i
    inner join blocked_identifiers as b on i.kind = b.kind and i.hash = b.hash
    where i.kind = 'visitor_id' and b.reason = 'shared_device'
),
acts as (
    select 'web_events' as source, event_id as key, visitor_id, member_id, occurred_at from web_events
    where visitor_id in (select value from shared)
    union all
    select 'social_actions', action_id, visitor_id, member_id, occurred_at from social_actions
    where visitor_id in (select value from shared)
    union all
    select 'survey_answers', answer_id, visitor_id, member_id, answered_at from survey_answers
    where visitor_id in (select value from shared)
),
gaps as (
    select *, coalesce(occurred_at - lag(occurred_at) over w >= interval 30 minutes, false) as is_new
    from acts
    window w as (partition by visitor_id order by occurred_at, member_id is null, source, key)
),
sessions as (
    select *, count_if(is_new) over (partition by visitor_id order by occurred_at, member_id is null, source, key) as session
    from gaps
)
select
    source, key,
    last_value(member_id ignore nulls) over (
        partition by visitor_id, session order by occurred_at, member_id is null, source, key
    ) as member_id
from sessions;

create table orders_all as
with headers as (
    select
        'ec:' || o.order_id as order_id, 'ec_orders' as source, o.order_id as source_key,
        coalesce(m.customer_id, e.customer_id, p.customer_id) as customer_id, o.ordered_at, 'ec' as channel, null as store_id,
        o.status = 'paid' or (o.status = 'refunded' and o.total_amount > 0) as is_sale, false as is_return, o.is_gift,
        o.is_subscription, o.total_amount, o.campaign_id
    from ec_orders as o
    left join by_member as m on o.member_id = m.value
    left join by_email as e on o.email = e.value
    left join by_phone as p on o.phone = p.value
    union all
    select
        'store:' || r.receipt_id, 'pos_receipts', r.receipt_id, c.customer_id, r.receipted_at, 'store', r.store_id,
        not r.is_return, r.is_return, false, false, r.total_amount, null
    from receipts as r
    left join by_card as c on r.card_no = c.value
),
kinds as (select order_id, min(line_no) as first_line_no, bool_and(is_trial) as all_trial from order_lines group by order_id)
select
    h.*, tokyo_day(h.ordered_at) as ordered_on, k.first_line_no, h.is_sale and coalesce(k.all_trial, false) as is_trial,
    h.is_sale and not coalesce(k.all_trial, false) as is_counted,
    case when h.is_return then -abs(h.total_amount) when h.is_sale then h.total_amount else cast(0 as decimal(18, 2)) end as net_amount
from headers as h left join kinds as k using (order_id)
where h.ordered_at < getvariable('until');

create table orders as
select
    order_id, customer_id, ordered_at, ordered_on, channel, store_id, is_counted, is_trial, is_return, is_gift, is_subscription,
    net_amount
from orders_all;

create table order_items as
select
    l.order_id, l.line_no, o.customer_id, o.ordered_at, l.product_id, l.brand_id, l.quantity,
    case when o.is_return then -abs(l.amount) else l.amount end as amount, o.is_counted, o.is_trial
from order_lines as l inner join orders_all as o using (order_id);

create table acts as
select
    'web_events' as source, w.event_id as source_key, coalesce(m.customer_id, e.customer_id, v.customer_id, s.customer_id) as customer_id,
    w.occurred_at, 'web' as channel, case w.event_name when 'purchase' then 'web_purchase' else w.event_name end as action,
    null as own_brand_id, w.product_id, w.content_id, null as store_id, c.campaign_id, 'ec:' || w.order_id as order_id, true as is_first_line,
    coalesce(w.quantity, case when w.event_name in ('add_to_cart', 'remove_from_cart') then 1 else 0 end) as quantity,
    coalesce(w.value, 0) as amount, w.visit_source
from web_events as w
left join by_member as m on w.member_id = m.value
left join by_email as e on w.email = e.value
left join by_visitor as v on w.visitor_id = v.value
left join (
    select d.key, b.customer_id from device_acts as d inner join by_member as b on d.member_id = b.value where d.source = 'web_events'
) as s on w.event_id = s.key
left join campaigns as c on w.utm_campaign = c.campaign_id
where w.occurred_at < getvariable('until')
union all
select
    'message_events', a.message_event_id, coalesce(m.customer_id, l.customer_id, e.customer_id, p.customer_id), a.occurred_at,
    a.channel, 'message_' || a.event, null, null, null, null, null, null, true, 0, 0, null
from message_events as a
left join by_member as m on a.member_id = m.value
left join by_line as l on a.line_user_id = l.value
left join by_email as e on a.email = e.value
left join by_phone as p on a.phone = p.value
where a.occurred_at < getvariable('until')
union all
select
    'social_actions', a.action_id, coalesce(m.customer_id, l.customer_id, v.customer_id, s.customer_id), a.occurred_at, 'social',
    a.kind, a.brand_id, a.product_id, a.content_id, null, null, null, true, 0, 0, null
from social_actions as a
left join by_member as m on a.member_id = m.value
left join by_line as l on a.line_user_id = l.value
left join by_visitor as v on a.visitor_id = v.value
left join (
    select d.key, b.customer_id from device_acts as d inner join by_member as b on d.member_id = b.value
    where d.source = 'social_actions'
) as s on a.action_id = s.key
where a.occurred_at < getvariable('until')
union all
select
    'survey_answers', a.answer_id, coalesce(m.customer_id, v.customer_id, s.customer_id), a.answered_at, 'web', 'survey',
    null, null, null, null, null, null, true, 0, 0, null
from survey_answers as a
left join by_member as m on a.member_id = m.value
left join by_visitor as v on a.visitor_id = v.value
left join (
    select d.key, b.customer_id from device_acts as d inner join by_member as b on d.member_id = b.value
    where d.source = 'survey_answers'
) as s on a.answer_id = s.key
where a.answered_at < getvariable('until')
union all
select
    'reviews', a.review_id, m.customer_id, a.posted_at, 'web', 'review', null, a.product_id, null, null, null, null, true, 0, 0, null
from reviews as a left join by_member as m on a.member_id = m.value
where a.posted_at < getvariable('until')
union all
select
    'store_visits', a.visit_id, coalesce(m.customer_id, c.customer_id), a.visited_at, 'store',
    case when a.kind = 'reservation' then 'reservation' else 'visit' end, null, null, null, a.store_id, null, null, true, 0, 0, null
from visits as a
left join by_member as m on a.member_id = m.value
left join by_card as c on a.card_no = c.value
where a.visited_at < getvariable('until')
union all
select
    coalesce(l.source, o.source), coalesce(l.source_key, o.source_key), o.customer_id, o.ordered_at, o.channel,
    case when o.is_return then 'return' else 'purchase' end, null, l.product_id, null, o.store_id, o.campaign_id, o.order_id,
    l.line_no is null or l.line_no = o.first_line_no,
    coalesce(case when o.is_return then -abs(l.quantity) else l.quantity end, 0),
    coalesce(case when o.is_return then -abs(l.amount) else l.amount end, o.net_amount), null
from orders_all as o left join order_lines as l using (order_id)
where o.is_sale or o.is_return;

create table touchpoints as
select
    a.source || ':' || a.source_key as touchpoint_id, a.customer_id, a.occurred_at, tokyo_day(a.occurred_at) as occurred_on, a.channel,
    a.action, coalesce(p.brand_id, c.brand_id, a.own_brand_id, s.brand_id) as brand_id, a.product_id, p.category, a.content_id, a.store_id,
    coalesce(a.campaign_id, c.campaign_id) as campaign_id, c.information_kind, c.score_category, a.source, a.source_key,
    cast(a.quantity as bigint) as quantity, cast(a.amount as decimal(18, 2)) as amount, a.order_id, a.is_first_line, a.visit_source
from acts as a
left join products as p using (product_id)
left join contents as c using (content_id)
left join stores as s using (store_id);
drop table acts;
