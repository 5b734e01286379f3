{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

activity as (
    select
        touchpoints.customer_id,
        min(touchpoints.occurred_at) as first_act_at,
        max(touchpoints.occurred_at) as last_act_at,
        count(*) as events,
        max(case when touchpoints.channel = 'ec' then 1 else 0 end) = 1 as has_ec,
        max(case when touchpoints.channel = 'store' then 1 else 0 end) = 1 as has_store,
        max(case when touchpoints.source = 'web_events' then 1 else 0 end) = 1 as has_web,
        sum(case when touchpoints.action = 'visit' then 1 else 0 end) as visits,
        min(case when touchpoints.channel = 'store' and touchpoints.action <> 'reservation' then touchpoints.occurred_at end)
            as first_store_at,
        max(case when touchpoints.source = 'web_events' or touchpoints.action = 'visit' then touchpoints.occurred_at end)
            as last_visit_at,
        '{{ invocation_id }}' as _batch
    from {{ touchpoints_to_read() }} as touchpoints
    group by touchpoints.customer_id
)

select * from activity
