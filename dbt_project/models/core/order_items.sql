{{ config(materialized='view') }}

with

order_items as (
    select
        order_id,
        line_no,
        customer_id,
        ordered_at,
        product_id,
        brand_id,
        category,
        quantity,
        amount,
        is_counted,
        is_trial
    from {{ ref('int_core__customer_order_items') }}
)

select * from order_items
