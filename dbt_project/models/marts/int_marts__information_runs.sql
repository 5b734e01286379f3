{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with touchpoints as (
    select
        touchpoints.customer_id,
        touchpoints.brand_id,
        touchpoints.information_kind,
        touchpoints.occurred_at,
        touchpoints.touchpoint_id,
        touchpoints.action,
        touchpoints.order_id
    from {{ touchpoints_to_read() }} as touchpoints
    where
        touchpoints.brand_id is not null
        and (touchpoints.information_kind is not null or touchpoints.action = 'purchase')
),

purchases as (
    select
        touchpoints.customer_id,
        touchpoints.brand_id,
        min(touchpoints.occurred_at) as purchased_at
    from touchpoints
    inner join {{ ref('orders') }} as orders on touchpoints.order_id = orders.order_id
    where
        touchpoints.action = 'purchase'
        and orders.is_counted
        and {{ of_changed_customers('orders.customer_id') }}
    group by touchpoints.customer_id, touchpoints.brand_id
),

-- a touch of the kind that was touched last tells nothing new of the path
changes as (
    select
        touchpoints.*,
        coalesce(
            touchpoints.information_kind <> lag(touchpoints.information_kind) over (
                partition by touchpoints.customer_id, touchpoints.brand_id
                order by touchpoints.occurred_at asc nulls last, touchpoints.touchpoint_id asc nulls last
            ),
            true
        ) as is_change
    from touchpoints
    where touchpoints.information_kind is not null
),

runs as (
    select
        changes.customer_id,
        changes.brand_id,
        cast(row_number() over in_time as integer) as position,
        changes.information_kind,
        changes.occurred_at as began_at,
        lead(changes.occurred_at) over in_time as next_began_at,
        purchases.purchased_at
    from changes
    left join purchases on changes.customer_id = purchases.customer_id and changes.brand_id = purchases.brand_id
    where changes.is_change
    window in_time as (
        partition by changes.customer_id, changes.brand_id
        order by changes.occurred_at asc nulls last, changes.touchpoint_id asc nulls last
    )
)

select * from runs
