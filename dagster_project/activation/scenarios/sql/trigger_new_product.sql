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
        rules.scenario_id, rules.cut_off_at, rules.triggered_from_at, rules.triggered_before_at,
        products.product_id, products.brand_id,
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
    select distinct launches.scenario_id, launches.product_id, items.customer_id
    from core.order_items as items
    inner join launches
        on items.brand_id = launches.brand_id and items.ordered_at >= launches.from_at
        and items.ordered_at < launches.launched_at and items.ordered_at < launches.cut_off_at
    where items.is_counted
),
-- Those alone of which a step is to be decided: see live_triggers.
told as (
    select
        launches.*, buyers.customer_id, buyers.customer_id || '|launch:' || buyers.product_id as match_key
    from buyers
    semi join insights.customers as customers on buyers.customer_id = customers.customer_id
    inner join launches on buyers.scenario_id = launches.scenario_id and buyers.product_id = launches.product_id
    left join chains
        on buyers.scenario_id = chains.scenario_id
        and buyers.customer_id || '|launch:' || buyers.product_id = chains.match_key
    where may_be_decided(
        chains.is_under_way, launches.triggered_at, launches.triggered_from_at, launches.triggered_before_at
    )
),
owners as (
    select distinct told.match_key
    from told
    inner join core.order_items as items
        on told.customer_id = items.customer_id and told.product_id = items.product_id
        and items.ordered_at < told.triggered_at
    where items.is_counted
),
begun as (
    select distinct progress.scenario_id, progress.match_key
    from activation.progress as progress
    semi join told on progress.scenario_id = told.scenario_id and progress.match_key = told.match_key
)
select
    told.scenario_id,
    told.customer_id,
    'launch:' || told.product_id as trigger_key,
    told.triggered_at,
    told.match_key,
    told.launched_at as since_at,
    told.product_id,
    told.brand_id
from told
left join owners on told.match_key = owners.match_key
left join begun on told.scenario_id = begun.scenario_id and told.match_key = begun.match_key
where owners.match_key is null or begun.match_key is not null
