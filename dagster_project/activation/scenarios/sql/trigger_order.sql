-- The nth counted order of a customer, or each; the counted order after it ends the scenario.
insert into activation.triggers by name
with rules as (
    select * from activation.scenario_rules where trigger_kind = 'order'
),
-- Those alone of which a step is to be decided: see live_triggers.
recent_orders as (
    select rules.scenario_id, orders.customer_id, orders.order_id
    from core.orders as orders
    inner join rules on orders.ordered_at >= rules.reach_back_at and orders.ordered_at < rules.cut_off_at
    semi join insights.customers as customers on orders.customer_id = customers.customer_id
    left join chains
        on rules.scenario_id = chains.scenario_id and orders.order_id = chains.match_key
    where orders.is_counted
        and may_be_decided(
            chains.is_under_way, orders.ordered_at, rules.triggered_from_at, rules.triggered_before_at
        )
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
    semi join recent_orders on orders.customer_id = recent_orders.customer_id
    where orders.is_counted and orders.ordered_at < $cut_off_at
),
triggering as (
    select rules.scenario_id, numbered.*
    from numbered
    inner join recent_orders on numbered.order_id = recent_orders.order_id
    inner join rules on recent_orders.scenario_id = rules.scenario_id
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
