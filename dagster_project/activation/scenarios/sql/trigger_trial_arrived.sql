-- A trial arrives when it is delivered; from a shop it is carried home at once. One that came after a counted order is none.
insert into activation.triggers by name
with rules as (
    select * from activation.scenario_rules where trigger_kind = 'trial_arrived'
),
arrived as (
    select
        rules.scenario_id, rules.cut_off_at, rules.triggered_from_at, rules.triggered_before_at,
        orders.customer_id, orders.order_id, orders.ordered_at,
        coalesce(orders.delivered_at, case when orders.channel = 'store' then orders.ordered_at end) as arrived_at
    from core.orders as orders
    inner join rules on orders.ordered_at < rules.cut_off_at
    where orders.is_trial
        and coalesce(orders.delivered_at, orders.ordered_at) >= rules.reach_back_at
        and coalesce(orders.delivered_at, orders.ordered_at) < rules.cut_off_at
),
-- Those alone of which a step is to be decided: see live_triggers.
trials as (
    select arrived.*
    from arrived
    semi join insights.customers as customers on arrived.customer_id = customers.customer_id
    left join chains
        on arrived.scenario_id = chains.scenario_id and arrived.order_id = chains.match_key
    where may_be_decided(
        chains.is_under_way, arrived.arrived_at, arrived.triggered_from_at, arrived.triggered_before_at
    )
),
later_orders as (
    select
        trials.scenario_id, trials.order_id, min(orders.ordered_at) as first_ordered_at
    from trials
    inner join core.orders as orders on trials.customer_id = orders.customer_id
    where orders.is_counted and orders.ordered_at < trials.cut_off_at
    group by trials.scenario_id, trials.order_id
),
main_products as (
    select
        trials.scenario_id, trials.order_id, items.product_id,
        row_number() over (
            partition by trials.scenario_id, trials.order_id
            order by items.amount desc nulls last, items.line_no nulls last
        ) as position
    from trials
    inner join core.order_items as items on trials.order_id = items.order_id
)
select
    trials.scenario_id,
    trials.customer_id,
    trials.order_id as trigger_key,
    trials.arrived_at as triggered_at,
    trials.order_id as match_key,
    main_products.product_id,
    later_orders.first_ordered_at as purchased_at
from trials
left join later_orders on trials.scenario_id = later_orders.scenario_id and trials.order_id = later_orders.order_id
left join main_products
    on trials.scenario_id = main_products.scenario_id and trials.order_id = main_products.order_id
    and main_products.position = 1
where trials.arrived_at is not null
    and (later_orders.first_ordered_at is null or later_orders.first_ordered_at >= trials.ordered_at)
