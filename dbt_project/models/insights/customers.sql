{{ config(materialized='view') }}

with

-- Days pass for everybody; so they are counted where the rows are read.
customers as (
    select
        customer_id,
        first_seen_at,
        member_ids,
        card_nos,
        has_ec,
        has_store,
        has_web,
        gender,
        age_band,
        prefecture,
        member_rank,
        consent_email,
        consent_line,
        consent_sms,
        consent_push,
        consent_dm,
        orders,
        net_sales,
        average_order_value,
        first_order_at,
        last_order_at,
        recency_months,
        frequency,
        rf_segment,
        favourite_brand_id,
        favourite_category,
        price_band,
        gift_orders,
        visits,
        web_sessions_30d,
        visit_source,
        cart_open,
        cast({{ as_of() }} - last_visit_on as bigint) as days_since_last_visit,
        score_product,
        score_lifestyle,
        score_lifestance,
        score_total,
        -- Predictions come in a later step; until then nothing stands in for them.
        cast(null as varchar) as best_channel,
        cast(null as bigint) as best_hour,
        cast(null as date) as next_purchase_on,
        cast(null as decimal(18, 2)) as ltv_365d,
        cast(null as double) as audience_score
    from {{ ref('int_insights__customer_rows') }}
)

select * from customers
