-- the last day that no window reaches
with oldest as (
    select {{ add_days('min(as_of_days.as_of)', '-max(windows.days_back)') }} as before_on
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    cross join (
        select coalesce(max(rules.window_days), 0) as days_back from {{ ref('rank_rules') }} as rules
        union all
        select {{ setting('rank_window_days', 'integer') }} as days_back
    ) as windows
    where as_of_days.months_before <= 1
),

touchpoints as (
    select
        touchpoints.customer_id,
        touchpoints.brand_id,
        touchpoints.occurred_on,
        touchpoints.order_id,
        touchpoints.action
    from {{ ref('touchpoints') }} as touchpoints
    where
        touchpoints.customer_id is not null
        and touchpoints.brand_id is not null
        and touchpoints.occurred_at < {{ as_of_end_at() }}
        and touchpoints.occurred_on > (select oldest.before_on from oldest)
),

acts as (
    select * from {{ ref('rank_acts') }}
),

-- one row per order, so that its lines count as one purchase; all other acts of a day together
orders as (
    select
        touchpoints.customer_id,
        touchpoints.brand_id,
        touchpoints.occurred_on,
        case when acts.is_purchase then touchpoints.order_id end as order_id,
        sum(case when acts.is_review then 1 else 0 end) as reviews,
        sum(case when acts.is_interest then 1 else 0 end) as interest_acts,
        sum(case when acts.is_view then 1 else 0 end) as views,
        count(*) as touches
    from touchpoints
    left join acts on touchpoints.action = acts.action
    group by
        touchpoints.customer_id,
        touchpoints.brand_id,
        touchpoints.occurred_on,
        case when acts.is_purchase then touchpoints.order_id end
),

brand_days as (
    select
        orders.customer_id,
        orders.brand_id,
        orders.occurred_on,
        cast(count(orders.order_id) as integer) as purchases,
        cast(sum(orders.reviews) as integer) as reviews,
        cast(sum(orders.interest_acts) as integer) as interest_acts,
        cast(sum(orders.views) as integer) as views,
        cast(sum(orders.touches) as integer) as touches
    from orders
    group by orders.customer_id, orders.brand_id, orders.occurred_on
)

select * from brand_days
