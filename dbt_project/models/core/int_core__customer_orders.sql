{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_orders_of_customers() }}", post_hook=["{{ settle_order_customers() }}", "{{ touch_customers_of_batch() }}"]
) }}

with

customer_orders as (
    select
        facts.order_id,
        party_customers.customer_id,
        facts.ordered_at,
        {{ tokyo_day('facts.ordered_at') }} as ordered_on,
        facts.channel,
        facts.store_id,
        facts.is_counted,
        facts.is_trial,
        facts.is_return,
        facts.is_gift,
        facts.is_subscription,
        facts.net_amount,
        facts.total_amount,
        facts.delivered_at,
        facts.coupon_code,
        facts.campaign_id,

        -- what a later run holds the row against
        facts.party_key,
        '{{ invocation_id }}' as _batch
    from {{ ref('int_core__orders') }} as facts
    left join {{ ref('party_customers') }} as party_customers on facts.party_key = party_customers.party_key
    where {{ of_touched_orders('facts.order_id') }}
)

select * from customer_orders
