{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{% if is_incremental() %}{{ forget_touched_orders() }}{% endif %}"
) }}

with

customer_order_items as (
    select
        lines.order_id,
        lines.line_no,
        orders.customer_id,
        orders.ordered_at,
        lines.product_id,
        lines.brand_id,
        lines.category,
        lines.quantity,
        cast(case when orders.is_return then -abs(lines.amount) else lines.amount end as decimal(18, 2)) as amount,
        orders.is_counted,
        orders.is_trial,
        '{{ invocation_id }}' as _batch
    from {{ ref('int_core__order_lines') }} as lines
    inner join {{ ref('int_core__customer_orders') }} as orders on lines.order_id = orders.order_id
    where {{ of_touched_orders('lines.order_id') }}
)

select * from customer_order_items
