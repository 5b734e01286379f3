with

ec_lines as (
    select
        'ec:' || staged.order_id as order_id,
        'ec_order_items' as source,
        staged.order_id || ':' || cast(staged.line_no as varchar) as source_key,
        staged.line_no,
        staged.product_id,
        staged.quantity,
        staged.amount
    from {{ ref('stg_ec_order_items') }} as staged
),

store_lines as (
    select
        'store:' || staged.receipt_id as order_id,
        'pos_receipt_items' as source,
        staged.receipt_id || ':' || cast(staged.line_no as varchar) as source_key,
        staged.line_no,
        staged.product_id,
        staged.quantity,
        staged.amount
    from {{ ref('stg_pos_receipt_items') }} as staged
),

lines as (
    select * from ec_lines
    union all
    select * from store_lines
),

order_lines as (
    select
        lines.order_id,
        lines.line_no,
        lines.source,
        lines.source_key,
        lines.product_id,
        products.brand_id,
        products.category,
        coalesce(products.is_trial, false) as is_trial,
        lines.quantity,
        lines.amount
    from lines
    left join {{ ref('stg_products') }} as products on lines.product_id = products.product_id
)

select * from order_lines
