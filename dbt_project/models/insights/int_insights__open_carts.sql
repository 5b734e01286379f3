{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

last_orders as (
    select
        customer_id,
        max(ordered_at) as ordered_at
    from {{ ref('orders') }}
    where (is_counted or is_trial)
        and customer_id is not null
        and ordered_at < {{ as_of_end_at() }}
        and {{ of_changed_customers('customer_id') }}
    group by customer_id
),

cart_acts as (
    select
        touchpoints.customer_id,
        touchpoints.touchpoint_id,
        touchpoints.occurred_at,
        coalesce(touchpoints.product_id, '') as product_id,
        case when touchpoints.action = 'add_to_cart' then touchpoints.quantity else -touchpoints.quantity end as change
    from {{ touchpoints_to_read() }} as touchpoints
    left join last_orders on touchpoints.customer_id = last_orders.customer_id
    where touchpoints.action in ('add_to_cart', 'remove_from_cart')
        and (last_orders.ordered_at is null or touchpoints.occurred_at > last_orders.ordered_at)
),

running as (
    select
        customer_id,
        product_id,
        occurred_at,
        change,
        sum(change) over (
            partition by customer_id, product_id
            order by occurred_at asc nulls last, change desc nulls last, touchpoint_id asc nulls last
            rows unbounded preceding
        ) as balance
    from cart_acts
),

-- A cart never holds less than nothing: what was taken out of an emptier cart is added back.
products_in_cart as (
    select
        customer_id,
        product_id,
        sum(change) - least(min(balance), 0) as quantity,
        max(case when change > 0 then occurred_at end) as last_added_at
    from running
    group by customer_id, product_id
),

open_carts as (
    select
        customer_id,
        cast(sum(quantity) as bigint) as quantity,
        max(last_added_at) as last_added_at,
        '{{ invocation_id }}' as _batch
    from products_in_cart
    where quantity > 0
    group by customer_id
)

select * from open_carts
