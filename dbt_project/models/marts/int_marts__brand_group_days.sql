{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with brand_days as (
    select * from {{ brand_days_to_read() }}
),

members as (
    select distinct
        groups.group_id,
        brands.brand_id
    from {{ ref('brand_groups') }} as groups
    inner join (select distinct brand_days.brand_id from brand_days) as brands
        on groups.brand_id = '*' or groups.brand_id = brands.brand_id
),

-- an order with several brands of the group is one purchase
orders as (
    select
        purchases.customer_id,
        purchases.group_id,
        purchases.occurred_on,
        cast(count(*) as integer) as purchases
    from (
        select distinct
            touchpoints.customer_id,
            members.group_id,
            touchpoints.occurred_on,
            touchpoints.order_id
        from {{ touchpoints_to_read() }} as touchpoints
        inner join members on touchpoints.brand_id = members.brand_id
        where
            touchpoints.order_id is not null
            and touchpoints.action in (select acts.action from {{ ref('rank_acts') }} as acts where acts.is_purchase)
    ) as purchases
    group by purchases.customer_id, purchases.group_id, purchases.occurred_on
),

acts as (
    select
        brand_days.customer_id,
        members.group_id,
        brand_days.occurred_on,
        {% for measure in rank_day_measures().split()[1:] -%}
        cast(sum(brand_days.{{ measure }}) as integer) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from brand_days
    inner join members on brand_days.brand_id = members.brand_id
    group by brand_days.customer_id, members.group_id, brand_days.occurred_on
),

group_days as (
    select
        acts.customer_id,
        acts.group_id,
        acts.occurred_on,
        coalesce(orders.purchases, 0) as purchases,
        {% for measure in rank_day_measures().split()[1:] -%}
        acts.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from acts
    left join orders
        on
            acts.customer_id = orders.customer_id
            and acts.group_id = orders.group_id
            and acts.occurred_on = orders.occurred_on
)

select * from group_days
