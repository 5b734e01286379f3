-- A product that was bought will be used up its replenishment_days later, or so many days ahead; buying it again puts that off.
insert into activation.triggers by name
with rules as (
    select *, to_months(ahead_months) + to_days(ahead_days) + to_hours(ahead_hours) as ahead
    from activation.scenario_rules
    where trigger_kind = 'replenishment'
),
-- bought_from_at, bought_until_at: when it was bought, to some days, since months differ in length.
needs as (
    select
        rules.scenario_id, rules.ahead, rules.reach_back_at, rules.horizon_at, products.product_id, products.brand_id,
        coalesce(products.replenishment_days, $replenishment_days) as days_of_use,
        rules.reach_back_at + rules.ahead - to_days(cast(days_of_use as integer)) - interval 5 days as bought_from_at,
        rules.horizon_at + rules.ahead - to_days(cast(days_of_use as integer)) + interval 5 days as bought_until_at
    from staging.stg_products as products
    cross join rules
    where not coalesce(products.is_trial, false)
        and not exists (
            select filters.attribute
            from activation.trigger_filters as filters
            where filters.scenario_id = rules.scenario_id and filters.attribute in ('product_id', 'brand_id', 'category')
            group by filters.attribute
            having not coalesce(bool_or(filters.value = case filters.attribute
                when 'product_id' then products.product_id
                when 'brand_id' then products.brand_id
                else products.category
            end), false)
        )
),
running_out as (
    select distinct items.customer_id, items.product_id
    from core.order_items as items
    inner join needs
        on items.product_id = needs.product_id
        and items.ordered_at between needs.bought_from_at and needs.bought_until_at
    where items.is_counted
),
bought as (
    select items.customer_id, items.product_id, items.order_id, items.ordered_at
    from core.order_items as items
    semi join running_out on items.customer_id = running_out.customer_id and items.product_id = running_out.product_id
    where items.is_counted and items.ordered_at < $cut_off_at
),
-- Hardly anything is bought as often as that: a line at least for each purchase.
often as (
    select customer_id, product_id
    from bought
    group by customer_id, product_id
    having count(*) >= (
        select min(cast(filters.value as bigint))
        from activation.trigger_filters as filters
        semi join rules on filters.scenario_id = rules.scenario_id
        where filters.attribute = 'bought'
    )
),
purchases as (
    select distinct bought.customer_id, bought.product_id, bought.order_id, bought.ordered_at
    from bought
    semi join often on bought.customer_id = often.customer_id and bought.product_id = often.product_id
    semi join insights.customers as customers on bought.customer_id = customers.customer_id
),
numbered as (
    select
        *,
        row_number() over (
            partition by customer_id, product_id order by ordered_at nulls last, order_id nulls last
        ) as purchase_no,
        lead(ordered_at) over (
            partition by customer_id, product_id order by ordered_at nulls last, order_id nulls last
        ) as next_at
    from purchases
),
timed as (
    select
        needs.scenario_id, needs.reach_back_at, needs.horizon_at, needs.brand_id, numbered.*,
        numbered.ordered_at + interval 9 hours + to_days(cast(needs.days_of_use as integer)) - needs.ahead
        - interval 9 hours as triggered_at
    from numbered
    inner join needs on numbered.product_id = needs.product_id
    inner join activation.trigger_filters as filters
        on needs.scenario_id = filters.scenario_id and filters.attribute = 'bought'
        and numbered.purchase_no >= cast(filters.value as bigint)
)
select
    scenario_id,
    customer_id,
    'replenishment:' || order_id || ':' || product_id as trigger_key,
    triggered_at,
    'replenishment:' || order_id || ':' || product_id as match_key,
    ordered_at as since_at,
    product_id,
    brand_id
from timed
where triggered_at >= reach_back_at and triggered_at < horizon_at and (next_at is null or next_at > triggered_at)
    -- What lasts no longer than that has no day so far ahead.
    and triggered_at > ordered_at
