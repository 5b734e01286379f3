{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with touchpoints as (
    select
        touchpoints.customer_id,
        touchpoints.brand_id,
        touchpoints.occurred_on,
        touchpoints.order_id,
        touchpoints.action
    from {{ touchpoints_to_read() }} as touchpoints
    where touchpoints.brand_id is not null
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
        sum(case when acts.is_visit then 1 else 0 end) as visits,
        sum(case when acts.is_social then 1 else 0 end) as social_acts,
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
        {% for measure in rank_day_measures().split()[1:] -%}
        cast(sum(orders.{{ measure }}) as integer) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from orders
    group by orders.customer_id, orders.brand_id, orders.occurred_on
)

select * from brand_days
