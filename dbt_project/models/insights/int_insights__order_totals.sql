{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

order_totals as (
    select
        customer_id,
        count(case when is_counted then 1 end) as orders,
        count(case when is_counted and is_gift then 1 end) as gift_orders,
        sum(net_amount) as net_sales,
        sum(case when is_counted then net_amount end) / nullif(count(case when is_counted then 1 end), 0) as average_order_value,
        min(case when is_counted then ordered_at end) as first_order_at,
        max(case when is_counted then ordered_at end) as last_order_at,
        '{{ invocation_id }}' as _batch
    from {{ ref('orders') }}
    where customer_id is not null
        and ordered_at < {{ as_of_end_at() }}
        and {{ of_changed_customers('customer_id') }}
    group by customer_id
)

select * from order_totals
