with

newest as (
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where changed.change_no = (select max(log.change_no) from {{ ref('int_core__changed_customers') }} as log)
),

lines as (
    select
        items.customer_id,
        items.order_id,
        items.product_id,
        items.brand_id,
        items.category,
        items.quantity,
        items.amount,
        items.ordered_at
    from {{ ref('order_items') }} as items
    where items.is_counted
        and items.customer_id in (select newest.customer_id from newest where newest.customer_id is not null)
        and items.ordered_at < {{ as_of_end_at() }}
)

select * from lines
