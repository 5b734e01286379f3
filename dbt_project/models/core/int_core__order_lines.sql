{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_lines() }}"
) }}

with

ec_lines as (
    select
        'ec:' || staged.order_id as order_id,
        'ec_order_items' as source,
        staged.order_id || ':' || cast(staged.line_no as varchar) as source_key,
        staged.line_no,
        staged.product_id,
        staged.quantity,
        staged.amount,
        staged._file_no,
        staged._line_no
    from {{ ref('stg_ec_order_items') }} as staged
    where {{ of_touched_orders("'ec:' || staged.order_id") }}
),

store_lines as (
    select
        'store:' || staged.receipt_id as order_id,
        'pos_receipt_items' as source,
        staged.receipt_id || ':' || cast(staged.line_no as varchar) as source_key,
        staged.line_no,
        staged.product_id,
        staged.quantity,
        staged.amount,
        staged._file_no,
        staged._line_no
    from {{ ref('stg_pos_receipt_items') }} as staged
    where {{ of_touched_orders("'store:' || staged.receipt_id") }}
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
        lines.amount,

        -- what a later run holds the row against
        lines._file_no,
        lines._line_no,
        {{ product_codes_digest() }} as _codes
    from lines
    left join {{ ref('stg_products') }} as products on lines.product_id = products.product_id
)

select * from order_lines
