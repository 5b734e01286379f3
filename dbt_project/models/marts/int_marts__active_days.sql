{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

-- what a channel does with a message is no act of the customer's
with active_days as (
    select
        touchpoints.customer_id,
        touchpoints.occurred_on,
        cast(count(*) as bigint) as acts
    from {{ touchpoints_to_read() }} as touchpoints
    inner join {{ ref('persons') }} as persons on touchpoints.customer_id = persons.customer_id
    where
        not persons.is_visitor
        and touchpoints.occurred_at < {{ as_of_end_at() }}
        and touchpoints.action not in ('message_sent', 'message_delivered', 'message_bounced')
    group by touchpoints.customer_id, touchpoints.occurred_on
)

select * from active_days
