{{ config(materialized='view') }}

with

touchpoints as (
    select
        touchpoint_id,
        customer_id,
        occurred_at,
        occurred_on,
        channel,
        action,
        brand_id,
        product_id,
        category,
        content_id,
        store_id,
        campaign_id,
        information_kind,
        score_category,
        source,
        source_key,
        quantity,
        amount,
        order_id,
        is_first_line,
        visit_source
    from {{ ref('int_core__touchpoints') }}
)

select * from touchpoints
