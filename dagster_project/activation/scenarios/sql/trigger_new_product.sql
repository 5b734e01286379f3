-- The launch day of a product, for who bought its brand shortly before, and has not bought the product itself. Who was told
-- ahead, and bought it in the hours before the message, is still on the way: that purchase is one since the trigger.
insert into activation.triggers by name
with rules as (
    select *, to_months(ahead_months) + to_days(ahead_days) + to_hours(ahead_hours) as looks_back
    from activation.scenario_rules
    where trigger_kind = 'new_product'
),
launches as (
    select
        rules.scenario_id, rules.cut_off_at, products.product_id, products.brand_id,
        cast(products.launched_on as timestamp) - interval 9 hours as launched_at,
        cast(products.launched_on as timestamp) - interval 9 hours - rules.looks_back as from_at,
        cast(products.launched_on as timestamp) + to_minutes(rules.trigger_minute) - interval 9 hours as triggered_at
    from staging.stg_products as products
    inner join rules
        on cast(products.launched_on as timestamp) + to_minutes(rules.trigger_minute) - interval 9 hours
        >= rules.reach_back_at
        and cast(products.launched_on as timestamp) + to_minutes(rules.trigger_minute) - interval 9 hours
        < rules.horizon_at
    where not coalesce(products.is_trial, false)
        and not exists (
            select filters.attribute
            from activation.trigger_filters as filters
            where filters.scenario_id = rules.scenario_id and filters.attribute in ('brand_id', 'category')
            group by filters.attribute
            having not coalesce(bool_or(
                filters.value = case filters.attribute when 'brand_id' then products.brand_id else products.category end
            ), false)
        )
),
buyers as (
    select distinct
        launches.scenario_id, launches.product_id, launches.brand_id, launches.launched_at, launches.triggered_at,
        items.customer_id, items.customer_id || '|launch:' || launches.product_id as match_key
    from core.order_items as items
    inner join launches
        on items.brand_id = launches.brand_id and items.ordered_at >= launches.from_at
        and items.ordered_at < launches.launched_at and items.ordered_at < launches.cut_off_at
    inner join insights.customers as customers on items.customer_id = customers.customer_id
    where items.is_counted
)
select
    buyers.scenario_id,
    buyers.customer_id,
    'launch:' || buyers.product_id as trigger_key,
    buyers.triggered_at,
    buyers.match_key,
    buyers.launched_at as since_at,
    buyers.product_id,
    buyers.brand_id
from buyers
where not exists (
    select items.order_id
    from core.order_items as items
    where items.customer_id = buyers.customer_id and items.product_id = buyers.product_id and items.is_counted
        and items.ordered_at < buyers.triggered_at
)
or exists (
    select progress.step
    from activation.progress as progress
    where progress.scenario_id = buyers.scenario_id and progress.match_key = buyers.match_key
)
