-- Who is who, by plain connected components. The runner supplies blocked_identifiers (kind, hash, reason): the walk over the
-- contested ones is not written a second time.

create table tuples as
with seen as (
    select 'members' as source, 'member_record' as rule, member_id, null as card_no, line_user_id, email, phone,
        null as visitor_id, _landing_no as landing_no, registered_at as first_at, greatest(registered_at, updated_at) as last_at,
        1 as times
    from member_versions
    union all
    select 'store_cards', 'card_record', member_id, card_no, null, email, phone, null, _landing_no, registered_at,
        greatest(registered_at, updated_at), 1
    from card_versions
    union all
    select 'ec_orders', 'order', member_id, null, null, email, phone, null, _landing_no, ordered_at, ordered_at, 1
    from ec_order_versions
    union all
    select 'pos_receipts', 'receipt', null, card_no, null, null, null, null, _landing_no, receipted_at, receipted_at, 1
    from receipts
    union all
    select 'store_visits', 'visit', member_id, card_no, null, null, null, null, _landing_no, visited_at, visited_at, 1
    from visit_versions
    union all
    select 'message_events', 'message', member_id, null, line_user_id, email, phone, null, _landing_no,
        min(occurred_at), max(occurred_at), count(*)
    from message_events
    group by all
    union all
    select 'reviews', 'review', member_id, null, null, null, null, null, _landing_no, posted_at, posted_at, 1 from review_versions
    union all
    select 'social_actions', 'social_action', member_id, null, line_user_id, null, null, visitor_id, _landing_no, occurred_at,
        occurred_at, 1
    from social_actions
    union all
    select 'survey_answers', 'survey_answer', member_id, null, null, null, null, visitor_id, _landing_no, answered_at, answered_at, 1
    from survey_answers
    union all
    select 'external_attributes', 'external_attribute',
        case when identifier_kind = 'member_id' then identifier end, case when identifier_kind = 'card_no' then identifier end,
        case when identifier_kind = 'line_user_id' then identifier end, case when identifier_kind = 'email' then identifier end,
        case when identifier_kind = 'phone' then identifier end, case when identifier_kind = 'visitor_id' then identifier end,
        _landing_no, updated_at, updated_at, 1
    from attribute_versions
    union all
    select 'web_events', 'web_event', member_id, null, null, email, null, visitor_id, _landing_no,
        min(occurred_at), max(occurred_at), count(*)
    from web_events
    group by all
)
select * from seen;

create table sightings as
select u.kind, u.value, source, landing_no, min(first_at) as first_at, max(last_at) as last_at
from (
    select
        source, landing_no, first_at, last_at,
        unnest([
            {'kind': 'member_id', 'value': member_id}, {'kind': 'card_no', 'value': card_no},
            {'kind': 'line_user_id', 'value': line_user_id}, {'kind': 'email', 'value': email},
            {'kind': 'phone', 'value': phone}, {'kind': 'visitor_id', 'value': visitor_id}
        ]) as u
    from tuples
)
where u.value is not null
group by all;

create table identifiers as
select
    row_number() over () - 1 as id, kind, value, left(sha256(getvariable('salt') || '|' || kind || '|' || value), 32) as hash,
    case kind when 'member_id' then 1 when 'card_no' then 2 when 'line_user_id' then 3 when 'email' then 4 when 'phone' then 5 else 6
    end as strength,
    kind = 'visitor_id' as is_weak,
    min({'landing_no': landing_no, 'at': first_at}) as first_landing,
    min(first_at) as first_seen_at, max(last_at) as last_seen_at, list_sort(list(distinct source)) as sources
from sightings
group by kind, value;

create table edges as
with pairs as (
    select member_id, card_no, line_user_id, email, phone, visitor_id, rule, source, first_at, times from tuples
    union all
    -- the event `purchase` tells which visitor placed an order
    select o.member_id, null, null, o.email, o.phone, w.visitor_id, 'web_purchase', 'web_events', w.first_at, w.times
    from (
        select visitor_id, order_id, min(occurred_at) as first_at, count(*) as times
        from web_events
        where event_name = 'purchase' and order_id is not null
        group by all
    ) as w
    inner join (select distinct order_id, member_id, email, phone from ec_order_versions) as o using (order_id)
),
ends as (
    select
        rule, source, first_at, times,
        list_filter([
            {'kind': 'member_id', 'value': member_id}, {'kind': 'card_no', 'value': card_no},
            {'kind': 'line_user_id', 'value': line_user_id}, {'kind': 'email', 'value': email},
            {'kind': 'phone', 'value': phone}, {'kind': 'visitor_id', 'value': visitor_id}
        ], lambda x: x.value is not null) as found
    from pairs
),
links as (
    select
        rule, source, first_at, times, l.kind as left_kind, l.value as left_value, r.kind as right_kind, r.value as right_value
    from (select * from ends where len(found) > 1) as e, unnest(e.found) as a(l), unnest(e.found) as b(r)
    where list_position(e.found, l) < list_position(e.found, r)
        and (e.rule <> 'web_purchase' or r.kind = 'visitor_id')
)
select
    a.id as left_id, b.id as right_id, rule, source, min(first_at) as first_seen_at, sum(times) as observations
from links
inner join identifiers as a on left_kind = a.kind and left_value = a.value
inner join identifiers as b on right_kind = b.kind and right_value = b.value
group by all;
