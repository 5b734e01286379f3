{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with rules as (
    select
        rules.*,
        acts.action,
        acts.counted,
        acts.within
    from {{ ref('badge_rules') }} as rules
    inner join {{ ref('badge_acts') }} as acts on rules.what = acts.what
),

matched as (
    select
        rules.badge_id,
        touchpoints.customer_id,
        -- that within which the count must come together
        case rules.within
            when 'product' then touchpoints.product_id
            when 'brand' then touchpoints.brand_id
            when 'category' then touchpoints.category
            when 'store' then touchpoints.store_id
            when 'content' then touchpoints.content_id
            when 'campaign' then touchpoints.campaign_id
            else ''
        end as subject_id,
        -- that which counts once
        case
            when rules.counted = 'days' then cast(touchpoints.occurred_on as varchar)
            when rules.counted = 'products' then touchpoints.product_id
            when rules.counted = 'brands' then touchpoints.brand_id
            when rules.counted = 'categories' then touchpoints.category
            when rules.counted = 'stores' then touchpoints.store_id
            when rules.counted = 'contents' then touchpoints.content_id
            when rules.counted = 'campaigns' then touchpoints.campaign_id
            when rules.counted = 'acts' and touchpoints.action in ('purchase', 'return') then touchpoints.order_id
            else touchpoints.touchpoint_id
        end as item_id,
        touchpoints.occurred_on,
        touchpoints.occurred_at,
        case when rules.counted = 'units' then touchpoints.quantity else 1 end as units,
        rules.counted = 'units' or (rules.counted = 'acts' and touchpoints.action not in ('purchase', 'return')) as is_alone
    from {{ touchpoints_to_read() }} as touchpoints
    inner join rules
        on
            touchpoints.action = rules.action
            and (rules.information_kind is null or touchpoints.information_kind = rules.information_kind)
            and (rules.score_category is null or touchpoints.score_category = rules.score_category)
            and (rules.brand_id is null or touchpoints.brand_id = rules.brand_id)
            and (rules.product_id is null or touchpoints.product_id = rules.product_id)
            and (rules.category is null or touchpoints.category = rules.category)
            and (rules.store_id is null or touchpoints.store_id = rules.store_id)
            and (rules.content_id is null or touchpoints.content_id = rules.content_id)
            and (rules.campaign_id is null or touchpoints.campaign_id = rules.campaign_id)
            and (rules.channel is null or touchpoints.channel = rules.channel)
),

-- the acts of a day with the same thing, or the lines of an order, count once together
together as (
    select
        matched.badge_id,
        matched.customer_id,
        matched.subject_id,
        matched.item_id,
        matched.occurred_on,
        min(matched.occurred_at) as counted_at,
        cast(1 as bigint) as units
    from matched
    where not matched.is_alone and matched.subject_id is not null and matched.item_id is not null
    group by matched.badge_id, matched.customer_id, matched.subject_id, matched.item_id, matched.occurred_on
),

units as (
    select * from together
    union all
    select
        matched.badge_id,
        matched.customer_id,
        matched.subject_id,
        matched.item_id,
        matched.occurred_on,
        matched.occurred_at as counted_at,
        cast(matched.units as bigint) as units
    from matched
    where matched.is_alone and matched.subject_id is not null and matched.units > 0
)

select * from units
