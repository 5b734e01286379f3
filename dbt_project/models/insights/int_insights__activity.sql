with

touchpoints as (
    select * from {{ ref('touchpoints') }}
    where customer_id is not null
        and occurred_at < {{ as_of_end_at() }}
),

activity as (
    select
        customer_id,
        min(occurred_at) as first_act_at,
        max(occurred_at) as last_act_at,
        count(*) as events,
        max(case when channel = 'ec' then 1 else 0 end) = 1 as has_ec,
        max(case when channel = 'store' then 1 else 0 end) = 1 as has_store,
        max(case when source = 'web_events' then 1 else 0 end) = 1 as has_web,
        sum(case when action = 'visit' then 1 else 0 end) as visits,
        max(case when source = 'web_events' or action = 'visit' then occurred_at end) as last_visit_at
    from touchpoints
    group by customer_id
)

select * from activity
