{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with orders as (
    select
        orders.customer_id,
        orders.order_id,
        orders.ordered_at,
        orders.ordered_on,
        orders.is_counted,
        orders.is_trial,
        orders.net_amount
    from {{ ref('orders') }} as orders
    where
        orders.customer_id is not null
        and orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial or orders.is_return)
        and {{ of_changed_customers('orders.customer_id') }}
),

in_order as (
    select
        orders.*,
        row_number() over same_kind as place,
        lag(orders.ordered_on) over same_kind as before_on,
        lead(orders.ordered_on) over same_kind as after_on,
        min(case when orders.is_counted then orders.ordered_at end) over customer as first_counted_at,
        min(case when orders.is_counted then orders.ordered_on end) over customer as first_counted_on
    from orders
    window
        customer as (partition by orders.customer_id),
        same_kind as (
            partition by orders.customer_id, orders.is_counted, orders.is_trial
            order by orders.ordered_at asc nulls last, orders.order_id asc nulls last
        )
),

-- step 0: a trial before any counted order, and the first counted order after it
numbered as (
    select
        in_order.*,
        case
            when in_order.is_counted then in_order.place
            when
                in_order.is_trial and in_order.place = 1
                and (in_order.first_counted_at is null or in_order.first_counted_at >= in_order.ordered_at)
                then 0
        end as k
    from in_order
),

steps as (
    select
        numbered.customer_id,
        numbered.ordered_on,
        cast(numbered.k as integer) as k,
        case when numbered.k > 0 then numbered.after_on when numbered.k = 0 then numbered.first_counted_on end as next_on,
        numbered.first_counted_on,
        coalesce(numbered.k, 0) > 0
        and (numbered.before_on is null or {{ month_of('numbered.before_on') }} < {{ month_of('numbered.ordered_on') }})
            as is_first_of_month,
        numbered.net_amount
    from numbered
)

select * from steps
