{{ config(materialized='view') }}

with

orders as (
    select
        order_id,
        customer_id,
        ordered_at,
        ordered_on,
        channel,
        store_id,
        is_counted,
        is_trial,
        is_return,
        is_gift,
        is_subscription,
        net_amount,
        total_amount,
        delivered_at,
        coupon_code,
        campaign_id
    from {{ ref('int_core__customer_orders') }}
)

select * from orders
