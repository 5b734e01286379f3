-- The nth counted order of a customer, or each; the counted order after it ends the scenario.
insert into activation.triggers by name
with rules as (
    select * from activation.scenario_rules where trigger_kind = 'order'
),
bounds as (
    select min(reach_back_at) as from_at, max(cut_off_at) as until_at from rules
),
recent_customers as (
    select distinct customers.customer_id
    from core.orders as orders
    inner join insights.customers as customers on orders.customer_id = customers.customer_id
    cross join bounds
    where orders.is_counted and orders.ordered_at >= bounds.from_at and orders.ordered_at < bounds.until_at
),
numbered as (
    select
        orders.customer_id, orders.order_id, orders.ordered_at,
        row_number() over (
            partition by orders.customer_id order by orders.ordered_at nulls last, orders.order_id nulls last
        ) as order_no,
        lead(orders.ordered_at) over (
            partition by orders.customer_id order by orders.ordered_at nulls last, orders.order_id nulls last
        ) as next_ordered_at
    from core.orders as orders
    inner join recent_customers on orders.customer_id = recent_customers.customer_id
    cross join bounds
    where orders.is_counted and orders.ordered_at < bounds.until_at
),
triggering as (
    select rules.scenario_id, numbered.*
    from numbered
    inner join rules on numbered.ordered_at >= rules.reach_back_at
    where rules.trigger_every or exists (
        select filters.value
        from activation.trigger_filters as filters
        where filters.scenario_id = rules.scenario_id and filters.attribute = 'nth'
            and cast(filters.value as bigint) = numbered.order_no
    )
),
main_products as (
    select
        triggering.scenario_id, triggering.order_id, items.product_id,
        row_number() over (
            partition by triggering.scenario_id, triggering.order_id
            order by items.amount desc nulls last, items.line_no nulls last
        ) as position
    from triggering
    inner join core.order_items as items on triggering.order_id = items.order_id
)
select
    triggering.scenario_id,
    triggering.customer_id,
    triggering.order_id as trigger_key,
    triggering.ordered_at as triggered_at,
    triggering.order_id as match_key,
    main_products.product_id,
    triggering.next_ordered_at as purchased_at
from triggering
left join main_products
    on triggering.scenario_id = main_products.scenario_id and triggering.order_id = main_products.order_id
    and main_products.position = 1
