{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

lines as (
    select
        customer_id,
        product_id,
        order_id,
        {{ tokyo_day('ordered_at') }} as ordered_on,
        count(*) as lines,
        sum(amount) as amount
    from {{ lines_to_read() }} as items
    group by customer_id, product_id, order_id, {{ tokyo_day('ordered_at') }}
),

customer_products as (
    select
        customer_id,
        product_id,
        count(*) as orders,
        max(ordered_on) as last_on,
        cast(sum(lines) as bigint) as lines,
        sum(amount) as amount
    from lines
    group by customer_id, product_id
)

select * from customer_products
