with

order_items as (
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
        orders.is_trial
    from {{ ref('int_core__order_lines') }} as lines
    inner join {{ ref('orders') }} as orders on lines.order_id = orders.order_id
)

select * from order_items
