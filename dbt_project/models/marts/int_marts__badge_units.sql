with actions as (
    select 'store_uses' as what, 'visit' as action
    union all
    select 'store_uses' as what, 'purchase' as action
    union all
    select 'product_units' as what, 'purchase' as action
    union all
    select 'views' as what, 'page_view' as action
    union all
    select 'views' as what, 'product_view' as action
    union all
    select 'views' as what, 'content_view' as action
),

rules as (
    select
        rules.*,
        actions.action
    from {{ ref('badge_rules') }} as rules
    inner join actions on rules.what = actions.what
),

matched as (
    select
        rules.badge_id,
        rules.what,
        touchpoints.customer_id,
        -- that within which the count must come together
        case rules.what
            when 'store_uses' then touchpoints.store_id
            when 'product_units' then touchpoints.product_id
            else ''
        end as subject_id,
        touchpoints.occurred_on,
        touchpoints.occurred_at,
        touchpoints.touchpoint_id,
        case when rules.what = 'product_units' then touchpoints.quantity else 1 end as units
    from {{ ref('touchpoints') }} as touchpoints
    inner join rules
        on
            touchpoints.action = rules.action
            and (rules.information_kind is null or touchpoints.information_kind = rules.information_kind)
            and (rules.score_category is null or touchpoints.score_category = rules.score_category)
            and (rules.brand_id is null or touchpoints.brand_id = rules.brand_id)
            and (rules.product_id is null or touchpoints.product_id = rules.product_id)
            and (rules.store_id is null or touchpoints.store_id = rules.store_id)
    where
        touchpoints.customer_id is not null
        and touchpoints.occurred_at < {{ as_of_end_at() }}
),

-- all that a customer does in one store on one day is one use of it
uses as (
    select
        matched.badge_id,
        matched.customer_id,
        matched.subject_id,
        min(matched.occurred_at) as counted_at,
        min(matched.touchpoint_id) as touchpoint_id,
        cast(1 as bigint) as units
    from matched
    where matched.what = 'store_uses' and matched.subject_id is not null
    group by matched.badge_id, matched.customer_id, matched.subject_id, matched.occurred_on
),

units as (
    select * from uses
    union all
    select
        matched.badge_id,
        matched.customer_id,
        matched.subject_id,
        matched.occurred_at as counted_at,
        matched.touchpoint_id,
        cast(matched.units as bigint) as units
    from matched
    where matched.what <> 'store_uses' and matched.subject_id is not null and matched.units > 0
)

select * from units
